package show

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"deepgmm/experiments/analysis"
	"deepgmm/experiments/report"
)

// Paper is the text of a section of paper.md, from the line behind its heading to the next heading; section is how the
// heading begins, such as "5.2". Its links are those of a notebook. The error says what is missing.
func Paper(section string) (string, error) {
	text, err := os.ReadFile(filepath.Join(Root(), "paper.md"))
	if err != nil {
		return "", fmt.Errorf("%w; run make paper", err)
	}
	var lines []string
	inside := false
	for line := range strings.Lines(string(text)) {
		title, heading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if heading = heading && strings.HasPrefix(line, "#"); heading {
			inside = strings.HasPrefix(title, section)
		}
		if inside && !heading {
			lines = append(lines, strings.NewReplacer("](results/", "](../results/", "](docs/", "](../docs/").Replace(line))
		}
	}
	if lines == nil {
		return "", fmt.Errorf("paper.md has no section %q", section)
	}
	return strings.TrimSpace(strings.Join(lines, "")), nil
}

// Forest draws the advantages behind the verdicts on some data sets, from the tables of the results in dir: one line for
// each, with its interval. Results of before the second scoring have no such table; their table of claims takes its place.
func Forest(dir string, sets ...string) error {
	var all, old []analysis.SetTable
	for _, set := range sets {
		t, err := report.ReadTable(filepath.Join(dir, set, analysis.VerdictsID+".json"))
		if err == nil {
			all = append(all, analysis.SetTable{Set: set, Table: t})
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if t, err = report.ReadTable(filepath.Join(dir, set, analysis.ClaimsID+".json")); err != nil {
			return err
		}
		old = append(old, analysis.SetTable{Set: set, Table: t})
	}
	f, ok := analysis.Forest(all, notice)
	if !ok {
		f = forestOfClaims(old)
	}
	if len(f.Panels) == 0 {
		return fmt.Errorf("the results in %s have no verdicts with intervals", filepath.Base(dir))
	}
	picture(f.Title, f.WritePNG)
	return nil
}

// forestOfClaims is that of tables by the first scoring: a panel for each claim and metric, a line for each finding that
// counts.
func forestOfClaims(all []analysis.SetTable) *report.Forest {
	f := &report.Forest{ID: unnamed, Title: "Advantage of deep mixtures with 95 % intervals: right of the dashed line they are better"}
	panels := map[string]int{}
	for _, a := range all {
		claim := ""
		for _, id := range a.Table.IDs {
			word := func(column string) string { v, _ := a.Table.Lookup(id, column); return v.String() }
			if !strings.Contains(id, ".") {
				claim = word("claim")
			}
			row, ok := forestRow(a, id)
			if !ok {
				continue
			}
			metric, _, ratio := strings.Cut(word("metric"), ratioMark)
			title := claim + ": " + metric
			at, known := panels[title]
			if !known {
				at = len(f.Panels)
				panels[title], f.Panels = at, append(f.Panels, report.ForestPanel{Title: title, Ratio: ratio})
			}
			f.Panels[at].Rows = append(f.Panels[at].Rows, row)
		}
	}
	return f
}

// ratioMark ends the name of a metric whose advantage is the logarithm of a ratio.
const ratioMark = ";"

// forestRow is the line of a finding by the first scoring; ok is false for one that does not count or has no interval.
func forestRow(a analysis.SetTable, id string) (row report.ForestRow, ok bool) {
	verdict, _ := a.Table.Lookup(id, "verdict")
	against, _ := a.Table.Lookup(id, "rival")
	v, _ := a.Table.Lookup(id, "advantage")
	row.Low, row.High, ok = v.Interval()
	row.Mean, _ = v.Float()
	role, _, _ := strings.Cut(against.String(), ":")
	row.Name, row.Words = analysis.SetTitle(a.Set)+": "+role, report.Difference(v, 3)
	if metric, _ := a.Table.Lookup(id, "metric"); strings.Contains(metric.String(), ratioMark) {
		row.Words = report.Ratio(v)
	}
	row.Mark = report.Neutral
	switch analysis.Verdict(verdict.String()) {
	case analysis.Reproduced:
		row.Mark = report.Favourable
	case analysis.NotReproduced:
		row.Mark = report.Adverse
	}
	return row, ok && !strings.HasPrefix(verdict.String(), "(")
}
