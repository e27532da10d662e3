package kernel

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
	whole := len(v) &^ (Lanes - 1)
	if whole > 0 {
		adam(v[:whole], g, m, q, c)
	}
	adamGo(v[whole:], g[whole:], m[whole:], q[whole:], c)
}

// FactorGradient writes the gradient by the L factors of one component and a chunk of D = len(mu) dimensions, g_ld for l < L and
// d < D in rows of D values:
//
//	g_ld = (r_d(Y_ld − m̄_l μ_d) − Σ_j A_lj f_jd)/M
//
// Rows of f are ldf apart; c.Rate, X and Q have no part in it (model.md §3). All versions agree to the bit.
func FactorGradient(g, f []float32, ldf int, c FactorStep, M float32) {
	D, L := len(c.Mu), c.L
	check("FactorGradient", 0, L > 0, ldf >= D, c.LdY >= D, len(g) >= L*D, len(f) >= (L-1)*ldf+D, len(c.Y) >= (L-1)*c.LdY+D, len(c.Root) >= D, len(c.Mean) >= L, len(c.A) >= L*L)
	whole := D &^ (Lanes - 1)
	if whole > 0 {
		head := c
		head.Mu = c.Mu[:whole]
		factorGradient(g, D, f, ldf, head, M)
	}
	if whole < D {
		factorGradientGo(g[whole:], D, f[whole:], ldf, c.from(whole), M)
	}
}
