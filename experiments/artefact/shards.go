package artefact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deepgmm/experiments/suite"
	"deepgmm/internal/machine"
	"deepgmm/internal/regular"
)

// ShardManifest says what one shard computed, where and from what. It lies in the folder shards of a cache.
type ShardManifest struct {
	Tier   string
	Shard  suite.Shard
	Source string // deepgmm.Source, the version of the bits
	Data   []Data // all data sets of the tier, also those of which the shard has no cell
	Commit string
	Dirty  bool

	Machine  machine.Info
	Cells    int       // of the shard
	Computed int       // in its last run, the others were in its cache
	End      time.Time // UTC
	Wall     float64   // seconds of its last run
	CPU      float64   // seconds of all threads
}

// ShardPath is where the manifest of a shard lies.
func ShardPath(cache, tier string, s suite.Shard) string {
	return filepath.Join(cache, "shards", fmt.Sprintf("%s-%d-of-%d.json", tier, s.Index, s.Count))
}

// Write writes the manifest beside a cache.
func (m *ShardManifest) Write(cache string) error {
	return WriteJSON(ShardPath(cache, m.Tier, m.Shard), m)
}

// ReadShards returns the manifests of all shards in a cache, by name of the file, and what is wrong with the others; none is no error.
func ReadShards(cache string) (all []*ShardManifest, errs []error) {
	dir := filepath.Join(cache, "shards")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{fmt.Errorf("shards: %w", err)}
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		text, err := regular.Read(path, MaxManifest)
		if err != nil {
			errs = append(errs, fmt.Errorf("shards: %w", err))
			continue
		}
		m, err := parseShardManifest(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("shards: %s is damaged: %w; run the shard again", path, err))
			continue
		}
		all = append(all, m)
	}
	return all, errs
}

func parseShardManifest(text []byte) (*ShardManifest, error) {
	m := new(ShardManifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, m.validate()
}

// Belongs says why a shard has no part in the results that a program of this source makes of a tier from data, nil if it has.
func (m *ShardManifest) Belongs(tier, source string, data []Data) error {
	switch {
	case m.Tier != tier:
		return fmt.Errorf("it is of the tier %s, not %s", m.Tier, tier)
	case m.Source != source:
		return fmt.Errorf("it was computed by source %.12s, not %.12s: run the shard again with this program", m.Source, source)
	case !slices.Equal(m.Data, data):
		return fmt.Errorf("its data sets are %s, not %s: give all shards the same data", Describe(m.Data), Describe(data))
	}
	return nil
}

// Describe names data sets and the beginnings of their hashes.
func Describe(data []Data) string {
	var words []string
	for _, d := range data {
		words = append(words, fmt.Sprintf("%s (%.12s)", d.Name, d.Hash))
	}
	return strings.Join(words, ", ")
}

// Names are those of data sets.
func Names(data []Data) []string {
	var names []string
	for _, d := range data {
		names = append(names, d.Name)
	}
	return names
}
