package dcgmm

import "math"

// channels is how many values a position hands on.
func (l *oracleLayer) channels() int {
	if l.up {
		return l.k * (1 + l.factors)
	}
	return l.k
}

// codes are w_k·E[z | x_o, k] for the factors of all components, from the joint Gaussian of z and x: cov(z, x) = F S⁻¹, so that
// E[z | x_o] = F_o S_o⁻¹ Σ_oo⁻¹ (x_o − μ_o). missing is 1 where a value is not known; nil: nowhere.
func (l *oracleLayer) codes(set int, x, missing, w []float64) (out []float64) {
	D := len(x)
	for k := range l.k {
		gone := make([]bool, D)
		var seen []int
		var diff []float64
		for d := range x {
			if gone[d] = missing != nil && missing[d] == 1; !gone[d] {
				seen, diff = append(seen, d), append(diff, x[d]-l.mu[set][k*D+d])
			}
		}
		var e []float64
		if len(seen) > 0 {
			e = l.covariance(set, k, D).without(gone).solve(diff)
		}
		for j := range l.factors {
			m := 0.0
			for i, d := range seen {
				m += l.f[set][(k*l.factors+j)*D+d] / l.s[set][k*D+d] * e[i]
			}
			out = append(out, w[k]*m)
		}
	}
	return out
}

// pooledWith is model.md §2 for the output of layer below: responsibilities take their factors along.
func (m oracleMap) pooledWith(p [4]int, below *oracleLayer) oracleMap {
	out := m.pool(p)
	if below == nil || !below.up {
		return out
	}
	for i, y0 := range windows(m.H, p[0], p[2]) {
		for j, x0 := range windows(m.W, p[1], p[3]) {
			for k := range below.k {
				best := math.Inf(-1)
				for y := y0; y < min(y0+p[0], m.H); y++ {
					for x := x0; x < min(x0+p[1], m.W); x++ {
						if v := *m.at(y, x, k); v > best {
							best = v
							for l := range below.factors {
								c := below.k + k*below.factors + l
								*out.at(i, j, c) = *m.at(y, x, c)
							}
						}
					}
				}
			}
		}
	}
	return out
}
