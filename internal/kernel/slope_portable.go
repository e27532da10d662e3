package kernel

// The portable versions of slope.go.

func pullGo(g, x []float32, off []int32, u []float32, live []int32, s Slopes, n int) {
	var accA, accB [Lanes]float32
	for d := range s.D {
		w := s.w[d/slopeTile*s.K*2*slopeTile+d%slopeTile:]
		for i := 0; i < n; i += Lanes {
			accA, accB = [Lanes]float32{}, [Lanes]float32{}
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
	var dot [Lanes]float32
	for i := 0; i < n; i += Lanes {
		dot = [Lanes]float32{}
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
	var sum [Lanes]float32
	for i := 0; i < n; i += Lanes {
		sum = [Lanes]float32{}
		for k := range K {
			dst, r, b := dst[k*n+i:][:Lanes], r[k*n+i:][:Lanes], b[k*n+i:][:Lanes]
			for j := range sum {
				v := low
				if b[j] > low {
					v = b[j]
				}
				dst[j] = r[j] * v * c[k]
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

func tryGo(dst []float32, t Trial, rows, n int) {
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

func takeGo(x, g []float32, a Accepted, rows, n int) {
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
