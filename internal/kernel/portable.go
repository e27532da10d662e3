package kernel

import "math"

// The portable versions. Products are converted to float32 before they are
// added, so that no compiler fuses them and every CPU gives the same bits.

// Sums are kept in registers, 8 items at a time: functions of their own, as compilers keep few values in registers
// beyond the loops of a longer one.

func scoreGo(dst, x []float32, off []int32, w Weights, n int, p part) {
	off = off[p.d0:p.d1]
	for i := 0; i < n; i += 8 {
		for k := range w.K {
			out := (*[8]float32)(dst[k*n+i:])
			p.begin(out[:], w.C, k)
			subtractSquares(out, x[i:], off, w.S[k*w.D+p.d0:], w.M[k*w.D+p.d0:])
		}
	}
}

// subtractSquares computes out −= Σ (x·s + m)² for 8 items.
func subtractSquares(out *[8]float32, x []float32, off []int32, s, m []float32) {
	s, m = s[:len(off)], m[:len(off)]
	var a0, a1, a2, a3, a4, a5, a6, a7 float32
	for d, o := range off {
		v, s, m := (*[8]float32)(x[o:]), s[d], m[d]
		t := float32(s*v[0]) + m
		a0 += float32(t * t)
		t = float32(s*v[1]) + m
		a1 += float32(t * t)
		t = float32(s*v[2]) + m
		a2 += float32(t * t)
		t = float32(s*v[3]) + m
		a3 += float32(t * t)
		t = float32(s*v[4]) + m
		a4 += float32(t * t)
		t = float32(s*v[5]) + m
		a5 += float32(t * t)
		t = float32(s*v[6]) + m
		a6 += float32(t * t)
		t = float32(s*v[7]) + m
		a7 += float32(t * t)
	}
	for j, a := range [8]float32{a0, a1, a2, a3, a4, a5, a6, a7} {
		out[j] -= a
	}
}

// products computes Σ w_j x for 8 items, x[j·row] after x[0], or at offsets off if there are any.
func products(x []float32, row int, off []int32, w []float32) [8]float32 {
	var a0, a1, a2, a3, a4, a5, a6, a7 float32
	for j, w := range w {
		at := j * row
		if off != nil {
			at = int(off[j])
		}
		v := (*[8]float32)(x[at:])
		a0 += float32(w * v[0])
		a1 += float32(w * v[1])
		a2 += float32(w * v[2])
		a3 += float32(w * v[3])
		a4 += float32(w * v[4])
		a5 += float32(w * v[5])
		a6 += float32(w * v[6])
		a7 += float32(w * v[7])
	}
	return [8]float32{a0, a1, a2, a3, a4, a5, a6, a7}
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
		for i := 0; i < n; i += 8 {
			for r := range R {
				*(*[8]float32)(to[r*dst.Row+i:]) = products(from[i:], src.Row, nil, w[r*J:(r+1)*J])
			}
		}
	}
}

func circulantGo(dst, src Grid, groups int, w []float32, R, n int) {
	reach := band(w, R)
	for g := range groups {
		to, from := dst.V[g*dst.Group:], src.V[g*src.Group:]
		for i := 0; i < n; i += 8 {
			for k := range R {
				*(*[8]float32)(to[k*dst.Row+i:]) = ringProducts(from[i:], src.Row, w, k, R, reach)
			}
		}
	}
}

// nothing is added to what has no partner: −0, as 0 would make 0 of −0.
var nothing = func() (v [8]float32) {
	for i := range v {
		v[i] = float32(math.Copysign(0, -1))
	}
	return v
}()

// ringProducts computes w_0·x_k + Σ_m w_m·(x_(k−m) + x_(k+m)) over a ring of R rows for 8 items; what lies opposite of
// k counts once.
func ringProducts(x []float32, row int, w []float32, k, R, reach int) [8]float32 {
	v, c := (*[8]float32)(x[k*row:]), w[0]
	a0, a1, a2, a3 := float32(c*v[0]), float32(c*v[1]), float32(c*v[2]), float32(c*v[3])
	a4, a5, a6, a7 := float32(c*v[4]), float32(c*v[5]), float32(c*v[6]), float32(c*v[7])
	before, after := k, k
	for m, c := range w[1:][:reach] {
		if before--; before < 0 {
			before = R - 1
		}
		if after++; after == R {
			after = 0
		}
		u, v := (*[8]float32)(x[before*row:]), (*[8]float32)(x[after*row:])
		if 2*(m+1) == R {
			u = &nothing
		}
		a0 += float32(c * (u[0] + v[0]))
		a1 += float32(c * (u[1] + v[1]))
		a2 += float32(c * (u[2] + v[2]))
		a3 += float32(c * (u[3] + v[3]))
		a4 += float32(c * (u[4] + v[4]))
		a5 += float32(c * (u[5] + v[5]))
		a6 += float32(c * (u[6] + v[6]))
		a7 += float32(c * (u[7] + v[7]))
	}
	return [8]float32{a0, a1, a2, a3, a4, a5, a6, a7}
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
	for i := 0; i < n; i += Lanes {
		var total, scale [Lanes]float32
		best := (*[Lanes]float32)(best[i:])
		for k := range K {
			out := (*[Lanes]float32)(r[k*n+i:])
			for j, v := range (*[Lanes]float32)(l[k*n+i:]) {
				e := exp32(v - best[j])
				out[j] = e
				total[j] += e
			}
		}
		for j, t := range total {
			sum[i+j], scale[j] = t, 1/t
		}
		for k := range K {
			out := (*[Lanes]float32)(r[k*n+i:])
			for j, s := range scale {
				out[j] *= s
			}
		}
	}
}

// Constants of exp32: 2^j·p(f) with |f| ≤ log(2)/2 and p = 1 + f·q(f), of degree 5, with the least
// largest relative error, 0.8·2⁻²³ (weighted least squares, Lawson's iteration).
const (
	expLow  = -40.0 // below it the result is 0: no subnormals in the maps, their squares and sums of what they weigh
	log2e   = 1.44269504088896341
	ln2hi   = 0.693359375
	ln2lo   = -2.12194440e-4
	expRnd  = 12582912 // 1.5·2^23: adding it rounds to an integer
	expBias = 0x4b400000
	exp5    = 0.0082903066650033
	exp4    = 0.0418979749083519
	exp3    = 0.1666763722896576
	exp2    = 0.4999915063381195
	exp1    = 0.9999997019767761
)

// exp32 is exp(x) for x ≤ 0 within 2 ulp; 0 below −40; NaN for NaN.
func exp32(x float32) float32 {
	if x < expLow {
		return 0
	}
	rounded := float32(x*log2e) + expRnd
	j := rounded - expRnd
	f := float32(x - float32(j*ln2hi))
	f -= float32(j * ln2lo)
	p := float32(exp5*f) + exp4
	p = float32(p*f) + exp3
	p = float32(p*f) + exp2
	p = float32(p*f) + exp1
	p = float32(p*f) + 1
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
