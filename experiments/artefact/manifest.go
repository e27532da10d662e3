package artefact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"time"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/regular"
)

// Manifest says what made the results in a folder.
type Manifest struct {
	Tier     string
	About    string
	Commit   string // of the working tree, empty outside of a repository
	Dirty    bool   // files other than results differed from the commit
	Source   string // deepgmm.Source, the version of the bits
	Machine  machine.Info
	Data     []Data
	Seeds    []uint64
	Cells    int               // in the results
	Computed int               // in this run, the others came from the cache
	Start    time.Time         // UTC
	End      time.Time         // UTC
	Wall     float64           // seconds of this run
	CPU      float64           // seconds of all threads in this run
	PeakMB   float64           // largest resident size while fitting a model, over all cells
	Shards   []ShardManifest   `json:",omitempty"` // that computed the cells, if they were spread over machines
	Files    map[string]string // SHA-256 of every table and figure, by path below the folder
}

// Origin enters where the cells of a run came from that computed none itself: what the last manifest in the folder says, if the
// tables are written anew from the same cells, or the shards in the cache.
func (m *Manifest) Origin(dir, cache string, out io.Writer) {
	shards, errs := ReadShards(cache)
	for _, err := range errs {
		fmt.Fprintf(out, "%v; the results do not name it\n", err) // what it computed counts all the same
	}
	for _, s := range shards {
		if s.Belongs(m.Tier, m.Source, m.Data) == nil {
			m.Shards = append(m.Shards, *s)
		}
	}
	last, err := ReadManifest(dir)
	if m.Computed == 0 && err == nil && last.Source == m.Source && last.Cells == m.Cells && slices.Equal(last.Data, m.Data) {
		m.Computed, m.Start, m.End, m.Wall, m.CPU, m.Machine = last.Computed, last.Start, last.End, last.Wall, last.CPU, last.Machine
	}
}

// Data is one data set.
type Data struct {
	Name, Hash, Notice string
	Train, Valid, Test int // images
}

// ManifestFile is the name of a folder's manifest.
const ManifestFile = "manifest.json"

// MaxManifest bounds the files of manifests.
const MaxManifest = 4 << 20

// Write writes the manifest into a folder of results.
func (m *Manifest) Write(dir string) error { return WriteJSON(filepath.Join(dir, ManifestFile), m) }

// WriteJSON writes a value, indented.
func WriteJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// ReadManifest returns what made the results in the folder of a tier, such as results/quick. A missing file is an error like any other. The
// error names the file and the remedy.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	text, err := regular.Read(path, MaxManifest)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	m, err := parseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("results: %s is damaged: %w; remove it and run the tier again", path, err)
	}
	return m, nil
}

func parseManifest(text []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	if m.Files == nil {
		m.Files = map[string]string{}
	}
	return m, m.validate()
}

// Best is the folder that the paper is written from: that of the largest tier in the folder results that has a manifest, full
// before quick, real data before generated. The error says what to run if there is none.
func Best(results string) (string, error) {
	for _, pattern := range []string{"full", "quick", "full-*", "quick-*"} {
		found, err := filepath.Glob(filepath.Join(results, pattern, ManifestFile))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return filepath.Dir(found[0]), nil
		}
	}
	return "", fmt.Errorf("paper: %s has no results of the tiers full or quick: run `make reproduce` first", results)
}

// Altered lists the tables and figures of the manifest that are missing in the folder dir, or are not what was written there. Paths are
// below dir, sorted.
func (m *Manifest) Altered(dir string) []string {
	var altered []string
	for _, path := range slices.Sorted(maps.Keys(m.Files)) {
		if hash, err := HashFile(filepath.Join(dir, filepath.FromSlash(path))); err != nil || hash != m.Files[path] {
			altered = append(altered, path)
		}
	}
	return altered
}

// Intact reports whether the manifest has files, and all of them are in dir and unchanged.
func (m *Manifest) Intact(dir string) bool { return len(m.Files) > 0 && len(m.Altered(dir)) == 0 }

// Has reports whether the tier wrote a table or figure on a data set.
func (m *Manifest) Has(set, id string) bool {
	_, ok := m.Files[path.Join(set, id+".json")]
	return ok
}

// HashFile is the hex SHA-256 of a regular file.
func HashFile(path string) (string, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return hashOf(f)
}

func hashOf(f io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
