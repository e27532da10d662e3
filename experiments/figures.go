package experiments

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
)

// figure is what package report can write.
type figure interface{ Write(dir string) error }

// figures makes F1 to F10 of one data set, from the results of the first seed.
func (r *run) figures(s resultSet) map[string]figure {
	all := map[string]figure{
		"F1-training": training(s, r.tier),
		"F2-roc":      rocCurves(s, r.tier),
		"F3-alphabet": alphabets(s, r.tier),
		"F4-extremes": extremes(s, r.tier),
	}
	if len(r.tier.Generators) > 0 {
		maps.Copy(all, drawnFigures(s, r.tier))
	}
	if len(r.tier.Cost.Seeds) > 0 {
		all["F10-cost"] = costFigure(s, r.tier)
	}
	return all
}

// training shows loss, annealing and used components of every layer of the models trained by SGD.
func training(s resultSet, t Tier) figure {
	f := &report.Lines{ID: "F1-training", Title: "F1. Training from random initial conditions, " + setTitle(s.Name), Notice: s.Notice}
	for _, m := range t.compared(s.Name) {
		if m.Kind != cell.SGD {
			continue
		}
		res := s.find(m.Name, t.Seeds[0], cell.NoClass)
		panel := func(title, y string, value func(p cell.LayerPoint, l cell.Layer) float64) report.Panel {
			p := report.Panel{Title: title, X: "epoch", Y: y}
			for i, l := range res.Layers {
				line := report.Line{Name: fmt.Sprintf("layer %d: %s", i+1, l.Name)}
				for _, c := range res.Curve {
					line.X, line.Y = append(line.X, c.Epoch), append(line.Y, value(c.Layers[i], l))
				}
				p.Lines = append(p.Lines, line)
			}
			return p
		}
		tau := panel("", "annealing width τ", func(p cell.LayerPoint, _ cell.Layer) float64 { return p.Tau })
		tau.LogY = true
		used := panel("", "used components", func(p cell.LayerPoint, _ cell.Layer) float64 { return p.Used })
		used.Range = &report.Range{Min: 0, Max: 1.02}
		f.Panels = append(f.Panels, []report.Panel{
			panel(m.Name, "loss: log-likelihood per dimension", func(p cell.LayerPoint, l cell.Layer) float64 { return p.Loss / float64(l.D) }), tau, used})
	}
	return f
}

func rocCurves(s resultSet, t Tier) figure {
	f := &report.Lines{ID: "F2-roc", Title: "F2. Detection of the class left out, " + setTitle(s.Name), Notice: s.Notice}
	const perRow = 2
	for i, class := range t.LeaveOut {
		p := report.Panel{Title: fmt.Sprintf("class %d left out", class), X: "false positive rate: outliers taken for known", Y: "true positive rate",
			Range: &report.Range{Min: 0, Max: 1}, Diagonal: true}
		for _, m := range t.detectors(s.Name) {
			res := s.find(m.Name, t.Seeds[0], class)
			o, _ := t.detection(res)
			line := report.Line{Name: fmt.Sprintf("%s, AUC %.3f", m.Name, o.AUC)}
			for _, c := range simplified(o.ROC) {
				line.X, line.Y = append(line.X, c.FPR), append(line.Y, c.TPR)
			}
			p.Lines = append(p.Lines, line)
		}
		if i%perRow == 0 {
			f.Panels = append(f.Panels, nil)
		}
		f.Panels[len(f.Panels)-1] = append(f.Panels[len(f.Panels)-1], p)
	}
	if last := len(f.Panels) - 1; len(f.Panels[last]) < len(f.Panels[0]) {
		f.Panels[last] = append(f.Panels[last], report.Panel{})
	}
	return f
}

// simplified is a curve of fewer points, all of them from it, from whose chords no other point is farther than a line of the figure is wide (Ramer 1972; Douglas and Peucker 1973).
func simplified(curve []cell.ROC) []cell.ROC {
	const width = 0.002
	if len(curve) < 3 {
		return curve
	}
	a, b := curve[0], curve[len(curve)-1]
	dx, dy := b.FPR-a.FPR, b.TPR-a.TPR
	far, at := width*math.Hypot(dx, dy), 0
	for i, p := range curve {
		if d := math.Abs(dx*(p.TPR-a.TPR) - dy*(p.FPR-a.FPR)); d > far {
			far, at = d, i
		}
	}
	if at == 0 {
		return []cell.ROC{a, b}
	}
	return append(simplified(curve[:at+1]), simplified(curve[at:])[1:]...)
}

// shown are the models whose components and extremes are drawn: flat ones, and the first deep one with and without pooling.
func (t Tier) shown(data string) []cell.Model {
	var shown []cell.Model
	seen := map[string]bool{}
	for _, m := range t.compared(data) {
		kind := string(m.Kind)
		if m.Kind == cell.SGD {
			kind = fmt.Sprintf("deep %t pooled %t", isDeep(m), configs.ArchOf(m).Pooled())
		}
		if !seen[kind] {
			seen[kind] = true
			shown = append(shown, m)
		}
	}
	return shown
}

func alphabets(s resultSet, t Tier) figure {
	f := &report.Pictures{ID: "F3-alphabet", Title: "F3. What components stand for, " + setTitle(s.Name) + " (higher layers projected down to the pixels)", Notice: s.Notice}
	for _, m := range t.shown(s.Name) {
		for _, a := range s.find(m.Name, t.Seeds[0], cell.NoClass).Alphabet {
			f.Sheets = append(f.Sheets, sheet(a, m))
		}
	}
	return f
}

func extremes(s resultSet, t Tier) figure {
	f := &report.Pictures{ID: "F4-extremes", Title: "F4. Most and least likely test images, class: log-likelihood, " + setTitle(s.Name), Notice: s.Notice}
	for _, m := range t.shown(s.Name) {
		if m.Kind == cell.KMeans {
			continue // no likelihood
		}
		for _, e := range s.find(m.Name, t.Seeds[0], cell.NoClass).Extremes {
			f.Sheets = append(f.Sheets, sheet(e, m))
		}
	}
	return f
}

func sheet(s cell.Sheet, m cell.Model) report.Sheet {
	name := strings.TrimSuffix(m.Name, ", tuned for "+purposes[configs.Drawing]) // captions are short; where there are tuned models, pictures are of these
	return report.Sheet{Caption: name + ": " + s.Caption, Cols: s.Cols, H: s.H, W: s.W, C: s.C, Pix: s.Pix, Captions: s.Captions}
}
