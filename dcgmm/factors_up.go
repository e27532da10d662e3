package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
)

// What the word U hands on beside a responsibility r_k: r_k times the code of component k, G_k·m_k of L values, m_k =
// E[z | x, k] being the posterior means of its factors (model.md §3, factors handed on). Codes follow the K
// responsibilities, that of component 0 first, and are 0 until the factors have joined.

// latent is a family whose components have L factors z.
type latent interface {
	// posterior writes the codes, K·L×n, of the scores of a position.
	posterior(m, l []float32, n, set int)
	// newMeanSlopes are those of projections by vectors, to which toProjections takes slopes v by codes,
	// K·L×n, in place; rows that are not live are not looked at.
	newMeanSlopes() slopes
	toProjections(v []float32, live []int32, n, set int)
	// loading writes what one unit of value l of a code of component k adds to a vector into dst, D values.
	loading(dst []float32, set, k, l int)
	// recode replaces the code of component k that is asked for by that of its factors given the observed values, too.
	recode(code []float32, x []float32, missing []bool, set, k int)
	// drawGiven draws x of component k given its code.
	drawGiven(dst []float32, set, k int, code []float32, scale float32, r *rand.Rand)
}

var _ latent = (*factorAnalyser)(nil)

// writeFactors completes dst, that has K responsibilities, by L factors each.
func writeFactors(f latent, dst []float32, h handed, K, L int) {
	f.posterior(dst[K*h.n:], h.l, h.n, h.set)
	timesWeights(dst, K, L, h.n)
}

// leastCode is the least size of what is handed up: squares and products of smaller values would be subnormal numbers,
// with which processors multiply a hundred times as slowly. Where all patches of a component are blank, factors fade.
const leastCode = 0x1p-60

// timesWeights multiplies the factors in dst by the weights before them.
func timesWeights(dst []float32, K, L, n int) {
	for k := range K {
		r := dst[k*n:][:n]
		for l := range L {
			m := dst[(K+k*L+l)*n:][:n]
			for i, w := range r {
				if m[i] *= w; m[i] < leastCode && m[i] > -leastCode {
					m[i] = 0
				}
			}
		}
	}
}

// rescaleFactors makes what was asked for with weights was that for the weights of signal: the factors' means stay.
func (o *output) rescaleFactors(signal, was []float32, n int) {
	for k := range o.k * min(o.l, 1) {
		for i, w := range was[k*n:][:n] {
			scale := signal[k*n+i] / max(w, leastWeight)
			for l := range o.l {
				signal[(o.k+k*o.l+l)*n+i] *= scale
			}
		}
	}
}

// leastWeight is one whose factors are not known: they are taken for it over this.
const leastWeight = 1e-6

// factorsOf writes the means of the factors of component k that a signal of one image asks for into z, L values, and
// reports whether it asks for any.
func factorsOf(z, signal []float32, K, k int) bool {
	L := len(signal)/K - 1
	for l := range L {
		z[l] = signal[K+k*L+l] / max(signal[k], leastWeight)
	}
	return L > 0
}

// factorVJP takes v = ∂/∂out of a position with output out to its responsibilities, dst = v_k0 + Σ_l v_kl·m_kl, K×n.
func (o *output) factorVJP(dst, v, out []float32, n int) {
	copy(dst, v[:o.k*n])
	for k := range o.k {
		r, d := out[k*n:][:n], dst[k*n:][:n]
		for l := range o.l {
			row := (o.k + k*o.l + l) * n
			rm, vl := out[row:][:n], v[row:][:n]
			for i := range d {
				if r[i] > leastWeight {
					d[i] += vl[i] * rm[i] / r[i]
				}
			}
		}
	}
}

// addFactorSlopes adds Σ_k r_k·∂m_k/∂xᵀ·v_k to the gradient by the vectors.
func (s *slope) addFactorSlopes(layer, pos int, v, out []float32) {
	o := &s.net.layers[layer].output
	if o.l == 0 || s.factorSlopes[layer] == nil {
		return
	}
	n, live := s.n, s.rows[:0]
	q := s.q[:o.k*o.l*n]
	for k := range o.k {
		r, any := out[k*n:][:n], false
		for i, w := range r {
			any = any || i < s.valid && w > leastWeight
		}
		if !any {
			continue
		}
		for l := range o.l {
			row := k*o.l + l
			to, vl := q[row*n:][:n], v[(o.k+row)*n:][:n]
			for i := range to {
				to[i] = r[i] * vl[i]
			}
			live = append(live, int32(row))
		}
	}
	vec := s.vectors(layer, pos)
	o.up.toProjections(q, live, n, vec.set)
	if len(live) > 0 {
		s.factorSlopes[layer].add(s.patchGrad(layer, vec), vec, q, live, &s.scratch)
	}
}

