package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/suite"
)

// ErrMissing is wrapped by Merge's error when shards lack cells.
var ErrMissing = errors.New("cells are missing")

// Merge copies the finished cells of a tier from the caches of shards into another cache, from which Reproduce then writes the
// tables. The shards must be of this program's source, of one tier and of the same data, and where two have the same cell,
// they must have the same result; else nothing is copied. What is damaged is left out, with a line that says so. When cells are missing, what is
// there is copied, and the error wraps ErrMissing and names them with the commands that compute them.
func Merge(shards []string, into string, out io.Writer) error {
	m := &merger{into: into, out: out}
	if err := m.read(shards); err != nil {
		return err
	}
	t, err := suite.TierByName(m.first.Tier)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	return m.merge(t)
}

type merger struct {
	into  string
	out   io.Writer
	from  []string
	all   []*artefact.ShardManifest
	first *artefact.ShardManifest
}

// read finds the shards' manifests and compares them.
func (m *merger) read(shards []string) error {
	for _, dir := range shards {
		found, errs := artefact.ReadShards(dir)
		if len(errs) > 0 {
			return errs[0]
		}
		if len(found) == 0 {
			return fmt.Errorf("merge: %s has no finished shard; its command is `dcgmm reproduce --shard i/n --cache %s`", dir, dir)
		}
		for _, s := range found {
			if m.first == nil {
				m.first = s
			}
			if err := s.Belongs(m.first.Tier, deepgmm.Source, m.first.Data); err != nil {
				return fmt.Errorf("merge: shard %s in %s: %w", s.Shard, dir, err)
			}
			m.all = append(m.all, s)
		}
		m.from = append(m.from, dir)
	}
	return nil
}

func (m *merger) merge(t suite.Tier) error {
	specs, hashes, err := m.specs(t)
	if err != nil {
		return err
	}
	var copies []func() error
	var missing []suite.Cell
	for _, s := range specs {
		key := s.Key(&dataset.Data{Hash: hashes[s.Data]})
		from, err := m.find(s.Spec, key)
		if err != nil {
			return err
		}
		if from == "" {
			missing = append(missing, s)
			continue
		}
		copies = append(copies, func() error { return m.copy(from, s.Spec, key) })
	}
	for _, do := range copies {
		if err := do(); err != nil {
			return err
		}
	}
	for _, s := range m.all {
		if err := s.Write(m.into); err != nil {
			return err
		}
	}
	fmt.Fprintf(m.out, "%s: %d of %d cells of the tier %s from %d shards\n", m.into, len(copies), len(specs), t.Name, len(m.all))
	return m.missing(t, missing)
}

func (m *merger) specs(t suite.Tier) (cells []suite.Cell, hashes map[string]string, err error) {
	hashes = map[string]string{}
	for _, d := range m.first.Data {
		if d.Name != "glyphs" && !slices.Contains(t.Data, d.Name) || hashes[d.Name] != "" {
			return nil, nil, fmt.Errorf("merge: the manifest of shard %s in %s is damaged: the tier %s is not of the data sets %s; run the shard again", m.first.Shard, m.from[0], t.Name, artefact.Describe(m.first.Data))
		}
		hashes[d.Name] = d.Hash
	}
	return t.Cells(artefact.Names(m.first.Data)), hashes, nil
}

// find returns the folder that has a cell, "" if none has, and an error if two results differ.
func (m *merger) find(s cell.Spec, key string) (dir string, err error) {
	var kept string
	for _, cache := range append([]string{m.into}, m.from...) {
		cells := filepath.Join(cache, "cells")
		r, err := (&cell.Store{Dir: cells}).Load(key, s)
		if errors.Is(err, cell.ErrDamaged) {
			fmt.Fprintf(m.out, "%s: %v: it is left out\n", s, err)
			continue
		}
		if err != nil {
			return "", err
		}
		if r == nil {
			continue
		}
		same, err := untimed(r)
		if err != nil {
			return "", err
		}
		if dir != "" && same != kept {
			return "", fmt.Errorf("merge: %s and %s have different results of the cell %q: one machine does not compute what this program computes; remove %s from the wrong one and run its shard again", dir, cells, s, key+".json")
		}
		if dir == "" {
			dir, kept = cells, same
		}
	}
	return dir, nil
}

// untimed is a result without what differs from run to run.
func untimed(r *cell.Result) (string, error) {
	c := *r
	c.Seconds, c.CPU, c.PeakMB = 0, 0, 0
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("merge: %w", err)
	}
	return string(text), nil
}

// copy brings a cell into the merged cache, from one of its folders.
func (m *merger) copy(from string, s cell.Spec, key string) error {
	to := filepath.Join(m.into, "cells")
	if filepath.Clean(from) == filepath.Clean(to) {
		return nil
	}
	err := (&cell.Store{Dir: to}).CopyFrom(&cell.Store{Dir: from}, key, s)
	if errors.Is(err, cell.ErrDamaged) {
		fmt.Fprintf(m.out, "%s: %v: it is left out, and trained again where it is needed\n", s, err)
		return nil
	}
	return err
}

// missing names cells and who has to compute them.
func (m *merger) missing(t suite.Tier, specs []suite.Cell) error {
	if len(specs) == 0 {
		return nil
	}
	n := m.first.Shard.Count
	shares := t.Assign(artefact.Names(m.first.Data), n)
	var lines []string
	for _, s := range specs {
		lines = append(lines, fmt.Sprintf("  %s: dcgmm reproduce --tier %s --shard %d/%d --cache FOLDER", s, t.Name, shares[s.Place()], n))
	}
	return fmt.Errorf("merge: %d %w, each with the command that computes it (FOLDER: that of the shard):\n%s", len(specs), ErrMissing, strings.Join(lines, "\n"))
}
