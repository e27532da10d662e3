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
	t.inside("Pull", min(len(x), len(g)), n)
	if len(live) == 0 || n == 0 {
		return
	}
	if largest(live) >= s.K {
		panic("kernel: Pull: no such component")
	}
	pull(g, x, t.off, u, live, s, n)
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

// A Trial is a step of a line search for rows of n items, each of which has its own rate.
type Trial struct {
	X, X0, Gradient []float32 // rows×n: where the step begins, where the search began, and the objective's gradient by X
	Rate            []float32 // n: of the step; none where it is not above 0
	Moved, Squares  []float32 // n: results
}

// Try computes dst = X + Rate_i·Gradient, clipped to [0, 1], where Rate_i > 0, and dst = X elsewhere. It raises
// Moved_i to the largest |dst − X| and sets Squares_i to Σ (dst − X0)² over the rows.
func Try(dst []float32, t Trial, rows, n int) {
	check("Try", n, len(dst) >= rows*n, len(t.X) >= rows*n, len(t.X0) >= rows*n, len(t.Gradient) >= rows*n,
		len(t.Rate) >= n, len(t.Moved) >= n, len(t.Squares) >= n)
	try(dst, t, rows, n)
}

// Accepted is what a line search takes over of a Trial.
type Accepted struct {
	V, Gradient, X0 []float32 // rows×n: what was tried, the gradient there, and where the search began
	Kept            []float32 // n: above 0 where the step is kept
	Penalty         float32   // of the objective: its gradient is −Penalty·(V − X0)
}

// Take sets x = V and g = Gradient − Penalty·(V − X0) for rows of n items where Kept_i > 0.
func Take(x, g []float32, a Accepted, rows, n int) {
	check("Take", n, len(x) >= rows*n, len(g) >= rows*n, len(a.V) >= rows*n, len(a.Gradient) >= rows*n,
		len(a.X0) >= rows*n, len(a.Kept) >= n)
	take(x, g, a, rows, n)
}
