package show

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"deepgmm/internal/atomicfile"
)

// marker is the file by which this package recognises what it made: in Cache some words, in a folder of Fill the list of
// its files.
const marker = ".made-by-deepgmm-notebooks"

// Folder is a new folder in the hands of Fill's function. It writes nowhere else.
type Folder struct {
	root *os.Root
	path string
}

// File writes a file, whose name may have sub-folders, which are made. The error names it: it is there already, or
// outside of the folder.
func (f *Folder) File(name string, content []byte) error {
	if err := f.root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// Shell is the function Shell, run in the folder, where its commands may write.
func (f *Folder) Shell(script string, vars ...string) error { return shell(f.path, script, vars) }

// Fill makes the folder name in Cache, whose files fill writes, and returns its path. What an earlier Fill made there is
// replaced, but never a file of anybody else: a folder that Fill did not make, or one with files that it did not make or
// that were changed since, stays as it is, and the error says what to move elsewhere. The folder is there whole or not
// at all: an error of fill changes nothing. It panics if the name leads out of Cache.
func Fill(name string, fill func(f *Folder) error) (dir string, err error) {
	if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
		panic(fmt.Sprintf("show: Fill: %q is no folder within the cache", name))
	}
	dir, stage := filepath.Join(Cache(), name), filepath.Join(".filling", name)
	unlock, err := atomicfile.Lock(filepath.Join(Cache(), stage))
	if err != nil {
		return "", fmt.Errorf("another cell is making %s: wait for it to end and run this one again (%w)", dir, err)
	}
	defer unlock()
	cache, err := os.OpenRoot(Cache()) // what follows cannot leave it, by no link
	if err != nil {
		return "", err
	}
	defer cache.Close()
	if _, err := made(cache, name); err != nil { // before fill takes its time
		return "", err
	}
	fresh := filepath.Join(stage, "new")
	if err := cache.RemoveAll(fresh); err != nil { // the rest of a Fill that was killed
		return "", err
	}
	defer cache.RemoveAll(fresh)
	if err := fillFresh(cache, fresh, fill); err != nil {
		return "", err
	}
	if err := errors.Join(removeMade(cache, name), cache.MkdirAll(filepath.Dir(name), 0o777)); err != nil {
		return "", err
	}
	return dir, cache.Rename(fresh, name)
}

// fillFresh makes a folder, lets fill write into it, and lists in its marker what is there then.
func fillFresh(cache *os.Root, name string, fill func(f *Folder) error) error {
	ctx := Context() // from now on an interrupt ends fill, not the program
	if err := cache.Mkdir(name, 0o777); err != nil {
		return err
	}
	root, err := cache.OpenRoot(name)
	if err != nil {
		return err
	}
	defer root.Close()
	if err = fill(&Folder{root, root.Name()}); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	list, err1 := contents(root)
	text, err2 := json.MarshalIndent(list, "", " ")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return root.WriteFile(marker, append(text, '\n'), 0o666)
}

// made is what is in a folder that Fill made, nil if there is none. The error names what Fill did not make or what was
// changed since.
func made(cache *os.Root, name string) (map[string]string, error) {
	path := filepath.Join(cache.Name(), name)
	info, err := cache.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, foreign(path)
	}
	root, err := cache.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var list map[string]string
	if text, err := root.ReadFile(marker); err != nil || json.Unmarshal(text, &list) != nil {
		return nil, foreign(path)
	}
	now, err := contents(root)
	delete(now, marker)
	for name, what := range now {
		if list[name] != what {
			return nil, foreign(filepath.Join(path, name))
		}
	}
	return now, err
}

func foreign(path string) error {
	return fmt.Errorf("%s was not made by this notebook, or was changed since, and stays as it is: move it elsewhere and run the cell again", path)
}

// removeMade removes a folder that Fill made, name by name, so that what comes in meanwhile is kept. Links are removed,
// not followed.
func removeMade(cache *os.Root, name string) error {
	list, err := made(cache, name)
	if err != nil || list == nil {
		return err
	}
	names := slices.SortedFunc(maps.Keys(list), func(a, b string) int { return len(b) - len(a) }) // what is in a sub-folder before it
	for _, n := range append(names, marker, ".") {
		if err := cache.Remove(filepath.Join(name, n)); err != nil {
			return err
		}
	}
	return nil
}

// contents says what each name below a folder is: "folder", the target of a link, or the SHA-256 of a file.
func contents(root *os.Root) (map[string]string, error) {
	list := map[string]string{}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		switch kind := d.Type(); kind {
		case fs.ModeDir:
			list[name] = "folder"
		case fs.ModeSymlink:
			var target string
			target, err = root.Readlink(name)
			list[name] = "link to " + target
		case 0:
			var content []byte
			content, err = root.ReadFile(name)
			list[name] = fmt.Sprintf("%x", sha256.Sum256(content))
		default:
			list[name] = kind.String() + ", which Fill never makes"
		}
		return err
	})
	return list, err
}
