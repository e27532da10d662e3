package kernel

// Slopes are the constants of Σ_k u_k·(B_kd − x_d·A_kd): with A = s² and B = s²μ the gradient by x of
// Σ_k u_k ℓ_k (model.md §7).
type Slopes struct {
	K, D int
	w    []float32 // tiles of slopeTile dimensions × K × (their B, their A), 0 after D
}

const slopeTile = 4

// NewSlopes takes B and A of every component and dimension from a function.
func NewSlopes(K, D int, of func(k, d int) (B, A float32)) Slopes {
	s := Slopes{K: K, D: D, w: make([]float32, (D+slopeTile-1)/slopeTile*K*2*slopeTile)}
	for d := range D {
		for k := range K {
			i := (d/slopeTile*K+k)*2*slopeTile + d%slopeTile
			s.w[i], s.w[i+slopeTile] = of(k, d)
		}
	}
	return s
}

// Pull adds to the gradient of a vector, g[t_d+i] += Σ_k u[k·n+i]·(B_kd − x[t_d+i]·A_kd), for the components k in live, in
// their order: the others have no slope. The table has D different entries; n is a multiple of Lanes; g and x must not overlap.
func Pull(g, x []float32, t Table, u []float32, live []int32, s Slopes, n int) {
	check("Pull", n, t.d == s.D, len(u) >= s.K*n)
	if t.top+n > len(x) || t.top+n > len(g) {
		panic("kernel: Pull: offset out of range")
	}
	for _, k := range live {
		if uint32(k) >= uint32(s.K) {
			panic("kernel: Pull: no such component")
		}
	}
	if len(live) > 0 && n > 0 {
		pull(g, x, t.off, u, live, s, n)
	}
}

// leastShare is the least responsibility that has a slope, 2⁻⁴⁰: less is lost in the rounding of the others, 2⁻²⁴,
// unless its component is tens of thousands of times as steep.
const leastShare = 1.0 / (1 << 40)

// SoftmaxSlope computes u[k·n+i] = r·(v − Σ_k' r_k' v_k') for K×n responsibilities r and slopes v, the product of v
// with the Jacobian of softmax (model.md §7); 0 where r < 2⁻⁴⁰. It returns the k whose u is not all 0, ascending; they are in live,
// scratch of length K.
func SoftmaxSlope(u, r, v []float32, live []int32, K, n int) []int32 {
	check("SoftmaxSlope", n, len(u) >= K*n, len(r) >= K*n, len(v) >= K*n, len(live) >= K)
	live = live[:K]
	clear(live)
	softmaxSlope(u, r, v, live, K, n)
	return marked(live)
}

// marked replaces marks by the places of those that are not 0.
func marked(live []int32) []int32 {
	count := 0
	for k, mark := range live {
		live[count] = int32(k) // count ≤ k
		if mark != 0 {
			count++
		}
	}
	return live[:count]
}

// MoveWhereEqual adds to dst, where src equals best, what is left in g, and takes it away from g: the gradient of a maximum
// goes to the first that reaches it (model.md §2).
func MoveWhereEqual(dst, g, src, best []float32) {
	check("MoveWhereEqual", 0, len(g) == len(dst), len(src) == len(dst), len(best) == len(dst))
	moveWhereEqual(dst, g, src, best)
}

// Reweigh computes dst[k·n+i] = r·max(b, low)·c_k of K×n values r and b, divided by their sum over k, or by 10⁻³⁰ if that is less.
// dst may be r or b.
func Reweigh(dst, r, b, c []float32, low float32, K, n int) {
	check("Reweigh", n, len(dst) >= K*n, len(r) >= K*n, len(b) >= K*n, len(c) >= K)
	reweigh(dst, r, b, c, low, K, n)
}

const leastSum = 1e-30

// Try computes dst = x + rate_i·g, clipped to [0, 1], for rows of n items where rate_i > 0, and dst = x elsewhere. It raises
// moved[i] to the largest |dst − x| and sets squares[i] to Σ (dst − x0)² over the rows.
func Try(dst, x, x0, g, rate, moved, squares []float32, rows, n int) {
	check("Try", n, len(dst) >= rows*n, len(x) >= rows*n, len(x0) >= rows*n, len(g) >= rows*n, len(rate) >= n, len(moved) >= n, len(squares) >= n)
	try(dst, x, x0, g, rate, moved, squares, rows, n)
}

// Take sets x = v and g = slope − pull·(v − x0) for rows of n items where kept_i > 0.
func Take(x, g, v, slope, x0, kept []float32, pull float32, rows, n int) {
	check("Take", n, len(x) >= rows*n, len(g) >= rows*n, len(v) >= rows*n, len(slope) >= rows*n, len(x0) >= rows*n, len(kept) >= n)
	take(x, g, v, slope, x0, kept, pull, rows, n)
}
