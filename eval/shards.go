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

// parts is how many parts of so many rows there are, the last of which may have fewer.
func parts(rows, size int) int { return (rows + size - 1) / size }

// buffers makes one buffer for each worker that parts of the rows can keep busy (workers ≤ 0: GOMAXPROCS).
func buffers[B any](workers, rows, size int, make1 func() B) []B {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	bufs := make([]B, max(1, min(workers, parts(rows, size))))
	for i := range bufs {
		bufs[i] = make1()
	}
	return bufs
}

// inOrder calls work for parts i0 ≤ i < i1 of so many rows at once on len(bufs) goroutines, each with its own b, and
// then reduce(b) for one part at a time, in their order. So few buffers suffice for many parts. It returns ctx.Err()
// if it had to leave parts out.
func inOrder[B any](ctx context.Context, rows, size int, bufs []B, work func(i0, i1 int, b B), reduce func(b B)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	var left atomic.Bool
	done := make([]chan struct{}, parts(rows, size))
	for s := range done {
		done[s] = make(chan struct{})
	}
	run := func(s int, b B) {
		defer close(done[s])
		if ctx.Err() != nil {
			left.Store(true)
			return
		}
		work(s*size, min((s+1)*size, rows), b)
		if s > 0 {
			<-done[s-1] // taken before s, so its owner will close it
		}
		reduce(b)
	}
	for _, b := range bufs {
		wg.Go(func() {
			for s := int(next.Add(1)) - 1; s < len(done); s = int(next.Add(1)) - 1 {
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

// eachPart is inOrder for work that only writes to rows of its own, with buffers that make1 makes.
func eachPart[B any](workers, rows, size int, make1 func() B, work func(i0, i1 int, b B)) {
	bufs := buffers(workers, rows, size, make1)
	if err := inOrder(context.Background(), rows, size, bufs, work, func(B) {}); err != nil {
		panic("eval: a context without a deadline ended: " + err.Error())
	}
}

// inBlocks calls f for the blocks of the rows i0 ≤ i < end.
func inBlocks(i0, end int, f func(i0, i1 int)) {
	for ; i0 < end; i0 += blockRows {
		f(i0, min(i0+blockRows, end))
	}
}
