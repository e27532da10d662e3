package dataset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// maxWorkers bounds the goroutines that decode.
const maxWorkers = 256

// inParallel calls do(i) for i in [0,n) on so many goroutines, 0 for one a processor, until ctx ends; it waits for them
// and returns how many calls there were.
func inParallel(ctx context.Context, n, workers int, do func(i int)) int {
	var next, done atomic.Int64
	var group sync.WaitGroup
	for range min(workersOf(workers), n) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
				done.Add(1)
			}
		})
	}
	group.Wait()
	return int(done.Load())
}

// workersOf is how many goroutines are meant.
func workersOf(wanted int) int {
	if wanted <= 0 {
		wanted = runtime.GOMAXPROCS(0)
	}
	return min(wanted, maxWorkers)
}

// A gate lets work in whose weights are at most its capacity in all, and anything heavier alone.
type gate struct {
	mu       sync.Mutex
	freed    sync.Cond
	capacity int64
	inside   int64
}

func newGate(capacity int64) *gate {
	g := &gate{capacity: capacity}
	g.freed.L = &g.mu
	return g
}

// with waits until there is room, and then does it.
func (g *gate) with(weight int64, do func()) {
	weight = min(weight, g.capacity)
	g.mu.Lock()
	for g.inside+weight > g.capacity {
		g.freed.Wait()
	}
	g.inside += weight
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.inside -= weight
		g.mu.Unlock()
		g.freed.Broadcast()
	}()
	do()
}
