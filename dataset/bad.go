package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// BadFile is a file that should have been a picture but cannot be read as one.
type BadFile struct {
	Path   string // as Dir and the path within it say
	Kind   string // of defect, in few words, for counts: "damaged or truncated"
	Reason string // in full
	Remedy string
	Err    error // what the reason says, to be looked into with errors.Is
}

// BadFilesError lists all files that cannot be read: those whose headers are bad, or if there are none, those whose
// pixels are.
type BadFilesError struct {
	Dir   string
	Files int // that were looked at
	Bad   []BadFile
}

// maxNamed bounds the files that one line names.
const maxNamed = 20

// Error names the files, the reason of each, and the remedy, on one line; of many files it names the first ones.
func (e *BadFilesError) Error() string {
	if len(e.Bad) == 1 {
		b := e.Bad[0]
		return fmt.Sprintf("dataset: %s: %s; %s, or leave it out with --skip-bad", b.Path, b.Reason, b.Remedy)
	}
	var said []string
	for _, b := range e.Bad[:min(len(e.Bad), maxNamed)] {
		said = append(said, fmt.Sprintf("%s: %s", b.Path, b.Reason))
	}
	if more := len(e.Bad) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("dataset: %d of %d pictures of %s cannot be read: %s; %s", len(e.Bad), e.Files, e.Dir, strings.Join(said, "; "), e.Remedy())
}

// Remedy says what to do, for all files together.
func (e *BadFilesError) Remedy() string {
	const remedy = "mend or remove them, or leave them out with --skip-bad"
	if slices.ContainsFunc(e.Bad, func(b BadFile) bool { return b.Kind == noClass }) {
		return remedy + "; --no-classes takes those in no class, too"
	}
	return remedy
}

// Unwrap returns the causes.
func (e *BadFilesError) Unwrap() []error {
	var causes []error
	for _, b := range e.Bad {
		causes = append(causes, b.Err)
	}
	return causes
}

// Kinds counts bad files by their kind: "2 damaged or truncated, 1 empty", the most frequent first.
func Kinds(bad []BadFile) string {
	count := map[string]int{}
	for _, b := range bad {
		count[b.Kind]++
	}
	return tally(count)
}

// tally says how often what came, the most frequent first.
func tally(count map[string]int) string {
	var names []string
	for name := range count {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", count[name], name)
	}
	return strings.Join(names, ", ")
}

// flaw is why a file cannot be read as a picture.
type flaw struct {
	kind   string
	err    error
	remedy string
}

func (f *flaw) Error() string { return f.err.Error() + "; " + f.remedy }
func (f *flaw) Unwrap() error { return f.err }

// The kinds of flaws.
const (
	broken     = "damaged or truncated"
	noPicture  = "not a picture"
	emptyFile  = "empty"
	tooLarge   = "too large"
	tooNarrow  = "too narrow"
	noAccess   = "without permission"
	dangling   = "dead links"
	missing    = "missing"
	notAFile   = "not a regular file"
	noClass    = "in no class"
	unreadable = "unreadable"
)

// replaceIt is the remedy for files that are no whole pictures.
const replaceIt = "replace the file by a whole PNG or JPEG, or remove it"

// badFile describes what is wrong with a file, of any error that came of it.
func badFile(path string, err error) BadFile {
	b := BadFile{Path: path, Kind: unreadable, Reason: err.Error(), Remedy: "make it readable, or remove it", Err: err}
	var f *flaw
	var p *fs.PathError
	switch {
	case errors.As(err, &f):
		b.Kind, b.Reason, b.Remedy = f.kind, f.err.Error(), f.remedy
	case errors.As(err, &p): // it has the path, which comes first anyway
		b.Reason = fmt.Sprintf("%s: %v", p.Op, p.Err)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		b.Kind = noAccess
	case errors.Is(err, syscall.ELOOP):
		b.Kind, b.Reason, b.Remedy = dangling, "a link that leads back to itself", "mend or remove it"
	case errors.Is(err, fs.ErrNotExist):
		b.Kind, b.Reason, b.Remedy = missing, "no such file", "correct the path"
		if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			b.Kind, b.Reason, b.Remedy = dangling, "a link to what is not there", "mend or remove it"
		}
	}
	b.Reason = strings.TrimPrefix(b.Reason, filepath.Clean(path)+": ")
	return b
}
