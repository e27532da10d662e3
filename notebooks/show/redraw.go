package show

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/experiments/report"
	"deepgmm/internal/regular"
)

// Redraw draws a figure of curves of the results in dir again, from the numbers in its JSON file. only are the models, or other beginnings of
// titles of diagrams, that are wanted; without them all are shown. The error names the file and the remedy, or the titles that there are.
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
	var chosen []report.Panel
	var titles []string
	model := ""
	for _, row := range f.Panels {
		for _, p := range row {
			if p.Title != "" {
				model = p.Title
				titles = append(titles, model)
			}
			if !wanted(model, only) {
				continue
			}
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return nil, noneOf(only, titles)
	}
	return chosen, nil
}

func wanted(title string, only []string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(s string) bool { return strings.HasPrefix(title, s) })
}

func noneOf(only, titles []string) error {
	if len(titles) == 0 {
		return errors.New("it has nothing to draw")
	}
	return fmt.Errorf("nothing begins with %s; there are: %s", strings.Join(only, " or "), strings.Join(titles, "; "))
}
