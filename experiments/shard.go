package experiments

import (
	"cmp"
	"fmt"
	"slices"

	"deepgmm/experiments/cell"
)

// Shard is one of Count shares of a tier's cells, counted from 1. The zero value is the whole tier.
type Shard struct{ Index, Count int }

// maxShards is more than any tier has cells.
const maxShards = 10_000

// validate says why there is no such shard.
func (s Shard) validate() error {
	switch {
	case s.Count > maxShards:
		return fmt.Errorf("shard %s: there may be at most %d shards; no tier has more cells", s, maxShards)
	case s.Index < 1 || s.Index > s.Count:
		return fmt.Errorf("shard %s: want i/n with 1 ≤ i ≤ n, as in 2/3", s)
	}
	return nil
}

// ParseShard reads a shard written as i/n.
func ParseShard(text string) (Shard, error) {
	var s Shard
	if text == "" {
		return s, nil
	}
	n, err := fmt.Sscanf(text, "%d/%d", &s.Index, &s.Count)
	if err != nil || n != 2 || s.String() != text {
		return Shard{}, fmt.Errorf("shard %q: want i/n with 1 ≤ i ≤ n, as in 2/3", text)
	}
	return s, s.validate()
}

// String is the form that ParseShard reads.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

func (s Shard) whole() bool { return s == Shard{} }

// cells are all cells of a tier on data sets, in the order of computation.
func (t Tier) cells(data []string) []cell.Spec {
	var all []cell.Spec
	for _, name := range data {
		all = append(all, t.specs(name)...)
	}
	for _, name := range data {
		all = append(all, t.drawings(name)...)
	}
	return all
}

// assign says for every cell, by its name, which of n shards computes it. What a network draws is in
// the shard that trains the network, so that no shard waits for another. The groups that this makes are dealt out from the
// dearest to the cheapest, each to the shard with the least to do: the same on every machine, and no shard has more
// than a third over the best possible share (Graham 1969, longest processing time first).
func (t Tier) assign(data []string, n int) map[string]int {
	var groups []group
	index := map[string]int{}
	for _, s := range t.cells(data) {
		trained := s
		trained.Drawing = nil
		at, ok := index[trained.String()]
		if !ok {
			at = len(groups)
			index[trained.String()] = at
			groups = append(groups, group{})
		}
		groups[at].cells = append(groups[at].cells, s.String())
		groups[at].cost += cost(s)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.cost, a.cost) })
	shares := map[string]int{}
	load := make([]float64, n)
	for _, g := range groups {
		least := slices.Index(load, slices.Min(load))
		load[least] += g.cost
		for _, name := range g.cells {
			shares[name] = least + 1
		}
	}
	return shares
}

// group is cells that one shard must compute.
type group struct {
	cells []string
	cost  float64
}

// in reports whether a cell is to be computed by a shard.
func (t Tier) in(s Shard, data []string) func(cell.Spec) bool {
	if s.whole() {
		return func(cell.Spec) bool { return true }
	}
	shares := t.assign(data, s.Count)
	return func(c cell.Spec) bool { return shares[c.String()] == s.Index }
}
