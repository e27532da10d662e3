package tune

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"deepgmm"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
)

const shownPerFamily = 10

// topTable is the best of each family, made from the rows of the log: those that climbed highest first.
func (g *group) topTable(rows [][]string) report.Table {
	c, head := criteria[g.task], rows[0]
	first, second := c.metrics[0].name, c.metrics[1].name
	at := func(row []string, column string) string { return row[slices.Index(head, column)] }
	t := report.Table{ID: g.name() + "-top", Notice: g.data.Notice,
		Title: fmt.Sprintf("The best of every family for %s, on validation images of %s", g.task, g.data.Name),
		Columns: []report.Column{{Name: columnFamily}, {Name: columnRung}, {Name: columnRank}, {Name: first, Decimals: c.decimals},
			{Name: second, Decimals: c.decimals}, {Name: columnReadout}, {Name: columnWhat}, {Name: "chosen"}},
		Note: "Figures of different rungs are of trainings on different numbers of images and do not compare. " +
			"The whole log: " + g.name() + ".csv."}
	number := func(row []string, column string) float64 {
		v, _ := strconv.ParseFloat(at(row, column), 64)
		return v
	}
	for _, f := range configs.Families() {
		of := slices.DeleteFunc(slices.Clone(rows[1:]), func(row []string) bool {
			return at(row, columnFamily) != string(f) || at(row, first) == ""
		})
		slices.SortStableFunc(of, func(a, b []string) int {
			return cmp.Or(cmp.Compare(number(b, columnRung), number(a, columnRung)),
				cmp.Compare(number(a, columnRank), number(b, columnRank)))
		})
		for _, row := range distinct(of, slices.Index(head, columnCandidate), shownPerFamily) {
			chosen := ""
			if number(row, columnRung) == float64(len(ladders[g.task])) && at(row, columnKept) == "yes" {
				chosen = "yes"
			}
			values := []report.Value{report.Text(string(f))}
			for _, column := range []string{columnRung, columnRank, first, second} {
				values = append(values, report.Num(number(row, column)))
			}
			t.Rows = append(t.Rows, append(values, report.Text(readout(row, at)), report.Text(at(row, columnWhat)), report.Text(chosen)))
		}
	}
	return t
}

// distinct is the first n rows with different values in a column.
func distinct(rows [][]string, column, n int) [][]string {
	seen := map[string]bool{}
	var first [][]string
	for _, row := range rows {
		if len(first) < n && !seen[row[column]] {
			seen[row[column]] = true
			first = append(first, row)
		}
	}
	return first
}

// readout says how a model is read: by which score, or with which sharpening.
func readout(row []string, at func([]string, string) string) string {
	if n := at(row, columnIterations); n != "" {
		return fmt.Sprintf("sharpened %s times for layer %s", n, at(row, columnTarget))
	}
	return at(row, columnReadout)
}

// writeWinners writes a config for every family whose search is finished. Those of generated images stay beside the
// log: they are no part of the program.
func (g *group) writeWinners() error {
	dir := g.Configs
	if g.data.Train.Generated {
		dir = g.dir
	}
	for _, s := range g.searches {
		if s.winner == nil {
			continue
		}
		c := s.config()
		if err := c.Validate(); err != nil {
			panic("tune: the winner is no valid config: " + err.Error())
		}
		text, err := c.Text()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, c.Name()+".json")
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
			return err
		}
		_, err = fmt.Fprintf(g.Out, "%s: %s %.*f, %s\n", path, c.Search.Metric, criteria[g.task].decimals, c.Search.Value,
			s.winner.Candidate.describe())
		if err != nil {
			return err
		}
	}
	return nil
}

// config is the winner.
func (s *search) config() configs.Config {
	w := s.winner
	m := w.Candidate.Model
	m.Train.Epochs *= max(1, s.rungs[len(s.rungs)-1].Passes)
	return configs.Config{Data: s.data.Name, Task: s.task, Family: s.family, Model: m, Readout: w.Readout,
		Sharpening: w.Sharpening, Search: configs.Search{ID: s.name, Seed: s.seed, Candidates: len(s.drawn),
			Metric: criteria[s.task].metrics[0].name, Value: w.Metrics[0], Source: deepgmm.Source}}
}
