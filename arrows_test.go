package deepgmm

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which folders of this module a folder may import. Tests may import
// what their folder may, and the folder itself.
var arrows = map[string][]string{
	".":                    {},
	"internal/kernel":      {},
	"internal/kernel/gen":  {},
	"internal/parallel":    {},
	"internal/atomicfile":  {},
	"internal/escape":      {},
	"internal/regular":     {},
	"internal/strict":      {},
	"internal/progress":    {"internal/escape"},
	"internal/machine":     {"internal/kernel"},
	"internal/gallery":     {},
	"dcgmm":                {"dcgmm/arch", "internal/kernel", "internal/parallel"},
	"dcgmm/arch":           {},
	"eval":                 {"internal/kernel"},
	"dataset":              {"internal/atomicfile", "internal/progress", "internal/regular"},
	"experiments/report":   {"internal/atomicfile", "internal/escape", "internal/regular", "internal/strict"},
	"experiments/training": {"dcgmm", "internal/atomicfile", "internal/regular"},
	"experiments/cell":     {".", "dcgmm", "eval", "dataset", "experiments/training", "internal/atomicfile", "internal/kernel", "internal/machine", "internal/regular"},
	"experiments/textures": {"dataset"},
	"experiments/bench":    {".", "dcgmm", "eval", "dataset", "experiments/report", "experiments/textures", "experiments/training", "internal/atomicfile", "internal/kernel", "internal/machine"},
	"experiments/suite":    {"dcgmm", "dcgmm/arch", "experiments/cell", "experiments/configs"},
	"experiments/results":  {"dcgmm", "eval", "experiments/cell", "experiments/report", "experiments/suite"},
	"experiments/analysis": {"dcgmm/arch", "eval", "experiments/cell", "experiments/configs", "experiments/report", "experiments/results", "experiments/suite", "internal/regular", "internal/strict"},
	"experiments/artefact": {"experiments/report", "experiments/suite", "internal/atomicfile", "internal/machine", "internal/regular"},
	"experiments/paper":    {"experiments/analysis", "experiments/artefact", "experiments/report", "experiments/results", "experiments/suite", "internal/atomicfile", "internal/progress"},
	"experiments/pipeline": {".", "dcgmm", "dcgmm/arch", "dataset", "experiments/analysis", "experiments/artefact", "experiments/cell", "experiments/paper", "experiments/report", "experiments/results", "experiments/suite", "internal/atomicfile", "internal/escape", "internal/machine", "internal/progress", "internal/regular"},
	"notebooks/show":       {".", "dcgmm", "dcgmm/arch", "eval", "experiments/analysis", "experiments/artefact", "experiments/cell", "dataset", "experiments/pipeline", "experiments/report", "experiments/results", "experiments/suite", "experiments/training", "internal/atomicfile", "internal/kernel", "internal/progress", "internal/regular"},
	"notebooks/nb":         {"dataset", "internal/atomicfile"},
	"cmd/dcgmm":            {".", "dcgmm", "eval", "experiments/bench", "experiments/cell", "experiments/configs", "dataset", "experiments/paper", "experiments/pipeline", "experiments/report", "experiments/suite", "experiments/training", "experiments/tune", "internal/atomicfile", "internal/escape", "internal/gallery", "internal/machine", "internal/progress"},
	"examples/scoring":     {"dcgmm", "dataset"},
	"experiments/configs":  {"dcgmm", "dcgmm/arch", "eval", "experiments/cell", "internal/regular", "internal/strict"},
	"experiments/tune":     {".", "dcgmm", "dcgmm/arch", "eval", "experiments/cell", "experiments/configs", "dataset", "experiments/report", "internal/atomicfile", "internal/machine", "internal/progress", "internal/regular"},

	"internal/kernel/gen/neon":       {},
	"internal/kernel/gen/neon/check": {},
}

// importers says which folders may import something from outside, test files included.
var importers = map[string][]string{
	"gonum.org/v1/plot":                 {"experiments/report"},
	"github.com/olekukonko/tablewriter": {"experiments/report"},
	"codeberg.org/sbinet/npyio":         {"dataset"},
	"github.com/spf13/cobra":            {"cmd/dcgmm"},
	"github.com/spf13/pflag":            {"cmd/dcgmm"},
	"github.com/gofrs/flock":            {"internal/atomicfile"},
	"github.com/mmcloughlin/avo":        {"internal/kernel/gen"},
	"golang.org/x/image":                {"dataset", "experiments/report", "internal/gallery"},
	"github.com/janpfeifer/gonb":        {"notebooks/show"},
	"github.com/chromedp":               {"notebooks/nb", "internal/gallery"},
	"golang.org/x/sys":                  {"internal/kernel", "internal/machine"},
	"golang.org/x/term":                 {"internal/progress"},
	"gonum.org/v1/gonum":                {"dcgmm", "eval", "notebooks/show"},
}

// outOfBounds are standard packages that the model must do without: it neither reads nor writes files, flags or logs.
var outOfBounds = map[string][]string{
	"dcgmm":      {"os", "flag", "log", "log/slog", "net/http", "path/filepath", "time"},
	"dcgmm/arch": {"os", "flag", "log", "log/slog", "net/http", "path/filepath", "time"},
	"eval":       {"os", "flag", "log", "log/slog", "net/http", "path/filepath", "time"},
}

func TestImportArrows(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(file, ".go") {
			folder := path.Dir(filepath.ToSlash(file))
			seen[folder] = true
			checkImports(t, file, folder)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range arrows {
		if !seen[folder] {
			t.Errorf("folder %s has no Go files: remove its arrow", folder)
		}
	}
}

func checkImports(t *testing.T, file, folder string) {
	t.Helper()
	allowed, known := arrows[folder]
	if !known {
		t.Errorf("folder %s has no entry in arrows: say what it may import", folder)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	test := strings.HasSuffix(file, "_test.go")
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		switch first, _, _ := strings.Cut(name, "/"); {
		case name == "deepgmm" || strings.HasPrefix(name, "deepgmm/"):
			to := strings.TrimPrefix(strings.TrimPrefix(name, "deepgmm"), "/")
			if to == "" {
				to = "."
			}
			if !slices.Contains(allowed, to) && !(test && to == folder) {
				t.Errorf("%s imports %s: not an arrow of this project", file, name)
			}
		case strings.Contains(first, "."):
			if !mayImport(folder, name) {
				t.Errorf("%s imports %s: not its importer", file, name)
			}
		case !test && slices.Contains(outOfBounds[folder], name):
			t.Errorf("%s imports %s: out of bounds for the model and its judge", file, name)
		}
	}
}

func mayImport(folder, name string) bool {
	for module, folders := range importers {
		if name == module || strings.HasPrefix(name, module+"/") {
			return slices.Contains(folders, folder)
		}
	}
	return false
}
