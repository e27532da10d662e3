package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxOutputs bounds the size of an executed notebook, in bytes.
const maxOutputs = 2 << 20

// check says what is wrong with an executed notebook. secrets are words that must not be in it: names of folders.
func check(nb *notebook, secrets ...string) error {
	b, err := nb.bytes()
	switch {
	case err == nil && len(b) > maxOutputs:
		err = fmt.Errorf("it is %d bytes with its outputs; at most %d are allowed: show fewer or smaller pictures", len(b), maxOutputs)
	case !slices.ContainsFunc(nb.Cells, func(c *cell) bool { return c.Type == "code" }):
		err = errors.New("it has no code")
	}
	return errors.Join(harmless(nb), nb.eachCode(func(c *cell) error { return checkCell(c, secrets) }), err)
}

// eachCode calls f for every cell of code, and joins the errors with the names of their cells.
func (nb *notebook) eachCode(f func(c *cell) error) error {
	var all []error
	for i, c := range nb.Cells {
		if c.Type != "code" {
			continue
		}
		if err := f(c); err != nil {
			all = append(all, fmt.Errorf("cell %d (%s): %w", i+1, firstWords(c.Source), err))
		}
	}
	return errors.Join(all...)
}

func checkCell(c *cell, secrets []string) error {
	var all []error
	fail := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	var shown []string
	for _, o := range c.Outputs {
		switch {
		case o.Type == "error":
			fail("it fails: %s: %s", o.Ename, o.Evalue)
		case o.Type == "stream" && o.Name == "stderr":
			fail("it complains, as failed commands and programs do: %s", strings.TrimSpace(string(o.Text)))
		}
		for _, s := range secrets {
			if o.mentions(s) {
				fail("it shows the name of a folder of this machine, %s", s)
			}
		}
		if kind := o.kind(); kind != "" && (kind != "text" || !slices.Contains(shown, kind)) {
			shown = append(shown, kind)
		}
	}
	promised, err := c.promised()
	if err != nil {
		all = append(all, err)
	}
	slices.Sort(shown)
	if !slices.Equal(promised, shown) {
		fail("it promises %s and shows %s", list(promised), list(shown))
	}
	return errors.Join(all...)
}

// kind is empty for what does not count: errors, notices about the data, and the rest of live displays.
func (o *output) kind() string {
	html := string(o.Data["text/html"])
	switch {
	case o.Type == "stream":
		if o.Name == "stdout" && strings.TrimSpace(string(o.Text)) != "" {
			return "text"
		}
	case o.Data["image/png"] != "":
		return "picture"
	case strings.Contains(html, "<td"):
		return "table"
	case o.class() == "live" || o.class() == "notice":
	case strings.TrimSpace(html) != "" || strings.TrimSpace(string(o.Data["text/markdown"])) != "":
		return "note"
	case strings.TrimSpace(string(o.Data["text/plain"])) != "":
		return "text"
	}
	return ""
}

func (o *output) mentions(s string) bool {
	for mime, t := range o.Data {
		if !strings.HasPrefix(mime, "image/") && strings.Contains(string(t), s) {
			return true
		}
	}
	return strings.Contains(string(o.Text), s)
}

func list(kinds []string) string { return cmp.Or(strings.Join(kinds, ", "), "nothing") }

// firstWords are of the first line of a cell that is not a mark of the kernel.
func firstWords(source text) string {
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSpace(line)
		if line != "" && line != "%%" && line != "defer show.Done()" {
			return string([]rune(line)[:min(60, len([]rune(line)))])
		}
	}
	return "empty"
}
