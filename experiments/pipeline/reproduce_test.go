package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/paper"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
)

// tiny is a tier of few cells that take a moment.
func tiny() suite.Tier {
	t := suite.Tier{Name: "tiny", About: "a test", Data: []string{"glyphs"}, Images: 400, LeaveOut: []int{3}, Seeds: []uint64{1},
		Models: []suite.Model{suite.KMeans(4, 5), suite.EM(4, 5), suite.Network("F28 G4", 2), suite.Network("F8/4 G4 M F3 G4", 2)}}
	for i := range t.Models {
		t.Models[i].Init = dcgmm.Init{}
	}
	t.Generators = append(suite.References(), t.Models[1], t.Models[3])
	t.Sampling = cell.Drawing{Samples: 60, Trials: 40, Temperatures: []float64{1, 4}, Iterations: []int{2}, Inpaint: 20, PerClass: 4, Epochs: 1}
	return t
}

// sampled is a tier with all kinds of cells, ten of those of tiny.
func sampled() suite.Tier {
	t := tiny()
	deep := t.Models[3]
	t.Models, t.Generators = append(t.Models[:2], deep), append(suite.References(), deep)
	return t
}

// shared is a folder of all tests, for what several of them need.
var shared string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "pipeline")
	if err != nil {
		panic(err)
	}
	shared = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// computed is the place of tiny, computed on one worker by the first test that wants it. Nobody may change its files.
var computed = sync.OnceValue(func() *place {
	p := placeIn(filepath.Join(shared, "tiny"))
	p.Workers = 1
	if _, err := Reproduce(context.Background(), tiny(), p.Options); err != nil {
		panic(err)
	}
	return p
})

// warmPlace is a newPlace whose cache has the cells that a tier has in common with tiny.
func warmPlace(t *testing.T, tier suite.Tier) *place {
	t.Helper()
	p := newPlace(t)
	warm(t, p.Cache, tier, suite.Shard{})
	return p
}

// warm copies into a cache what tiny has of a shard's cells.
func warm(t *testing.T, cache string, tier suite.Tier, shard suite.Shard) {
	t.Helper()
	glyphs, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sets := []string{"glyphs"}
	mine := tier.In(shard, sets)
	for _, c := range tier.Cells(sets) {
		found, err := filepath.Glob(filepath.Join(computed().Cache, "cells", c.Key(glyphs)+".*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if mine(c) {
				save(t, filepath.Join(cache, "cells", filepath.Base(path)), load(t, path))
			}
		}
	}
}

// place is where a test's results go, with what was said.
type place struct {
	Options
	out, log bytes.Buffer
}

func newPlace(t *testing.T) *place { return placeIn(t.TempDir()) }

func placeIn(dir string) *place {
	p := &place{Options: Options{Results: filepath.Join(dir, "results"), Cache: filepath.Join(dir, "cache"), Workers: 2,
		Data: dataset.Options{CacheDir: filepath.Join(dir, "none")}}}
	p.Out, p.Log = &p.out, &p.log
	return p
}

