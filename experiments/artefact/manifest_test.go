package artefact

import (
	"bytes"
	"deepgmm/experiments/report"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestManifestTellsWhatWasAltered(t *testing.T) {
	results := t.TempDir()
	if _, err := Best(results); err == nil || !strings.Contains(err.Error(), "make reproduce") {
		t.Errorf("no results: %v", err)
	}
	dir := filepath.Join(results, "quick")
	m := &Manifest{Tier: "quick", Data: []Data{{Name: "glyphs"}}, Files: map[string]string{}}
	for _, name := range []string{"set/a.csv", "set/b.csv", "set/c.csv"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
		hash, err := HashFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m.Files[name] = hash
	}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	if best, err := Best(results); err != nil || best != dir {
		t.Errorf("the best results are %s, %v", best, err)
	}
	read, err := ReadManifest(dir)
	if err != nil || read.Tier != "quick" || len(read.Altered(dir)) != 0 {
		t.Fatalf("read %+v, %v", read, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "set", "c.csv"), []byte("by hand"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "set", "a.csv")); err != nil {
		t.Fatal(err)
	}
	if got := read.Altered(dir); !slices.Equal(got, []string{"set/a.csv", "set/c.csv"}) {
		t.Errorf("altered: %q", got)
	}
}

// The largest tier counts, real data before generated.
func TestBestResults(t *testing.T) {
	results := t.TempDir()
	for _, tier := range []string{"quick-glyphs", "full-glyphs", "quick", "full"} {
		if err := os.MkdirAll(filepath.Join(results, tier), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(results, tier, ManifestFile), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if best, err := Best(results); err != nil || filepath.Base(best) != tier {
			t.Errorf("with %s: %s, %v", tier, best, err)
		}
	}
}

// What the committed tables say is written as it is committed: escaping changes nothing of it.
func TestCommittedTablesAreWrittenAlike(t *testing.T) {
	tables := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "results"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		path = strings.TrimSuffix(path, ".md") + ".json"
		table, err := report.ReadTable(path)
		if err != nil {
			return err
		}
		tables++
		dir := t.TempDir()
		if err := table.Write(dir); err != nil {
			return err
		}
		for _, suffix := range []string{".md", ".csv", ".json"} {
			got, err1 := os.ReadFile(filepath.Join(dir, table.ID+suffix))
			want, err2 := os.ReadFile(strings.TrimSuffix(path, ".json") + suffix)
			if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%s%s is not what the table says (%v, %v)", strings.TrimSuffix(path, ".json"), suffix, err1, err2)
			}
		}
		return nil
	})
	if err != nil || tables == 0 {
		t.Errorf("%d tables, %v", tables, err)
	}
}
