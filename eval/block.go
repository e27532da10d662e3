package eval

import "deepgmm/internal/kernel"

// blockRows rows at a time are turned into the kernels' lane-major layout:
// few enough for 784 columns to stay in a second-level cache.
const blockRows = 128

// block is one worker's lane-major block of n items and what the kernels make
// of it. Lanes beyond the loaded rows hold old finite values and are ignored.
type block struct {
	K, n int
	x    []float32 // D×n
	rows kernel.Table
	l    []float32 // K×n, scores
	best []float32 // n, largest score
	arg  []int32   // n, its k
	sum  []float32 // n, scratch of Softmax
}

// newBlock makes a block for scores of K forms over matrices like X.
func newBlock(K int, X Matrix) *block {
	n := min(blockRows, kernel.Pad(max(X.N, 1)))
	return &block{
		K: K, n: n,
		x: make([]float32, X.D*n), rows: kernel.Contiguous(X.D, n), l: make([]float32, K*n),
		best: make([]float32, n), arg: make([]int32, n), sum: make([]float32, n),
	}
}

// score loads the rows i0 ≤ i < i1 of X, at most n, and finds the scores l, best and arg of the quadratic forms w.
func (b *block) score(X Matrix, i0, i1 int, w kernel.Weights) {
	kernel.Transpose(b.x, b.n, X.X[i0*X.D:i1*X.D], X.D, i1-i0, X.D)
	kernel.Score(b.l, b.x, b.rows, w, b.n)
	kernel.Best(b.best, b.arg, b.l, b.K, b.n)
}

// softmax turns the scores l into responsibilities.
func (b *block) softmax() { kernel.Softmax(b.l, b.sum, b.l, b.best, b.K, b.n) }

// squaredDistances returns the forms −‖x − c_k‖² of K centres, K×D row-major.
func squaredDistances(centers []float32, K, D int) kernel.Weights {
	w := kernel.Weights{K: K, D: D, S: make([]float32, K*D), M: make([]float32, K*D), C: make([]float32, K)}
	for i, c := range centers[:K*D] {
		w.S[i], w.M[i] = 1, -c
	}
	return w
}
