package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"deepgmm/internal/kernel"
)

// spaceForms are the log-scores of a PCAGMM within its space, ℓ_k(z) = c_k − ½‖L_k⁻¹(z−μ_k)‖² with Σ_k = L_kL_kᵀ, as d
// linear forms of z for every component. As L⁻¹ is a lower triangle, rows 0 ≤ r < r1 need the first r1 values only.
type spaceForms struct {
	c       []float64        // K
	forms   [][]kernel.Forms // K, by groups of rows: W = L⁻¹ without columns of 0 only, and B = −Wμ
	inverse [][]float64      // K: L⁻¹, d×d row-major
}

// groupRows rows of a triangle have as many columns as the last of them; 12 suit the kernel best.
const groupRows = 12

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
		for r := range d {
			for j := range r + 1 {
				w[r*d+j] = lower.At(r, j)
			}
		}
		f.inverse, f.forms = append(f.inverse, w), append(f.forms, triangle(w, g.mean(k)))
		f.c = append(f.c, math.Log(g.Weights[k])-float64(0.5*(float64(float64(d)*math.Log(2*math.Pi))+c.LogDet())))
	}
	return f, nil
}

// triangle are the forms of a lower triangle, d×d, and a mean.
func triangle(w, mu []float64) (groups []kernel.Forms) {
	d := len(mu)
	for r0 := 0; r0 < d; r0 += groupRows {
		r1 := min(r0+groupRows, d)
		f := kernel.Forms{R: r1 - r0, D: r1}
		for r := r0; r < r1; r++ {
			for _, v := range w[r*d : r*d+r1] {
				f.W = append(f.W, float32(v))
			}
			f.B = append(f.B, float32(-floats.Dot(w[r*d:r*d+r1], mu[:r1])))
		}
		groups = append(groups, f)
	}
	return groups
}

// distance2 is ‖L_k⁻¹(z−μ)‖².
func (f *spaceForms) distance2(z, mu []float64, k int) (sum float64) {
	d := len(z)
	for r := range d {
		var p float64
		for j, w := range f.inverse[k][r*d : r*d+r+1] {
			p += float64(w * (z[j] - mu[j]))
		}
		sum += float64(p * p)
	}
	return sum
}

// spaceBlock is a block whose scores are those of spaceForms.
type spaceBlock struct {
	*block
	p      []float32      // d×n: the linear forms of a component
	tables []kernel.Table // of the values that the groups of rows need
}

func newSpaceBlock(K int, Z Matrix) *spaceBlock {
	b := &spaceBlock{block: newBlock(K, Z)}
	b.p = make([]float32, Z.D*b.n)
	for r0 := 0; r0 < Z.D; r0 += groupRows {
		b.tables = append(b.tables, kernel.Contiguous(min(r0+groupRows, Z.D), b.n))
	}
	return b
}

// score loads the rows i0 ≤ i < i1 of Z, at most n, and turns their scores into responsibilities.
func (b *spaceBlock) score(Z Matrix, i0, i1 int, f *spaceForms) {
	kernel.Transpose(b.x, b.n, Z.X[i0*Z.D:i1*Z.D], Z.D, i1-i0, Z.D)
	for k, c := range f.c {
		for i, group := range f.forms[k] {
			kernel.Linear(b.p[i*groupRows*b.n:], b.x, b.tables[i], group, b.n)
		}
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
