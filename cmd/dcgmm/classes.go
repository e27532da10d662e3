package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/escape"
)

// classFlag is a class, by its name or its number. It is a pflag.Value.
type classFlag string

// noClass is no class at all.
const noClass classFlag = "-1"

func (c *classFlag) String() string { return string(*c) }

// Set takes any text: which names there are is known later.
func (c *classFlag) Set(text string) error {
	if text == "" {
		return errors.New("give the name or the number of a class")
	}
	*c = classFlag(text)
	return nil
}

// Type names the value in the help.
func (c *classFlag) Type() string { return "class" }

func (c classFlag) given() bool { return c != noClass }

// among finds the class among names, which may be nil, or by number among n; −1: none was given. whose is a phrase such
// as "the images of photos have".
func (c classFlag) among(flag string, names []string, n int, whose string) (int, error) {
	if !c.given() {
		return -1, nil
	}
	if k := slices.Index(names, string(c)); k >= 0 {
		return k, nil
	}
	k, err := strconv.Atoi(string(c))
	switch {
	case err == nil && k >= 0 && k < n:
		return k, nil
	case names != nil:
		return 0, fmt.Errorf("--%s is %s; %s the classes 0 to %d: %s", flag, c, whose, n-1, listed(names))
	}
	return 0, fmt.Errorf("--%s is %s; %s the classes 0 to %d", flag, c, whose, n-1)
}

// of finds the class among those of images.
func (c classFlag) of(flag string, s *dataset.Set) (int, error) {
	if c.given() && s.Labels == nil {
		return 0, fmt.Errorf("--%s is %s; the images of %s have no classes: keep them in one sub-folder for each class", flag, c, s.Name)
	}
	return c.among(flag, s.ClassNames, s.Classes, fmt.Sprintf("the images of %s have", s.Name))
}

// maxListed bounds the names in a message.
const maxListed = 12

// listed names a few of many.
func listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// match numbers the classes of images as the model does, by their names. A class that the model does not know is an
// error, but for the one that is the outlier, which gets the next number; classes without images are said. Images or
// models without names are matched by number, which is said, too.
func (m *model) match(s *dataset.Set, outlier string, log io.Writer) (*dataset.Set, error) {
	names := m.Network.ClassNames()
	switch {
	case s.Labels == nil || names == nil && s.ClassNames == nil:
		return s, nil
	case names == nil:
		return s, say(log, "note: %s has no names of classes, as it was made without or by an earlier version: "+
			"the classes of %s are matched by number", m.path, s.Name)
	case s.ClassNames == nil:
		return s, say(log, "note: the images of %s have no names of classes: they are matched with those of %s by number", s.Name, m.path)
	}
	if outlier != "" && !slices.Contains(names, outlier) {
		names = append(slices.Clip(names), outlier)
	}
	matched, missing, err := s.WithClasses(names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, unnamed(err))
	}
	if missing != nil {
		return matched, say(log, "note: %s has no images of some classes of %s: %s", s.Name, m.path, listed(missing))
	}
	return matched, nil
}

// unnamed is what an error says without the name of the package.
func unnamed(err error) error {
	var unknown *dataset.ClassError
	if errors.As(err, &unknown) {
		return errors.New(strings.TrimPrefix(unknown.Error(), "dataset: "))
	}
	return err
}

// classNames are the names of the classifier's classes, nil if they have none.
func (m *model) classNames() []string {
	names, k := m.Network.ClassNames(), m.Network.Classifier()
	if k == nil || len(names) != k.Classes {
		return nil
	}
	return names
}

// nameOf is the name of a class, empty if there is none.
func nameOf(names []string, class int) string {
	if class < 0 || class >= len(names) {
		return ""
	}
	return names[class]
}

// numbered is a class by number and, where it has one, name.
func numbered(names []string, class int) string {
	if name := nameOf(names, class); name != "" {
		return fmt.Sprintf("%d %s", class, escape.Line(name))
	}
	return strconv.Itoa(class)
}

// setClassNames makes the names of the images' classes those of the network.
func setClassNames(n *dcgmm.Network, s *dataset.Set) error {
	if err := n.SetClassNames(s.ClassNames); err != nil {
		return fmt.Errorf("the classes of %s: %w: rename the sub-folder", s.Name, err)
	}
	return nil
}
