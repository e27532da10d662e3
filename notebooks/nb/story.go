package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Bounds of a cell of code that a reader takes in at a glance, in the width at which git hosts show it.
const (
	maxLines   = 25
	maxColumns = 100
	tab        = 4 // columns
)

// maxCommitted bounds the size of a notebook in the repository, in bytes.
const maxCommitted = 500 << 10

var (
	lastHeading = regexp.MustCompile(`(?m)^## What you saw$`)
	answer      = regexp.MustCompile(`(?s)<details>\s*<summary>.*?</summary>.*?</details>`)
)

// story says where a notebook is hard to read: cells that are too long or too wide, a head that does not say what one
// will see and how long it takes, an end without what was seen and two exercises with hidden answers, outputs that are too large for a repository.
func story(nb *notebook) error {
	all := []error{nb.eachCode(func(c *cell) error { return fits(c.Source) })}
	head, end, after := "", "", false
	for i, c := range nb.Cells {
		switch after = after || c.Type == "markdown" && lastHeading.MatchString(string(c.Source)); {
		case i == 0 && c.Type == "markdown":
			head = strings.ToLower(string(c.Source))
		case after && c.Type == "code":
			all = append(all, fmt.Errorf("cell %d is code after \"What you saw\", which ends a notebook", i+1))
		case after:
			end += string(c.Source) + "\n"
		}
	}
	for _, words := range []string{"what you will see", "how long it takes"} {
		if !strings.Contains(head, words) {
			all = append(all, fmt.Errorf("its first cell does not say %q", words))
		}
	}
	if !after {
		all = append(all, errors.New("it has no final section \"## What you saw\""))
	}
	if n := len(answer.FindAllString(end, -1)); n < 2 {
		all = append(all, fmt.Errorf("it ends with %d exercises; want two, each with its answer in <details><summary>Answer</summary> … </details>", n))
	}
	b, err := nb.bytes()
	if err == nil && len(b) > maxCommitted {
		err = fmt.Errorf("it is %d bytes; at most %d are allowed: show fewer or smaller pictures", len(b), maxCommitted)
	}
	return errors.Join(append(all, err)...)
}

// fits says where a cell of code is too long or too wide.
func fits(source text) error {
	var all []error
	lines := strings.Split(strings.TrimSuffix(string(source), "\n"), "\n")
	if len(lines) > maxLines {
		all = append(all, fmt.Errorf("it has %d lines; at most %d: split it, or move logic into a package", len(lines), maxLines))
	}
	for i, line := range lines {
		if w := utf8.RuneCountInString(line) + (tab-1)*strings.Count(line, "\t"); w > maxColumns {
			all = append(all, fmt.Errorf("its line %d has %d columns; at most %d", i+1, w, maxColumns))
		}
	}
	return errors.Join(all...)
}
