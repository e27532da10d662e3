package experiments

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
)

//go:embed templates/paper.md.tmpl
var paperTemplate string

//go:embed templates/readme.md.tmpl
var readmeTemplate string

// What is written into the README stands between these lines.
const (
	readmeBegin = "<!-- results: written by `make paper`, do not edit -->"
	readmeEnd   = "<!-- end of results -->"
)

// WritePaper writes paper.md and the results in README.md of the project in root, from the
// best tier in its folder results: full before quick.
func WritePaper(root string) error {
	paper, readme, err := Paper(root)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"paper.md": paper, "README.md": readme} {
		if err := atomicfile.Write(filepath.Join(root, name), func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
	}
	return nil
}

// Paper returns paper.md and README.md as WritePaper would write them. It is an error
// when the tables are not those that the manifest lists: something was changed by hand.
func Paper(root string) (paper, readme string, err error) {
	d, err := openDocument(root)
	if err != nil {
		return "", "", err
	}
	if paper, err = d.fill("paper", paperTemplate); err != nil {
		return "", "", err
	}
	results, err := d.fill("readme", readmeTemplate)
	if err != nil {
		return "", "", err
	}
	old, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return "", "", fmt.Errorf("paper: %w", err)
	}
	before, rest, ok1 := strings.Cut(string(old), readmeBegin)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok1 || !ok2 {
		return "", "", fmt.Errorf("paper: README.md has no place for the results: a line %q and a line %q", readmeBegin, readmeEnd)
	}
	return paper, before + readmeBegin + "\n" + strings.TrimSpace(results) + "\n" + readmeEnd + after, nil
}

// document is what the templates see.
type document struct {
	root     string
	Dir      string // of the results, below root, with slashes
	Manifest *Manifest
	Sets     []ManifestData
	TopK     int
	tier     Tier
}

// openDocument finds the results to write about.
func openDocument(root string) (*document, error) {
	dir, err := bestResults(filepath.Join(root, "results"))
	if err != nil {
		return nil, err
	}
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if !m.intact(dir) {
		return nil, fmt.Errorf("paper: files in %s are missing or are not those of its manifest: run the tier again", dir)
	}
	t, err := TierByName(m.Tier)
	if err != nil {
		return nil, fmt.Errorf("paper: %s: %w", dir, err)
	}
	return &document{root: root, Dir: path.Join("results", filepath.Base(dir)), Manifest: m, Sets: m.Data, TopK: topK, tier: t}, nil
}

// bestResults is the folder of the largest tier that has a manifest; real data before generated.
func bestResults(results string) (string, error) {
	for _, pattern := range []string{"full", "quick", "full-*", "quick-*"} {
		found, err := filepath.Glob(filepath.Join(results, pattern, manifestFile))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return filepath.Dir(found[0]), nil
		}
	}
	return "", fmt.Errorf("paper: %s has no results of the tiers full or quick: run `make reproduce` first", results)
}

// fill executes a template.
func (d *document) fill(name, text string) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"title": setTitle, "table": d.table, "figure": d.figure, "headline": d.headline, "speed": d.speed,
		"show": d.show, "has": d.has, "claimTable": d.claimTable, "verdicts": d.verdicts, "claimStory": d.claimStory,
		"clusterStory": d.clusterStory, "outlierStory": d.outlierStory,
		"sampleStory": d.sampleStory, "inpaintStory": d.inpaintStory, "classStory": d.classStory, "sampleHeadline": d.sampleHeadline,
		"minutes": seconds, "text": report.Inline,
		"short": func(commit string) string { return commit[:min(len(commit), 12)] },
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	return b.String(), nil
}

func setTitle(set string) string {
	switch set {
	case "mnist":
		return "MNIST"
	case "fashion-mnist":
		return "FashionMNIST"
	}
	return set
}

func (d *document) read(set, id string) (*report.Table, error) {
	return report.ReadTable(filepath.Join(d.root, filepath.FromSlash(d.Dir), set, id+".json"))
}

func (d *document) table(set, id string) (string, error) {
	t, err := d.read(set, id)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(t.Markdown()), nil
}

func (d *document) figure(set, id string) string { return path.Join(d.Dir, set, id+".png") }

// speed is the comparison with other programs, empty if it was never measured.
func (d *document) speed() (string, error) {
	t, err := report.ReadTable(filepath.Join(d.root, "results", "bench", "B3-rivals.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(t.Markdown()), nil
}

// epochs says how long models are trained by SGD that no search chose.
func (d *document) epochs() string {
	flat, deep := longest(d.tier.Models)
	_, draws := longest(d.tier.Generators)
	text := fmt.Sprintf("Flat models are trained by SGD for %d epochs, deep ones for %d", flat, deep)
	if flat == deep {
		text = fmt.Sprintf("All models trained by SGD have %d epochs", flat)
	}
	if draws != deep {
		text += fmt.Sprintf(" (those that only draw: %d)", draws)
	}
	return text + "; tuned ones have the number that their search chose. Epochs of deep models cost more time (first tables)."
}

// longest are the most epochs of flat and of deep models trained by SGD.
func longest(models []cell.Model) (flat, deep int) {
	for _, m := range models {
		switch {
		case isDeep(m):
			deep = max(deep, m.Train.Epochs)
		case m.Kind == cell.SGD:
			flat = max(flat, m.Train.Epochs)
		}
	}
	return flat, deep
}

// Tuned tells whether winners of a search are among the models.
func (d *document) Tuned() bool {
	for _, s := range d.Sets {
		if d.tier.isTuned(s.Name) {
			return true
		}
	}
	return false
}

// Limits are what the results do not show.
func (d *document) Limits() []string {
	var limits []string
	if len(d.Manifest.Seeds) == 1 {
		limits = append(limits, "One seed: differences of about 0.01 may be chance. The tier `full` has five seeds and intervals.")
	}
	if n := len(d.tier.LeaveOut); n < 10 {
		limits = append(limits, fmt.Sprintf("Only %d of the ten classes were left out once. How hard a class is to detect differs more between classes than between models, so these means say little about the mean over ten.", n))
	}
	for _, s := range d.Sets {
		if s.Notice != "" {
			limits = append(limits, fmt.Sprintf("%s: %s.", report.Inline(s.Name), report.Inline(s.Notice)))
		}
	}
	handPicked := "Architectures that only draw and are not called tuned were picked by hand, from a dozen that validation images alone had seen; for the flat rivals there were fewer such tries."
	if d.DrawsPooled() {
		handPicked += " The one with pooling is from some twenty, most of which had been compared by their Fréchet distance to test images: its row in the tables of samples is somewhat too good."
	}
	limits = append(limits, handPicked+" Which of the models listed is called the best, and how it is sharpened, was decided on validation images.")
	if d.Tuned() {
		limits = append(limits, "The search for outliers was made twice: that its first ladder ended with too few images was seen by an AUC on test images ([docs/tuning.md](docs/tuning.md)). The second one saw validation images only, but it would not have been made had the first result been a good one: what is said of outliers is weaker evidence than the rest.")
	}
	return append(limits,
		d.epochs(),
		"The number of epochs of the tier quick was set to fit the time; its effect was looked at on test and on validation images.",
		"Gradient energy does not tell an edge from noise or from the border of two patches: look at the pictures, too.")
}

// DrawsPooled tells whether the architecture that was chosen with a look at test images is among those that draw.
func (d *document) DrawsPooled() bool {
	return slices.ContainsFunc(d.tier.Generators, func(m cell.Model) bool { return m.Name == drawing[0] })
}
