package tune

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
)

// pool computes cells, several at once.
type pool struct {
	store    *cell.Store
	parallel int  // cells at once, at least 1
	keep     bool // the trained networks, for the next task
	note     func(line string)
}

// job is a cell to be computed.
type job struct {
	spec cell.Spec
	cost float64 // GFLOP

	key    string
	result *cell.Result
	failed error // the model cannot be trained or judged; nothing is wrong with the program's surroundings
}

// run computes jobs or takes them from the store; equal ones are computed once. done is told the cost that is behind. The results do not
// depend on the number of cells at once. The error is the first one that is not a model's own, or the context's.
func (p *pool) run(ctx context.Context, jobs []*job, data *dataset.Data, judges *cell.Evaluators, done func(cost float64, note string)) (computed int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue, twins := p.queue(jobs, data)
	var mu sync.Mutex
	var behind float64
	var lost error // of a training that the end of ctx stopped
	shares := map[*job]float64{}
	progress := func(j *job, share float64, note string) {
		mu.Lock()
		defer mu.Unlock()
		behind += j.cost * (share - shares[j])
		shares[j] = share
		done(behind, note)
	}
	var group sync.WaitGroup
	for range min(p.parallel, len(queue)) {
		group.Go(func() {
			for {
				mu.Lock()
				if len(queue) == 0 || ctx.Err() != nil {
					mu.Unlock()
					return
				}
				j := queue[0]
				queue = queue[1:]
				mu.Unlock()
				made, err := p.one(ctx, j, data, judges, func(share float64, note string) { progress(j, share, note) })
				if err != nil {
					cancel(err)
					if errors.Is(err, cell.ErrLost) {
						mu.Lock()
						lost = err
						mu.Unlock()
					}
					return
				}
				progress(j, 1, j.spec.String())
				mu.Lock()
				if made {
					computed++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if lost != nil {
		return computed, lost
	}
	if ctx.Err() != nil {
		return computed, context.Cause(ctx)
	}
	for _, j := range jobs {
		j.result, j.failed = twins[j.key].result, twins[j.key].failed
	}
	return computed, nil
}

// queue is one job of every key, the costliest first, so that no long one is left for the end.
func (p *pool) queue(jobs []*job, data *dataset.Data) (queue []*job, byKey map[string]*job) {
	byKey = map[string]*job{}
	for _, j := range jobs {
		j.key = j.spec.Key(data)
		if byKey[j.key] == nil {
			byKey[j.key] = j
			queue = append(queue, j)
		}
	}
	slices.SortStableFunc(queue, func(a, b *job) int {
		switch {
		case a.cost > b.cost:
			return -1
		case a.cost < b.cost:
			return 1
		}
		return 0
	})
	return queue, byKey
}

func (p *pool) one(ctx context.Context, j *job, data *dataset.Data, judges *cell.Evaluators, progress func(float64, string)) (computed bool, err error) {
	workers := 1
	if p.parallel == 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	o := cell.Options{Workers: workers, Store: p.store, Evaluators: judges, Note: p.note, Progress: func(share float64, note string) {
		progress(min(share, 0.99), fmt.Sprintf("%s: %s", j.spec, note))
	}}
	j.result, computed, err = cell.Run(ctx, j.spec, data, o)
	if err != nil {
		if ctx.Err() != nil || fromOutside(err) {
			return false, err
		}
		j.failed, err = err, nil
	}
	if p.keep {
		return computed, nil
	}
	return computed, p.dropNetworks(j.spec, data)
}

// fromOutside tells the errors of files from those of models.
func fromOutside(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.Is(err, cell.ErrStore) || errors.As(err, &path) || errors.As(err, &link)
}

// dropNetworks removes the trained networks of a finished cell: a search has hundreds.
func (p *pool) dropNetworks(s cell.Spec, data *dataset.Data) error {
	trained := s
	trained.Drawing = nil
	for _, s := range []cell.Spec{s, trained} {
		if err := os.Remove(p.store.NetworkPath(s.Key(data))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cache: %w", err)
		}
	}
	return nil
}
