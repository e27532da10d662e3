package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// look searches p. The folder returned is empty if the set is not there, and why not is noted.
func (l *loader) look(p place) ([4]*array, string, error) {
	folder := filepath.Join(p.dir, l.src.name)
	paths, missing, err := l.locate(folder)
	if p.level == local && errors.Is(err, syscall.ENOTDIR) {
		l.note("%s (not a folder)", p.dir)
		return l.have, "", nil
	}
	if err != nil {
		return l.have, "", explain(err, "make it readable, or give another folder with --data")
	}
	switch {
	case p.level == cached:
		return l.readCache(folder, paths)
	case len(missing) == 0:
		a, err := l.readAll(paths)
		return a, folder, explain(err, "replace the file, or move its folder away to have the set searched elsewhere")
	case len(missing) < len(paths):
		return l.have, "", fmt.Errorf("%s: lacks %s; add what is missing, or give another folder with --data", folder, strings.Join(missing, ", "))
	}
	return l.lookFlat(p)
}

// lookFlat searches for the files right in p.dir, where other sets use the same names.
func (l *loader) lookFlat(p place) ([4]*array, string, error) {
	none := [4]*array{}
	paths, missing, err := l.locate(p.dir)
	if err != nil {
		return none, "", explain(err, "make it readable, or give another folder with --data")
	}
	if len(missing) > 0 {
		l.note("%s (%s)", p.dir, l.whyNot(p.dir, missing))
		return none, "", nil
	}
	a, err := l.readAll(paths)
	if err == nil {
		return a, p.dir, nil
	}
	sum, isOther := isSum(err)
	owner := ""
	if isOther {
		owner = l.owner(sum.have)
	}
	switch {
	case owner != "":
		l.note("%s (holds %s)", p.dir, owner)
	case p.level == explicit || errors.Is(err, fs.ErrPermission):
		return none, "", explain(err, "replace the file, or give another folder with --data")
	default:
		l.note("%v", err)
	}
	return none, "", nil
}

// owner names the set that has a file with this checksum.
func (l *loader) owner(sum string) string {
	for _, s := range l.sources {
		for _, f := range s.files {
			if f.sum == sum {
				return s.name
			}
		}
	}
	return ""
}

func (l *loader) whyNot(dir string, missing []string) string {
	if _, err := os.Stat(dir); err != nil {
		return "no such folder"
	}
	if len(missing) == len(l.src.files) {
		return fmt.Sprintf("neither %s/ nor the four files", l.src.name)
	}
	return "lacks " + strings.Join(missing, ", ")
}

// locate returns the paths of the set's files in folder, "" for the missing ones.
func (l *loader) locate(folder string) (paths [4]string, missing []string, err error) {
	for i, f := range l.src.files {
		// .gz first: a fetched file must win over a damaged plain one beside it.
		for _, ending := range []string{".gz", ""} {
			path := filepath.Join(folder, f.name+ending)
			_, err := os.Stat(path)
			if err == nil {
				paths[i] = path
				break
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return paths, nil, err
			}
		}
		if paths[i] == "" {
			missing = append(missing, f.name)
		}
	}
	return paths, missing, nil
}

// explain adds the remedy to an error about a path; otherwise is that for file contents.
func explain(err error, otherwise string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		otherwise = "allow reading it, or give another folder with --data"
	case errors.Is(err, syscall.ENOTDIR):
		otherwise = "a folder is needed there, give another one with --data"
	}
	return fmt.Errorf("%w; %s", err, otherwise)
}

func (l *loader) readAll(paths [4]string) (a [4]*array, err error) {
	for i, path := range paths {
		if a[i], err = l.readOne(i, path); err != nil {
			return a, err
		}
	}
	return a, nil
}

// readOne reads file i of the set; its errors start with the path.
func (l *loader) readOne(i int, path string) (*array, error) {
	f := &l.src.files[i]
	a, err := readFile(path, f.kind, f.size)
	if err != nil {
		return nil, err
	}
	if err := f.verify(a); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}
