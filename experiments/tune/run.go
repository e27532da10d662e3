package tune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/progress"
)

// Options say what to search for, how long, and where things are. Candidates, Budget and Seed determine the
// result, the rest does not.
type Options struct {
	Sets     []string      // data sets
	Own      *dataset.Data // in the place of Sets: own images of 28×28 pixels in gray, with classes; see OwnData
	Tasks    []configs.Task
	Families []configs.Family

	Candidates int     // of each family, as far as its space has so many, 1…10000; 200
	Budget     float64 // factor of the numbers of images on all rungs, 0.01…100; 1
	Seed       uint64

	Parallel int           // cells at once, one goroutine each; 0: GOMAXPROCS. With 1 a cell has all goroutines
	Time     time.Duration // stop after this time; 0: at the end

	Results string // folder of all results; the logs go to its folder tune
	Configs string // folder of the winners
	Cache   string // folder of finished cells
	Data    dataset.Options
	Out     io.Writer // what happened
	Log     io.Writer // progress

	load func(context.Context, string, dataset.Options) (*dataset.Data, error) // dataset.Load, except in tests
}

// Default numbers of candidates and budget: then the deep family takes about a quarter of an hour on two cores for one
// task on one data set.
const (
	DefaultCandidates = 200
	DefaultBudget     = 1
)

func (o *Options) complete() error {
	if o.Candidates == 0 {
		o.Candidates = DefaultCandidates
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.load == nil {
		o.load = dataset.Load
	}
	switch {
	case o.Candidates < 1 || o.Candidates > 10000:
		return fmt.Errorf("tune: --candidates is %d; it must be between 1 and 10000", o.Candidates)
	case !(o.Budget >= 0.01 && o.Budget <= 100):
		return fmt.Errorf("tune: --budget is %v; it must be between 0.01 and 100", o.Budget)
	case o.Parallel < 1 || o.Parallel > 1024:
		return fmt.Errorf("tune: --parallel is %d; it must be between 0 and 1024", o.Parallel)
	case o.Time < 0:
		return fmt.Errorf("tune: --time is %v; it must not be negative", o.Time)
	case len(o.Sets) == 0 && o.Own == nil || len(o.Tasks) == 0 || len(o.Families) == 0:
		return errors.New("tune: there must be a data set, a task and a family at least")
	}
	return cmp.Or(oneOf("task", o.Tasks, configs.Tasks()), oneOf("family", o.Families, configs.Families()))
}

func oneOf[T ~string](what string, given, all []T) error {
	for _, v := range given {
		if !slices.Contains(all, v) {
			return fmt.Errorf("tune: %q is not a %s; choose of %v", v, what, all)
		}
	}
	return nil
}

// errTime ends a search after Options.Time.
var errTime = errors.New("the time is up")

// Run searches, logs what was evaluated in o.Results/tune and writes the winners to o.Configs. When ctx ends, or the
// time is up, the rungs that are finished are logged as those of an unfinished search, and all finished cells and
// trainings under way are kept: the same call goes on with them, to the same result. The end of the time is no error.
func Run(ctx context.Context, o Options) error {
	if err := o.complete(); err != nil {
		return err
	}
	dir := filepath.Join(o.Results, "tune")
	unlock, err := atomicfile.Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if o.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Time, errTime)
		defer cancel()
	}
	if o.Own != nil {
		return o.explain(ctx, searchAll(ctx, o, dir, o.Own))
	}
	for _, name := range o.Sets {
		data, err := o.load(ctx, name, o.Data)
		if err != nil {
			return o.explain(ctx, err)
		}
		if err := searchAll(ctx, o, dir, data); err != nil {
			return o.explain(ctx, err)
		}
	}
	return nil
}

// explain says how to go on.
func (o Options) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if errors.Is(err, cell.ErrLost) {
		return fmt.Errorf("stopped: finished cells are kept in %s, but not all trainings under way: %w", o.Cache, err)
	}
	const kept = "finished cells and trainings under way are kept in %s; the same command goes on"
	if errors.Is(context.Cause(ctx), errTime) {
		_, err := fmt.Fprintf(o.Out, "stopped after %s, unfinished: "+kept+"\n", progress.Duration(o.Time), o.Cache)
		return err
	}
	return fmt.Errorf("stopped: "+kept+": %w", o.Cache, err)
}

// searchAll searches for all tasks on one data set.
func searchAll(ctx context.Context, o Options, dir string, data *dataset.Data) error {
	p := &pool{store: &cell.Store{Dir: filepath.Join(o.Cache, "cells")}, parallel: o.Parallel}
	if err := p.store.Sweep(); err != nil {
		fmt.Fprintln(o.Log, err) // a leftover does no harm
	}
	for _, t := range o.Tasks {
		p.keep = t == configs.Clustering && slices.Contains(o.Tasks, configs.Drawing) // whose rungs begin with the same trainings
		g := &group{Options: o, dir: dir, data: data, task: t}
		for _, f := range o.Families {
			if t == configs.Drawing && f == configs.KMeans {
				continue // it draws nothing
			}
			g.searches = append(g.searches, newSearch(t, f, data, o, p))
		}
		if err := g.check(); err != nil {
			return err
		}
		stopped := g.run(ctx)
		if stopped != nil && ctx.Err() == nil {
			return stopped // something is wrong, which must not replace what the last search has logged
		}
		if err := g.write(); err != nil {
			return err
		}
		if stopped != nil {
			return stopped
		}
	}
	return nil
}

// group is the searches for one task on one data set, which share a log.
type group struct {
	Options
	dir      string
	data     *dataset.Data
	task     configs.Task
	searches []*search
	entries  []Entry // of the manifest, of the searches that were begun
}

func (g *group) name() string { return fmt.Sprintf("%s-%s", g.data.Name, g.task) }

// run searches in all families, one after the other.
func (g *group) run(ctx context.Context) error {
	var total, behind float64
	for _, s := range g.searches {
		total += s.plan()
	}
	bar := progress.New(g.Log, fmt.Sprintf("%s, %s", g.data.Name, g.task), total)
	defer bar.Close()
	for _, s := range g.searches {
		s.pool.note = bar.Note
		e, cpu := newEntry(s, g.Options), machine.CPUTime()
		err := s.run(ctx, func(share float64, note string) { bar.Set(behind+share*s.plan(), note) })
		e.close(s, cpu, err == nil)
		g.entries = append(g.entries, e)
		if err != nil {
			return err
		}
		behind += s.plan()
		bar.Note(s.summary(time.Duration(e.Wall * float64(time.Second))))
	}
	return nil
}

// summary is the outcome in one line.
func (s *search) summary(wall time.Duration) string {
	head := fmt.Sprintf("%s, %s, %s (%d candidates, %d cells, %d computed now, %s)",
		s.data.Name, s.task, s.family, len(s.drawn), s.cells, s.computed, progress.Duration(wall))
	w := s.winner
	if w == nil {
		return head + ": no candidate could be trained and measured; the log says why"
	}
	c := criteria[s.task]
	return fmt.Sprintf("%s: %s %.*f, %s %.*f: %s", head, c.metrics[0].name, c.decimals, w.Metrics[0],
		c.metrics[1].name, c.decimals, w.Metrics[1], w.Candidate.describe())
}
