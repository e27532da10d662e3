package show

import (
	"errors"
	"path/filepath"
	"strings"
)

// Expected shows an error that a cell makes on purpose, without the folders of this machine. If there is none, the cell fails.
func Expected(err error) {
	if err == nil {
		Check(errors.New("this should have been an error"))
	}
	Note("> %s", withoutFolders(err.Error()))
}

// withoutFolders takes Cache and Root out of the paths in a text.
func withoutFolders(s string) string {
	for _, dir := range []string{Cache(), Root()} {
		s = strings.ReplaceAll(s, dir+string(filepath.Separator), "")
	}
	return s
}