func (p *place) reproduce(t *testing.T, tier suite.Tier) string {
	t.Helper()
	p.out.Reset()
	dir, err := Reproduce(context.Background(), tier, p.Options)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// files is every file below a folder with its text, hidden ones excepted.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReproduceWritesTablesFiguresAndManifest(t *testing.T) {
	t.Parallel()
	p, tier := computed(), tiny()
	dir := filepath.Join(p.Results, "tiny")
	got := files(t, dir)
	want := []string{"F0-architecture.svg", "F11-forest.json", "F11-forest.png", "F12-real-and-drawn.json", "F12-real-and-drawn.png", "manifest.json", "report.html", "glyphs/summary.json"}
	for _, id := range []string{"T1-architectures", "T2-clustering", "T3-outliers", "T3b-known-classes", "T3c-scores", "T4-samples", "T4b-sharpening", "T4c-trials", "T4d-inpainting", "T4e-classes", "C-verdicts", "C-claims"} {
		want = append(want, "glyphs/"+id+".csv", "glyphs/"+id+".json", "glyphs/"+id+".md")
	}
	for _, id := range []string{"F1-training", "F2-roc", "F3-alphabet", "F3b-clusters", "F4-extremes", "F4b-histograms", "F5-samples", "F5b-sheet", "F5c-shares", "F6-sharpening", "F7-inpainting", "F8-classes", "F9-variants"} {
		want = append(want, "glyphs/"+id+".json", "glyphs/"+id+".png")
	}
	want = append(want, "glyphs/F13-annealing.gif", "glyphs/F13-annealing.json", "glyphs/F13-annealing.png")
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Fatalf("files %v, want %v", names, want)
	}
	for name, text := range got {
		if name != "manifest.json" && name != "glyphs/summary.json" && !strings.HasSuffix(name, ".png") && !strings.HasSuffix(name, ".gif") && !strings.HasSuffix(name, ".svg") && !strings.Contains(text, "generated glyphs, not MNIST") {
			t.Errorf("%s does not say what its data is", name)
		}
	}
	for _, m := range tier.Models {
		for _, id := range []string{"T1-architectures", "T2-clustering", "T3-outliers", "T3b-known-classes"} {
			if !strings.Contains(got["glyphs/"+id+".md"], m.Name) {
				t.Errorf("%s has no row for %s", id, m.Name)
			}
		}
	}
	var m artefact.Manifest
	if err := json.Unmarshal([]byte(got["manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Tier != "tiny" || m.Cells != 13 || m.Computed != 13 || len(m.Files) != len(want)-2 || m.Source == "" || m.Wall <= 0 || m.CPU <= 0 || m.PeakMB <= 0 ||
		!m.End.After(m.Start) || len(m.Data) != 1 || m.Data[0].Hash == "" || m.Machine.Cores == 0 || m.Machine.Go == "" {
		t.Errorf("manifest %+v", m)
	}
	if !m.Intact(dir) {
		t.Error("the manifest's hashes are not those of the files")
	}
	if !strings.Contains(p.out.String(), "13 cells (13 computed now)") || !strings.Contains(p.log.String(), "glyphs, k-means, without class 3, seed 1") {
		t.Errorf("out %q, log %q", p.out.String(), p.log.String())
	}
	p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "all 13 cells are done") || !maps.Equal(files(t, dir), got) {
		t.Errorf("second call: %q", p.out.String())
	}
}

func TestSecondCallDoesNothing(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := p.reproduce(t, tier)
	before := files(t, dir)
	p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "nothing to do") {
		t.Errorf("second call: %q", p.out.String())
	}
	if after := files(t, dir); !maps.Equal(after, before) {
		t.Error("the second call changed files")
	}
	// A file that somebody changed is written anew, from the kept cells.
	table := filepath.Join(dir, "glyphs", "T2-clustering.md")
	if err := os.WriteFile(table, []byte("0.99\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "4 cells (0 computed now)") {
		t.Errorf("after damage: %q", p.out.String())
	}
	if text := files(t, dir)["glyphs/T2-clustering.md"]; text != before["glyphs/T2-clustering.md"] {
		t.Errorf("the changed table became %q", text)
	}
	// A page that is gone is written again, and what is computed for a model more is its cells alone.
	page := filepath.Join(dir, paper.PageFile)
	if err := os.Remove(page); err != nil {
		t.Fatal(err)
	}
	p.reproduce(t, tier)
	if len(load(t, page)) == 0 {
		t.Error("the page is empty")
	}
	tier.Models = append(tier.Models, suite.KMeans(5, 5).As("k-means-5", "k-means, K = 5"))
	p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "6 cells (2 computed now)") {
		t.Errorf("with a model more: %q", p.out.String())
	}
}

// timeless are the files without times and memory, equal to the bit in any two runs.
func timeless(all map[string]string) map[string]string {
	same := map[string]string{}
	for name, text := range all {
		if name != "manifest.json" && name != paper.PageFile && !strings.Contains(name, "T1-") {
			same[name] = text
		}
	}
	return same
}

// stopper cancels as soon as the log says a word.
type stopper struct {
	word string
	stop func()
	text strings.Builder
}

func (s *stopper) Write(b []byte) (int, error) {
	s.text.Write(b)
	if strings.Contains(s.text.String(), s.word) {
		s.stop()
	}
	return len(b), nil
}

