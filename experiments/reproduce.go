package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/progress"
)

// Options say where Reproduce reads and writes.
type Options struct {
	Results string // folder of all tiers' results
	Cache   string // folder of finished cells
	Data    dataset.Options
	Workers int       // goroutines, 0: GOMAXPROCS; it does not change the results
	Shard   Shard     // compute only this share of the cells, and write no results
	Out     io.Writer // what happened
	Log     io.Writer // progress
}

// maxWorkers is that of dcgmm.Config.
const maxWorkers = 4096

func (o Options) validate() error {
	if o.Workers < 0 || o.Workers > maxWorkers {
		return fmt.Errorf("reproduce: --workers is %d; it must be between 0 and %d", o.Workers, maxWorkers)
	}
	if o.Shard.whole() {
		return nil
	}
	return o.Shard.validate()
}

// Reproduce computes what is missing of a tier and writes its tables and figures to a folder
// of its name in o.Results; the path is returned. Of a shard it only computes the cells, into o.Cache, which is then returned. Data sets that are nowhere to be found are replaced by generated
// glyphs, loudly, and the folder's name then says so. When nothing changed since the last call,
// nothing is written. When ctx ends, all finished cells and the training under way are kept and
// the next call goes on.
func Reproduce(ctx context.Context, t Tier, o Options) (dir string, err error) {
	if err := o.validate(); err != nil {
		return "", err
	}
	r := &run{tier: t, Options: o, store: &cell.Store{Dir: filepath.Join(o.Cache, "cells")}}
	r.manifest = Manifest{Tier: t.Name, About: t.About, Machine: machine.Describe(), Seeds: t.Seeds, Source: deepgmm.Source, Start: time.Now().UTC(), Files: map[string]string{}}
	r.manifest.Commit, r.manifest.Dirty = deepgmm.Commit()
	cpu := machine.CPUTime()
	names, err := r.findData(ctx)
	if err != nil {
		return "", err
	}
	r.dir = filepath.Join(o.Results, t.Name)
	if !slices.Equal(names, t.Data) {
		r.dir += "-" + strings.Join(names, "-")
	}
	locked := r.dir
	if !o.Shard.whole() {
		locked = strings.TrimSuffix(shardPath(o.Cache, t.Name, o.Shard), ".json")
	}
	unlock, err := atomicfile.Lock(locked)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := r.sweep(names); err != nil {
		fmt.Fprintln(r.Log, err) // a leftover does no harm
	}
	if err := r.cells(ctx, names); err != nil {
		return "", r.explain(ctx, err)
	}
	if !o.Shard.whole() {
		return o.Cache, r.finishShard(cpu)
	}
	if r.upToDate() {
		fmt.Fprintf(o.Out, "%s: all %d cells are done and the tables and figures are up to date, nothing to do\n", r.dir, r.manifest.Cells)
		return r.dir, nil
	}
	return r.dir, r.finish(cpu)
}

