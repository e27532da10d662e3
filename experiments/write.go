package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// report writes all tables and figures and enters their hashes in the manifest.
func (r *run) report() error {
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
	for name := range last.Files {
		if _, ok := r.manifest.Files[name]; ok || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		if err := os.Remove(filepath.Join(r.dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("results: %w", err)
		}
	}
	return nil
}
