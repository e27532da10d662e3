package artefact

import (
	"deepgmm/experiments/report"
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
)

// Put writes a table or figure of a data set, "" for all of them, to a folder and enters its hashes.
func (m *Manifest) Put(dir, set, id string, made report.Written) error {
	if err := made.Write(filepath.Join(dir, set)); err != nil {
		return err
	}
	for _, form := range made.Forms() {
		if err := m.Enter(dir, path.Join(set, id+form)); err != nil {
			return err
		}
	}
	return nil
}

// Enter adds a file that was just written, by its path below the folder with slashes.
func (m *Manifest) Enter(dir, name string) error {
	hash, err := HashFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	m.Files[name] = hash
	return nil
}

// RemoveOld removes what the last run wrote into a folder and this one did not; out is told what stays.
func (m *Manifest) RemoveOld(dir string, out io.Writer) error {
	last, err := ReadManifest(dir)
	if err != nil {
		return nil // none, or one that says nothing
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(last.Files)) {
		if _, ok := m.Files[name]; ok {
			continue
		}
		switch own, err := isOwn(root, name, last.Files[name]); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("results: %w", err)
		case !own:
			fmt.Fprintf(out, "%s: no longer made, but not as an earlier run wrote it: left alone\n", filepath.Join(dir, name))
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

// Sweep removes the temporary files of killed runs in a folder of results and in those of its data sets.
func Sweep(dir string, sets []string) error {
	root, err := os.OpenRoot(dir)
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
