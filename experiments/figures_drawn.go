package experiments

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
)

// drawnFigures makes F5 to F9.
func drawnFigures(s resultSet, t Tier) map[string]figure {
	return map[string]figure{
		"F5-samples":    samplePictures(s, t),
		"F6-sharpening": strip(s, t),
		"F6b-objective": climbs(s, t),
		"F7-inpainting": inpaintPictures(s, t),
		"F8-classes":    pictures(s, t, "F8-classes", "F8. Images drawn for a class", cell.PictureClasses),
		"F9-variants":   pictures(s, t, "F9-variants", "F9. Variants of test images", cell.PictureVary),
	}
}

// drawnShown are the models whose pictures are shown, for the first seed: the paper's rival, a flat mixture of factor analysers, tuned if there is one, a deep
// model with pooling, and last the few deep ones whose sharpened samples were the nearest to the validation images, the best at the end.
func (s resultSet) drawnShown(t Tier, few int) []cell.Model {
	ranked := s.rankedDrawers(t)
	first := slices.Clone(ranked[:min(few, len(ranked))])
	slices.Reverse(first)
	factors, tuned := t.winner(s.Name, configs.Drawing, configs.MFA)
	var shown []cell.Model
	for _, wanted := range []func(cell.Model) bool{
		func(m cell.Model) bool { return m.Name == t.paperRival(s.Name, configs.Drawing) },
		func(m cell.Model) bool {
			return !isDeep(m) && configs.ArchOf(m).Factors() && (!tuned || m.Name == factors.Model.Name)
		},
		func(m cell.Model) bool { return isDeep(m) && configs.ArchOf(m).Pooled() && !hasModel(first, m.Name) },
	} {
		models := t.networks(s.Name)
		if i := slices.IndexFunc(models, wanted); i >= 0 {
			shown = append(shown, models[i])
		}
	}
	return append(shown, first...)
}

// bestDrawer is the deep model that is the best by the validation images; the test images have no say in it.
func (s resultSet) bestDrawer(t Tier) (best cell.Model, ok bool) {
	if ranked := s.rankedDrawers(t); len(ranked) > 0 {
		return ranked[0], true
	}
	return cell.Model{}, false
}

// rankedDrawers are the deep models that draw, the nearest to the validation images first.
func (s resultSet) rankedDrawers(t Tier) []cell.Model {
	models := slices.DeleteFunc(t.networks(s.Name), func(m cell.Model) bool { return !isDeep(m) })
	distance := func(m cell.Model) (sum float64) {
		for _, d := range s.drawn(m.Name) {
			sum += d.Trials[d.Chosen].Frechet
		}
		return sum
	}
	slices.SortStableFunc(models, func(a, b cell.Model) int { return cmp.Compare(distance(a), distance(b)) })
	return models
}

func samplePictures(s resultSet, t Tier) figure {
	f := &report.Pictures{ID: "F5-samples", Title: "F5. Samples as drawn and sharpened, " + setTitle(s.Name), Notice: s.Notice}
	const best = 2
	models := s.drawnShown(t, best)
	for i, m := range models {
		d := s.drawn(m.Name)[0]
		made := []report.Sheet{sheet(d.Pictures[cell.PictureRaw], m), sheet(d.Pictures[cell.PictureSharp], m)}
		if i >= len(models)-best {
			made = append(made, sheet(d.Pictures[cell.PictureCalm], m))
		}
		made[0].NewRow = true
		f.Sheets = append(f.Sheets, made...)
	}
	return f
}

// pictures shows one sheet of each model that is shown.
func pictures(s resultSet, t Tier, id, title, which string) figure {
	f := &report.Pictures{ID: id, Title: title + ", " + setTitle(s.Name), Notice: s.Notice}
	for _, m := range s.drawnShown(t, 1) {
		f.Sheets = append(f.Sheets, sheet(s.drawn(m.Name)[0].Pictures[which], m))
	}
	return f
}

func strip(s resultSet, t Tier) figure {
	f := &report.Pictures{ID: "F6-sharpening", Title: "F6. Samples on their way uphill, " + setTitle(s.Name), Notice: s.Notice}
	for _, m := range t.networks(s.Name) {
		if isDeep(m) {
			f.Sheets = append(f.Sheets, sheet(s.drawn(m.Name)[0].Pictures[cell.PictureStrip], m))
		}
	}
	return f
}

func climbs(s resultSet, t Tier) figure {
	f := &report.Lines{ID: "F6b-objective", Title: "F6b. The objective on the way of F6, " + setTitle(s.Name), Notice: s.Notice}
	var row []report.Panel
	for _, m := range t.networks(s.Name) {
		if !isDeep(m) {
			continue
		}
		d := s.drawn(m.Name)[0]
		line := report.Line{Name: fmt.Sprintf("layer %d", d.Trials[d.Chosen].Target)}
		for _, p := range d.Trace {
			line.X, line.Y = append(line.X, float64(p.Iteration)), append(line.Y, p.Objective)
		}
		row = append(row, report.Panel{Title: m.Name, X: "iteration", Y: "log-score of the target layer (nats)", Lines: []report.Line{line}})
	}
	const perRow = 3
	for len(row)%perRow != 0 && len(row) > perRow {
		row = append(row, report.Panel{})
	}
	for len(row) > 0 {
		n := min(perRow, len(row))
		f.Panels, row = append(f.Panels, row[:n]), row[n:]
	}
	return f
}

func inpaintPictures(s resultSet, t Tier) figure {
	f := &report.Pictures{ID: "F7-inpainting", Title: "F7. In-painting: original, masked, marginalised, zero-filled, " + setTitle(s.Name), Notice: s.Notice}
	models := s.drawnShown(t, 1)
	for _, m := range []cell.Model{models[0], models[len(models)-1]} {
		for i, p := range s.drawn(m.Name)[0].Inpainted {
			made := sheet(p.Picture, m)
			made.NewRow = i == 0
			f.Sheets = append(f.Sheets, made)
		}
	}
	return f
}
