package kernel

import "math"

// The portable versions. Products are converted to float32 before they are
// added, so that no compiler fuses them and every CPU gives the same bits.

func scoreGo(dst, x []float32, off []int32, w Weights, n int, p part) {
	for i := 0; i < n; i += Lanes {
		for k := range w.K {
			var acc [Lanes]float32
			s, m := w.S[k*w.D:(k+1)*w.D], w.M[k*w.D:(k+1)*w.D]
			for d := p.d0; d < p.d1; d++ {
				sd, md := s[d], m[d]
				for j, v := range x[int(off[d])+i:][:Lanes] {
					t := float32(v*sd) + md
					acc[j] += float32(t * t)
				}
			}
			out := dst[k*n+i:][:Lanes]
			p.begin(out, w.C, k)
			for j := range out {
				out[j] -= acc[j]
			}
		}
	}
}

// begin writes what the sums of row k begin with.
func (p part) begin(out, c []float32, k int) {
	if from := p.start(c, k); from != nil {
		for j := range out {
			out[j] = *from
		}
	}
}

func mixGo(dst, src Grid, groups int, w []float32, R, J, n int) {
	for g := range groups {
		to, from := dst.V[g*dst.Group:], src.V[g*src.Group:]
		for i := 0; i < n; i += Lanes {
			for r := range R {
				var acc [Lanes]float32
				for j := range J {
					c := w[r*J+j]
					for l, v := range from[j*src.Row+i:][:Lanes] {
						acc[l] += float32(c * v)
					}
				}
				copy(to[r*dst.Row+i:], acc[:])
			}
		}
	}
}

func circulantGo(dst, src Grid, groups int, w []float32, R, n int) {
	reach := band(w, R)
	for g := range groups {
		to, from := dst.V[g*dst.Group:], src.V[g*src.Group:]
		for k := range R {
			out := to[k*dst.Row:][:n]
			for i := range out {
				out[i] = w[0] * from[k*src.Row+i]
			}
			for m := 1; m <= reach; m++ {
				after, before := from[(k+m)%R*src.Row:][:n], from[(k-m+R)%R*src.Row:][:n]
				for i := range out {
					if 2*m == R {
						out[i] += float32(w[m] * after[i])
					} else {
						out[i] += float32(w[m] * (before[i] + after[i]))
					}
				}
			}
		}
	}
}

// pixel is v/255 for every byte v.
var pixel = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

func pixelsGo(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	for i, o := range off {
		for j, v := range src[o:][:width] {
			dst[j*n+i] = pixel[v]
		}
	}
}

func addRowGo(sum []float64, row []float32) {
	for d, v := range row {
		sum[d] += float64(v)
	}
}

func subtractRowGo(sum []float64, row []float32) {
	for d, v := range row {
		sum[d] -= float64(v)
	}
}

func bestGo(best []float32, arg []int32, l []float32, K, n int) {
	for i := range n {
		best[i], arg[i] = float32(math.Inf(-1)), 0
	}
	for k := range K {
		for i, v := range l[k*n:][:n] {
			if v > best[i] {
				best[i], arg[i] = v, int32(k)
			}
		}
	}
}

func topGo(best, l []float32, K, n int) {
	for i := range n {
		best[i] = float32(math.Inf(-1))
	}
	for k := range K {
		maxIntoGo(best[:n], l[k*n:][:n])
	}
}

func softmaxGo(r, sum, l, best []float32, K, n int) {
	clear(sum[:n])
	for k := range K {
		out := r[k*n:][:n]
		for i, v := range l[k*n:][:n] {
			e := exp32(v - best[i])
			out[i] = e
			sum[i] += e
		}
	}
	for k := range K {
		out := r[k*n:][:n]
		for i := range out {
			out[i] *= 1 / sum[i]
		}
	}
}

// Constants of exp32: 2^j·p(f) with |f| ≤ log(2)/2 and p = 1 + f·q(f), of degree 5, with the least
// largest relative error, 0.8·2⁻²³ (weighted least squares, Lawson's iteration).
const (
	expLow  = -87.0 // below it the result is 0: no subnormals in the maps
	log2e   = 1.44269504088896341
	ln2hi   = 0.693359375
	ln2lo   = -2.12194440e-4
	expRnd  = 12582912 // 1.5·2^23: adding it rounds to an integer
	expBias = 0x4b400000
)

var expPoly = [...]float32{
	0.0082903066650033, 0.0418979749083519, 0.1666763722896576, 0.4999915063381195, 0.9999997019767761, 1}

// exp32 is exp(x) for x ≤ 0 within 2 ulp; 0 below −87; NaN for NaN.
func exp32(x float32) float32 {
	if x < expLow {
		return 0
	}
	rounded := float32(x*log2e) + expRnd
	j := rounded - expRnd
	f := float32(x - float32(j*ln2hi))
	f -= float32(j * ln2lo)
	p := expPoly[0]
	for _, c := range expPoly[1:] {
		p = float32(p*f) + c
	}
	return p * math.Float32frombits(uint32(int32(math.Float32bits(rounded))-expBias+127)<<23)
}

func accumulateGo(X, Q []float32, ld int, x []float32, off []int32, seg []int32, n int) {
	for i, s := range seg[:n] {
		xs, qs := X[int(s)*ld:][:len(off)], Q[int(s)*ld:][:len(off)]
		for d, o := range off {
			v := x[int(o)+i]
			xs[d] += v
			qs[d] += float32(v * v)
		}
	}
}

func maxIntoGo(dst, src []float32) {
	for i, v := range src {
		if v > dst[i] {
			dst[i] = v
		}
	}
}

func transposeGo(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	const b = 16
	for r0 := 0; r0 < rows; r0 += b {
		for c0 := 0; c0 < cols; c0 += b {
			for r := r0; r < min(r0+b, rows); r++ {
				row := src[r*lds:]
				for c := c0; c < min(c0+b, cols); c++ {
					dst[c*ldd+r] = row[c]
				}
			}
		}
	}
}
