package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
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
	Data     []ManifestData
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

// origin enters where the cells of a run came from that computed none itself: what the last manifest in the folder says, if the
// tables are written anew from the same cells, or the shards in the cache.
func (m *Manifest) origin(dir, cache string, out io.Writer) {
	shards, errs := readShards(cache)
	for _, err := range errs {
		fmt.Fprintf(out, "%v; the results do not name it\n", err) // what it computed counts all the same
	}
	for _, s := range shards {
		if s.belongs(m.Tier, m.Source, m.Data) == nil {
			m.Shards = append(m.Shards, *s)
		}
	}
	last, err := readManifest(dir)
	if m.Computed == 0 && err == nil && last.Source == m.Source && last.Cells == m.Cells && slices.Equal(last.Data, m.Data) {
		m.Computed, m.Start, m.End, m.Wall, m.CPU, m.Machine = last.Computed, last.Start, last.End, last.Wall, last.CPU, last.Machine
	}
}

// ManifestData is one data set.
type ManifestData struct {
	Name, Hash, Notice string
	Train, Valid, Test int // images
}

const manifestFile = "manifest.json"

// maxManifest bounds the files of manifests.
const maxManifest = 4 << 20

func (m *Manifest) write(dir string) error {
	return atomicfile.Write(filepath.Join(dir, manifestFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

// readManifest returns the manifest of a result folder; a missing file is an error like any other.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	text, err := regular.Read(path, maxManifest)
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

// hashFile is the hex SHA-256 of a regular file.
func hashFile(path string) (string, error) {
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

// intact reports whether every file of the manifest is in dir and unchanged.
func (m *Manifest) intact(dir string) bool {
	for path, want := range m.Files {
		if got, err := hashFile(filepath.Join(dir, filepath.FromSlash(path))); err != nil || got != want {
			return false
		}
	}
	return len(m.Files) > 0
}
