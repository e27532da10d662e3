package bench

import (
	"fmt"

	"deepgmm/eval"
	"deepgmm/experiments/report"
	"deepgmm/experiments/textures"
)

// auc is that of a column, of all defects or of a kind.
func (o *Textures) auc(c column, kind int) (float64, error) {
	bad := c.values[o.Good:]
	if kind >= 0 {
		var some []float64
		for i := kind; i < len(bad); i += len(textures.Defects()) {
			some = append(some, bad[i])
		}
		bad = some
	}
	return eval.AUC(c.values[:o.Good], bad)
}

// columns are the headings of AUCs.
func (o *Textures) columns(first string) []report.Column {
	all := []report.Column{{Name: first}, {Name: "recommended score", Decimals: 3}}
	if o.Python != "" {
		for i, name := range sklearn {
			all = append(all, report.Column{ID: fmt.Sprintf("rival-%d", i+1), Name: name, Decimals: 3})
		}
	}
	return all
}

// byTexture makes table B5.
func (o *Textures) byTexture(all []texture) (report.Table, error) {
	t := report.Table{ID: "B5-textures", Title: "B5. Defects in textures: AUC", Columns: o.columns("texture"),
		Note: fmt.Sprintf("Of each texture %d tiles of %d×%d pixels without defects are trained on by `dcgmm train --images` with its defaults; %d others "+
			"are told from %d with defects of %d kinds. %s", o.Trained, textures.Side, textures.Side, o.Good, o.Bad, len(textures.Defects()), o.note())}
	t.Columns = append(t.Columns, report.Column{Name: "best score of the model in hindsight"}, report.Column{Name: "its AUC", Decimals: 3})
	sums := make([]float64, len(t.Columns))
	for _, x := range all {
		row := []report.Value{report.Text(x.name)}
		for i, c := range x.scores {
			auc, err := o.auc(c, -1)
			if err != nil {
				return t, err
			}
			sums[i+1] += auc
			row = append(row, report.Num(auc))
		}
		sums[len(sums)-1] += x.auc
		t.Rows = append(t.Rows, append(row, report.Text(x.best.name), report.Num(x.auc)))
	}
	mean := []report.Value{report.Text("mean")}
	for i := 1; i < len(sums); i++ {
		mean = append(mean, report.Num(sums[i]/float64(len(all))))
	}
	mean[len(mean)-2] = report.Text("")
	t.Rows = append(t.Rows, mean)
	return t, nil
}

// byDefect makes table B6.
func (o *Textures) byDefect(all []texture) (report.Table, error) {
	t := report.Table{ID: "B6-defects", Title: "B6. Kinds of defects: AUC, mean of the textures", Columns: o.columns("defect"),
		Note: "Tiles and models of table B5."}
	for kind, name := range textures.Defects() {
		row := []report.Value{report.Text(name)}
		for i := range all[0].scores {
			sum := 0.0
			for _, x := range all {
				auc, err := o.auc(x.scores[i], kind)
				if err != nil {
					return t, err
				}
				sum += auc
			}
			row = append(row, report.Num(sum/float64(len(all))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// note says what the columns are.
func (o *Textures) note() string {
	note := fmt.Sprintf("Seed %d.", o.Seed)
	if o.Python != "" {
		note += " Rivals of scikit-learn on the pixels of the same files, fitted to nine tenths: a mixture of diagonal Gaussians with 1 to 25 components, as many as the held-out tenth likes best; " +
			"the squared error of a reconstruction by the principal components of 95 % of the variance; an isolation forest of 300 trees. On both sides: the distance of their scores from the median of the held-out tenth, to which low contrast is odd, too."
	}
	return note
}
