package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"deepgmm/internal/kernel"
)

// spaceForms are the log-scores of a PCAGMM within its space, ℓ_k(z) = c_k − ½‖L_k⁻¹(z−μ_k)‖² with Σ_k = L_kL_kᵀ, as d
// linear forms of z for every component.
type spaceForms struct {
	c       []float64      // K
	forms   []kernel.Forms // K: W = L⁻¹ and B = −Wμ
	inverse [][]float64    // K: L⁻¹, d×d row-major
}

// forms returns an error if a covariance is not positive definite.
func (g *PCAGMM) forms() (*spaceForms, error) {
	d := g.Space.Dims
	f := new(spaceForms)
	for k := range g.K {
		var c mat.Cholesky
		if !c.Factorize(g.cov(k)) {
			return nil, fmt.Errorf("the covariance of component %d is not positive definite", k)
		}
		var lower mat.TriDense
		c.LTo(&lower)
		if err := lower.InverseTri(&lower); err != nil {
			return nil, fmt.Errorf("the covariance of component %d is nearly singular: %w", k, err)
		}
		w := make([]float64, d*d)
		linear := kernel.Forms{R: d, D: d, W: make([]float32, d*d), B: make([]float32, d)}
		for r := range d {
			var b float64
			for j := range r + 1 {
				w[r*d+j] = lower.At(r, j)
				linear.W[r*d+j] = float32(w[r*d+j])
				b -= w[r*d+j] * g.mean(k)[j]
			}
			linear.B[r] = float32(b)
		}
		f.inverse, f.forms = append(f.inverse, w), append(f.forms, linear)
		f.c = append(f.c, math.Log(g.Weights[k])-0.5*(float64(d)*math.Log(2*math.Pi)+c.LogDet()))
	}
	return f, nil
}

// distance2 is ‖L_k⁻¹(z−μ)‖².
func (f *spaceForms) distance2(z, mu []float64, k int) (sum float64) {
	d := len(z)
	for r := range d {
		var p float64
		for j, w := range f.inverse[k][r*d : r*d+r+1] {
			p += w * (z[j] - mu[j])
		}
		sum += p * p
	}
	return sum
}

// spaceBlock is a block whose scores are those of spaceForms.
type spaceBlock struct {
	*block
	p []float32 // d×n: the linear forms of a component
}

func newSpaceBlock(K int, Z Matrix) *spaceBlock {
	b := newBlock(K, Z)
	return &spaceBlock{b, make([]float32, Z.D*b.n)}
}

// score loads the rows i0 ≤ i < i1 of Z, at most n, and turns their scores into responsibilities.
func (b *spaceBlock) score(Z Matrix, i0, i1 int, f *spaceForms) {
	kernel.Transpose(b.x, b.n, Z.X[i0*Z.D:i1*Z.D], Z.D, i1-i0, Z.D)
	for k, c := range f.c {
		kernel.Linear(b.p, b.x, b.rows, f.forms[k], b.n)
		l := b.l[k*b.n : (k+1)*b.n]
		clear(l)
		kernel.AddSquares(l, b.p, 1, Z.D, b.n)
		for i, half := range l {
			l[i] = float32(c) - half
		}
	}
	kernel.Best(b.best, b.arg, b.l, b.K, b.n)
	b.softmax()
}
