package kernel

import "math"

// AdamStep holds the constants of a step of Adam.
type AdamStep struct {
	Keep, Take               float32 // β and 1 − β, of the average of gradients
	KeepSquares, TakeSquares float32 // β₂ and 1 − β₂, of that of their squares
	Rate                     float32 // of the step, times 1/(1−βᵗ)
	Shift                    float32 // 1/√(1−β₂ᵗ)
	Epsilon                  float32 // > 0
}

// Adam moves values v by their gradients g, with the averages m of gradients and q ≥ 0 of their squares:
//
//	m = Keep·m + Take·g,  q = KeepSquares·q + TakeSquares·g²,  v += Rate·m / (√q·Shift + Epsilon)
//
// All have the same length. All versions agree to the bit.
func Adam(v, g, m, q []float32, c AdamStep) {
	check("Adam", 0, len(g) == len(v), len(m) == len(v), len(q) == len(v))
	adam(v, g, m, q, c)
}

func adamGo(v, g, m, q []float32, c AdamStep) {
	g, m, q = g[:len(v)], m[:len(v)], q[:len(v)]
	for i, d := range g {
		m[i] = float32(c.Keep*m[i]) + float32(c.Take*d)
		q[i] = float32(c.KeepSquares*q[i]) + float32(c.TakeSquares*float32(d*d))
		v[i] += float32(c.Rate*m[i]) / (float32(float32(math.Sqrt(float64(q[i])))*c.Shift) + c.Epsilon)
	}
}
