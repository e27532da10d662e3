package paper

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

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
)

//go:embed templates/report.html.tmpl
var pageTemplate string

// PageFile is the page of all tables and figures of a tier. It carries its pictures along, loads nothing and is
// therefore large: it is not listed in the manifest and git ignores it.
const PageFile = "report.html"

// page is what the template of the page sees.
type page struct {
	Manifest *artefact.Manifest
	Drawing  template.URL // SVG of an architecture, as a picture: what scripts it may have do not run
	Sets     []pageSet
}

type pageSet struct {
	Name, Title, Notice string
	Tables              []*report.Table
	Figures             []pageFigure
}

// allSets is the folder of what is of all data sets, below that of a tier.
const allSets = "."

type pageFigure struct {
	ID, Alt string
	Source  template.URL // data URI
}

// WritePage writes the page from the tables and figures of a manifest, as they are on disk.
func WritePage(dir string, m *artefact.Manifest) error {
	p := page{Manifest: m}
	if name := analysis.ArchitectureID + ".svg"; m.Files[name] != "" {
		var err error
		if p.Drawing, err = dataURI(filepath.Join(dir, name), "image/svg+xml"); err != nil {
			return err
		}
	}
	all := pageSet{Name: allSets, Title: "All data sets"}
	for _, id := range []string{analysis.HeroID, analysis.ForestID} {
		if m.Has("", id) {
			if err := all.add(dir, id+".png"); err != nil {
				return err
			}
		}
	}
	if m.Has("", analysis.HeroID) || m.Has("", analysis.ForestID) {
		p.Sets = append(p.Sets, all)
	}
	for _, d := range m.Data {
		s := pageSet{Name: d.Name, Title: analysis.SetTitle(d.Name), Notice: d.Notice}
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
	t, err := template.New("report").Funcs(template.FuncMap{"short": short,
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
	return atomicfile.Write(filepath.Join(dir, PageFile), func(w io.Writer) error { return t.Execute(w, p) })
}

// add takes a table, by its Markdown file, or a figure, by its picture.
func (s *pageSet) add(dir, name string) error {
	id := strings.TrimSuffix(path.Base(name), path.Ext(name))
	file := filepath.Join(dir, s.Name, id)
	switch path.Ext(name) {
	case ".md":
		t, err := report.ReadTable(file + ".json")
		if err != nil {
			return err
		}
		s.Tables = append(s.Tables, t)
	case ".png":
		source, err := dataURI(file+".png", "image/png")
		if err != nil {
			return err
		}
		about, _ := analysis.About(id, s.Name)
		s.Figures = append(s.Figures, pageFigure{id, about.Alt, source})
	}
	return nil
}

func dataURI(file, mime string) (template.URL, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return template.URL("data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(text)), nil
}
