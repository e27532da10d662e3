package dcgmm

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A team runs the tasks of one phase after another on a fixed number of
// goroutines, without allocating. Tasks must not depend on which worker runs them.
type team struct {
	workers int
	start   chan struct{}
	done    sync.WaitGroup

	next  atomic.Int64
	tasks int64
	run   func(task, worker int)
}

func newTeam(workers int) *team {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	t := &team{workers: workers, start: make(chan struct{})}
	for w := 1; w < workers; w++ {
		go func() {
			for range t.start {
				t.work(w)
				t.done.Done()
			}
		}()
	}
	return t
}

// each calls run(task, worker) for all tasks and waits for them; the caller is worker 0.
func (t *team) each(tasks int, run func(task, worker int)) {
	t.tasks, t.run = int64(tasks), run
	t.next.Store(0)
	helpers := min(t.workers, tasks) - 1
	if helpers > 0 {
		t.done.Add(helpers)
		for range helpers {
			t.start <- struct{}{}
		}
	}
	t.work(0)
	if helpers > 0 {
		t.done.Wait()
	}
}

func (t *team) work(worker int) {
	for {
		i := t.next.Add(1) - 1
		if i >= t.tasks {
			return
		}
		t.run(int(i), worker)
	}
}

// stop ends the goroutines.
func (t *team) stop() { close(t.start) }
