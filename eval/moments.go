package eval

import (
	"fmt"
	"math"

	"deepgmm/internal/kernel"

	"gonum.org/v1/gonum/floats"
)

// moments are the sums of the M-step: r, r·x and r·x² for every component.
type moments struct {
	D    int
	n    []float64 // K
	x, q []float64 // K×D
	log  float64   // Σ log-likelihood of the rows
}

func newMoments(K, D int) *moments {
	return &moments{D: D, n: make([]float64, K), x: make([]float64, K*D), q: make([]float64, K*D)}
}

func (m *moments) clear() {
	clear(m.n)
	clear(m.x)
	clear(m.q)
	m.log = 0
}

// add counts a row for component k.
func (m *moments) add(k int, row []float32) { m.addRows(k, certain, row, origin) }

// certain is the responsibility of the only component of a row that begins at the origin.
var certain, origin = []float64{1}, []int32{0}

// addRows counts the rows that begin at rows[off_i] for component k with responsibilities r.
func (m *moments) addRows(k int, r []float64, rows []float32, off []int32) {
	for _, v := range r {
		m.n[k] += v
	}
	kernel.AddMoments(m.x[k*m.D:(k+1)*m.D], m.q[k*m.D:(k+1)*m.D], r, rows, off)
}

func (m *moments) merge(o *moments) {
	floats.Add(m.n, o.n)
	floats.Add(m.x, o.x)
	floats.Add(m.q, o.q)
	m.log += o.log
}

// noise is 2⁻²⁴, half the distance from 1 to the next float32. Responsibilities
// below noise/N are not counted: together they change no component's Σr by more than 2⁻²⁴ of
// a row. A component whose whole Σr is below noise is dead.
const noise = 1.0 / (1 << 24)

// maximise is the M-step: it writes π = n/N, μ = x/n and σ² = q/n − μ² + ε to g. A dead component keeps its mean and
// variances, which cannot lower the likelihood (scikit-learn would put it at the origin), and gets the weight
// 10·2⁻⁵²/N, scikit-learn's floor. It returns the number of these.
func (m *moments) maximise(g *GMM, N int, regCovar float64) (dead int) {
	for k, n := range m.n {
		if n < noise {
			dead++
			g.Weights[k] = float32(10 * 0x1p-52 / float64(N))
			continue
		}
		g.Weights[k] = float32(n / float64(N))
		for i := k * g.D; i < (k+1)*g.D; i++ {
			mu := m.x[i] / n
			g.Means[i] = float32(mu)
			g.Variances[i] = float32(math.Max(0, m.q[i]/n-float64(mu*mu)) + regCovar)
		}
	}
	return dead
}

// GMMFromLabels is the M-step for rows that belong to one component each: labels are N values in [0, K), regCovar > 0
// is added to every variance. It is how a clustering becomes a start for FitGMMFrom. A component without rows gets
// the mean and variances of all rows, and next to no weight. It panics if these do not
// fit, and for K·D above 2³².
func GMMFromLabels(X Matrix, labels []int, K int, regCovar float64) *GMM {
	X.check("GMMFromLabels", -1)
	if len(labels) != X.N || X.N == 0 || K < 1 || !(regCovar > 0) {
		panic(fmt.Sprintf("eval: GMMFromLabels: %d labels for %d rows, K = %d, regCovar = %v", len(labels), X.N, K, regCovar))
	}
	checkCount("GMMFromLabels", K, X.D)
	all, own, one := newMoments(1, X.D), newMoments(K, X.D), newGMM(1, X.D)
	for i, k := range labels {
		if k < 0 || k >= K {
			panic(fmt.Sprintf("eval: GMMFromLabels: label %d of row %d is not in [0, %d)", k, i, K))
		}
		all.add(0, X.Row(i))
		own.add(k, X.Row(i))
	}
	all.maximise(one, X.N, regCovar)
	g := newGMM(K, X.D)
	for k := range K {
		copy(g.Means[k*X.D:], one.Means)
		copy(g.Variances[k*X.D:], one.Variances)
	}
	own.maximise(g, X.N, regCovar)
	return g
}
