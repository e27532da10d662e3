package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// A temporary is called .NAME.NUMBER.dcgmm-tmp after the target NAME.
const temporaryEnd = ".dcgmm-tmp"

var isTemporary = regexp.MustCompile(`(?s)^\..+\.[0-9]+\.dcgmm-tmp$`)

// temporary is a file or folder that is being written. Its lock says that its writer is alive.
type temporary struct {
	path string
	file *os.File // nil for a folder
	lock *flock.Flock
}

func makeFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

func makeFolder(path string) (*os.File, error) { return nil, os.Mkdir(path, 0o777) }

// newTemporary makes a locked file or folder beside a target.
func newTemporary(target string, create func(string) (*os.File, error)) (*temporary, error) {
	name := filepath.Base(target)
	if len(name) > 200 { // file systems allow 255 bytes, some of UTF-8 only
		name = strings.ToValidUTF8(name[:200], "_")
	}
	for tries := 0; ; tries++ {
		path := filepath.Join(filepath.Dir(target), "."+name+"."+strconv.FormatUint(rand.Uint64(), 10)+temporaryEnd)
		file, err := create(path)
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrExist) && tries < 100:
			continue
		default:
			return nil, err
		}
		t := &temporary{path, file, existing(path)}
		if t.locked() || tries == 100 {
			return t, nil
		}
		if file != nil { // a sweep was quicker
			_ = file.Close()
		}
		t.unlock()
	}
}

// locked locks a temporary, and reports whether it is still there. Where the file system has no locks it goes without
// one: then no sweep can lock it either, and all of them leave it alone.
func (t *temporary) locked() bool {
	ok, err := t.lock.TryLock()
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return ok && inPlace(t.lock)
}

func (t *temporary) unlock() { _ = t.lock.Unlock() }

// existing is a lock on a file or folder that is there; it neither makes one nor follows a link.
func existing(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDONLY|noFollow))
}

// inPlace reports whether a locked file still has its name: a file that was removed can be locked, too.
func inPlace(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.Path())
	return err == nil && os.SameFile(held, named)
}

var swept sync.Map // of folders

// sweepOnce removes from a folder, the first time that this process writes there, what killed programs left behind.
func sweepOnce(dir string) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	if _, done := swept.LoadOrStore(absolute, true); !done {
		sweep(absolute)
	}
}

// sweep removes the temporaries that nobody has locked. What it cannot remove stays: a leftover does no harm.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if isTemporary.MatchString(e.Name()) && (e.Type().IsRegular() || e.IsDir()) {
			removeDead(filepath.Join(dir, e.Name()))
		}
	}
}

func removeDead(path string) {
	l := existing(path)
	if ok, err := l.TryLock(); err != nil || !ok {
		return
	}
	defer func() { _ = l.Unlock() }()
	if inPlace(l) {
		_ = removeFlat(path)
	}
}

// removeFlat removes a file, or a folder and the files in it. A folder with folders in it is not one that was made
// here.
func removeFlat(path string) error {
	err := os.Remove(path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	root, opened := os.OpenRoot(path)
	if opened != nil {
		return err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return errors.New("not a folder of files")
		}
	}
	for _, e := range entries {
		if err := root.Remove(e.Name()); err != nil {
			return err
		}
	}
	return os.Remove(path)
}
