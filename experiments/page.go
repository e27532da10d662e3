package experiments

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
)

//go:embed templates/report.html.tmpl
var pageTemplate string

// pageFile is the page of all tables and figures of a tier. It carries its pictures along, loads nothing and is therefore large: it is not
// listed in the manifest and git ignores it.
const pageFile = "report.html"

// page is what the template of the page sees.
type page struct {
	Manifest *Manifest
	Drawing  template.URL // SVG of an architecture, as a picture: what scripts it may have do not run
	Sets     []pageSet
}

type pageSet struct {
	Name, Title, Notice string
	Tables              []*report.Table
	Figures             []pageFigure
}

type pageFigure struct {
	ID, Alt string
	Source  template.URL // data URI
}

// writePage writes the page from the tables and figures of a manifest, as they are on disk.
func writePage(dir string, m *Manifest) error {
	p := page{Manifest: m}
	if _, ok := m.Files[architectureID+".svg"]; ok {
		svg, err := os.ReadFile(filepath.Join(dir, architectureID+".svg"))
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		p.Drawing = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))
	}
	for _, d := range m.Data {
		s := pageSet{Name: d.Name, Title: setTitle(d.Name), Notice: d.Notice}
		for _, name := range slices.Sorted(maps.Keys(m.Files)) {
			if path.Dir(name) != d.Name {
				continue
			}
			if err := s.add(dir, name); err != nil {
				return err
			}
		}
		p.Sets = append(p.Sets, s)
	}
	t, err := template.New("report").Funcs(template.FuncMap{"minutes": seconds, "short": func(s string) string { return s[:min(len(s), 12)] },
		"number": func(v report.Value) bool { _, ok := v.Float(); return ok },
		"shown":  func(v report.Value, c report.Column) string { return v.Text(c.Decimals) },
		"sortable": func(v report.Value) string {
			if x, ok := v.Float(); ok {
				return fmt.Sprint(x)
			}
			return v.String()
		}}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, pageFile), func(w io.Writer) error { return t.Execute(w, p) })
}

// add takes a file if it is a table or a picture.
func (s *pageSet) add(dir, name string) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	switch path.Ext(name) {
	case ".json":
		t, err := report.ReadTable(file)
		if err != nil {
			return err
		}
		s.Tables = append(s.Tables, t)
	case ".png":
		picture, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		id := strings.TrimSuffix(path.Base(name), ".png")
		alt := figureAlt[id]
		s.Figures = append(s.Figures, pageFigure{ID: id, Alt: strings.ReplaceAll(alt, "SET", s.Title), Source: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))})
	}
	return nil
}

// figureAlt says what a figure shows to those who do not see it; SET is the data set.
var figureAlt = map[string]string{
	"F1-training":   "Training curves on SET: loss, annealing width and used components of every layer",
	"F2-roc":        "ROC curves of all models on SET, one panel for each class left out",
	"F3-alphabet":   "Components of k-means, flat mixtures and of every layer of a deep one on SET, as pictures",
	"F4-extremes":   "The test images of SET that are most and least likely under a flat and a deep model",
	"F5-samples":    "Samples of flat and deep models on SET, as drawn and sharpened",
	"F6-sharpening": "Samples of the deep models on SET on their way uphill",
	"F6b-objective": "The objective of sharpening by iteration, one panel for each deep model on SET",
	"F7-inpainting": "Test images of SET with missing pixels, filled in by a flat and a deep model",
	"F8-classes":    "Images drawn for each class of SET by flat and deep models",
	"F9-variants":   "Variants of test images of SET from every layer of flat and deep models",
	"F10-cost":      "Error of clusters and of outlier detection on SET over parameters and training arithmetic, both axes logarithmic: lines of flat mixtures of many sizes, points of deep models",
}
