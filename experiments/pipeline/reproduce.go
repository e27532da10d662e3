package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/analysis"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/paper"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/progress"
)

// Options say where Reproduce reads and writes.
type Options struct {
	Results string // folder of all tiers' results
	Cache   string // folder of finished cells
	Data    dataset.Options
	Workers int         // goroutines, 0: GOMAXPROCS; it does not change the results
	Shard   suite.Shard //  compute only this share of the cells, and write no results
	Out     io.Writer   // what happened
	Log     io.Writer   // progress
}

// maxWorkers is that of dcgmm.Config.
const maxWorkers = 4096

func (o Options) validate() error {
	if o.Workers < 0 || o.Workers > maxWorkers {
		return fmt.Errorf("reproduce: --workers is %d; it must be between 0 and %d", o.Workers, maxWorkers)
	}
	for flag, dir := range map[string]string{"results": o.Results, "cache": o.Cache} { // before data are downloaded
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return fmt.Errorf("reproduce: %s is not a folder; choose another with --%s", dir, flag)
		}
	}
	if o.Shard.Whole() {
		return nil
	}
	return o.Shard.Validate()
}

// Reproduce computes what is missing of a tier and writes its tables and figures to a folder
// of its name in o.Results; the path is returned. Of a shard it only computes the cells, into o.Cache, which is then
// returned. Data sets that are nowhere to be found are replaced by generated glyphs, loudly, and the folder's name then
// says so. When nothing changed since the last call, nothing is written. When ctx ends, all finished cells and the
// training under way are kept and the next call goes on.
func Reproduce(ctx context.Context, t suite.Tier, o Options) (dir string, err error) {
	if err := o.validate(); err != nil {
		return "", err
	}
	r := &run{tier: t, Options: o, store: &cell.Store{Dir: filepath.Join(o.Cache, "cells")}}
	r.manifest = artefact.Manifest{Tier: t.Name, About: t.About, Machine: machine.Describe(), Seeds: t.Seeds, Source: deepgmm.Source, Start: time.Now().UTC(), Files: map[string]string{}}
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
	if o.Shard.Whole() {
		err = artefact.Free(r.dir)
	} else {
		locked = strings.TrimSuffix(artefact.ShardPath(o.Cache, t.Name, o.Shard), ".json")
	}
	if err != nil {
		return "", err
	}
	unlock, err := atomicfile.Lock(locked)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := r.store.Sweep(); err != nil {
		fmt.Fprintln(r.Log, err) // a leftover does no harm
	}
	if err := r.cells(ctx, names); err != nil {
		return "", r.explain(ctx, err)
	}
	if !o.Shard.Whole() {
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
	m, begun := &r.manifest, filepath.Join(r.dir, artefact.Unfinished)
	if err := atomicfile.Write(begun, func(io.Writer) error { return nil }); err != nil {
		return err
	}
	if err := r.write(); err != nil {
		return err
	}
	if err := m.RemoveOld(r.dir, r.Out); err != nil {
		return err
	}
	m.End = time.Now().UTC()
	m.Wall, m.CPU = m.End.Sub(m.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	fmt.Fprintf(r.Out, "%s: %d cells (%d computed now) in %s; %d tables and figures written\n",
		r.dir, m.Cells, m.Computed, seconds(m.Wall), len(m.Files))
	m.Origin(r.dir, r.Cache, r.Out)
	if err := paper.WritePage(r.dir, m); err != nil {
		return err
	}
	if err := r.keep(); err != nil {
		return err
	}
	return os.Remove(begun)
}

// write writes all tables and figures and enters their hashes in the manifest.
func (r *run) write() error {
	if err := r.writeArchitecture(); err != nil {
		return err
	}
	var verdicts []analysis.SetTable
	for _, s := range r.sets {
		tables := analysis.Tables(s)
		for i := range tables {
			if tables[i].ID == analysis.VerdictsID {
				verdicts = append(verdicts, analysis.SetTable{Set: s.Set, Table: &tables[i]})
			}
			if err := r.manifest.Put(r.dir, s.Set, tables[i].ID, &tables[i]); err != nil {
				return err
			}
		}
		summary, err := analysis.Summarise(s, tables)
		if err != nil {
			return err
		}
		name := path.Join(s.Set, analysis.SummaryFile)
		if err := artefact.WriteJSON(filepath.Join(r.dir, filepath.FromSlash(name)), summary); err != nil {
			return err
		}
		if err := r.manifest.Enter(r.dir, name); err != nil {
			return err
		}
		for id, figure := range analysis.Drawings(s) {
			if err := r.manifest.Put(r.dir, s.Set, id, figure); err != nil {
				return err
			}
		}
	}
	if hero, ok := analysis.Hero(r.sets); ok {
		if err := r.manifest.Put(r.dir, "", analysis.HeroID, hero); err != nil {
			return err
		}
	}
	forest, ok := analysis.Forest(verdicts, r.sets[0].Notice)
	if !ok {
		return nil
	}
	return r.manifest.Put(r.dir, "", analysis.ForestID, forest)
}

// writeArchitecture draws the deep model that stands for DCGMMs on the first data set.
func (r *run) writeArchitecture() error {
	s := r.sets[0]
	m := s.Chosen().Clusters
	if m.ID == "" {
		return nil
	}
	a, err := arch.Parse(m.Arch, s.Shape)
	if err != nil {
		return fmt.Errorf("figure %s: %w", analysis.ArchitectureID, err)
	}
	name := analysis.ArchitectureID + ".svg"
	err = atomicfile.Write(filepath.Join(r.dir, name), func(w io.Writer) error { _, err := io.WriteString(w, analysis.ArchitectureSVG(a)); return err })
	if err != nil {
		return err
	}
	return r.manifest.Enter(r.dir, name)
}

// finishShard says in the cache what it is a share of.
func (r *run) finishShard(cpu time.Duration) error {
	m := artefact.ShardManifest{Tier: r.tier.Name, Shard: r.Shard, Source: r.manifest.Source, Data: r.manifest.Data, Commit: r.manifest.Commit, Dirty: r.manifest.Dirty,
		Machine: r.manifest.Machine, Cells: r.manifest.Cells, Computed: r.manifest.Computed, End: time.Now().UTC()}
	m.Wall, m.CPU = m.End.Sub(r.manifest.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	fmt.Fprintf(r.Out, "shard %s of %s: %d cells (%d computed now) in %s, kept in %s\n", r.Shard, m.Tier, m.Cells, m.Computed, seconds(m.Wall), r.Cache)
	return m.Write(r.Cache)
}

func seconds(s float64) string { return progress.Duration(time.Duration(s * float64(time.Second))) }

// run is one call of Reproduce.
type run struct {
	Options
	tier     suite.Tier
	dir      string
	store    *cell.Store
	manifest artefact.Manifest
	keys     []string
	sets     []*results.Set
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

// cells computes or finds all results: first everything that trains, then samples of trained models, since the
// evaluators of samples need memory that would be counted as that of a training.
func (r *run) cells(ctx context.Context, names []string) error {
	var total float64
	w := &work{run: r, mine: r.tier.In(r.Shard, names)}
	for _, c := range r.tier.Cells(names) {
		if w.mine(c) {
			total += c.Seconds()
		}
	}
	w.bar = progress.New(r.Log, r.tier.Name, total)
	defer w.bar.Close()
	for _, name := range names {
		data, err := dataset.Load(ctx, name, r.Data)
		if err != nil {
			return err
		}
		r.manifest.Data = append(r.manifest.Data, artefact.Data{Name: name, Hash: data.Hash, Notice: data.Notice, Train: data.Train.N, Valid: data.Valid.N, Test: data.Test.N})
		set := &results.Set{Suite: r.tier.On(name), Notice: data.Notice, Shape: dcgmm.Shape{H: data.Train.H, W: data.Train.W, C: data.Train.C}}
		if set.Fits, err = w.do(ctx, set.Suite.Fits(), data, nil); err != nil {
			return err
		}
		r.sets = append(r.sets, set)
	}
	for _, set := range r.sets {
		cells := set.Samplings()
		if len(cells) == 0 {
			continue
		}
		data, err := dataset.Load(ctx, set.Set, r.Data)
		if err != nil {
			return err
		}
		if set.Samples, err = w.do(ctx, cells, data, &cell.Evaluators{}); err != nil {
			return err
		}
	}
	return nil
}

// work is the way through all cells.
type work struct {
	run  *run
	mine func(suite.Cell) bool // is to be computed
	bar  *progress.Bar
	done float64 // of the total seconds
}

func (w *work) do(ctx context.Context, cells []suite.Cell, data *dataset.Data, evaluators *cell.Evaluators) ([]results.Cell, error) {
	var done []results.Cell
	for _, c := range cells {
		if !w.mine(c) {
			continue
		}
		o := cell.Options{Workers: w.run.Workers, Store: w.run.store, Evaluators: evaluators, Note: w.bar.Note, Progress: func(share float64, note string) {
			w.bar.Set(w.done+share*c.Seconds(), fmt.Sprintf("%s: %s", c, note))
		}}
		r, err := w.run.cell(ctx, c.Spec, data, o, w.bar)
		if err != nil {
			return nil, err
		}
		w.done += c.Seconds()
		done = append(done, results.Cell{Key: results.Key{Model: c.ID}, Result: r})
	}
	return done, nil
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
