package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deepgmm"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/dataset"
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
	Out     io.Writer // what happened
	Log     io.Writer // progress
}

// Reproduce computes what is missing of a tier and writes its tables and figures to a folder
// of its name in o.Results; the path is returned. Data sets that are nowhere to be found are replaced by generated
// glyphs, loudly, and the folder's name then says so. When nothing changed since the last call,
// nothing is written. When ctx ends, all finished cells and the training under way are kept and
// the next call goes on.
func Reproduce(ctx context.Context, t Tier, o Options) (dir string, err error) {
	r := &run{tier: t, Options: o, store: &cell.Store{Dir: filepath.Join(o.Cache, "cells")}}
	r.manifest = Manifest{Tier: t.Name, About: t.About, Machine: machine.Describe(), Seeds: t.Seeds, Source: deepgmm.SourceHash(), Start: time.Now().UTC(), Files: map[string]string{}}
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
	unlock, err := atomicfile.Lock(r.dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := r.cells(ctx, names); err != nil {
		return "", r.explain(ctx, err)
	}
	if r.upToDate() {
		fmt.Fprintf(o.Out, "%s: all %d cells are done and the tables and figures are up to date, nothing to do\n", r.dir, r.manifest.Cells)
		return r.dir, nil
	}
	m := &r.manifest
	if err := r.report(); err != nil {
		return "", err
	}
	if err := r.removeOld(); err != nil {
		return "", err
	}
	m.End = time.Now().UTC()
	m.Wall, m.CPU = m.End.Sub(m.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	if err := r.finish(); err != nil {
		return "", err
	}
	fmt.Fprintf(o.Out, "%s: %d cells (%d computed now) in %s; %d tables and figures written\n",
		r.dir, m.Cells, m.Computed, progress.Duration(time.Duration(m.Wall*float64(time.Second))), len(m.Files))
	return r.dir, nil
}

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
	for _, name := range names {
		for _, s := range slices.Concat(r.tier.specs(name), r.tier.drawings(name)) {
			total += cost(s)
		}
	}
	w := &work{run: r, bar: progress.New(r.Log, r.tier.Name, total)}
	defer w.bar.Close()
	for _, name := range names {
		data, err := dataset.Load(ctx, name, r.Data)
		if err != nil {
			return err
		}
		r.manifest.Data = append(r.manifest.Data, ManifestData{name, data.Hash, data.Notice, data.Train.N, data.Valid.N, data.Test.N})
		set := resultSet{Name: name, Notice: data.Notice, Classes: data.Train.Classes}
		if set.Results, err = w.do(ctx, r.tier.specs(name), data, nil); err != nil {
			return err
		}
		r.sets = append(r.sets, set)
	}
	for i, name := range names {
		data, err := dataset.Load(ctx, name, r.Data)
		if err != nil {
			return err
		}
		if r.sets[i].Drawings, err = w.do(ctx, r.tier.drawings(name), data, &cell.Judges{}); err != nil {
			return err
		}
	}
	return nil
}

// work is the way through all cells.
type work struct {
	run  *run
	bar  *progress.Bar
	done float64 // of the total cost
}

func (w *work) do(ctx context.Context, specs []cell.Spec, data *dataset.Data, judges *cell.Judges) ([]*cell.Result, error) {
	var results []*cell.Result
	for _, s := range specs {
		c := cost(s)
		o := cell.Options{Workers: w.run.Workers, Store: w.run.store, Judges: judges, Progress: func(share float64, note string) {
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
	if ctx.Err() != nil {
		return fmt.Errorf("stopped: %d finished cells and the training under way are kept in %s; the same command goes on: %w", r.manifest.Cells, r.Cache, err)
	}
	return err
}

// cost is a guess of how long a cell takes, for the progress bar. The unit is an epoch of
// 1 MFLOP an image; judging a model and the classical rivals were measured to cost about as given.
func cost(s cell.Spec) float64 {
	const judging, classical = 8, 20
	if isReference(s.Model) {
		return judging
	}
	if s.Model.Kind != cell.SGD {
		return judging + classical
	}
	net, err := dcgmm.New(s.Model.Arch, dcgmm.Shape{H: 28, W: 28, C: 1}, s.Model.Init)
	if err != nil {
		return judging // the cell will say what is wrong
	}
	var flops float64
	for i := range net.Layers() {
		flops += net.Info(i).FLOPs
	}
	if s.Drawing != nil { // mostly forward and backward passes of sharpening and of the classifier
		return 4*judging + 0.004*float64(s.Drawing.Trials+s.Drawing.Samples)*flops/1e6
	}
	return judging + float64(s.Model.Train.Epochs)*flops/1e6
}

// stamp is what a second call compares: this program with these cells wrote these results.
type stamp struct {
	Program string
	Keys    []string
}

func (r *run) stampPath() string {
	return filepath.Join(r.Cache, "done", strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(filepath.Clean(r.dir))+".json")
}

func (r *run) stamp() (stamp, error) {
	program, err := os.Executable()
	if err != nil {
		return stamp{}, err
	}
	hash, err := hashFile(program)
	return stamp{hash, r.keys}, err
}

// upToDate tells whether the same program has already written the results of the same cells, and they are intact.
func (r *run) upToDate() bool {
	if r.manifest.Computed > 0 {
		return false
	}
	text, err := os.ReadFile(r.stampPath())
	if err != nil {
		return false
	}
	var last stamp
	now, err := r.stamp()
	if err != nil || json.Unmarshal(text, &last) != nil || last.Program != now.Program || !slices.Equal(last.Keys, now.Keys) {
		return false
	}
	m, err := readManifest(r.dir)
	return err == nil && m.intact(r.dir)
}

// finish writes the manifest and the stamp.
func (r *run) finish() error {
	if err := r.manifest.write(r.dir); err != nil {
		return err
	}
	s, err := r.stamp()
	if err != nil {
		return fmt.Errorf("reproduce: %w", err)
	}
	return atomicfile.Write(r.stampPath(), func(w io.Writer) error { return json.NewEncoder(w).Encode(s) })
}
