package suite

import (
	"cmp"
	"fmt"
	"slices"
)

// Shard is one of Count shares of a tier's cells, counted from 1. The zero value is the whole tier.
type Shard struct{ Index, Count int }

// MaxShards is more than any tier has cells.
const MaxShards = 10_000

// Validate says why there is no such shard.
func (s Shard) Validate() error {
	switch {
	case s.Count > MaxShards:
		return fmt.Errorf("shard %s: there may be at most %d shards; no tier has more cells", s, MaxShards)
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
	return s, s.Validate()
}

// String is the form that ParseShard reads.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// Whole reports whether this is the whole tier.
func (s Shard) Whole() bool { return s == Shard{} }

// Assign says for every cell which of n shards computes it. The samples of a network are in
// the shard that trains the network, so that no shard waits for another. The groups that this makes are dealt out from the
// dearest to the cheapest, each to the shard with the least to do: the same on every machine, and no shard has more
// than a third over the best possible share (Graham 1969, longest processing time first).
func (t Tier) Assign(sets []string, n int) map[Place]int {
	var groups []group
	index := map[Place]int{}
	for _, c := range t.Cells(sets) {
		trained := c.Place()
		trained.Sampled = false
		at, ok := index[trained]
		if !ok {
			at = len(groups)
			index[trained] = at
			groups = append(groups, group{})
		}
		groups[at].cells = append(groups[at].cells, c.Place())
		groups[at].seconds += c.Seconds()
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.seconds, a.seconds) })
	shares := map[Place]int{}
	load := make([]float64, n)
	for _, g := range groups {
		least := slices.Index(load, slices.Min(load))
		load[least] += g.seconds
		for _, key := range g.cells {
			shares[key] = least + 1
		}
	}
	return shares
}

// group is cells that one shard must compute.
type group struct {
	cells   []Place
	seconds float64
}

// In reports whether a cell is to be computed by a shard.
func (t Tier) In(s Shard, sets []string) func(Cell) bool {
	if s.Whole() {
		return func(Cell) bool { return true }
	}
	shares := t.Assign(sets, s.Count)
	return func(c Cell) bool { return shares[c.Place()] == s.Index }
}
