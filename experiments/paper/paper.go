// Package paper fills the templates of paper.md, of the results in README.md and of the page of a tier (report.html)
// from the artefacts of a tier: typed tables and summaries, found by ids. It computes no result.
package paper

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/progress"
)

//go:embed templates/paper.md.tmpl
var paperTemplate string

//go:embed templates/readme.md.tmpl
var readmeTemplate string

//go:embed templates/appendix.md.tmpl
var appendixTemplate string

//go:embed templates/old-verdicts.md.tmpl
var oldVerdictsTemplate string

// What is written into the README stands between these lines.
const (
	readmeBegin = "<!-- results: written by `make paper`, do not edit -->"
	readmeEnd   = "<!-- end of results -->"
)

// Pages that are written, below the project; the appendix has one for each data set, too.
const (
	PaperFile  = "paper.md"
	ReadmeFile = "README.md"
	appendix   = "docs/appendix"
)

// up is the way from a page of the appendix to the project.
const up = "../.."

// Write writes paper.md, its appendix and the results in README.md of the project in root, from the best tier in its
// folder results: full before quick.
func Write(root string) error {
	pages, err := Render(root)
	if err != nil {
		return err
	}
	for name, text := range pages {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("paper: %w", err)
		}
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
	}
	return nil
}

// Render returns the pages as Write would write them, by their paths below root with slashes. It is an error when the
// tables are not those that the manifest lists: something was changed by hand.
func Render(root string) (pages map[string]string, err error) {
	d, err := open(root)
	if err != nil {
		return nil, err
	}
	pages = map[string]string{}
	add := func(name, template, text string, data any) {
		if err == nil {
			pages[name], err = d.fill(template, text, data)
		}
	}
	add(PaperFile, "paper", paperTemplate, d)
	add(ReadmeFile, "readme", readmeTemplate, d)
	below := d.under(up)
	for _, s := range below.Sets {
		add(path.Join(appendix, s.Name+".md"), "appendix", appendixTemplate, sheet{below, s})
	}
	add(path.Join(appendix, "old-verdicts.md"), "old verdicts", oldVerdictsTemplate, below)
	if err != nil {
		return nil, err
	}
	pages[ReadmeFile], err = intoReadme(root, pages[ReadmeFile])
	return pages, err
}

// intoReadme puts the results into their place in the README.
func intoReadme(root, results string) (string, error) {
	old, err := os.ReadFile(filepath.Join(root, ReadmeFile))
	if err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	before, rest, ok1 := strings.Cut(string(old), readmeBegin)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("paper: README.md has no place for the results: a line %q and a line %q", readmeBegin, readmeEnd)
	}
	return before + readmeBegin + "\n" + strings.TrimSpace(results) + "\n" + readmeEnd + after, nil
}

// sheet is what the page of a data set sees.
type sheet struct {
	*document
	Set *set
}

// under is the document for a page below the project, from which a path leads up.
func (d *document) under(up string) *document {
	below := *d
	below.Dir, below.Sets = path.Join(up, d.Dir), nil
	for _, s := range d.Sets {
		moved := *s
		moved.link = path.Join(up, s.link)
		below.Sets = append(below.Sets, &moved)
	}
	return &below
}

// document is what the templates see.
type document struct {
	root     string
	Dir      string // of the results, below root, with slashes
	Manifest *artefact.Manifest
	Tier     suite.Tier
	Sets     []*set
}

// open finds the results to write about.
func open(root string) (*document, error) {
	dir, err := artefact.Best(filepath.Join(root, "results"))
	if err != nil {
		return nil, err
	}
	m, err := artefact.ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	if !m.Intact(dir) {
		return nil, fmt.Errorf("paper: files in %s are missing or are not those of its manifest: run the tier again", dir)
	}
	t, err := suite.TierByName(m.Tier)
	if err != nil {
		return nil, fmt.Errorf("paper: %s: %w", dir, err)
	}
	d := &document{root: root, Dir: path.Join("results", filepath.Base(dir)), Manifest: m, Tier: t}
	for _, data := range m.Data {
		s := &set{Data: data, suite: t.On(data.Name), dir: filepath.Join(dir, data.Name), link: path.Join(d.Dir, data.Name), manifest: m}
		if s.Summary, err = analysis.ReadSummary(s.dir); err != nil {
			return nil, err
		}
		d.Sets = append(d.Sets, s)
	}
	return d, nil
}

// fill executes a template.
func (d *document) fill(name, text string, data any) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"minutes": minutes, "text": report.Inline, "short": short, "relation": relation, "lower": strings.ToLower, "percent": func(share float64) float64 { return 100 * share },
		"sharpened": func(id string) string { return results.Key{Model: id, Variant: results.Sharpened}.String() },
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	return b.String(), nil
}

func minutes(seconds float64) string {
	return progress.Duration(time.Duration(seconds * float64(time.Second)))
}

// short is the beginning of a commit's hash.
func short(commit string) string { return commit[:min(len(commit), 12)] }

// relation says how far a is above b.
func relation(a, b analysis.Standing) string {
	switch d := a.Value - b.Value; {
	case d > 0:
		return fmt.Sprintf("%.3f above", d)
	case d < 0:
		return fmt.Sprintf("%.3f below", -d)
	}
	return "equal to"
}

// TopK is the number of clusters of every model.
func (d *document) TopK() int { return suite.TopK }

// MinSeeds are what a verdict needs.
func (d *document) MinSeeds() int { return analysis.MinSeeds }

// Tuned reports whether winners of a search are among the models.
func (d *document) Tuned() bool {
	for _, s := range d.Sets {
		if s.suite.IsTuned() {
			return true
		}
	}
	return false
}

// Epochs are the most epochs of models trained by SGD that no search chose: of flat ones, of deep ones, and of deep
// ones that are sampled.
func (d *document) Epochs() (e struct{ Flat, Deep, Sampled int }) {
	for _, m := range d.Tier.Models {
		if m.IsDeep() {
			e.Deep = max(e.Deep, m.Train.Epochs)
		} else {
			e.Flat = max(e.Flat, m.Train.Epochs)
		}
	}
	for _, m := range suite.Where(d.Tier.Generators, suite.Model.IsDeep) {
		e.Sampled = max(e.Sampled, m.Train.Epochs)
	}
	return e
}

// PaperEpochs are those of the paper's architectures that no search tuned, 0 without any.
func (d *document) PaperEpochs() int {
	if models := d.Tier.Paper.Models; len(models) > 0 {
		return models[0].Train.Epochs
	}
	return 0
}

// Forest is the figure of all answers, Hero that of real and drawn images; "" if the tier has none.
func (d *document) Forest() string { return d.ofAll(analysis.ForestID) }
func (d *document) Hero() string   { return d.ofAll(analysis.HeroID) }

func (d *document) ofAll(id string) string {
	if !d.Manifest.Has("", id) {
		return ""
	}
	f, _ := analysis.About(id, "")
	return fmt.Sprintf("![%s](%s)\n\n*%s. %s*", f.Alt, path.Join(d.Dir, id+".png"), f.Alt, f.Caption)
}

func markdown(t *report.Table, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(t.Markdown()), nil
}
