package kernel

// SoftmaxSlope computes u[k·n+i] = r·(v − Σ_k' r_k' v_k') for K×n responsibilities r and slopes v: the
// product of v with the Jacobian of softmax (model.md §7). dot is scratch of length n.
func SoftmaxSlope(u, r, v, dot []float32, K, n int) {
	check("SoftmaxSlope", n, len(u) >= K*n, len(r) >= K*n, len(v) >= K*n, len(dot) >= n)
	dot = dot[:n]
	clear(dot)
	for k := range K {
		r, v := r[k*n:][:n], v[k*n:][:n]
		for i := range dot {
			dot[i] += float32(r[i] * v[i])
		}
	}
	for k := range K {
		u, r, v := u[k*n:][:n], r[k*n:][:n], v[k*n:][:n]
		for i := range dot {
			u[i] = r[i] * (v[i] - dot[i])
		}
	}
}

// AddSlope adds b − x∘a to the gradient of a vector of D values: g[t_d+i] += b[d·n+i] − x[t_d+i]·a[d·n+i]. The
// table has D entries; g and x must not overlap.
func AddSlope(g, a, b, x []float32, t Table, n int) {
	check("AddSlope", n, len(a) >= t.d*n, len(b) >= t.d*n)
	if t.top+n > len(x) || t.top+n > len(g) {
		panic("kernel: AddSlope: offset out of range")
	}
	for d, off := range t.off[:t.d] {
		g, x, a, b := g[off:][:n], x[off:][:n], a[d*n:][:n], b[d*n:][:n]
		for i := range g {
			g[i] += b[i] - float32(x[i]*a[i])
		}
	}
}

// MoveWhereEqual adds to dst, where src equals best, what is left in g, and takes it away from g: the gradient of a maximum
// goes to the first that reaches it (model.md §2).
func MoveWhereEqual(dst, g, src, best []float32) {
	check("MoveWhereEqual", 0, len(g) == len(dst), len(src) == len(dst), len(best) == len(dst))
	for i := range dst {
		if src[i] == best[i] {
			dst[i] += g[i]
			g[i] = 0
		}
	}
}
