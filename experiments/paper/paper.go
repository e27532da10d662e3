// Package paper fills the templates of paper.md, of the results in README.md and of the page of a tier (report.html) from the artefacts of a
// tier: typed tables and summaries, found by ids. It computes no result.
package paper

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

// What is written into the README stands between these lines.
const (
	readmeBegin = "<!-- results: written by `make paper`, do not edit -->"
	readmeEnd   = "<!-- end of results -->"
)

// Write writes paper.md and the results in README.md of the project in root, from the
// best tier in its folder results: full before quick.
func Write(root string) error {
	paper, readme, err := Render(root)
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

// Render returns paper.md and README.md as Write would write them. It is an error
// when the tables are not those that the manifest lists: something was changed by hand.
func Render(root string) (paper, readme string, err error) {
	d, err := open(root)
	if err != nil {
		return "", "", err
	}
	if paper, err = d.fill("paper", paperTemplate); err != nil {
		return "", "", err
	}
	summary, err := d.fill("readme", readmeTemplate)
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
	return paper, before + readmeBegin + "\n" + strings.TrimSpace(summary) + "\n" + readmeEnd + after, nil
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
func (d *document) fill(name, text string) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"minutes": minutes, "text": report.Inline, "short": short, "relation": relation, "percent": func(share float64) float64 { return 100 * share },
		"sharpened": func(id string) string { return results.Key{Model: id, Variant: results.Sharpened}.String() },
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

// Epochs are the most epochs of models trained by SGD that no search chose: of flat ones, of deep ones, and of deep ones that are sampled.
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

// Speed is the comparison with other programs, empty if it was never measured.
func (d *document) Speed() (string, error) {
	t, err := report.ReadTable(filepath.Join(d.root, "results", "bench", "B3-rivals.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return markdown(t, err)
}

func markdown(t *report.Table, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(t.Markdown()), nil
}

// Verdicts is a short table: the verdict of every claim on every data set.
func (d *document) Verdicts() (string, error) {
	brief := report.Table{ID: "verdicts", Title: "Verdicts, computed from the tables", Columns: []report.Column{{Name: "claim"}}}
	for _, s := range d.Sets {
		names, verdicts, err := s.verdicts()
		if err != nil {
			return "", err
		}
		brief.Columns = append(brief.Columns, report.Column{Name: s.Title()})
		for i, v := range verdicts {
			if len(brief.Rows) == i {
				brief.Rows = append(brief.Rows, []report.Value{names[i]})
			}
			brief.Rows[i] = append(brief.Rows[i], report.Link(string(v), path.Join(s.link, analysis.ClaimsID+".md"), ""))
		}
	}
	return markdown(&brief, nil)
}

// Count is how many claims have a verdict, over all data sets.
func (d *document) Count(verdict analysis.Verdict) (n int, err error) {
	for _, s := range d.Sets {
		_, verdicts, err := s.verdicts()
		if err != nil {
			return 0, err
		}
		for _, v := range verdicts {
			if v == verdict {
				n++
			}
		}
	}
	return n, nil
}
