package pipeline

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
)

// few is a tier of four cells.
func few() suite.Tier {
	t := tiny()
	t.Models, t.Generators = t.Models[1:3], nil
	return t
}

func save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// enterForged adds files to the manifest in a folder with the hashes that they have.
func enterForged(t *testing.T, dir string, names ...string) {
	t.Helper()
	m, err := artefact.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		hash, err := artefact.HashFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		m.Files[name] = hash
	}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
}

// What is no longer made is removed; what the run did not write stays, whatever a manifest says.
func TestOldResultsAreRemoved(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := p.reproduce(t, tier)
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim.txt")
	old, mine, inside := filepath.Join(dir, "glyphs", "T0-old.md"), filepath.Join(dir, "glyphs", "notes.txt"), filepath.Join(dir, "mine", "inside.txt")
	for _, path := range []string{victim, old, mine, inside} {
		save(t, path, "x")
	}
	for link, to := range map[string]string{"out": outside, "link.txt": victim, "in": filepath.Join(dir, "mine")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	enterForged(t, dir, "glyphs/T0-old.md", "glyphs/notes.txt", "out/victim.txt", "link.txt", "in/inside.txt")
	save(t, mine, "written since") // so that it is not what the manifest says
	p.reproduce(t, tier)
	if _, err := os.Stat(old); err == nil {
		t.Error("an old table is still there")
	}
	for path, want := range map[string]string{victim: "x", mine: "written since", inside: "x"} {
		if got := load(t, path); got != want {
			t.Errorf("%s is %q", path, got)
		}
	}
	for _, name := range []string{"out", "link.txt", "in"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(p.out.String(), filepath.Join(dir, "glyphs", "notes.txt")+": no longer made, but not as an earlier run wrote it: left alone") {
		t.Errorf("said %q", p.out.String())
	}
}

// A path out of the folder makes the manifest worth nothing: the run says so, and nothing is changed.
func TestAManifestThatPointsOutside(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := p.reproduce(t, tier)
	victim := filepath.Join(p.Results, "victim.txt")
	save(t, victim, "x")
	enterForged(t, dir, "../victim.txt")
	want := files(t, p.Results)
	_, err := Reproduce(context.Background(), tier, p.Options)
	if err == nil || !strings.Contains(err.Error(), `"../victim.txt" is no path below the folder; remove it and run the tier again`) {
		t.Errorf("the error is %v", err)
	}
	if !maps.Equal(files(t, p.Results), want) {
		t.Error("files were changed")
	}
}

// A cell that somebody wrote is computed again, and the tables are those of an honest run.
func TestForgedCellsDoNotReachTables(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	want := timeless(files(t, p.reproduce(t, tier)))
	cells, _ := filepath.Glob(filepath.Join(p.Cache, "cells", "*.json"))
	save(t, cells[0], "{}\n")
	save(t, cells[1], strings.Replace(load(t, cells[1]), `"Purity":0.`, `"Purity":0.9`, 1))
	p.log.Reset()
	got := timeless(files(t, p.reproduce(t, tier)))
	if !strings.Contains(p.out.String(), "4 cells (2 computed now)") || !maps.Equal(got, want) {
		t.Errorf("said %q", p.out.String())
	}
	for _, path := range cells[:2] {
		if !strings.Contains(p.log.String(), path+": does not match its checksum: it is computed again") {
			t.Errorf("log %q", p.log.String())
		}
	}
}

// A table that was changed together with its manifest is written anew.
func TestAChangedManifestIsNotUpToDate(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := p.reproduce(t, tier)
	path := filepath.Join(dir, "glyphs", "T2-clustering.md")
	want := load(t, path)
	save(t, path, "0.99\n")
	enterForged(t, dir, "glyphs/T2-clustering.md")
	p.reproduce(t, tier)
	if load(t, path) != want {
		t.Error("the changed table is still there")
	}
}

// Two runs at once may share a cache: both end, with the same bits, and leave nothing behind.
func TestTwoRunsShareACache(t *testing.T) {
	t.Parallel()
	tier := few()
	whole := warmPlace(t, tier)
	want := timeless(files(t, whole.reproduce(t, tier)))
	cache := filepath.Join(t.TempDir(), "cache")
	var both sync.WaitGroup
	for range 2 {
		p := newPlace(t)
		p.Cache = cache
		both.Go(func() {
			dir, err := Reproduce(context.Background(), tier, p.Options)
			if err != nil {
				t.Error(err)
			} else if !maps.Equal(timeless(files(t, dir)), want) {
				t.Error("the results differ from those of one run")
			}
		})
	}
	both.Wait()
	entries, err := os.ReadDir(filepath.Join(cache, "cells"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.Name() != ".lock" && ext != ".json" && ext != ".dcgmm" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// A run that was killed between its tables and its manifest, and while it wrote: the next one makes it whole and clears
// up.
func TestKilledRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := p.reproduce(t, tier)
	want := timeless(files(t, dir))
	key := strings.Repeat("a", 64)
	left := []string{filepath.Join(p.Cache, "cells", "."+key+".partial6")}
	mine := []string{filepath.Join(dir, ".hidden"), filepath.Join(dir, "glyphs", ".draft.txt7"), filepath.Join(dir, ".todo.md2"), filepath.Join(dir, "mine", ".T1-a.csv8")}
	for _, path := range append(left, mine...) {
		save(t, path, "x")
	}
	if err := os.Remove(filepath.Join(dir, artefact.ManifestFile)); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, ".lock"), "")
	save(t, filepath.Join(dir, "glyphs", "T2-clustering.md"), "half")
	if _, err := Diff(dir, dir); err == nil || !strings.Contains(err.Error(), artefact.ManifestFile) {
		t.Errorf("half-written results: %v", err)
	}
	got := timeless(files(t, p.reproduce(t, tier)))
	if !maps.Equal(got, want) {
		t.Error("the results differ from those of a run that was not killed")
	}
	for _, path := range left {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range mine {
		load(t, path)
	}
}

// A run neither writes to a folder of others' files nor to one in which it can not know whose they are.
func TestOthersFoldersAreLeftAlone(t *testing.T) {
	t.Parallel()
	tier := few()
	for name, text := range map[string]string{"glyphs/T2-clustering.md": "mine\n", "F0-architecture.svg": "mine\n", artefact.ManifestFile: "{\"name\": \"my app\"}\n"} {
		p := warmPlace(t, tier)
		path := filepath.Join(p.Results, tier.Name, filepath.FromSlash(name))
		save(t, path, text)
		_, err := Reproduce(context.Background(), tier, p.Options)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(p.Results, tier.Name)) || load(t, path) != text {
			t.Errorf("%s: %v", name, err)
		}
		if got := files(t, filepath.Join(p.Results, tier.Name)); len(got) != 1 {
			t.Errorf("%s: written beside it: %d files", name, len(got))
		}
	}
	p := warmPlace(t, tier)
	p.Cache = filepath.Join(t.TempDir(), "file")
	save(t, p.Cache, "x")
	if _, err := Reproduce(context.Background(), tier, p.Options); err == nil || !strings.Contains(err.Error(), "--cache") {
		t.Errorf("a file for a cache: %v", err)
	}
}

// A write that failed is made good by the next run.
func TestAFailedWriteIsMadeGood(t *testing.T) {
	t.Parallel()
	tier := few()
	p := warmPlace(t, tier)
	dir := filepath.Join(p.Results, tier.Name)
	if err := os.MkdirAll(filepath.Join(dir, "glyphs", "T2-clustering.md"), 0o777); err != nil { // no table can be written there
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, ".lock"), "") // of a killed run
	if _, err := Reproduce(context.Background(), tier, p.Options); err == nil || !strings.Contains(err.Error(), "T2-clustering.md") {
		t.Fatalf("a folder in the place of a table: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "glyphs", "T2-clustering.md")); err != nil {
		t.Fatal(err)
	}
	p.reproduce(t, tier)
	if _, err := os.Lstat(filepath.Join(dir, artefact.Unfinished)); err == nil {
		t.Error("the mark of the failed run is left")
	}
}

// A manifest of a shard that nobody can read costs a run nothing but the mention of that shard.
func TestADamagedShardDoesNotStopARun(t *testing.T) {
	t.Parallel()
	p := warmPlace(t, few())
	path := filepath.Join(p.Cache, "shards", "tiny-1-of-2.json")
	text, err := json.Marshal(artefact.ShardManifest{Tier: "tiny", Data: []artefact.Data{{Name: "glyphs"}}, Shard: suite.Shard{Index: -1, Count: 2}})
	if err != nil {
		t.Fatal(err)
	}
	save(t, path, string(text))
	p.reproduce(t, few())
	if !strings.Contains(p.out.String(), path+" is damaged: field Shard: shard -1/2") {
		t.Errorf("said %q", p.out.String())
	}
}

// Nobody sweeps a cache that another process is computing for.
func TestSweepSparesOtherRuns(t *testing.T) {
	t.Parallel()
	p := warmPlace(t, few())
	cells := filepath.Join(p.Cache, "cells")
	path := filepath.Join(cells, "."+strings.Repeat("a", 64)+".json1")
	save(t, path, "x")
	release, err := atomicfile.Share(cells)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	p.reproduce(t, few())
	load(t, path)
}