// finish writes tables, figures, the page and the manifest of a whole tier.
func (r *run) finish(cpu time.Duration) error {
	if err := r.report(); err != nil {
		return err
	}
	if err := r.removeOld(); err != nil {
		return err
	}
	m := &r.manifest
	m.End = time.Now().UTC()
	m.Wall, m.CPU = m.End.Sub(m.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	fmt.Fprintf(r.Out, "%s: %d cells (%d computed now) in %s; %d tables and figures written\n",
		r.dir, m.Cells, m.Computed, seconds(m.Wall), len(m.Files))
	m.origin(r.dir, r.Cache, r.Out)
	if err := writePage(r.dir, m); err != nil {
		return err
	}
	return r.keep()
}

// finishShard says in the cache what it is a share of.
func (r *run) finishShard(cpu time.Duration) error {
	m := ShardManifest{Tier: r.tier.Name, Shard: r.Shard, Source: r.manifest.Source, Data: r.manifest.Data, Commit: r.manifest.Commit, Dirty: r.manifest.Dirty,
		Machine: r.manifest.Machine, Cells: r.manifest.Cells, Computed: r.manifest.Computed, End: time.Now().UTC()}
	m.Wall, m.CPU = m.End.Sub(r.manifest.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	fmt.Fprintf(r.Out, "shard %s of %s: %d cells (%d computed now) in %s, kept in %s\n", r.Shard, m.Tier, m.Cells, m.Computed, seconds(m.Wall), r.Cache)
	return m.write(r.Cache)
}

func seconds(s float64) string { return progress.Duration(time.Duration(s * float64(time.Second))) }

// run is one call of Reproduce.
type run struct {
	Options
	tier     Tier
	dir      string
	store    *cell.Store
	manifest Manifest
	keys     []string
	sets     []resultSet
}

// resultSet is all results on one data set.
type resultSet struct {
	Name    string
	Notice  string
	Classes int
	Shape   dcgmm.Shape // of an image
	Results []*cell.Result

	Drawings []*cell.Result // of what models draw
}

// findData returns the data sets to use, glyphs in the place of those that are not there.
func (r *run) findData(ctx context.Context) ([]string, error) {
	var names []string
	for _, name := range r.tier.Data {
		_, err := dataset.Load(ctx, name, r.Data)
		if errors.Is(err, dataset.ErrNotFound) {
			fmt.Fprintf(r.Out, "\n*** %v\n*** GENERATED GLYPHS TAKE THE PLACE OF %s. These are not results on %s.\n\n", err, strings.ToUpper(name), name)
			name = "glyphs"
		} else if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// cells computes or finds all results: first everything that trains, then what trained models draw, since the judges of
// pictures need memory that would be counted as that of a training.
func (r *run) cells(ctx context.Context, names []string) error {
	var total float64
	w := &work{run: r, mine: r.tier.in(r.Shard, names)}
	for _, s := range r.tier.cells(names) {
		if w.mine(s) {
			total += cost(s)
		}
	}
	w.bar = progress.New(r.Log, r.tier.Name, total)
	defer w.bar.Close()
	for _, name := range names {
		data, err := dataset.Load(ctx, name, r.Data)
		if err != nil {
			return err
		}
		r.manifest.Data = append(r.manifest.Data, ManifestData{name, data.Hash, data.Notice, data.Train.N, data.Valid.N, data.Test.N})
		set := resultSet{Name: name, Notice: data.Notice, Classes: data.Train.Classes, Shape: dcgmm.Shape{H: data.Train.H, W: data.Train.W, C: data.Train.C}}
		if set.Results, err = w.do(ctx, r.tier.specs(name), data, nil); err != nil {
			return err
		}
		r.sets = append(r.sets, set)
	}
	for i, name := range names {
		specs := r.tier.drawings(name)
		if len(specs) == 0 {
			continue
		}
		data, err := dataset.Load(ctx, name, r.Data)
		if err != nil {
			return err
		}
		if r.sets[i].Drawings, err = w.do(ctx, specs, data, &cell.Evaluators{}); err != nil {
			return err
		}
	}
	return nil
}

// work is the way through all cells.
type work struct {
	run  *run
	mine func(cell.Spec) bool // is to be computed
	bar  *progress.Bar
	done float64 // of the total cost
}

func (w *work) do(ctx context.Context, specs []cell.Spec, data *dataset.Data, judges *cell.Evaluators) ([]*cell.Result, error) {
	var results []*cell.Result
	for _, s := range specs {
		if !w.mine(s) {
			continue
		}
		c := cost(s)
		o := cell.Options{Workers: w.run.Workers, Store: w.run.store, Evaluators: judges, Note: w.bar.Note, Progress: func(share float64, note string) {
			w.bar.Set(w.done+share*c, fmt.Sprintf("%s: %s", s, note))
		}}
		res, err := w.run.cell(ctx, s, data, o, w.bar)
		if err != nil {
			return nil, err
		}
		w.done += c
		results = append(results, res)
	}
	return results, nil
}

func (r *run) cell(ctx context.Context, s cell.Spec, data *dataset.Data, o cell.Options, bar *progress.Bar) (*cell.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	start := time.Now()
	res, computed, err := cell.Run(ctx, s, data, o)
	if err != nil {
		return nil, err
	}
	m := &r.manifest
	m.Cells++
	m.PeakMB = max(m.PeakMB, res.PeakMB)
	r.keys = append(r.keys, s.Key(data))
	if computed {
		m.Computed++
		bar.Note(fmt.Sprintf("%3d  %s  %s", m.Cells, progress.Duration(time.Since(start)), s))
	}
	return res, nil
}

// explain adds to an error what is kept.
func (r *run) explain(ctx context.Context, err error) error {
	if errors.Is(err, cell.ErrLost) {
		return fmt.Errorf("stopped: %d finished cells are kept in %s, but not the training under way: %w", r.manifest.Cells, r.Cache, err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("stopped: %d finished cells and the training under way are kept in %s; the same command goes on: %w", r.manifest.Cells, r.Cache, err)
	}
	return err
}
