package bench

import (
	"sync"

	"deepgmm/internal/kernel"
)

// peak is a subject whose unit is 10⁹ floating-point operations at the fastest the processor
// does them: independent fused multiply-adds in registers, on a number of goroutines at once.
func peak(workers int) subject {
	rounds := 1e9 / float64(kernel.FMAFLOPs)
	return timed(func(n int) {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() { kernel.FMA(int(float64(n) * rounds / float64(workers))) })
		}
		wg.Wait()
	})
}
