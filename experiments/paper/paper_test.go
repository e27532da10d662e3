package paper

import (
	"deepgmm/experiments/artefact"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// paper.md and the results in the README are what the committed results make of them.
func TestPaperIsFresh(t *testing.T) {
	pages, err := Render(filepath.Join("..", ".."))
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(pages) != 5 || pages[PaperFile] == "" || pages[ReadmeFile] == "" {
		t.Errorf("%d pages", len(pages))
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is stale: run `make paper`", name)
		}
	}
}

// The paper is to be read: 40 kB are about ten printed pages (A4, 10 pt, figures in pairs).
func TestPaperIsShort(t *testing.T) {
	pages, err := Render(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(pages[PaperFile]); n > 40_000 {
		t.Errorf("paper.md has %d bytes", n)
	}
	for i, line := range strings.Split(pages[PaperFile], "\n") {
		if cells := strings.Count(line, "|"); strings.HasPrefix(line, "|") && !strings.Contains(line, "![") && (cells > 9 || len([]rune(line)) > 400) {
			t.Errorf("line %d: a table of %d columns and %d characters is wider than a page", i+1, cells-1, len([]rune(line)))
		}
	}
}

func TestPaperWithoutResults(t *testing.T) {
	if _, err := Render(t.TempDir()); err == nil || !strings.Contains(err.Error(), "run `make reproduce` first") {
		t.Errorf("error %v", err)
	}
}

// A table of results that somebody forged puts words into the paper, no HTML, no links and no tables.
func TestForgedTablesPutNoMarkupIntoThePaper(t *testing.T) {
	const evil = "<script>alert(1)</script> [here](http://evil.test) | ![](http://evil.test/x.png)"
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "results"), os.DirFS(filepath.Join("..", "..", "results"))); err != nil {
		t.Fatal(err)
	}
	writeReadme(t, root, readmeBegin+"\n"+readmeEnd+"\n")
	dir, err := artefact.Best(filepath.Join(root, "results"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := artefact.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.About, m.Machine.CPU, m.Data[0].Notice = evil, evil, evil
	for name := range m.Files {
		id, ok := strings.CutSuffix(name, ".json")
		if !ok {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if m.Files[id+".md"] != "" {
			forge(t, path, evil)
		} else {
			forgeWords(t, path, evil)
		}
		if m.Files[name], err = artefact.HashFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	pages, err := Render(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		if !strings.Contains(text, "&lt;script&gt;") {
			t.Errorf("%s: the forged words are not there: nothing was tested", name)
		}
		if bad := regexp.MustCompile(`.{0,60}(<script|[^\\]\]\(http://evil|evil\.test\) \|).{0,60}`).FindString(text); bad != "" {
			t.Errorf("markup in %q", bad)
		}
	}
}

// forge puts words into title, note, notice, names, units and all words of a table; only ids stay, by which its numbers
// are found.
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
		c.(map[string]any)["Unit"], c.(map[string]any)["Name"] = evil, evil
	}
	for _, r := range table["Rows"].([]any) {
		row := r.([]any)
		for i := range row {
			if _, ok := row[i].(string); ok {
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

// forgeWords puts words into a summary or figure, wherever they are no ids of models.
func forgeWords(t *testing.T, path, evil string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"(Title|Notice|Caption|Score|Mask)": ?"[^"]*"`).ReplaceAll(text, []byte(`"$1": `+strings.ReplaceAll(string(quoted), "$", "$$")))
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

func writeReadme(t *testing.T, root, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
