package analysis

import (
	"fmt"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// hasWatched reports whether a deep model of the tier is watched.
func hasWatched(t suite.Tier) bool { return t.Watched().ID != "" }

// annealing shows the components of every layer of a deep model from random initial conditions to the end.
func annealing(s *results.Set, f frame) report.Written {
	moments := first(s, s.Watched()).Moments
	film := &report.Film{Still: *f.pictures()}
	for _, at := range moments {
		film.Frames = append(film.Frames, momentSheets(at))
	}
	for _, i := range []int{0, len(moments) / 3, 2 * len(moments) / 3, len(moments) - 1} {
		sheets := momentSheets(moments[i])
		sheets[0].NewRow = true
		film.Still.Sheets = append(film.Still.Sheets, sheets...)
	}
	return film
}

// momentSheets are the layers at a moment; captions say when.
func momentSheets(at cell.Moment) []report.Sheet {
	when := "random initial conditions"
	if at.Epoch > 0 {
		when = fmt.Sprintf("epoch %.1f", at.Epoch)
	}
	if at.Tau > 0 {
		when += fmt.Sprintf(", τ %.2f", at.Tau)
	}
	var sheets []report.Sheet
	for _, s := range at.Sheets {
		sheets = append(sheets, sheet(s, when))
	}
	return sheets
}
