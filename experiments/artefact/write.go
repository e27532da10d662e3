package artefact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"deepgmm/experiments/report"
)

// Unfinished is an empty file in a folder that has tables and no manifest yet, such as after a write that failed.
const Unfinished = ".unfinished"

// Free returns an error unless a run may write its tables and figures into a folder: one that is not there or empty, or
// that an earlier run wrote to. It tells these by their manifest, by the lock that a killed run leaves behind, or by
// Unfinished.
func Free(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("results: %w; choose another folder with --results", err)
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".lock" || e.Name() == Unfinished }) {
		return nil
	}
	_, err = ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("results: %s has files, such as %s, but no %s of an earlier run: choose another folder with --results, or move the files away", dir, entries[0].Name(), ManifestFile)
	}
	return err
}

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

// isOwn reports whether a file of a manifest is what the program wrote: regular, inside of the folder, reached through
// no symbolic link, and with the hash that the manifest has of it.
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
