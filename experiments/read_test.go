package experiments

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestManifestTellsWhatWasAltered(t *testing.T) {
	results := t.TempDir()
	if _, err := BestResults(results); err == nil || !strings.Contains(err.Error(), "make reproduce") {
		t.Errorf("no results: %v", err)
	}
	dir := filepath.Join(results, "quick")
	m := &Manifest{Tier: "quick", Data: []ManifestData{{Name: "glyphs"}}, Files: map[string]string{}}
	for _, name := range []string{"set/a.csv", "set/b.csv", "set/c.csv"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
		hash, err := hashFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m.Files[name] = hash
	}
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	if best, err := BestResults(results); err != nil || best != dir {
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
