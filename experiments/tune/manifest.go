package tune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"deepgmm"
	"deepgmm/experiments/configs"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/regular"
)

// Manifest says what made the log of a task on a data set.
type Manifest struct {
	Data         string
	Hash, Notice string // of the data set; it covers the test split, which searches do not see
	Train, Valid int    // images
	Task         configs.Task
	Searches     map[configs.Family]Entry
}

// Entry is the last search of a family.
type Entry struct {
	ID         string // hash of everything the result depends on
	Seed       uint64
	Candidates int   // that were tried; fewer than were asked for if the space has no more
	Generated  []int // of these: drawn, then bred, generation by generation
	Budget     float64
	Rungs      []Rung
	Finished   bool
	Cells      int       // of the finished rungs
	Computed   int       // cells, in this run; the others came from the cache
	GFLOP      float64   // planned cost of Cells
	Start, End time.Time // of this run, UTC
	Wall, CPU  float64   // seconds of this run
	Source     string    // deepgmm.Source
	Commit     string
	Dirty      bool
	Machine    machine.Info
}

func newEntry(s *search, o Options) Entry {
	e := Entry{ID: s.name, Seed: s.seed, Candidates: s.planned(), Generated: s.plans, Budget: o.Budget, Rungs: s.rungs,
		Start: time.Now().UTC(), Source: deepgmm.Source, Machine: machine.Describe()}
	e.Commit, e.Dirty = deepgmm.Commit()
	return e
}

// close enters what a run has done.
func (e *Entry) close(s *search, cpu time.Duration, finished bool) {
	e.End = time.Now().UTC()
	e.Wall, e.CPU = e.End.Sub(e.Start).Seconds(), (machine.CPUTime() - cpu).Seconds()
	e.Finished, e.Cells, e.Computed, e.GFLOP = finished, s.cells, s.computed, s.cost
}

func (g *group) manifestPath() string { return filepath.Join(g.dir, g.name()+"-manifest.json") }

// readManifest returns the last manifest, an empty one if there is none.
func (g *group) readManifest() (m Manifest, err error) {
	text, err := regular.Read(g.manifestPath(), maxLog)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return m, fmt.Errorf("results: %w", err)
	default:
		if err := json.Unmarshal(text, &m); err != nil {
			return m, damaged(g.manifestPath(), err)
		}
	}
	if m.Searches == nil {
		m.Searches = map[configs.Family]Entry{}
	}
	return m, nil
}

// check reads what is going to be brought up to date, so that damage shows before the search and not after it.
func (g *group) check() error {
	if _, err := readLog(g.logPath(), header(g.task)); err != nil {
		return err
	}
	m, err := g.readManifest()
	if err == nil && m.Hash != "" && m.Hash != g.data.Hash {
		return fmt.Errorf("tune: %s is of other images of that name: give another folder with --results, or move the log and the manifest away", g.manifestPath())
	}
	return err
}

// writeManifest replaces the entries of this run's families. One that did nothing new leaves the old one, with its
// times.
func (g *group) writeManifest() error {
	m, err := g.readManifest()
	if err != nil {
		return err
	}
	m.Data, m.Hash, m.Notice, m.Task = g.data.Name, g.data.Hash, g.data.Notice, g.task
	m.Train, m.Valid = g.data.Train.N, g.data.Valid.N
	for i, e := range g.entries {
		f := g.searches[i].family
		if old := m.Searches[f]; e.Computed > 0 || old.ID != e.ID || old.Finished != e.Finished {
			m.Searches[f] = e
		}
	}
	return atomicfile.Write(g.manifestPath(), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}
