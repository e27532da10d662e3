package experiments

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deepgmm/experiments/report"
)

// What the committed tables say is written as it is committed: escaping changes nothing of it.
func TestCommittedTablesAreWrittenAlike(t *testing.T) {
	tables := 0
	err := filepath.WalkDir(filepath.Join("..", "results"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" || strings.Contains(filepath.Base(path), "manifest") {
			return err
		}
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

// A table of results that somebody forged puts words into the paper, no HTML, no links and no tables.
func TestForgedTablesPutNoMarkupIntoThePaper(t *testing.T) {
	const evil = "<script>alert(1)</script> [here](http://evil.test) | ![](http://evil.test/x.png)"
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "results"), os.DirFS(filepath.Join("..", "results"))); err != nil {
		t.Fatal(err)
	}
	writeReadme(t, root, readmeBegin+"\n"+readmeEnd+"\n")
	dir, err := bestResults(filepath.Join(root, "results"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.About, m.Machine.CPU, m.Data[0].Notice = evil, evil, evil
	for name := range m.Files {
		if filepath.Ext(name) != ".json" {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		forge(t, path, evil)
		if m.Files[name], err = hashFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	paper, readme, err := Paper(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{paper, readme} {
		if !strings.Contains(text, "&lt;script&gt;") {
			t.Error("the forged words are not there: nothing was tested")
		}
		if bad := regexp.MustCompile(`.{0,60}(<script|[^\\]\]\(http://evil|evil\.test\) \|).{0,60}`).FindString(text); bad != "" {
			t.Errorf("markup in %q", bad)
		}
	}
}

// forge puts words into title, note, notice, units and the words of all last columns of a table; names that are looked up stay.
func forge(t *testing.T, path, evil string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var table map[string]any
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	table["Title"], table["Note"], table["Notice"] = evil, evil, evil
	for _, c := range table["Columns"].([]any) {
		c.(map[string]any)["Unit"] = evil
	}
	for _, r := range table["Rows"].([]any) {
		row := r.([]any)
		for i := range row {
			if _, ok := row[i].(string); ok && (i > 0 && !strings.HasPrefix(filepath.Base(path), "T4c")) {
				row[i] = evil
			}
		}
	}
	if text, err = json.Marshal(table); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