// groupedForward is pooling of a map whose responsibilities take their factors along.
func (p pool) groupedForward(out, src []float32, n int) {
	K := len(out) / n / (1 + p.L)
	for j, v := range src[:K*n] {
		if v > out[j] {
			out[j] = v
			k, i := j/n, j%n
			for l := range p.L {
				row := (K+k*p.L+l)*n + i
				out[row] = src[row]
			}
		}
	}
}

// groupedMove is kernel.MoveWhereEqual for such a map.
func (p pool) groupedMove(dst, g, src, best []float32, n int) {
	K := len(best) / n / (1 + p.L)
	for j, v := range src[:K*n] {
		if v != best[j] {
			continue
		}
		dst[j] += g[j]
		g[j] = 0
		k, i := j/n, j%n
		for l := range p.L {
			row := (K+k*p.L+l)*n + i
			dst[row] += g[row]
			g[row] = 0
		}
	}
}

// addLoadings adds Σ_l z_l·f_l/s of component k to dst, D values; column is scratch of as many.
func addLoadings(dst, column []float32, f latent, z []float32, set, k int) {
	for l, v := range z {
		f.loading(column, set, k, l)
		for d, w := range column {
			dst[d] += float32(v * w)
		}
	}
}

// shareFactors writes what a signal asks of factors behind the normalised weights r, over the same sums; 0 where it
// asks for none.
func (e *expectedLanes) shareFactors(r, signal []float32, K int) {
	rest := r[K*e.n:]
	clear(rest)
	if len(signal) == K*e.n {
		return
	}
	for i := range e.n {
		var sum float32
		for k := range K {
			sum += max(signal[k*e.n+i], 0)
		}
		for at := i; at < len(rest) && sum > 0; at += e.n {
			rest[at] = signal[K*e.n+at] / sum
		}
	}
}

// newMeanSlopes are the constants of the rows of projections as functions of a vector, linear ones; nil where none have
// joined.
func (g *factorAnalyser) newMeanSlopes() slopes {
	if !g.joined {
		return nil
	}
	var s diagonalSlopes
	for set := range g.Sets {
		w := g.forms[set].W
		s = append(s, kernel.NewSlopes(g.K*g.L, g.D, func(k, d int) (B, A float32) { return w[k*g.D+d], 0 }))
	}
	return s
}

// posterior writes the posterior means in the basis of patches, G·C⁻ᵀp, K·L×n, of the scores of a position; 0 before the
// factors have joined.
func (g *factorAnalyser) posterior(m, l []float32, n, set int) {
	L := g.L
	m = m[:g.K*L*n]
	clear(m)
	if !g.joined {
		return
	}
	for k := range g.K {
		up := g.up(set, k)
		for j := range L {
			p := l[(g.K+k*L+j)*n:][:n]
			for row, c := range up[j*L:][:j+1] {
				to := m[(k*L+row)*n:][:n]
				for i := range to {
					to[i] += float32(c * p[i])
				}
			}
		}
	}
}

// toProjections takes slopes by posterior means, K·L×n, to those by projections, in place. Rows that are not live are
// not looked at.
func (g *factorAnalyser) toProjections(v []float32, live []int32, n, set int) {
	L := g.L
	for at := 0; at < len(live); at += L {
		k := int(live[at]) / L
		up := g.up(set, k)
		for j := L - 1; j >= 0; j-- { // lower triangular: the last row first
			to := v[(k*L+j)*n:][:n]
			for i := range to {
				to[i] *= up[j*L+j]
			}
			for l, c := range up[j*L:][:j] {
				from := v[(k*L+l)*n:][:n]
				for i := range to {
					to[i] += float32(c * from[i])
				}
			}
		}
	}
}

// loading writes vector l of the basis of component k into dst, D values: what one unit of it adds to a vector.
func (g *factorAnalyser) loading(dst []float32, set, k, l int) {
	_, s, f := g.component(set, k)
	clear(dst)
	for j, c := range g.column(set, k, l) {
		for d, v := range f[j*g.D:][:g.D] {
			dst[d] += float32(c * v)
		}
	}
	for d := range dst {
		dst[d] /= s[d]
	}
}

// recode solves G⁻¹·code = m, G⁻¹ being upper triangular, for the factors m of conditionalFactors.
func (g *factorAnalyser) recode(code []float32, x []float32, missing []bool, set, k int) {
	m := g.conditionalFactors(x, missing, set, k, code)
	for l := g.L - 1; l >= 0; l-- {
		column := g.column(set, k, l)
		v := m[l] / float64(column[l])
		for j, c := range column[:l] {
			m[j] -= float64(v * float64(c))
		}
		code[l] = float32(v)
	}
}
