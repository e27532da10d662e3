package pipeline

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/paper"
	"deepgmm/experiments/report"
)

// element is what a test looks at in a page.
type element struct {
	name string
	attr map[string]string
}

// parseHTML reads a page strictly but for the tags that HTML need not close, and returns its elements.
func parseHTML(t *testing.T, text string) []element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var all []element
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range e.Attr {
				attr[a.Name.Local] = a.Value
			}
			all, open = append(all, element{e.Name.Local, attr}), append(open, e.Name.Local)
		case xml.EndElement:
			if n := len(open); n == 0 || open[n-1] != e.Name.Local {
				t.Fatalf("</%s> closes %v", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("%v are not closed", open)
	}
	return all
}

func TestPageHasEverythingAndLoadsNothing(t *testing.T) {
	t.Parallel()
	p := warmPlace(t)
	dir := p.reproduce(t, tiny())
	text, err := os.ReadFile(filepath.Join(dir, paper.PageFile))
	if err != nil {
		t.Fatal(err)
	}
	const drawing = "data:image/svg+xml;base64," // which runs no scripts
	ids, images := map[string]bool{}, map[string]bool{}
	cells, drawings := 0, 0
	for _, e := range parseHTML(t, string(text)) {
		if id := e.attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("two elements have the id %s", id)
			}
			ids[id] = true
		}
		if e.name == "td" {
			cells++
		}
		if e.name == "img" {
			if !strings.HasPrefix(e.attr["src"], "data:image/png;base64,") && !strings.HasPrefix(e.attr["src"], drawing) || e.attr["alt"] == "" {
				t.Errorf("image %.40q without data or words", e.attr["src"])
			}
			images[e.attr["src"]], drawings = true, drawings+strings.Count(e.attr["src"], drawing)
		}
		for _, name := range []string{"src", "href"} {
			if v := e.attr[name]; v != "" && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "data:") {
				t.Errorf("%s loads %q", e.name, v)
			}
			if v, ok := strings.CutPrefix(e.attr[name], "#"); ok && !strings.Contains(string(text), `id="`+v+`"`) {
				t.Errorf("a link to %s leads nowhere", v)
			}
		}
	}
	if bad := regexp.MustCompile(`(?i)@import|url\(|https?://`).FindAllString(strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", ""), -1); bad != nil {
		t.Errorf("the page names something outside: %v", bad)
	}
	m, err := artefact.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	figures, values := 0, 0
	for name := range m.Files {
		id := path.Dir(name) + "-" + strings.TrimSuffix(path.Base(name), path.Ext(name))
		switch path.Ext(name) {
		case ".png":
			figures++
			if !ids[id] {
				t.Errorf("no figure %s", id)
			}
		case ".md":
			table, err := report.ReadTable(filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(name, ".md")+".json")))
			if err != nil {
				t.Fatal(err)
			}
			values += len(table.Rows) * len(table.Columns)
			if !ids[id] {
				t.Errorf("no table %s", id)
			}
		}
	}
	if len(images) != figures+1 || drawings != 1 || cells != values || figures == 0 || values == 0 {
		t.Errorf("%d images for %d figures, %d drawings, %d cells for %d values", len(images), figures, drawings, cells, values)
	}
	// A page that is gone is written again.
	if err := os.Remove(filepath.Join(dir, paper.PageFile)); err != nil {
		t.Fatal(err)
	}
	p.reproduce(t, tiny())
	if again, err := os.ReadFile(filepath.Join(dir, paper.PageFile)); err != nil || len(again) == 0 {
		t.Errorf("the page does not come back: %v", err)
	}
}

func TestArchitectureIsDrawn(t *testing.T) {
	t.Parallel()
	p := warmPlace(t)
	tier := tiny()
	tier.Generators = nil
	dir := p.reproduce(t, tier)
	text, err := os.ReadFile(filepath.Join(dir, analysis.ArchitectureID+".svg"))
	if err != nil {
		t.Fatal(err)
	}
	boxes := 0
	d := xml.NewDecoder(strings.NewReader(string(text))) // strict: it is XML
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			boxes++
		}
	}
	if boxes != 4 { // the ground, the image, two layers
		t.Errorf("%d boxes", boxes)
	}
	for _, want := range []string{"fold 8/4", "max-pool", "fold 3", "6×6×4", "vectors of 36", "28×28×1"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the drawing does not say %q", want)
		}
	}
}
