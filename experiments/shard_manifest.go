package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/regular"
)

// ShardManifest says what one shard computed, where and from what. It lies in the folder shards of a cache.
type ShardManifest struct {
	Tier   string
	Shard  Shard
	Source string         // deepgmm.Source, the version of the bits
	Data   []ManifestData // all data sets of the tier, also those of which the shard has no cell
	Commit string
	Dirty  bool

	Machine  machine.Info
	Cells    int       // of the shard
	Computed int       // in its last run, the others were in its cache
	End      time.Time // UTC
	Wall     float64   // seconds of its last run
	CPU      float64   // seconds of all threads
}

func shardPath(cache, tier string, s Shard) string {
	return filepath.Join(cache, "shards", fmt.Sprintf("%s-%d-of-%d.json", tier, s.Index, s.Count))
}

func (m *ShardManifest) write(cache string) error {
	return atomicfile.Write(shardPath(cache, m.Tier, m.Shard), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// readShards returns the manifests of all shards in a cache, by name of the file, and what is wrong with the others; none is no error.
func readShards(cache string) (all []*ShardManifest, errs []error) {
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
		text, err := regular.Read(path, maxManifest)
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

// belongs says why a shard has no part in the results that a program of this source makes of a tier from data, nil if it has.
func (m *ShardManifest) belongs(tier, source string, data []ManifestData) error {
	switch {
	case m.Tier != tier:
		return fmt.Errorf("it is of the tier %s, not %s", m.Tier, tier)
	case m.Source != source:
		return fmt.Errorf("it was computed by source %.12s, not %.12s: run the shard again with this program", m.Source, source)
	case !slices.Equal(m.Data, data):
		return fmt.Errorf("its data sets are %s, not %s: give all shards the same data", describe(m.Data), describe(data))
	}
	return nil
}

func describe(data []ManifestData) string {
	text := ""
	for i, d := range data {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s (%.12s)", d.Name, d.Hash)
	}
	return text
}
