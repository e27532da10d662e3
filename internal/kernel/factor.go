package kernel

// Forms are the constants of R linear forms p_r(x) = B_r + Σ_d W_rd x_d: for mixtures of factor
// analysers the projections C⁻¹F(s∘(x−μ)) of model.md §3, L for every component.
type Forms struct {
	R, D int
	W    []float32 // R×D row-major
	B    []float32 // R
}

// Linear computes dst[r·n+i] = B_r + Σ_d W_rd x[t_d+i] for all r < R and items i < n. dst is
// R×n; n is a multiple of Lanes; the table has D entries.
func Linear(dst, x []float32, t Table, f Forms, n int) { LinearPart(dst, x, t, f, n, 0, f.D) }

// LinearPart is Linear for the dimensions d0 ≤ d < d1, without B_r unless d0 = 0: the sum of
// the parts is the form.
func LinearPart(dst, x []float32, t Table, f Forms, n, d0, d1 int) {
	check("Linear", n, len(dst) >= f.R*n, t.d == f.D, len(f.W) >= f.R*f.D, len(f.B) >= f.R, d0 >= 0, d0 < d1, d1 <= f.D)
	t.inside("Linear", len(x), n)
	for d := d0; d < d1; d += blockD {
		linearBlock(dst, x, t.off, f, n, part{d, min(d+blockD, d1), d == d0})
	}
}

// AddLinear adds Σ_d W_rd x[t_d+i] to dst[r·n+i], without B: a product of matrices when the table is of rows.
func AddLinear(dst, x []float32, t Table, f Forms, n int) {
	check("AddLinear", n, len(dst) >= f.R*n, t.d == f.D, len(f.W) >= f.R*f.D)
	t.inside("AddLinear", len(x), n)
	for d := 0; d < f.D; d += blockD {
		linearBlock(dst, x, t.off, f, n, part{d, min(d+blockD, f.D), false})
	}
}

// AddSquares computes dst[k·n+i] += ½ Σ_l p[(k·L+l)·n+i]² for k < K, l < L, i < n.
func AddSquares(dst, p []float32, K, L, n int) {
	check("AddSquares", n, len(dst) >= K*n, len(p) >= K*L*n)
	if K > 0 && L > 0 {
		addSquares(dst, p, K, L, n)
	}
}

// Gather writes lanes as rows, dst[i·ld+d] = x[t_d+i] for i < n. ld ≥ Pad(D): columns from D up are scratch.
func Gather(dst []float32, ld int, x []float32, t Table, n int) {
	check("Gather", n, ld >= len(t.off), n == 0 || len(dst) >= (n-1)*ld+len(t.off))
	t.inside("Gather", len(x), n)
	gather(dst, ld, x, t.off, n)
}

// Pairs are items with the rows to which they belong, each with L factors.
type Pairs struct {
	Item, Row []int32   // of equal length
	A         []float32 // pairs×L
}

// AddOuter computes y[(Row_j·L+l)·ldy+d] += A_jl·x[Item_j·ldx+d] for all pairs j, in their order, l < L
// and d < n, a multiple of Lanes.
func AddOuter(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	check("AddOuter", n, len(p.Row) == len(p.Item), len(p.A) >= len(p.Item)*L, ldy >= n, ldx >= n)
	if len(p.Item) == 0 || L == 0 || n == 0 {
		return
	}
	if largest(p.Item)*ldx+n > len(x) || (largest(p.Row)*L+L-1)*ldy+n > len(y) {
		panic("kernel: AddOuter: pair out of range")
	}
	addOuter(y, ldy, x, ldx, p, L, n)
}

// FactorStep holds what the factors of one component learn from in a chunk of D = len(Mu) dimensions.
type FactorStep struct {
	L        int
	Mean     []float32 // L: m̄ = Σ w m, of the posterior means m = Λ⁻¹Fy
	A        []float32 // L×L: Σ w m mᵀ + SΛ⁻¹
	Rate     float32   // over the number of vectors
	Mu, Root []float32 // D: μ and r
	X, Q     []float32 // D: Σ w x and Σ w x²
	Y        []float32 // L rows LdY apart: Σ w m xᵀ
	LdY      int
}

// AscendFactors moves the L factors of one component, f of D values each and ldf apart, by one step of gradient ascent,
//
//	F += Rate·(Σ w m yᵀ − A·F),  Σ w m_l y = r(Y_l − m̄_l μ)
//
// and takes from X = Σ w x and Q = Σ w x² what the factors explain, so that Ascend can move μ and r (model.md §3):
//
//	X −= g/r,  Q −= (Σ_l f_l Y_l + μg)/r,  g = Fᵀm̄.
//
// Y is scratch afterwards. It reports whether all new factors are finite. All versions agree to the bit.
func AscendFactors(f []float32, ldf int, c FactorStep) (finite bool) {
	D, L := len(c.Mu), c.L
	check("AscendFactors", 0, L > 0, ldf >= D, c.LdY >= D, len(f) >= (L-1)*ldf+D, len(c.Y) >= (L-1)*c.LdY+D,
		len(c.Root) >= D, len(c.X) >= D, len(c.Q) >= D, len(c.Mean) >= L, len(c.A) >= L*L)
	var bad [Lanes]float32
	ascendFactors(f, ldf, c, &bad)
	return allZero(&bad)
}

func allZero(v *[Lanes]float32) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// FactorGradient writes the gradient by the L factors of one component and a chunk of D = len(c.Mu) dimensions, L rows:
//
//	g_ld = (r_d(Y_ld − m̄_l μ_d) − Σ_j A_lj f_jd)/M
//
// Rows of f are ldf apart; c.Rate, X and Q have no part in it (model.md §3). All versions agree to the bit.
func FactorGradient(g, f []float32, ldf int, c FactorStep, M float32) {
	D, L := len(c.Mu), c.L
	check("FactorGradient", 0, L > 0, ldf >= D, c.LdY >= D, len(g) >= L*D, len(f) >= (L-1)*ldf+D,
		len(c.Y) >= (L-1)*c.LdY+D, len(c.Root) >= D, len(c.Mean) >= L, len(c.A) >= L*L)
	factorGradient(g, D, f, ldf, c, M)
}

// Dot is Σ a_d b_d.
func Dot(a, b []float32) float32 {
	check("Dot", 0, len(a) == len(b))
	var sums [Lanes]float32
	dot(&sums, a, b)
	return sumLanes(&sums)
}

// ScaleDot multiplies w by s, element by element, and returns Σ w_d b_d of the result.
func ScaleDot(w, s, b []float32) float32 {
	check("ScaleDot", 0, len(s) == len(w), len(b) == len(w))
	var sums [Lanes]float32
	scaleDot(&sums, w, s, b)
	return sumLanes(&sums)
}

// sumLanes adds 16 lanes, halves onto halves, and spoils them.
func sumLanes(sums *[Lanes]float32) float32 {
	for width := Lanes / 2; width > 0; width /= 2 {
		for i := range width {
			sums[i] += sums[i+width]
		}
	}
	return sums[0]
}
