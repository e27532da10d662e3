package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// readCache keeps the good files of the cache folder; the others will be fetched.
func (l *loader) readCache(folder string, paths [4]string) ([4]*array, string, error) {
	if err := sweep(folder); err != nil {
		l.note("%v", err) // a leftover does no harm
	}
	good := 0
	var why []string
	for i, path := range paths {
		if path == "" {
			continue
		}
		a, err := l.readOne(i, path)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return l.have, "", explain(err, "")
		case err != nil:
			why = append(why, err.Error())
		default:
			l.have[i] = a
			good++
		}
	}
	if good == len(paths) {
		return l.have, folder, nil
	}
	l.note("%s (%s)", folder, strings.Join(append(why, fmt.Sprintf("%d of %d files", good, len(paths))), ", "))
	return l.have, "", nil
}

// sweep removes what killed downloads left behind. A download that is still at it, in
// another process, has written to its file within the hour, or it would have given up.
func sweep(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		// The names that atomicfile gives: .NAME-ubyte.gz and more.
		if !strings.HasPrefix(e.Name(), ".") || !strings.Contains(e.Name(), "-ubyte.gz") {
			continue
		}
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > time.Hour {
			err = os.Remove(filepath.Join(folder, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may be quicker
			return err
		}
	}
	return nil
}
