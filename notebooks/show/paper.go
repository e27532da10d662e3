package show

import (
	"fmt"
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
// each, with its interval.
func Forest(dir string, sets ...string) error {
	var all []analysis.SetTable
	for _, set := range sets {
		t, err := report.ReadTable(filepath.Join(dir, set, analysis.VerdictsID+".json"))
		if err != nil {
			return err
		}
		all = append(all, analysis.SetTable{Set: set, Table: t})
	}
	f, ok := analysis.Forest(all, notice)
	if !ok {
		return fmt.Errorf("the results in %s have no verdicts with intervals", filepath.Base(dir))
	}
	picture(f.Title, f.WritePNG)
	return nil
}
