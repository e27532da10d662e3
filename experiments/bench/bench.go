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
	m := manifest{Source: deepgmm.Source, Machine: machine.Describe(), Peers: o.Python != "", Start: time.Now().UTC()}
	m.Commit, m.Dirty = deepgmm.Commit()
	tables := []func(context.Context) (report.Table, error){b.scores, b.training, b.generation}
	if b.Python != "" {
		tables = append(tables, b.rivals)
	}
	for _, make1 := range tables {
		t, err := make1(ctx)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", t.ID, err)
		}
		t.Note += fmt.Sprintf(" %s, %s kernels, %s.", m.Machine.CPU, m.Machine.Kernels, m.Machine.Go)
		if err := t.Write(o.Results); err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "%s\n", t.Markdown())
	}
	m.End = time.Now().UTC()
	return atomicfile.Write(filepath.Join(o.Results, "manifest.json"), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}