func TestInterruptedRunGoesOnToTheSameBits(t *testing.T) {
	t.Parallel()
	tier := sampled()
	whole := warmPlace(t, tier) // on one worker
	want := timeless(files(t, whole.reproduce(t, tier)))

	p := newPlace(t)
	ctx, cancel := context.WithCancel(context.Background())
	stop := &stopper{word: "flat GMM, EM, all classes", stop: cancel}
	p.Log = stop
	_, err := Reproduce(ctx, tier, p.Options)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped: 2 finished cells") || !strings.Contains(err.Error(), "the same command goes on") {
		t.Fatalf("interrupted: %v", err)
	}
	p.Log, p.Workers = &p.log, 3
	dir := p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "10 cells (8 computed now)") {
		t.Errorf("resumed: %q", p.out.String())
	}
	if got := timeless(files(t, dir)); !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s differs from that of an uninterrupted run on one worker", name)
			}
		}
	}
}

func TestMissingDataIsReplacedLoudly(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	tier.Data = []string{"mnist", "fashion-mnist"}
	dir := p.reproduce(t, tier)
	if filepath.Base(dir) != "tiny-glyphs" {
		t.Errorf("results in %s", dir)
	}
	for _, want := range []string{"GENERATED GLYPHS TAKE THE PLACE OF MNIST", "GENERATED GLYPHS TAKE THE PLACE OF FASHION-MNIST", "give --data DIR"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("no %q in %q", want, p.out.String())
		}
	}
}

// Damaged data is an error, never a reason for generated glyphs.
func TestDamagedDataStopsTheRun(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dir := t.TempDir()
	for _, name := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"} {
		if err := os.MkdirAll(filepath.Join(dir, "mnist"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "mnist", name), []byte("\x00\x00\x08\x03truncated"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tier := tiny()
	tier.Data = []string{"mnist"}
	p.Data.Dirs = []string{dir}
	_, err := Reproduce(context.Background(), tier, p.Options)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "mnist", "train-images-idx3-ubyte")) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(p.Results); err == nil {
		t.Error("results were written")
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	p := warmPlace(t, few())
	unlock, err := atomicfile.Lock(filepath.Join(p.Results, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reproduce(context.Background(), few(), p.Options); err == nil || !strings.Contains(err.Error(), "another run is writing to") || !strings.Contains(err.Error(), "--results") {
		t.Errorf("error %v", err)
	}
	unlock()
	p.reproduce(t, few())
}

func TestUnwritablePlaces(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t)
	p.Results = file
	if _, err := Reproduce(context.Background(), tiny(), p.Options); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "--results") {
		t.Errorf("results: %v", err)
	}
	p = newPlace(t)
	p.Cache = file
	if _, err := Reproduce(context.Background(), tiny(), p.Options); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("cache: %v", err)
	}
}

// With several seeds there are intervals.
func TestSeveralSeedsGiveIntervals(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	tier := tiny()
	tier.Models, tier.Seeds, tier.Generators = tier.Models[1:3], []uint64{1, 2, 3}, nil
	tier.Neighbours = []suite.Model{suite.Nearest()}
	got := files(t, p.reproduce(t, tier))
	for _, name := range []string{"T2-clustering", "T3-outliers"} {
		if md := got["glyphs/"+name+".md"]; !strings.Contains(md, "[0.") || !strings.Contains(md, "3 seeds") {
			t.Errorf("no intervals in\n%s", md)
		}
		if csv := got["glyphs/"+name+".csv"]; !strings.Contains(csv, " low") {
			t.Errorf("no intervals in\n%s", csv)
		}
	}
	for id, want := range map[string]bool{"T1-architectures": false, "T2-clustering": false, "T3-outliers": true, "T3b-known-classes": false} {
		if has := strings.Contains(got["glyphs/"+id+".csv"], suite.Nearest().Name); has != want {
			t.Errorf("%s has a row for the nearest training image: %t", id, has)
		}
	}
	if !strings.Contains(p.out.String(), "13 cells") { // two models on all classes and without one, three seeds; the reference once
		t.Errorf("the reference was not computed once:\n%s", p.out.String())
	}
	if n := strings.Count(fmt.Sprint(slices.Sorted(maps.Keys(got))), ".png"); n != 6 {
		t.Errorf("%d figures", n)
	}
}
