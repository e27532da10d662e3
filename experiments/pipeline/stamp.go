package pipeline

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/paper"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/regular"
)

// stamp is what a second call compares: this program with these cells wrote these results.
type stamp struct {
	Program  string
	Manifest string // hash of the file that lists the tables and figures
	Keys     []string
}

func (r *run) stampPath() string {
	return filepath.Join(r.Cache, "done", strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(filepath.Clean(r.dir))+".json")
}

func (r *run) stamp() (stamp, error) {
	program, err := os.Executable()
	if err != nil {
		return stamp{}, err
	}
	hash, err := artefact.HashFile(program)
	if err != nil {
		return stamp{}, err
	}
	manifest, err := artefact.HashFile(filepath.Join(r.dir, artefact.ManifestFile))
	return stamp{hash, manifest, r.keys}, err
}

// upToDate reports whether the same program has already written the results of the same cells, and they are intact.
func (r *run) upToDate() bool {
	if r.manifest.Computed > 0 {
		return false
	}
	text, err := regular.Read(r.stampPath(), artefact.MaxManifest)
	if err != nil {
		return false
	}
	var last stamp
	now, err := r.stamp()
	if err != nil || json.Unmarshal(text, &last) != nil || last.Program != now.Program || last.Manifest != now.Manifest || !slices.Equal(last.Keys, now.Keys) {
		return false
	}
	m, err := artefact.ReadManifest(r.dir)
	if _, missing := os.Stat(filepath.Join(r.dir, paper.PageFile)); missing != nil {
		return false
	}
	return err == nil && m.Intact(r.dir)
}

// keep writes the manifest and the stamp.
func (r *run) keep() error {
	if err := r.manifest.Write(r.dir); err != nil {
		return err
	}
	s, err := r.stamp()
	if err != nil {
		return fmt.Errorf("reproduce: %w", err)
	}
	return atomicfile.Write(r.stampPath(), func(w io.Writer) error { return json.NewEncoder(w).Encode(s) })
}
