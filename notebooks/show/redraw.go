package show

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/experiments/report"
)

// Redraw draws a figure of the results in dir again, from its CSV file, on axes like the pipeline's: curves for F1, F2 and F6b, else
// pictures. only are the models, or other beginnings of titles of diagrams and sheets, that are wanted; without them all are shown. The
// error names the file and the remedy, or the titles that there are.
func Redraw(dir, id, title string, only ...string) error {
	path := filepath.Join(dir, id+".csv")
	if axis, ok := xAxis[id]; ok {
		f, err := report.ReadLines(path)
		if err != nil {
			return err
		}
		panels, err := chosenPanels(f, id, axis, only)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		notice = f.Notice
		Lines(title, panels...)
		return nil
	}
	f, err := report.ReadPictures(path)
	if err != nil {
		return err
	}
	all := f.Sheets
	f.Sheets = slices.DeleteFunc(slices.Clone(all), func(s report.Sheet) bool { return !wanted(s.Caption, only) })
	if len(f.Sheets) == 0 {
		var captions []string
		for _, s := range all {
			captions = append(captions, s.Caption)
		}
		return fmt.Errorf("%s: %w", path, noneOf(only, captions))
	}
	notice = f.Notice
	Pictures(title, f.Sheets...)
	return nil
}

// xAxis names the axes that a CSV file does not.
var xAxis = map[string]string{"F1-training": "epoch", "F2-roc": "false positive rate: outliers taken for known", "F6b-objective": "iteration"}

// chosenPanels are the wanted diagrams of a figure. A diagram without a title belongs to the model of the one before.
func chosenPanels(f *report.Lines, id, axis string, only []string) ([]report.Panel, error) {
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
			p.X, p.LogY, p.Diagonal = axis, strings.Contains(p.Y, "τ"), id == "F2-roc"
			if p.Diagonal || strings.Contains(p.Y, "used") {
				p.Range = &report.Range{Min: 0, Max: 1.02}
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
