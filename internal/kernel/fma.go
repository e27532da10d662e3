package kernel

// FMAFLOPs is the number of floating-point operations in one round of FMA.
const FMAFLOPs = 24 * Lanes * 2

// FMA does n rounds of independent fused multiply-adds in registers, without memory: what
// they take is the peak that every other kernel is measured against. The portable
// version multiplies and adds, as the portable kernels do.
func FMA(n int) {
	if n > 0 {
		fma(n)
	}
}

// fmaGo returns its sums so that no compiler drops them.
func fmaGo(n int) (acc [24]float32) {
	x := float32(n)
	for range n * Lanes {
		for i := range acc {
			acc[i] += float32(x * acc[i])
		}
	}
	return acc
}
