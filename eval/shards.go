package eval

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// shardRows rows are one unit of work. It depends on nothing, so the order of
// every sum, and with it the result's bits, is the same for any worker count.
const shardRows = 2048

func shards(rows int) int { return (rows + shardRows - 1) / shardRows }

// shard returns the rows i0 ≤ i < i1 of shard s.
func shard(s, rows int) (i0, i1 int) { return s * shardRows, min((s+1)*shardRows, rows) }

// buffers makes one buffer for each worker that n shards can keep busy
// (workers ≤ 0: GOMAXPROCS).
func buffers[B any](workers, n int, make1 func() B) []B {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	bufs := make([]B, max(1, min(workers, n)))
	for i := range bufs {
		bufs[i] = make1()
	}
	return bufs
}

// inOrder calls work(s, b) for all shards s < n at once on len(bufs) goroutines,
// each with its own b, and then reduce(b) for one shard at a time, in the order
// of s. So few buffers suffice for many shards. It returns ctx.Err() if it had
// to leave shards out.
func inOrder[B any](ctx context.Context, n int, bufs []B, work func(s int, b B), reduce func(b B)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	var left atomic.Bool
	done := make([]chan struct{}, n)
	for s := range done {
		done[s] = make(chan struct{})
	}
	run := func(s int, b B) {
		defer close(done[s])
		if ctx.Err() != nil {
			left.Store(true)
			return
		}
		work(s, b)
		if s > 0 {
			<-done[s-1] // taken before s, so its owner will close it
		}
		reduce(b)
	}
	for _, b := range bufs {
		wg.Go(func() {
			for s := int(next.Add(1)) - 1; s < n; s = int(next.Add(1)) - 1 {
				run(s, b)
			}
		})
	}
	wg.Wait()
	if left.Load() {
		return ctx.Err()
	}
	return nil
}

// eachShard is inOrder for work that only writes to rows of its own.
func eachShard[B any](n int, bufs []B, work func(s int, b B)) {
	if err := inOrder(context.Background(), n, bufs, work, func(B) {}); err != nil {
		panic("eval: a context without a deadline ended: " + err.Error())
	}
}
