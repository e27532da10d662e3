package experiments

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/atomicfile"
)

// report writes all tables and figures and enters their hashes in the manifest.
func (r *run) report() error {
	if err := r.drawArchitecture(); err != nil {
		return err
	}
	for _, s := range r.sets {
		dir := filepath.Join(r.dir, s.Name)
		for _, t := range r.tables(s) {
			if err := t.Write(dir); err != nil {
				return err
			}
			if err := r.enter(s.Name, t.ID, ".csv", ".json", ".md"); err != nil {
				return err
			}
		}
		for id, f := range r.figures(s) {
			if err := f.Write(dir); err != nil {
				return err
			}
			if err := r.enter(s.Name, id, ".csv", ".png"); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawArchitecture draws the deep model that stands for DCGMMs on the first data set.
func (r *run) drawArchitecture() error {
	s := r.sets[0]
	m := chosen(r.tier, s.Name).Clusters
	if m.Name == "" {
		return nil
	}
	a, err := arch.Parse(m.Arch, s.Shape)
	if err != nil {
		return fmt.Errorf("figure %s: %w", architectureID, err)
	}
	err = atomicfile.Write(filepath.Join(r.dir, architectureID+".svg"), func(w io.Writer) error { _, err := io.WriteString(w, architectureSVG(a)); return err })
	if err != nil {
		return err
	}
	return r.enter("", architectureID, ".svg")
}

// architectureID names the drawing of an architecture.
const architectureID = "F0-architecture"

// enter adds files that were just written to the manifest.
func (r *run) enter(set, id string, suffixes ...string) error {
	for _, suffix := range suffixes {
		name := path.Join(set, id+suffix)
		hash, err := hashFile(filepath.Join(r.dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("results: %w", err)
		}
		r.manifest.Files[name] = hash
	}
	return nil
}

// removeOld removes what the last run wrote and this one did not.
func (r *run) removeOld() error {
	last, err := readManifest(r.dir)
	if err != nil {
		return nil // none, or one that says nothing
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(last.Files)) {
		if _, ok := r.manifest.Files[name]; ok {
			continue
		}
		switch own, err := isOwn(root, name, last.Files[name]); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("results: %w", err)
		case !own:
			fmt.Fprintf(r.Out, "%s: no longer made, but not as an earlier run wrote it: left alone\n", filepath.Join(r.dir, name))
		default:
			if err := root.Remove(name); err != nil {
				return fmt.Errorf("results: %w", err)
			}
		}
	}
	return nil
}

// leftover matches the temporary files of tables, figures, pages and manifests: their names with a dot before and digits behind.
var leftover = regexp.MustCompile(`^\.[0-9A-Za-z-]+\.(csv|json|md|png|svg|html)[0-9]+$`)

// sweep removes what killed runs left in the cache and, of a whole tier, in the folder of results, which nobody else writes to now.
func (r *run) sweep(sets []string) error {
	if err := r.store.Sweep(); err != nil || !r.Shard.whole() {
		return err
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	defer root.Close()
	for _, dir := range append([]string{"."}, sets...) {
		entries, err := fs.ReadDir(root.FS(), dir)
		if err != nil {
			continue // not made yet
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !leftover.MatchString(e.Name()) {
				continue
			}
			if err := root.Remove(path.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("results: %w", err)
			}
		}
	}
	return nil
}

// isOwn reports whether a file of a manifest is what the program wrote: regular, inside of the folder, reached through no symbolic
// link, and with the hash that the manifest has of it.
func isOwn(root *os.Root, name, hash string) (bool, error) {
	if !fs.ValidPath(name) {
		return false, nil
	}
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		info, err := root.Lstat(name[:i])
		if err != nil {
			return false, err
		}
		if mode := info.Mode(); i < len(name) && !mode.IsDir() || i == len(name) && !mode.IsRegular() {
			return false, nil
		}
	}
	f, err := root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	got, err := hashOf(f)
	return got == hash, err
}
