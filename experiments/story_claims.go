package experiments

import (
	"fmt"
	"path"
	"strings"

	"deepgmm/experiments/report"
)

// claimTable is the table of claims of one data set; what a row rests on is a link to that table.
func (d *document) claimTable(set string) (string, error) {
	t, err := d.read(set, claimsID)
	if err != nil {
		return "", err
	}
	last := len(t.Columns) - 1
	for _, row := range t.Rows {
		if rests := row[last].String(); rests != "" {
			id, what, _ := strings.Cut(rests, ":")
			suffix := ".md"
			if strings.HasPrefix(id, "F") {
				suffix = ".png"
			}
			if path.Base(id) == id { // else no table or figure of this folder
				row[last] = report.Link(id, path.Join(d.Dir, set, id+suffix), what)
			}
		}
	}
	return strings.TrimSpace(t.Markdown()), nil
}

// verdicts is a short table: the verdict of every claim on every data set.
func (d *document) verdicts() (string, error) {
	short := report.Table{ID: "verdicts", Title: "Verdicts, computed from the tables", Columns: []report.Column{{Name: "claim"}}}
	for _, name := range claimNames {
		short.Rows = append(short.Rows, []report.Value{report.Text(name)})
	}
	for _, s := range d.Sets {
		t, err := d.read(s.Name, claimsID)
		if err != nil {
			return "", err
		}
		short.Columns = append(short.Columns, report.Column{Name: setTitle(s.Name)})
		for i, name := range claimNames {
			v, ok := t.Lookup(name, "verdict")
			if !ok {
				return "", fmt.Errorf("paper: table %s of %s has no row %q", t.ID, s.Name, name)
			}
			short.Rows[i] = append(short.Rows[i], report.Link(v.String(), path.Join(d.Dir, s.Name, claimsID+".md"), ""))
		}
	}
	return strings.TrimSpace(short.Markdown()), nil
}

// claimStory says in words how many claims came out how.
func (d *document) claimStory() (string, error) {
	count := map[string]int{}
	for _, s := range d.Sets {
		t, err := d.read(s.Name, claimsID)
		if err != nil {
			return "", err
		}
		for _, name := range claimNames {
			v, _ := t.Lookup(name, "verdict")
			count[v.String()]++
		}
	}
	text := fmt.Sprintf("Over %d data sets, %d claims are reproduced, %d are not, %d are undecided, and %d are shown, not judged.",
		len(d.Sets), count[string(Reproduced)], count[string(NotReproduced)], count[string(Undecided)], count[string(Shown)])
	if n := len(d.Manifest.Seeds); n < minSeeds {
		text += fmt.Sprintf(" The tier `%s` has fewer than %d seeds: by the rules it cannot reproduce a claim, only show which way the numbers point; the tier `full` decides.", d.Manifest.Tier, minSeeds)
	}
	return text, nil
}

// show is a figure with its text for those who do not see it and its caption.
func (d *document) show(set, id string) (string, error) {
	alt, ok := figureAlt[id]
	if !ok {
		return "", fmt.Errorf("paper: no words for the figure %s", id)
	}
	alt = strings.ReplaceAll(alt, "SET", setTitle(set))
	number, _, _ := strings.Cut(id, "-")
	caption := alt + "."
	if more := figureCaption[id]; more != "" {
		caption += " " + more
	}
	return fmt.Sprintf("![%s](%s)\n\n*%s. %s*", alt, d.figure(set, id), number, caption), nil
}

// has tells whether the tier wrote a table or figure.
func (d *document) has(set, id string) bool {
	_, table := d.Manifest.Files[path.Join(set, id+".json")]
	_, figure := d.Manifest.Files[path.Join(set, id+".png")]
	return table || figure
}

// figureCaption says how to read a figure.
var figureCaption = map[string]string{
	"F1-training":   "First seed, all classes. A step in the width τ is a lowering of the annealing.",
	"F2-roc":        "First seed. The further above the diagonal, the better.",
	"F3-alphabet":   "Components of higher layers are projected down to the pixels. Look for parts of strokes and of garments in low layers, and whole ones on top.",
	"F4-extremes":   "Below each image: its class and its log-likelihood in nats.",
	"F5-samples":    "Samples are not selected: the first of the first seed. Of the last two models the third picture shows samples at the highest temperature that was tried, near the means of their components: calmer and less varied.",
	"F6-sharpening": "Each row is one sample after 0, 10, 30, 100 and 300 iterations; look for the iteration from which on nothing more happens, and at long ways that end in a simpler picture than the one that was drawn.",
	"F6b-objective": "",
	"F7-inpainting": "In each row: a test image, what the model sees of it, what it makes of the rest when that is marginalised, and when it is taken for black. Look at the strokes that cross the border of the mask.",
	"F8-classes":    "A row for each class, in the order of the labels, sharpened. Look for pictures that show another class.",
	"F9-variants":   "First column: the test images. From low layers the variants keep the image, from the top layer only its cluster.",
	"F10-cost":      "Below and to the left is better.",
}
