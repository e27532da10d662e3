package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"deepgmm/experiments/report"
	"deepgmm/internal/kernel"
)

// Shapes of the score kernel: patches of 3×3 and 8×8 pixels, whole images, an upper layer's whole map.
var (
	kernelDims       = []int{9, 64, 784, 5929}
	kernelComponents = []int{25, 49, 100}
)

// lanes is a batch of 100 images as training holds it.
const lanes = 112

// scores makes table B1: the fused kernel on one core.
func (b *bench) scores(ctx context.Context) (report.Table, error) {
	t := report.Table{ID: "B1-scores", Title: "B1. The fused log-score kernel on one core",
		Columns: []report.Column{{Name: "D"}, {Name: "K"}, {Name: "speed", Unit: "GFLOP/s"}, {Name: "peak", Unit: "GFLOP/s"},
			{Name: "share of the peak", Unit: "%", Better: 1}},
		Note: "Peak: a loop of independent fused multiply-adds, measured in turns with the kernel. 4·K·D operations a vector."}
	if b.Python != "" {
		t.Columns = append(t.Columns, report.Column{Name: "OpenBLAS takes", Unit: "× the time", Decimals: 2, Better: 1})
		t.Note += " OpenBLAS: the products x·A and x²·B of the expanded form by NumPy on one thread, x² given."
	}
	for _, D := range kernelDims {
		for _, K := range kernelComponents {
			b.say("B1: D = %d, K = %d", D, K)
			row, err := b.scoreRow(ctx, D, K)
			if err != nil {
				return t, fmt.Errorf("scores for D = %d, K = %d: %w", D, K, err)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t, nil
}

// scoreProblem is M vectors as blocks of lanes, and the same row-major for BLAS.
type scoreProblem struct {
	M    int
	x    []float32 // blocks × D × lanes
	t    kernel.Table
	w    kernel.Weights
	dst  []float32 // blocks × K × lanes
	rows []float32 // M×D
}

func newScoreProblem(D, K int) *scoreProblem {
	blocks := max(1, min(108, 1<<20/(D*lanes))) // as many as a batch has positions, about 4 MB
	r := rand.New(rand.NewPCG(uint64(D), uint64(K)))
	uniform := func(n int, low, high float32) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = low + (high-low)*r.Float32()
		}
		return v
	}
	p := &scoreProblem{M: blocks * lanes, rows: uniform(blocks*lanes*D, 0, 1), t: kernel.Contiguous(D, lanes),
		w:   kernel.Weights{K: K, D: D, S: uniform(K*D, 0.5, 2), M: uniform(K*D, -2, 0), C: uniform(K, -10, 10)},
		x:   make([]float32, blocks*D*lanes),
		dst: make([]float32, blocks*K*lanes)}
	for i := range blocks {
		kernel.Transpose(p.x[i*D*lanes:], lanes, p.rows[i*D*lanes:], D, lanes, D)
	}
	return p
}

func (p *scoreProblem) run() {
	D, K := p.w.D, p.w.K
	for i := range p.M / lanes {
		kernel.Score(p.dst[i*K*lanes:(i+1)*K*lanes], p.x[i*D*lanes:(i+1)*D*lanes], p.t, p.w, lanes)
	}
}

// at is the score of a vector and a component.
func (p *scoreProblem) at(m, k int) float64 {
	return float64(p.dst[m/lanes*p.w.K*lanes+k*lanes+m%lanes])
}

// check compares some scores with the definition in float64.
func (p *scoreProblem) check() error {
	D := p.w.D
	for m := 0; m < p.M; m += 1 + p.M/50 {
		for k := range p.w.K {
			want, size := float64(p.w.C[k]), 1.0
			for d, v := range p.rows[m*D : (m+1)*D] {
				t := float64(v)*float64(p.w.S[k*D+d]) + float64(p.w.M[k*D+d])
				want -= t * t
				size += t * t
			}
			if got := p.at(m, k); math.Abs(got-want) > 1e-5*size {
				return fmt.Errorf("wrong result: score of vector %d, component %d is %v, by definition %v", m, k, got, want)
			}
		}
	}
	return nil
}

func (b *bench) scoreRow(ctx context.Context, D, K int) ([]report.Value, error) {
	p := newScoreProblem(D, K)
	d := duel{kind: "blas", task: p.task(), ours: repeated(func() error { p.run(); return nil }), checked: 1, threads: 1,
		allowed: 1e-4, results: p.expanded}
	gflop := 4 * float64(p.M) * float64(K) * float64(D) / 1e9
	c, err := versus(ctx, d.ours, peak(1))
	if err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	row := nums(float64(D), float64(K), gflop/c.a, 1/c.b, 100*gflop*c.ratio)
	if b.Python == "" {
		return row, nil
	}
	c, _, err = b.fight(ctx, d)
	return append(row, report.Num(c.ratio)), err
}

// task is the problem in the expanded form x·A + x²·B: A = −2·S·M, B = −S², without C and Σ M².
func (p *scoreProblem) task() task {
	D, K := p.w.D, p.w.K
	A, B := make([]float32, D*K), make([]float32, D*K)
	for k := range K {
		for d := range D {
			s, m := p.w.S[k*D+d], p.w.M[k*D+d]
			A[d*K+k], B[d*K+k] = -2*s*m, -s*s
		}
	}
	t := newTask()
	t.add("x", p.rows, p.M, D)
	t.add("A", A, D, K)
	t.add("B", B, D, K)
	return t
}

// expanded are the scores in that form, M×K.
func (p *scoreProblem) expanded() [][]float32 {
	all := make([]float32, p.M*p.w.K)
	for i := range all {
		m, k := i/p.w.K, i%p.w.K
		v := p.at(m, k) - float64(p.w.C[k])
		for _, w := range p.w.M[k*p.w.D : (k+1)*p.w.D] {
			v += float64(w) * float64(w)
		}
		all[i] = float32(v)
	}
	return [][]float32{all}
}
