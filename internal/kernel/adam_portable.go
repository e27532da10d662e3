package kernel

import "math"

// The portable versions of adam.go.

func adamGo(v, g, m, q []float32, c AdamStep) {
	g, m, q = g[:len(v)], m[:len(v)], q[:len(v)]
	for i, d := range g {
		m[i] = float32(c.Keep*m[i]) + float32(c.Take*d)
		q[i] = float32(c.KeepSquares*q[i]) + float32(c.TakeSquares*float32(d*d))
		v[i] += float32(c.Rate*m[i]) / (float32(float32(math.Sqrt(float64(q[i])))*c.Shift) + c.Epsilon)
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
