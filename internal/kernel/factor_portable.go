package kernel

// The portable versions of factor.go.

func linearGo(dst, x []float32, off []int32, f Forms, n int, p part) {
	off = off[p.d0:p.d1]
	for i := 0; i < n; i += 8 {
		for r := range f.R {
			acc := products(x[i:], 0, off, f.W[r*f.D+p.d0:r*f.D+p.d1])
			out := (*[8]float32)(dst[r*n+i:])
			p.begin(out[:], f.B, r)
			for j := range out {
				out[j] += acc[j]
			}
		}
	}
}

func addSquaresGo(dst, p []float32, K, L, n int) {
	for k := range K {
		for i := range n {
			var sum float32
			for l := range L {
				v := p[(k*L+l)*n+i]
				sum += float32(v * v)
			}
			dst[k*n+i] += float32(sum * 0.5)
		}
	}
}

func gatherGo(dst []float32, ld int, x []float32, off []int32, n int) {
	for i := range n {
		row := dst[i*ld:][:len(off)]
		for d, o := range off {
			row[d] = x[int(o)+i]
		}
	}
}

func addOuterGo(y []float32, ldy int, x []float32, ldx int, p Pairs, L, n int) {
	for j, item := range p.Item {
		row := x[int(item)*ldx:][:n]
		for l, a := range p.A[j*L:][:L] {
			to := y[(int(p.Row[j])*L+l)*ldy:][:n]
			for d, v := range row {
				to[d] += float32(a * v)
			}
		}
	}
}

func ascendFactorsGo(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	r, X, Q, Y, ldy := c.Root, c.X, c.Q, c.Y, c.LdY
	for d, m := range c.Mu {
		s := r[d]
		var g, h float32
		for l, mean := range c.Mean[:c.L] {
			fl, y := f[l*ldf+d], Y[l*ldy+d]
			g += float32(fl * mean)
			h += float32(fl * y)
			Y[l*ldy+d] = s * (y - float32(m*mean))
		}
		h += float32(m * g)
		X[d] -= g / s
		Q[d] -= h / s
		for l := range c.L {
			sum := Y[l*ldy+d]
			for j, a := range c.A[l*c.L:][:c.L] {
				sum -= float32(a * f[j*ldf+d])
			}
			Y[l*ldy+d] = sum
		}
		for l := range c.L {
			v := f[l*ldf+d] + float32(c.Rate*Y[l*ldy+d])
			f[l*ldf+d] = v
			bad[0] += v - v
		}
	}
}

func factorGradientGo(g []float32, ldg int, f []float32, ldf int, c FactorStep, M float32) {
	mu, r := c.Mu, c.Root
	for l := range c.L {
		row, y := g[l*ldg:][:len(mu)], c.Y[l*c.LdY:][:len(mu)]
		for d, m := range mu {
			row[d] = r[d] * (y[d] - float32(c.Mean[l]*m))
		}
		for j, w := range c.A[l*c.L:][:c.L] {
			for d, v := range f[j*ldf:][:len(mu)] {
				row[d] -= float32(w * v)
			}
		}
		for d := range row {
			row[d] /= M
		}
	}
}

func dotGo(sums *[Lanes]float32, a, b []float32) {
	for d, v := range a {
		sums[d%Lanes] += float32(v * b[d])
	}
}

func scaleDotGo(sums *[Lanes]float32, w, s, b []float32) {
	for d := range w {
		w[d] *= s[d]
	}
	dotGo(sums, w, b)
}
