package tune

import (
	"cmp"
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
	share  float64 // of it that is done
	result *cell.Result
	failed error // the model cannot be trained or measured; nothing is wrong with the program's surroundings
}

// round is the jobs of one call of pool.run.
type round struct {
	*pool
	data       *dataset.Data
	evaluators cell.Evaluators
	done       func(cost float64, note string) // is told the cost that is behind

	mu       sync.Mutex
	behind   float64
	computed int
	lost     error // of a training that the end of the context stopped
}

// run computes jobs or takes them from the store; equal ones are computed once. The results do not depend on the number
// of cells at once. The error is the first one that is not a model's own, or the context's.
func (p *pool) run(ctx context.Context, jobs []*job, data *dataset.Data, done func(float64, string)) (computed int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &round{pool: p, data: data, done: done}
	queue, byKey := p.queue(jobs, data)
	slots := make(chan struct{}, p.parallel)
	var group sync.WaitGroup
	for _, j := range queue {
		if slots <- struct{}{}; ctx.Err() != nil {
			break
		}
		group.Go(func() {
			if err := r.one(ctx, j); err != nil {
				cancel(err)
			}
			<-slots
		})
	}
	group.Wait()
	switch {
	case r.lost != nil:
		return r.computed, r.lost
	case ctx.Err() != nil:
		return r.computed, context.Cause(ctx)
	}
	for _, j := range jobs {
		j.result, j.failed = byKey[j.key].result, byKey[j.key].failed
	}
	return r.computed, nil
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
	slices.SortStableFunc(queue, func(a, b *job) int { return cmp.Compare(b.cost, a.cost) })
	return queue, byKey
}

func (r *round) one(ctx context.Context, j *job) error {
	workers := 1
	if r.parallel == 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	result, computed, err := cell.Run(ctx, j.spec, r.data, cell.Options{Workers: workers, Store: r.store, Evaluators: &r.evaluators,
		Note: r.note, Progress: func(share float64, note string) {
			r.progress(j, min(share, 0.99), fmt.Sprintf("%s: %s", j.spec, note))
		}})
	if err != nil && ctx.Err() == nil && !fromOutside(err) {
		j.failed, err = err, nil
	}
	if err == nil && !r.keep {
		err = r.dropNetworks(j.spec, r.data)
	}
	if err == nil {
		r.progress(j, 1, j.spec.String())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	j.result = result
	if computed {
		r.computed++
	}
	if errors.Is(err, cell.ErrLost) {
		r.lost = err
	}
	return err
}

func (r *round) progress(j *job, share float64, note string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind += j.cost * (share - j.share)
	j.share = share
	r.done(r.behind, note)
}

// fromOutside reports whether an error is one of files, and none of a model.
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
