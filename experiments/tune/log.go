package tune

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/regular"
)

// Columns of the log that are read again.
const (
	columnFamily     = "family"
	columnRung       = "rung"
	columnRank       = "rank"
	columnCandidate  = "candidate"
	columnKept       = "kept"
	columnReadout    = "readout"
	columnTarget     = "sharpened layer"
	columnIterations = "sharpening iterations"
	columnWhat       = "model"
)

// header is the columns of the log of a task.
func header(t configs.Task) []string {
	head := []string{"search", columnFamily, columnRung, columnRank, columnCandidate, "parent", columnKept}
	for _, m := range criteria[t].metrics {
		head = append(head, m.name)
	}
	head = append(head, columnReadout, columnTarget, columnIterations, columnWhat, "architecture")
	for _, s := range space {
		head = append(head, s.name)
	}
	return append(head, "images", "epochs", "validation images", "seeds", "classes left out", "GFLOP", "all readouts", "note")
}

// row is a trial in the log.
func (s *search) row(t *trial) []string {
	c, r, kept := t.Candidate, s.rungs[t.Rung-1], "no"
	if t.Kept {
		kept = "yes"
	}
	row := []string{s.name, string(s.family), strconv.Itoa(t.Rung), strconv.Itoa(t.Rank), strconv.Itoa(c.ID), count(c.Parent), kept}
	for i := range criteria[s.task].metrics {
		text := ""
		if t.Note == "" {
			text = number(t.Metrics[i])
		}
		row = append(row, text)
	}
	row = append(row, t.Readout, count(t.Sharpening.Target), count(t.Sharpening.Iterations), c.describe(), c.Model.Arch)
	row = append(row, c.Chosen...)
	trained := ""
	if c.Model.Kind == cell.SGD {
		trained = strconv.Itoa(epochs(c, r))
	}
	seeds, classes := repeats(r, s.seed, s.data.Train.Classes)
	var left []string
	for _, group := range classes {
		if group[0] != cell.NoClass {
			left = append(left, list(group))
		}
	}
	return append(row, strconv.Itoa(r.Images), trained, strconv.Itoa(r.Valid), list(seeds), strings.Join(left, "; "),
		number(t.Cost), t.Detail, t.Note)
}

// describe names a candidate by its architecture and settings.
func (c candidate) describe() string {
	var words []string
	if c.Model.Arch != "" {
		words = append(words, c.Model.Arch+";")
	}
	for i, text := range c.Chosen {
		if text != "" {
			words = append(words, space[i].name+" "+text)
		}
	}
	return strings.Join(words, " ")
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// number is enough digits for metrics; logs of thousands of rows stay small.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }

func list[T any](values []T) string { return strings.Trim(fmt.Sprint(values), "[]") }

func (g *group) logPath() string { return filepath.Join(g.dir, g.name()+".csv") }

// write writes log, table, manifest and winners.
func (g *group) write() error {
	rows, err := g.merged()
	if err != nil {
		return err
	}
	err = atomicfile.Write(g.logPath(), func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
	if err != nil {
		return err
	}
	top := g.topTable(rows)
	if err := top.Write(g.dir); err != nil {
		return err
	}
	if err := g.writeManifest(); err != nil {
		return err
	}
	return g.writeWinners()
}

// merged is the header and the rows of all families: of this run, and of the last log for families that are not in it.
func (g *group) merged() ([][]string, error) {
	head := header(g.task)
	old, err := readLog(g.logPath(), head)
	if err != nil {
		return nil, err
	}
	byFamily := map[string][][]string{}
	for _, row := range old {
		f := row[slices.Index(head, columnFamily)]
		byFamily[f] = append(byFamily[f], row)
	}
	for _, s := range g.searches[:len(g.entries)] {
		byFamily[string(s.family)] = nil
		for _, t := range s.trials {
			byFamily[string(s.family)] = append(byFamily[string(s.family)], s.row(t))
		}
	}
	rows := [][]string{head}
	for _, f := range configs.Families() {
		rows = append(rows, byFamily[string(f)]...)
	}
	return rows, nil
}

// maxLog bounds the files of logs and manifests.
const maxLog = 64 << 20

// readLog returns the rows below the header of a log, none if there is no file.
func readLog(path string, head []string) ([][]string, error) {
	f, err := regular.Open(path, maxLog)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, damaged(path, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], head) {
		return nil, fmt.Errorf("results: %s has other columns than this program writes: move it away and run all families again", path)
	}
	return rows[1:], nil
}

func damaged(path string, err error) error {
	return fmt.Errorf("results: %s is damaged: %w; move it away and run again", path, err)
}
