package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// code is a notebook with several cells of code.
func code(sources ...string) *notebook {
	nb := &notebook{NBFormat: 4}
	for _, s := range sources {
		nb.Cells = append(nb.Cells, &cell{Type: "code", Source: text(s)})
	}
	return nb
}

// What could remove or overwrite files that the notebook did not make is found, in Go and in scripts.
func TestHarmfulCellsAreFound(t *testing.T) {
	const folders = "import \"os\"\nfunc knownFolder() string { return filepath.Join(show.Cache(), \"shapes\", \"known\") }"
	for _, c := range []struct {
		says  string
		cells []string
	}{
		{"os.RemoveAll", []string{folders, "%%\nshow.Check(os.RemoveAll(filepath.Dir(knownFolder())))"}}, // as notebook 06 did
		{"os.Remove", []string{"%%\nos.Remove(\"x\")"}},
		{"os.Rename", []string{"func f() { os.Rename(\"a\", \"b\") }"}},
		{"os.WriteFile", []string{"%%\nos.WriteFile(\"x\", nil, 0o666)"}},
		{"os.Create", []string{"%%\nf, _ := os.Create(\"x\")"}},
		{"os.OpenFile", []string{"%%\nf, _ := os.OpenFile(\"x\", 1, 0)"}},
		{"os.Truncate", []string{"%%\nshow.Check(os.Truncate(\"x\", 1))"}},
		{"os.Symlink", []string{"%%\n_ = os.Symlink(\"a\", \"b\")"}},
		{"os.RemoveAll", []string{"import away \"os\"", "%%\naway.RemoveAll(\"x\")"}},
		{"os.RemoveAll", []string{"var gone = os.RemoveAll"}},
		{"imports os without a name", []string{"import . \"os\"\n\n%%\nRemoveAll(\"x\")"}},
		{"imports os/exec", []string{"import \"os/exec\""}},
		{"exec.Command", []string{"%%\nexec.Command(\"rm\").Run()"}},
		{"imports syscall", []string{"import \"syscall\""}},
		{"paper.Write", []string{"%%\npaper.Write(\"..\")"}},
		{".Write writes", []string{"%%\nshow.Check(table.Write(\"results\"))"}},
		{"training.Save", []string{"%%\nshow.Check(training.Save(\"model.dcgmm\", net))"}},
		{"training.Save", []string{"%%\nshow.Check(training.Save(filepath.Join(show.Cache(), \"..\", \"x\"), net))"}},
		{"training.Save", []string{folders, "%%\nshow.Check(training.Save(filepath.Join(filepath.Dir(knownFolder()), \"x\"), net))"}},
		{"training.Save", []string{"%%\nm := show.Cache()\nm = pictures\nshow.Check(training.Save(m, net))"}},
		{"Out is not below", []string{"%%\nshow.Train(training.Job{Out: \"x.dcgmm\"})"}},
		{"%%writefile", []string{"%%writefile x.txt\nmine"}},
		{"%capture", []string{"%capture x.txt\n%%\nfmt.Println(1)"}},
		{"%%script", []string{"%%script python3\nimport os; os.remove('x')"}},
		{"script's rm", []string{"!cd shapes && rm -rf drawn && ls"}},
		{"script's rm", []string{"!cd shapes && \\\n  rm x"}},
		{"script's /bin/mv", []string{"%%bash\n/bin/mv a b"}},
		{"script's rm", []string{"//gonb:!rm x"}},
		{"writes to x.log", []string{"!ls > x.log"}},
		{"script's --out", []string{"!dcgmm sample m.dcgmm --out=x.png"}},
		{"script's -o", []string{"!go build -o ~/bin/dcgmm ./cmd/dcgmm"}},
		{"script's rm", []string{"%%\nshow.Check(show.Shell(`rm x`))"}},
		{"writes to x", []string{"%%\nshow.Check(show.Shell(`ls >x`))"}},
		{"script's rm", []string{"%%\nshow.Fill(\"a\", func(f *show.Folder) error { return f.Shell(`rm -r \"$KNOWN\"`) })"}},
		{"writes to $KNOWN/x", []string{"%%\nshow.Fill(\"a\", func(f *show.Folder) error { return f.Shell(`ls >>\"$KNOWN/x\"`) })"}},
		{"not read as Go", []string{"%%\nos.Remove(\"x\""}},
	} {
		if err := harmless(code(c.cells...)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q", c.cells, err, c.says)
		}
		if err := check(code(c.cells...)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("the check passes over %q: %v", c.cells, err)
		}
	}
}

func TestHarmlessCellsPass(t *testing.T) {
	const model = "func own(name string) string { return filepath.Join(show.Cache(), \"x\", name) }\nfunc modelFile() string { return own(\"m.dcgmm\") }"
	for _, cells := range [][]string{
		{"%%\n// shows: text\nfmt.Println(os.Getenv(\"HOME\"))"},
		{"%%\nb := show.Must(os.ReadFile(\"x\"))"},
		{"type away struct{}\n\n%%\n(away{}).Remove()"},
		{model, "%%\nshow.Check(training.Save(modelFile(), net))\ncopied := modelFile() + \".copy\"\nshow.Check(training.Save(copied, net))"},
		{"%%\nshow.Train(training.Job{Out: filepath.Join(show.Cache(), \"x.dcgmm\")})"},
		{"!ls -l shapes 2> /dev/null && dcgmm info x.dcgmm 2>&1"},
		{"%args x\n%%\nfmt.Println(1 > 0)"},
		{"%%\nshow.Fill(\"a\", func(f *show.Folder) error { return f.Shell(`dcgmm train --out x.dcgmm > train.log`) })"},
	} {
		if err := harmless(code(cells...)); err != nil {
			t.Errorf("%q: %v", cells, err)
		}
	}
}

// No notebook of the repository writes outside of what it makes.
func TestNotebooksAreHarmless(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil || len(all) < 6 {
		t.Fatalf("%d notebooks, %v", len(all), err)
	}
	for _, path := range all {
		nb, err := readNotebook(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := harmless(nb); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
