package dataset

import (
	"fmt"
	"path/filepath"
	"strings"
)

// ClassError says that the classes of a set are not those that it was to have.
type ClassError struct {
	Name     string   // of the set
	Unknown  []string // classes of the set that are not wanted
	Wanted   []string
	Nameless bool
}

// Error names the unknown classes and the wanted ones.
func (e *ClassError) Error() string {
	if e.Nameless {
		return fmt.Sprintf("dataset: the images of %s have no names of classes; the classes are %s: keep them in one sub-folder for each class", e.Name, strings.Join(e.Wanted, ", "))
	}
	what := "class"
	if len(e.Unknown) > 1 {
		what = "classes"
	}
	return fmt.Sprintf("dataset: %s has the unknown %s %s; the classes are %s: rename its sub-folders, or move them away",
		e.Name, what, strings.Join(e.Unknown, ", "), strings.Join(e.Wanted, ", "))
}

// WithClasses returns s with its classes numbered as in names, whatever the order and number of its own: an image of the
// class names[k] gets the label k. missing are those of names that s has no image of. Classes of s that names lack, and
// a set without labels or names, are a *ClassError. Pixels are shared. It panics if a name comes twice.
func (s *Set) WithClasses(names []string) (t *Set, missing []string, err error) {
	number := map[string]int{}
	for k, name := range names {
		if _, twice := number[name]; twice || k > 255 {
			panic(fmt.Sprintf("dataset: WithClasses: name %d, %q, is there twice or beyond 256", k, name))
		}
		number[name] = k
	}
	if s.Labels == nil || s.ClassNames == nil {
		return nil, nil, &ClassError{Name: s.Name, Wanted: names, Nameless: true}
	}
	seen := make([]bool, len(s.ClassNames))
	for _, c := range s.Labels {
		seen[c] = true
	}
	to, here := make([]uint8, len(s.ClassNames)), map[string]bool{}
	var unknown []string
	for c, name := range s.ClassNames {
		k, ok := number[name]
		if !ok && seen[c] {
			unknown = append(unknown, name)
		}
		to[c] = uint8(k)
		here[name] = seen[c]
	}
	if unknown != nil {
		return nil, nil, &ClassError{Name: s.Name, Unknown: unknown, Wanted: names}
	}
	for _, name := range names {
		if !here[name] {
			missing = append(missing, name)
		}
	}
	renamed := *s
	renamed.Classes, renamed.ClassNames, renamed.Labels = len(names), names, make([]uint8, len(s.Labels))
	for i, c := range s.Labels {
		renamed.Labels[i] = to[c]
	}
	return &renamed, missing, nil
}

// FilePath returns the path of the picture that became image i, for opening it: the folder is before it. It is empty
// for images that come from no picture of their own. It panics unless 0 ≤ i < N.
func (s *Set) FilePath(i int) string {
	switch {
	case s.Files == nil && i >= 0 && i < s.N:
		return ""
	case i < 0 || i >= len(s.Files):
		panic(fmt.Sprintf("dataset: FilePath: index %d of %d images", i, s.N))
	case s.Dir == "":
		return s.Files[i].Path
	}
	return filepath.Join(s.Dir, s.Files[i].Path)
}
