package show

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"deepgmm/experiments/report"
)

// Scored is a row of what `dcgmm score --csv` writes.
type Scored struct {
	Index      int // in the order of the folder, from 0
	Path       string
	Score      float64 // low is odd
	Rank       int     // 1 is the oddest
	Percentile float64 // of the calibration images that score lower, in %
	Flag       string  // "low", "high" or empty
}

// Class is the name of the folder that the file is in.
func (s Scored) Class() string { return filepath.Base(filepath.Dir(s.Path)) }

// Scores reads such a file, and sorts it, the oddest first. The error names the file and what it lacks.
func Scores(path string) ([]Scored, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err == nil && len(rows) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; make it with dcgmm score --csv", path, err)
	}
	var all []Scored
	for i, row := range rows[1:] {
		s, err := scoredRow(rows[0], row)
		s.Index = i
		if err != nil {
			return nil, fmt.Errorf("%s: %w; make it with dcgmm score --csv", path, err)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Scored) int { return a.Rank - b.Rank })
	return all, nil
}

func scoredRow(names, row []string) (s Scored, err error) {
	text := func(column string) string {
		if i := slices.Index(names, column); i >= 0 {
			return row[i]
		}
		err = errors.Join(err, fmt.Errorf("it has no column %s", column))
		return ""
	}
	number := func(column string) float64 {
		x, failed := strconv.ParseFloat(text(column), 64)
		if failed != nil && err == nil {
			err = fmt.Errorf("column %s: %w", column, failed)
		}
		return x
	}
	s.Path, s.Flag = text("path"), text("flag")
	s.Score, s.Rank, s.Percentile = number("score"), int(number("rank")), number("percentile")
	return s, err
}

// Flagged counts how many pictures are flagged, by kinds: a row for each, in the order of the alphabet.
func Flagged(title string, scores []Scored, kind func(s Scored) string) report.Table {
	n, flagged := map[string]float64{}, map[string]float64{}
	for _, s := range scores {
		n[kind(s)]++
		if s.Flag != "" {
			flagged[kind(s)]++
		}
	}
	t := report.Table{Title: title, Columns: []report.Column{{Name: "kind"}, {Name: "pictures"}, {Name: "flagged"}}}
	for _, k := range slices.Sorted(maps.Keys(n)) {
		t.Rows = append(t.Rows, []report.Value{report.Text(k), report.Num(n[k]), report.Num(flagged[k])})
	}
	return t
}
