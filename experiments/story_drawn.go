package experiments

import (
	"fmt"
	"slices"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
)

// bestDeepDrawer is the deep generator with the least Fréchet distance to the validation images, and that distance.
func (d *document) bestDeepDrawer(set string) (string, error) {
	t, err := d.read(set, "T4c-trials")
	if err != nil {
		return "", err
	}
	best, least, seen := "", 0.0, map[string]float64{}
	for _, r := range t.Records() {
		if r["chosen"].String() != chosenSharpening {
			continue
		}
		v, _ := r["Fréchet distance to validation images"].Float()
		seen[r["model"].String()] += v // over seeds
	}
	for _, m := range d.tier.networks(set) {
		v, ok := seen[m.Name]
		if ok && isDeep(m) && (best == "" || v < least) {
			best, least = m.Name, v
		}
	}
	if best == "" {
		return "", fmt.Errorf("paper: table %s has no deep model", t.ID)
	}
	return best, nil
}

// sampleStory says in words what T4 shows.
func (d *document) sampleStory(set string) (string, error) {
	t, err := d.read(set, "T4-samples")
	if err != nil {
		return "", err
	}
	best, err := d.bestDeepDrawer(set)
	if err != nil {
		return "", err
	}
	paper := d.tier.paperRival(set, configs.Drawing)
	var numbers []any
	for _, column := range []string{"Fréchet distance", "NDB", "recall", "coverage"} {
		for _, row := range []string{best + sharpened, paper} {
			v, err := number(t, row, column)
			if err != nil {
				return "", err
			}
			numbers = append(numbers, v)
		}
	}
	text := fmt.Sprintf("Of the deep models, `%s`, sharpened, was the nearest to the validation images. Against test images, with %s in brackets: Fréchet distance %.2f (%.2f), NDB %.2f (%.2f), recall %.3f (%.3f), coverage %.3f (%.3f).",
		append([]any{best, paper}, numbers...)...)
	closer, fewer, natural, deep := 0, 0, 0, 0
	for _, m := range d.tier.networks(set) {
		if !isDeep(m) {
			continue
		}
		deep++
		for _, c := range []struct {
			column string
			count  *int
		}{{"Fréchet distance", &closer}, {"NDB", &fewer}} {
			raw, err := number(t, m.Name, c.column)
			if err != nil {
				return "", err
			}
			sharp, err := number(t, m.Name+sharpened, c.column)
			if err != nil {
				return "", err
			}
			if sharp < raw {
				*c.count++
			}
		}
		energy, err := number(t, m.Name+sharpened, "gradient energy")
		if err != nil {
			return "", err
		}
		if energy >= 0.8 && energy <= 1.2 {
			natural++
		}
	}
	return text + fmt.Sprintf(" Sharpening lowers the Fréchet distance of %d of the %d deep models and the NDB of %d; after it the gradient energy of %d is between 0.8 and 1.2 of that of real images.", closer, deep, fewer, natural), nil
}

// inpaintStory says in words what T4d shows.
func (d *document) inpaintStory(set string) (string, error) {
	t, err := d.read(set, "T4d-inpainting")
	if err != nil {
		return "", err
	}
	below, total := 0, 0
	var best []string
	for c := 1; c+1 < len(t.Columns); c += 2 {
		marginal, zero := t.Columns[c].Name, t.Columns[c+1].Name
		mean, err := number(t, meanImage, marginal)
		if err != nil {
			return "", err
		}
		leader, least := "", mean
		for _, m := range d.tier.networks(set) {
			a, err := number(t, m.Name, marginal)
			if err != nil {
				return "", err
			}
			b, err := number(t, m.Name, zero)
			if err != nil {
				return "", err
			}
			total++
			if a < b && a < mean {
				below++
			}
			if a < least {
				leader, least = m.Name, a
			}
		}
		best = append(best, fmt.Sprintf("%s: `%s`, %.4f (mean image %.4f)", report.Inline(strings.TrimSuffix(t.Columns[c].Name, ", marginalised")), leader, least, mean))
	}
	return fmt.Sprintf("In %d of %d pairs of model and mask, marginalising what is missing has a lower error than both taking it for black and the mean image. The least errors: %s.", below, total, join(best)), nil
}

func join(parts []string) string {
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += "; "
		}
		text += p
	}
	return text
}

// classStory says in words what T4e shows.
func (d *document) classStory(set string) (string, error) {
	t, err := d.read(set, "T4e-classes")
	if err != nil {
		return "", err
	}
	name, share := "", 0.0
	for _, m := range d.tier.networks(set) {
		v, err := number(t, m.Name, "recognised, sharpened")
		if err != nil {
			return "", err
		}
		if isDeep(m) && v > share {
			name, share = m.Name, v
		}
	}
	return fmt.Sprintf("Of the sharpened images that `%s` drew for a class, %.0f %% are taken for it by the nearest training images, the most of all deep models.", name, 100*share), nil
}

// sampleHeadline is a short table of one data set: flat rivals and the best deep model.
func (d *document) sampleHeadline(set string) (string, error) {
	t, err := d.read(set, "T4-samples")
	if err != nil {
		return "", err
	}
	best, err := d.bestDeepDrawer(set)
	if err != nil {
		return "", err
	}
	short := report.Table{ID: "samples", Title: "What the models draw, against test images of " + setTitle(set)}
	short.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c report.Column) bool { return c.Name == "JS" || c.Name == "density" || c.Name == "MMD²" })
	rows := []string{string(cell.TrainingImages)}
	flat := d.tier.withWinners(nil, set, configs.Drawing) // if any were tuned, those that were not are for the long table
	if len(flat) == 0 {
		flat = d.tier.networks(set)
	}
	for _, m := range flat {
		if isRival(m) {
			rows = append(rows, m.Name)
		}
	}
	for _, name := range append(rows, best, best+sharpened) {
		row := []report.Value{report.Text(name)}
		for _, c := range short.Columns[1:] {
			v, ok := t.Lookup(name, c.Name)
			if !ok {
				return "", fmt.Errorf("paper: table %s has no %q in column %q", t.ID, name, c.Name)
			}
			x, _ := v.Float()
			row = append(row, report.Num(x))
		}
		short.Rows = append(short.Rows, row)
	}
	return short.Markdown(), nil
}
