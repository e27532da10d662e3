package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
)

// Options say what is measured and where it goes.
type Options struct {
	Results string          // folder of the tables
	Data    dataset.Options // for the comparison with peers
	Python  string          // interpreter with the peers' requirements; empty: no peers
	Script  string          // bench/peers/peer.py
	Out     io.Writer       // the tables
	Log     io.Writer       // what is being measured
}

type bench struct{ Options }

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

// manifest says what was measured where.
type manifest struct {
	Commit     string
	Dirty      bool
	Source     string
	Machine    machine.Info
	Peers      bool
	Start, End time.Time
}

// Run measures and writes the tables, each as soon as it is complete.
func Run(ctx context.Context, o Options) error {
	b := &bench{o}
	m := begin(o.Python != "")
	tables := []func(context.Context) (report.Table, error){b.scores, b.training, b.generation, b.cost}
	if b.Python != "" {
		tables = append(tables, b.rivals)
	}
	for _, table := range tables {
		t, err := table(ctx)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", t.ID, err)
		}
		t.Note += fmt.Sprintf(" %s, %s kernels, %s.", m.Machine.CPU, m.Machine.Kernels, m.Machine.Go)
		if err := t.Write(o.Results); err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "%s\n", t.Markdown())
	}
	return m.write(filepath.Join(o.Results, "manifest.json"))
}

// begin is the manifest of what is measured from now on.
func begin(peers bool) *manifest {
	m := &manifest{Source: deepgmm.Source, Machine: machine.Describe(), Peers: peers, Start: time.Now().UTC()}
	m.Commit, m.Dirty = deepgmm.Commit()
	return m
}

// write ends it.
func (m *manifest) write(path string) error {
	m.End = time.Now().UTC()
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// nums is a row of numbers.
func nums(values ...float64) (row []report.Value) {
	for _, v := range values {
		row = append(row, report.Num(v))
	}
	return row
}

// eachRow adds a row for every label.
func (b *bench) eachRow(t *report.Table, labels []string, measure func(i int) ([]float64, error)) error {
	for i, label := range labels {
		b.say("%s: %s", t.ID, label)
		values, err := measure(i)
		if err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		t.Rows = append(t.Rows, append([]report.Value{report.Text(label)}, nums(values...)...))
	}
	return nil
}
