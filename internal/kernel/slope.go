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

// Pull adds to the gradient of a vector, g[t_d+i] += Σ_k u[k·n+i]·(B_kd − x[t_d+i]·A_kd), for the components k in live,
// in their order. The table has D different entries; n is a multiple of Lanes; g and x must not overlap.
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

// leastShare is the least responsibility that has a slope: less is lost in the rounding of the others, 2⁻²⁴, unless
// its component is tens of thousands of times as steep.
const leastShare = 1.0 / (1 << 40)

// SoftmaxSlope computes u[k·n+i] = r·(v − Σ_k' r_k' v_k') for K×n responsibilities r and slopes v, the product of v
// with the Jacobian of softmax (model.md §7); 0 where r < 2⁻⁴⁰. It returns the k whose u is not all 0, ascending, in
// live, scratch of length K.
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

// MoveWhereEqual adds to dst, where src equals best, what is left in g, and clears it: the gradient of a maximum goes
// to the first that reaches it (model.md §2).
func MoveWhereEqual(dst, g, src, best []float32) {
	check("MoveWhereEqual", 0, len(g) == len(dst), len(src) == len(dst), len(best) == len(dst))
	moveWhereEqual(dst, g, src, best)
}

// Reweigh computes dst[k·n+i] = r·max(b, low)·c_k of K×n values r and b, divided by their sum over k, or by 10⁻³⁰ if
// that is less. dst may be r or b.
func Reweigh(dst, r, b, c []float32, low float32, K, n int) {
	check("Reweigh", n, len(dst) >= K*n, len(r) >= K*n, len(b) >= K*n, len(c) >= K)
	reweigh(dst, r, b, c, low, K, n)
}

const leastSum = 1e-30

// A Trial is a step of a line search for rows of n items, each of which has its own rate.
type Trial struct {
	X, X0, Gradient []float32 // rows×n: where the step begins, where the search began, the objective's gradient at X
	Rate            []float32 // n: of the step; none where it is not above 0
	Moved, Squares  []float32 // n: results
}

// Try computes dst = X + Rate_i·Gradient, clipped to [0, 1], where Rate_i > 0, and dst = X elsewhere. It raises
// Moved_i to the largest |dst − X| and sets Squares_i to Σ (dst − X0)² over the rows.
func Try(dst []float32, t *Trial, rows, n int) {
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
func Take(x, g []float32, a *Accepted, rows, n int) {
	check("Take", n, len(x) >= rows*n, len(g) >= rows*n, len(a.V) >= rows*n, len(a.Gradient) >= rows*n,
		len(a.X0) >= rows*n, len(a.Kept) >= n)
	take(x, g, a, rows, n)
}

func pullGo(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	for d := range s.D {
		w := s.w[d/slopeTile*s.K*2*slopeTile+d%slopeTile:]
		for i := 0; i < n; i += Lanes {
			var accA, accB [Lanes]float32
			for _, k := range live {
				B, A := w[int(k)*2*slopeTile], w[int(k)*2*slopeTile+slopeTile]
				for j, c := range u[int(k)*n+i:][:Lanes] {
					accB[j] += float32(c * B)
					accA[j] += float32(c * A)
				}
			}
			x, g := x[int(off[d])+i:][:Lanes], g[int(off[d])+i:][:Lanes]
			for j := range g {
				g[j] += accB[j] - float32(x[j]*accA[j])
			}
		}
	}
}

func softmaxSlopeGo(u, r, v []float32, live []int32, K, n int) {
	for i := 0; i < n; i += Lanes {
		var dot [Lanes]float32
		for k := range K {
			r, v := r[k*n+i:][:Lanes], v[k*n+i:][:Lanes]
			for j := range dot {
				dot[j] += float32(r[j] * v[j])
			}
		}
		for k := range K {
			u, r, v := u[k*n+i:][:Lanes], r[k*n+i:][:Lanes], v[k*n+i:][:Lanes]
			for j := range dot {
				u[j] = 0
				if !(r[j] < leastShare) {
					u[j] = r[j] * (v[j] - dot[j])
				}
				if u[j] != 0 {
					live[k] = 1
				}
			}
		}
	}
}

func moveWhereEqualGo(dst, g, src, best []float32) {
	for i := range dst {
		if src[i] == best[i] {
			dst[i] += g[i]
			g[i] = 0
		}
	}
}

func reweighGo(dst, r, b, c []float32, low float32, K, n int) {
	for i := 0; i < n; i += Lanes {
		var sum [Lanes]float32
		for k := range K {
			dst, r, b := dst[k*n+i:][:Lanes], r[k*n+i:][:Lanes], b[k*n+i:][:Lanes]
			for j := range sum {
				v := low
				if b[j] > low {
					v = b[j]
				}
				dst[j] = float32(float32(r[j]*v) * c[k])
				sum[j] += dst[j]
			}
		}
		for k := range K {
			dst := dst[k*n+i:][:Lanes]
			for j, v := range sum {
				if leastSum > v {
					v = leastSum
				}
				dst[j] *= 1 / v
			}
		}
	}
}

func tryGo(dst []float32, t *Trial, rows, n int) {
	moved, squares := t.Moved[:n], t.Squares[:n]
	clear(squares)
	for k := range rows {
		dst, x0, g := dst[k*n:][:n], t.X0[k*n:][:n], t.Gradient[k*n:][:n]
		for i, old := range t.X[k*n:][:n] {
			v := old
			if rate := t.Rate[i]; rate > 0 {
				v += float32(rate * g[i])
				if !(v > 0) {
					v = 0
				}
				if !(v < 1) {
					v = 1
				}
			}
			dst[i] = v
			moved[i] = max(moved[i], v-old, old-v)
			squares[i] += float32((v - x0[i]) * (v - x0[i]))
		}
	}
}

func takeGo(x, g []float32, a *Accepted, rows, n int) {
	for k := range rows {
		x, g, gradient, x0 := x[k*n:][:n], g[k*n:][:n], a.Gradient[k*n:][:n], a.X0[k*n:][:n]
		for i, v := range a.V[k*n:][:n] {
			if a.Kept[i] > 0 {
				x[i] = v
				g[i] = gradient[i] - float32(a.Penalty*(v-x0[i]))
			}
		}
	}
}
