package show

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/pipeline"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
	"deepgmm/internal/regular"
)

// Results is the folder of the results that the paper is written from: of the largest tier in results/ of the checkout.
// In the quick test of the notebooks it is that of the tier smoke, computed by the first cell that wants it. The error
// says what to run.
func Results() (string, error) {
	if !Smoke() {
		return artefact.Best(filepath.Join(Root(), "results"))
	}
	dir := filepath.Join(reproduced(""), "results", "smoke")
	if m, err := artefact.ReadManifest(dir); err == nil && m.Source == deepgmm.Source && m.Intact(dir) {
		return dir, nil
	}
	return Reproduce("smoke", "", 0)
}

// reproduced is the folder of one Reproduce.
func reproduced(name string) string { return filepath.Join(Cache(), "reproduce", name) }

// Reproduce runs a tier of the pipeline with a live display and returns the folder of its results. Everything stays
// below the folder name in Cache, results and finished cells: another name computes all of it anew. When the kernel is
// interrupted, the next run of the cell goes on. workers is the number of goroutines, 0 for as many as processors. It
// panics if the name leads out of Cache.
func Reproduce(tier, name string, workers int) (string, error) {
	if name != "" && !filepath.IsLocal(name) {
		panic(fmt.Sprintf("show: Reproduce: %q is no folder within the cache", name))
	}
	t, err := suite.TierByName(tier)
	if err != nil {
		return "", err
	}
	live := NewProgress("tier " + tier)
	said := new(bytes.Buffer) // of data that are not there
	dir, err := pipeline.Reproduce(Context(), t, pipeline.Options{Results: filepath.Join(reproduced(name), "results"), Cache: reproduced(name),
		Workers: workers, Out: said, Log: lines{live}, Data: dataset.Options{Dirs: dataFolders()}})
	live.Close("")
	if err != nil {
		return "", err
	}
	if strings.Contains(said.String(), "***") {
		notice = "generated glyphs, the data were not found"
	}
	return dir, nil
}

// Redraw draws a figure of curves of the results in dir again, from the numbers in its JSON file. only are the models, or
// other beginnings of titles of diagrams, that are wanted; without them all are shown. The error names the file and the
// remedy, or the titles that there are.
func Redraw(dir, id, title string, only ...string) error {
	path := filepath.Join(dir, id+".json")
	f, err := report.ReadLines(path)
	if err != nil {
		return err
	}
	panels, err := chosenPanels(f, only)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	notice = f.Notice
	Lines(title, panels...)
	return nil
}

// Picture shows a figure of the results in dir as it was drawn. The error names the file and the remedy.
func Picture(dir, id, title string) error {
	text, err := regular.Read(filepath.Join(dir, id+".png"), 64<<20)
	if err != nil {
		return fmt.Errorf("figure: %w; run the experiment again to write it anew", err)
	}
	picture(title, func(w io.Writer) error { _, err := w.Write(text); return err })
	return nil
}

// chosenPanels are the wanted diagrams of a figure. A diagram without a title belongs to the model of the one before.
func chosenPanels(f *report.Lines, only []string) ([]report.Panel, error) {
	model := ""
	return choose(slices.Concat(f.Panels...), only, func(p report.Panel) string {
		model = cmp.Or(p.Title, model)
		return model
	})
}

// choose keeps what has a title that begins with one of only; without only, all. The error names the titles that there are.
func choose[T any](all []T, only []string, title func(v T) string) ([]T, error) {
	var titles []string
	all = slices.DeleteFunc(all, func(v T) bool {
		t := title(v)
		if !slices.Contains(titles, t) {
			titles = append(titles, t)
		}
		return len(only) > 0 && !slices.ContainsFunc(only, func(s string) bool { return strings.HasPrefix(t, s) })
	})
	switch {
	case len(titles) == 0:
		return nil, errors.New("it has nothing to draw")
	case len(all) == 0:
		return nil, fmt.Errorf("nothing begins with %s; there are: %s", strings.Join(only, " or "), strings.Join(titles, "; "))
	}
	return all, nil
}
