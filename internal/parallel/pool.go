// Package parallel runs the tasks of short phases on a fixed number of goroutines, without allocating.
package parallel

import (
	"runtime"
	"sync/atomic"
)

// A Pool runs the tasks of one phase after another on a fixed number of
// goroutines, without allocating. Tasks must not depend on which worker runs them.
//
// Every worker begins with tasks of its own, the same part of every phase: so
// tasks of neighbouring numbers find their data in the same core's cache. Who has finished helps the others.
//
// A training step has about ten phases of some ten microseconds to a millisecond. Waking a
// sleeping thread costs several of those, so workers look for the next phase for
// a while before they go to sleep.
type Pool struct {
	N       int    // workers
	own     []span // by worker
	run     func(task, worker int)
	phase   atomic.Int64 // its number; −1: go home
	busy    atomic.Int64 // helpers that have not finished the phase
	helpers []waiter
	leader  waiter
}

// A span is what is left of a worker's own tasks.
type span struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line for each
}

// A waiter waits until a condition holds that another goroutine makes true before it calls wake.
type waiter struct {
	asleep atomic.Bool
	alarm  chan struct{}
	looks  int // before sleeping
}

// looks is how often a waiter checks its condition, about 30 µs long.
const looks = 20_000

// mostWorkers are useful: more of them than processors only take memory.
const mostWorkers = 256

// Count is how many workers a pool of so many has; 0 stands for GOMAXPROCS.
func Count(wanted int) int {
	if wanted <= 0 {
		wanted = runtime.GOMAXPROCS(0)
	}
	return min(wanted, max(mostWorkers, runtime.GOMAXPROCS(0)))
}

// New starts a pool of so many workers, see Count. Stop ends it.
func New(workers int) *Pool {
	workers = Count(workers)
	t := &Pool{N: workers, own: make([]span, workers), helpers: make([]waiter, workers-1)}
	n := looks
	if workers > runtime.GOMAXPROCS(0) {
		n = 0 // looking would keep others from working
	}
	t.leader.init(n)
	for i := range t.helpers {
		t.helpers[i].init(n)
		go t.help(i)
	}
	return t
}

func (w *waiter) init(looks int) { w.alarm, w.looks = make(chan struct{}, 1), looks }

// wait returns when changed from old is true of the value.
func (w *waiter) wait(value *atomic.Int64, old int64, done func(now, old int64) bool) {
	for range w.looks {
		if done(value.Load(), old) {
			return
		}
	}
	for !done(value.Load(), old) {
		// Whoever changes the value looks at asleep afterwards: either it is seen here or the alarm will ring. That needs
		// the load below after the store here. Store would do in Go's memory model; qemu-user on amd64 lets an arm64
		// load overtake it, but not a Swap.
		w.asleep.Swap(true)
		if done(value.Load(), old) && w.asleep.CompareAndSwap(true, false) {
			return
		}
		<-w.alarm
	}
}

// wake rings the alarm of a sleeping waiter.
func (w *waiter) wake() {
	if w.asleep.CompareAndSwap(true, false) {
		w.alarm <- struct{}{}
	}
}

func differs(now, old int64) bool { return now != old }
func isZero(now, _ int64) bool    { return now == 0 }

// Each calls run(task, worker) for all tasks and waits for them; the caller is worker 0.
func (t *Pool) Each(tasks int, run func(task, worker int)) {
	if tasks <= 1 || len(t.helpers) == 0 {
		for i := range tasks {
			run(i, 0)
		}
		return
	}
	t.run = run
	for w := range t.own {
		t.own[w].next.Store(int64(w * tasks / t.N))
		t.own[w].end = int64((w + 1) * tasks / t.N)
	}
	t.busy.Store(int64(len(t.helpers)))
	t.phase.Add(1)
	for i := range t.helpers {
		t.helpers[i].wake()
	}
	t.work(0)
	t.leader.wait(&t.busy, 0, isZero)
}

// help is the life of a helper.
func (t *Pool) help(i int) {
	for phase := int64(0); ; {
		t.helpers[i].wait(&t.phase, phase, differs)
		if phase = t.phase.Load(); phase < 0 {
			return
		}
		t.work(i + 1)
		if t.busy.Add(-1) == 0 {
			t.leader.wake()
		}
	}
}

func (t *Pool) work(worker int) {
	for i := range t.N {
		s := &t.own[(worker+i)%t.N]
		for task := s.next.Add(1) - 1; task < s.end; task = s.next.Add(1) - 1 {
			t.run(int(task), worker)
		}
	}
}

// Stop ends the goroutines.
func (t *Pool) Stop() {
	t.phase.Store(-1)
	for i := range t.helpers {
		t.helpers[i].wake()
	}
}
