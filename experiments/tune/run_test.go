package tune

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"deepgmm/dataset"
	"deepgmm/experiments/configs"
)

// glyphs are few: a search writes many files, and computes many distances of all pairs.
var glyphs = sync.OnceValue(func() *dataset.Data { return dataset.Glyphs(600, 100, 10, 1) })

// tiny is a search that takes a moment.
func tiny(t *testing.T) (Options, *bytes.Buffer) {
	dir := t.TempDir()
	out := new(bytes.Buffer)
	return Options{Sets: []string{"glyphs"}, Tasks: []configs.Task{configs.Clustering}, Families: []configs.Family{configs.SGD, configs.KMeans}, Candidates: 4, Budget: 0.05, Seed: 2, Parallel: 2,
		Results: filepath.Join(dir, "results"), Configs: filepath.Join(dir, "configs"), Cache: filepath.Join(dir, "cache"),
		Out: out, Log: out, load: func(context.Context, string, dataset.Options) (*dataset.Data, error) { return glyphs(), nil }}, out
}

func do(t *testing.T, o Options) {
	t.Helper()
	if err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, o Options, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.Results, "tune", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rows(t *testing.T, o Options, name string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(read(t, o, name))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var records []map[string]string
	for _, row := range all[1:] {
		r := map[string]string{}
		for i, v := range row {
			r[all[0][i]] = v
		}
		records = append(records, r)
	}
	return records
}

func manifest(t *testing.T, o Options, name string) Manifest {
	t.Helper()
	var m Manifest
	if err := json.Unmarshal([]byte(read(t, o, name)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSearchIsLoggedAndRepeats(t *testing.T) {
	t.Parallel()
	o, _ := tiny(t)
	do(t, o)
	log := read(t, o, "glyphs-clustering.csv")
	seen := map[string]int{}
	for _, r := range rows(t, o, "glyphs-clustering.csv") {
		seen[r["family"]+r["rung"]+r["kept"]]++
		if r["purity"] == "" || r["NMI"] == "" || r["images"] == "" || r["seeds"] == "" || r["GFLOP"] == "" || (r["family"] == "sgd") != (r["Rate"] != "") {
			t.Errorf("row %v", r)
		}
	}
	// Four are on the first rung, which drops two; the rungs between would drop nobody.
	for key, want := range map[string]int{"sgd1yes": 2, "sgd1no": 2, "sgd4yes": 1, "sgd4no": 1, "kmeans1yes": 2, "kmeans1no": 2, "kmeans4yes": 1, "kmeans4no": 1} {
		if seen[key] != want {
			t.Errorf("%d rows %s, want %d", seen[key], key, want)
		}
	}
	m := manifest(t, o, "glyphs-clustering-manifest.json")
	e := m.Searches[configs.SGD]
	if !e.Finished || e.Candidates != 4 || e.Cells != 4+6 || e.Computed != 10 || e.GFLOP <= 0 || e.Source == "" || m.Hash == "" || m.Notice == "" || e.Machine.Cores == 0 {
		t.Errorf("manifest %+v", m)
	}
	c, err := configs.Read(filepath.Join(o.Results, "tune", "glyphs-clustering-sgd.json"))
	if err != nil || c.Search.ID != e.ID || c.Search.Candidates != 4 || c.Search.Metric != "purity" || c.Search.Value <= 0.1 {
		t.Errorf("config %+v, %v", c, err)
	}
	if nets, _ := filepath.Glob(filepath.Join(o.Cache, "cells", "*.dcgmm")); len(nets) > 0 {
		t.Errorf("%d networks are left", len(nets))
	}

	// The same call finds everything; another place and number of cells at once give the same log.
	do(t, o)
	if again := read(t, o, "glyphs-clustering.csv"); again != log {
		t.Error("the second call writes another log")
	}
	if again := manifest(t, o, "glyphs-clustering-manifest.json").Searches[configs.SGD]; again.Start != e.Start {
		t.Error("the second call has nothing to do and changes the manifest")
	}
	p, _ := tiny(t)
	p.Parallel = 1
	do(t, p)
	if other := read(t, p, "glyphs-clustering.csv"); other != log {
		t.Errorf("one cell at a time gives another log:\n%s\n%s", other, log)
	}
	if names := read(t, o, "glyphs-clustering-top.md"); !strings.Contains(names, "generated glyphs") || !strings.Contains(names, "F28 G49") {
		t.Error(names)
	}
}

// Families that are not searched for again keep their rows.
func TestOtherFamiliesStay(t *testing.T) {
	t.Parallel()
	o, _ := tiny(t)
	o.Families = []configs.Family{configs.KMeans}
	do(t, o)
	before := rows(t, o, "glyphs-clustering.csv")
	o.Families = []configs.Family{configs.SGD}
	do(t, o)
	after := rows(t, o, "glyphs-clustering.csv")
	if len(after) <= len(before) || after[len(after)-1]["family"] != "kmeans" || after[0]["family"] != "sgd" || len(manifest(t, o, "glyphs-clustering-manifest.json").Searches) != 2 {
		t.Errorf("%d rows, then %d", len(before), len(after))
	}
	path := filepath.Join(o.Results, "tune", "glyphs-clustering.csv")
	if err := os.WriteFile(path, []byte("other,columns\n1,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a log of other columns: %v", err)
	}
}

// A search that is stopped, by Ctrl-C or by the time, leaves an unfinished log and no winner, and goes on to the same
// log.
func TestStoppedSearchGoesOn(t *testing.T) {
	t.Parallel()
	whole, _ := tiny(t)
	whole.Families = whole.Families[:1]
	do(t, whole)
	o, out := tiny(t)
	o.Families = whole.Families
	o.Time = time.Nanosecond
	do(t, o)
	if !strings.Contains(out.String(), "the same command goes on") {
		t.Errorf("time: %q", out)
	}
	o.Time = 0
	ctx, cancel := context.WithCancel(context.Background())
	o.Log = cancelAfter{cancel, filepath.Join(o.Cache, "cells"), t}
	go o.Log.(cancelAfter).watch()
	err := Run(ctx, o)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the same command goes on") {
		t.Fatalf("error %v", err)
	}
	if manifest(t, o, "glyphs-clustering-manifest.json").Searches[configs.SGD].Finished {
		t.Error("a search that was stopped is finished")
	}
	if files, _ := filepath.Glob(filepath.Join(o.Results, "tune", "*sgd.json")); len(files) > 0 {
		t.Error("an unfinished search has a winner")
	}
	o.Log = out
	do(t, o)
	m := manifest(t, o, "glyphs-clustering-manifest.json").Searches[configs.SGD]
	if read(t, o, "glyphs-clustering.csv") != read(t, whole, "glyphs-clustering.csv") || !m.Finished || m.Computed >= m.Cells {
		t.Errorf("another log, or all %d cells of %d computed again", m.Computed, m.Cells)
	}
}

// cancelAfter cancels a run when its first cell is in the store.
type cancelAfter struct {
	cancel func()
	dir    string
	t      *testing.T
}

func (c cancelAfter) Write(p []byte) (int, error) { return len(p), nil }

func (c cancelAfter) watch() {
	for range 10000 {
		if files, _ := filepath.Glob(filepath.Join(c.dir, "*.json")); len(files) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	c.cancel()
}

func TestOutliersAndDrawing(t *testing.T) {
	t.Parallel()
	o, _ := tiny(t)
	o.Tasks = []configs.Task{configs.Outliers, configs.Drawing}
	o.Candidates = 2
	do(t, o)
	last := func(name string) map[string]string {
		all := rows(t, o, name)
		i := slices.IndexFunc(all, func(r map[string]string) bool { return r["family"] == "sgd" })
		return all[i]
	}
	r := last("glyphs-outliers.csv")
	if names, best := readouts(t, r["all readouts"]); r["readout"] != best || !slices.Equal(names, []string{"top", "pathway", "corrected", "corrected pathway"}) {
		t.Errorf("readout %q of %q", r["readout"], r["all readouts"])
	}
	if r["rung"] != "3" || r["mean AUC"] == "" || len(strings.Split(r["classes left out"], "; ")) != 5 || r["note"] != "" {
		t.Errorf("outliers: %v", r)
	}
	if r := last("glyphs-drawing.csv"); r["Fréchet distance"] == "" || r["gradient energy"] == "" || r["coverage"] == "" || !strings.Contains(r["all readouts"], "layer 1, 20 iterations") || r["note"] != "" {
		t.Errorf("drawing: %v", r)
	}
	c, err := configs.Read(filepath.Join(o.Results, "tune", "glyphs-outliers-sgd.json"))
	if err != nil || c.Readout != r["readout"] {
		t.Errorf("%+v, %v", c, err)
	}
}

// readouts are the names of scores in a log, and the one with the largest AUC.
func readouts(t *testing.T, all string) (names []string, best string) {
	t.Helper()
	most := -1.
	for part := range strings.SplitSeq(all, "; ") {
		at := strings.LastIndexByte(part, ' ')
		v, err := strconv.ParseFloat(part[at+1:], 64)
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, part[:at]); v > most {
			most, best = v, part[:at]
		}
	}
	return names, best
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		"--candidates": func(o *Options) { o.Candidates = -1 },
		"--budget":     func(o *Options) { o.Budget = 1e-9 },
		"--parallel":   func(o *Options) { o.Parallel = -1 },
		"--time":       func(o *Options) { o.Time = -1 },
		"cluttering":   func(o *Options) { o.Tasks = []configs.Task{"cluttering"} },
		"shallow":      func(o *Options) { o.Families = []configs.Family{"shallow"} },
		"a data set":   func(o *Options) { o.Sets = nil },
	} {
		o, _ := tiny(t)
		change(&o)
		if err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// What a search is going to bring up to date is read before it begins: damage costs no time and no file.
func TestDamagedLogsStopASearchAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"glyphs-clustering.csv":           {"a,b\n1,2\n", "has other columns"},
		"glyphs-clustering-manifest.json": {"{", "is damaged"},
	} {
		o, _ := tiny(t)
		path := filepath.Join(o.Results, "tune", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%s: %v", name, err)
		}
		if read(t, o, name) != c.text {
			t.Errorf("%s was changed", name)
		}
		if cells, _ := filepath.Glob(filepath.Join(o.Cache, "cells", "*")); len(cells) > 0 {
			t.Errorf("%s: %d cells were computed first", name, len(cells))
		}
	}
}

// A manifest may lack its searches, and a cell its checksum: the same log, with a line for the cell.
func TestForgedFilesDoNotReachTheLog(t *testing.T) {
	t.Parallel()
	o, said := tiny(t)
	o.Families = []configs.Family{configs.KMeans}
	do(t, o)
	want := read(t, o, "glyphs-clustering.csv")
	if err := os.WriteFile(filepath.Join(o.Results, "tune", "glyphs-clustering-manifest.json"), []byte(`{"Searches": null}`), 0o666); err != nil {
		t.Fatal(err)
	}
	cells, _ := filepath.Glob(filepath.Join(o.Cache, "cells", "*.json"))
	if err := os.WriteFile(cells[0], []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(o.Cache, "cells", "."+strings.Repeat("a", 64)+".json1")
	if err := os.WriteFile(left, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	do(t, o)
	if read(t, o, "glyphs-clustering.csv") != want {
		t.Error("the log differs")
	}
	if !strings.Contains(said.String(), cells[0]+": does not match its checksum: it is computed again") {
		t.Errorf("said %q", said)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed run left is still there")
	}
	if e := manifest(t, o, "glyphs-clustering-manifest.json").Searches[configs.KMeans]; e.Computed != 1 {
		t.Errorf("%d cells computed", e.Computed)
	}
}
