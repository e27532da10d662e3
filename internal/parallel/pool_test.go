package parallel

import (
	"slices"
	"sync/atomic"
	"testing"
)

// Every task of every phase runs once, on a worker that there is, for fewer and for more workers than tasks or processors.
func TestEachTaskRunsOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 17} {
		p := New(workers)
		for _, tasks := range []int{0, 1, 2, 5, 64} {
			runs := make([]atomic.Int64, tasks)
			for range 50 {
				p.Each(tasks, func(task, worker int) {
					if worker < 0 || worker >= p.N {
						t.Errorf("worker %d of %d", worker, p.N)
					}
					runs[task].Add(1)
				})
			}
			for task := range runs {
				if n := runs[task].Load(); n != 50 {
					t.Errorf("%d workers: task %d of %d ran %d times, want 50", workers, task, tasks, n)
				}
			}
		}
		p.Stop()
	}
}

// What a phase wrote, the next one sees.
func TestPhasesFollowEachOther(t *testing.T) {
	p := New(4)
	defer p.Stop()
	from, to := make([]int, 100), make([]int, 100)
	for phase := range 200 {
		p.Each(100, func(task, _ int) { to[task] = from[(task+1)%100] + 1 })
		from, to = to, from
		if slices.Min(from) != phase+1 || slices.Max(from) != phase+1 {
			t.Fatalf("after phase %d: values from %d to %d", phase, slices.Min(from), slices.Max(from))
		}
	}
}

func TestPhasesAllocateNothing(t *testing.T) {
	p := New(2)
	defer p.Stop()
	run := func(int, int) {}
	if n := testing.AllocsPerRun(100, func() { p.Each(8, run) }); n != 0 {
		t.Errorf("%v allocations a phase", n)
	}
}

func TestCount(t *testing.T) {
	if Count(3) != 3 || Count(0) < 1 || Count(1<<30) > max(mostWorkers, Count(0)) {
		t.Errorf("3 → %d, 0 → %d, 2³⁰ → %d", Count(3), Count(0), Count(1<<30))
	}
}
