package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxOutputs bounds the size of an executed notebook, maxCommitted that of a file in the repository, in bytes.
const (
	maxOutputs   = 2 << 20
	maxCommitted = 500 << 10
)

// kinds of outputs that a cell can promise, in a line of its own such as
//
//	// shows: table, picture, picture
//
// A table has rows; a picture is a PNG; a note is words, in Markdown or HTML; text is what was printed, however often.
// What is shown must be what is promised: nothing missing and nothing more.
var kinds = []string{"table", "picture", "note", "text"}

var promise = regexp.MustCompile(`(?m)^\s*// shows: *(.*)$`)

// check says what is wrong with an executed notebook. secrets are words that must not be in it: names of folders.
func check(nb *notebook, secrets ...string) error {
	var all []error
	code := 0
	for i, c := range nb.Cells {
		if c.Type != "code" {
			continue
		}
		code++
		for _, err := range checkCell(c, secrets) {
			all = append(all, fmt.Errorf("cell %d (%s): %w", i+1, firstWords(c.Source), err))
		}
	}
	if err := harmless(nb); err != nil {
		all = append(all, err)
	}
	if code == 0 {
		all = append(all, errors.New("it has no code"))
	}
	if b, err := nb.bytes(); err != nil {
		all = append(all, err)
	} else if len(b) > maxOutputs {
		all = append(all, fmt.Errorf("it is %d bytes with its outputs; at most %d are allowed: show fewer or smaller pictures", len(b), maxOutputs))
	}
	return errors.Join(all...)
}

func checkCell(c *cell, secrets []string) (all []error) {
	for _, o := range c.Outputs {
		switch {
		case o.Type == "error":
			all = append(all, fmt.Errorf("it fails: %s: %s", o.Ename, o.Evalue))
		case o.Type == "stream" && o.Name == "stderr":
			all = append(all, fmt.Errorf("it complains, as failed commands and programs do: %s", strings.TrimSpace(string(o.Text))))
		}
		for _, s := range secrets {
			if o.mentions(s) {
				all = append(all, fmt.Errorf("it shows the name of a folder of this machine, %s", s))
			}
		}
	}
	promised, err := promises(c.Source)
	if err != nil {
		return append(all, err)
	}
	if shown := shows(c.Outputs); !slices.Equal(promised, shown) {
		all = append(all, fmt.Errorf("it promises %s and shows %s", list(promised), list(shown)))
	}
	return all
}

// promises are the kinds that a cell promises, sorted.
func promises(source text) ([]string, error) {
	var all []string
	for _, m := range promise.FindAllStringSubmatch(string(source), -1) {
		for _, kind := range strings.Split(m[1], ",") {
			kind = strings.TrimSpace(kind)
			if !slices.Contains(kinds, kind) {
				return nil, fmt.Errorf("it promises %q; known are %s", kind, strings.Join(kinds, ", "))
			}
			all = append(all, kind)
		}
	}
	slices.Sort(all)
	return all, nil
}

// shows are the kinds of a cell's outputs, sorted.
func shows(outputs []*output) []string {
	var all []string
	for _, o := range outputs {
		kind := o.kind()
		if kind != "" && (kind != "text" || !slices.Contains(all, kind)) {
			all = append(all, kind)
		}
	}
	slices.Sort(all)
	return all
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
	case hasClass(html, "live") || hasClass(html, "notice"):
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

func list(kinds []string) string {
	if len(kinds) == 0 {
		return "nothing"
	}
	return strings.Join(kinds, ", ")
}

// firstWords are of the first line of a cell that is not a mark of the kernel.
func firstWords(source text) string {
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSpace(line)
		if line != "" && line != "%%" && !strings.HasPrefix(line, "// shows:") && line != "defer show.Done()" {
			return string([]rune(line)[:min(60, len([]rune(line)))])
		}
	}
	return "empty"
}
