package eval

import "math/rand/v2"

// blobs are N rows around K centres in [0, 1]^D, with their labels.
func blobs(N, D, K int, spread float32, seed uint64) (Matrix, []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	centers := make([]float32, K*D)
	for i := range centers {
		centers[i] = r.Float32()
	}
	X, label := Matrix{N, D, make([]float32, N*D)}, make([]int, N)
	for i := range N {
		label[i] = r.IntN(K)
		for d := range D {
			X.X[i*D+d] = centers[label[i]*D+d] + spread*float32(r.NormFloat64())
		}
	}
	return X, label
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(5, 6)) }
