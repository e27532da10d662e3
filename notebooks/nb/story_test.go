package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// The committed notebooks can be read: short cells, a head, an end with exercises.
func TestCommittedNotebooksAreStories(t *testing.T) {
	e := &env{root: rootOf(t)}
	paths, err := e.notebooks(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		nb, err := readNotebook(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := story(nb); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

const (
	goodHead = "# Title\n\n**What you will see.** Digits. **How long it takes.** A minute."
	goodEnd  = "## What you saw\n\nDigits.\n\n## Exercises\n\n1. Why?\n\n<details><summary>Answer</summary>\n\nSo.\n\n</details>\n\n" +
		"2. Whence?\n\n<details>\n<summary>Answer</summary>\n\nThere.\n\n</details>"
)

// told is a notebook with one cell of code between words.
func told(head, code string, end ...string) *notebook {
	nb := &notebook{NBFormat: 4, Cells: []*cell{{Type: "markdown", Source: text(head)}, {Type: "code", Source: text(code)}}}
	for _, words := range end {
		nb.Cells = append(nb.Cells, &cell{Type: "markdown", Source: text(words)})
	}
	return nb
}

func TestGoodStoriesPass(t *testing.T) {
	for _, nb := range []*notebook{
		told(goodHead, "x", goodEnd),
		told(goodHead, strings.Repeat("x\n", maxLines), goodEnd, "Next: another notebook."),
		told(goodHead, "\t"+strings.Repeat("é", maxColumns-tab), goodEnd),
	} {
		if err := story(nb); err != nil {
			t.Error(err)
		}
	}
}

func TestBadStoriesFail(t *testing.T) {
	one, _, _ := strings.Cut(goodEnd, "2. ")
	code := told(goodHead, "x", goodEnd)
	code.Cells = append(code.Cells, &cell{Type: "code"})
	large := told(goodHead, "x", goodEnd)
	large.Cells[1].Outputs = []*output{shown("image/png", strings.Repeat("A", maxCommitted))}
	for _, c := range []struct {
		nb   *notebook
		says string
	}{
		{told("# Title\n\nHow long it takes: a minute.", "x", goodEnd), `does not say "what you will see"`},
		{told("# Title\n\nWhat you will see: digits.", "x", goodEnd), `does not say "how long it takes"`},
		{told(goodHead, "x"), `no final section "## What you saw"`},
		{told(goodHead, "x", strings.ReplaceAll(goodEnd, "## ", "### ")), "no final section"},
		{told(goodHead, "x", one), "ends with 1 exercises; want two"},
		{told(goodHead+goodEnd, "x", "## What you saw"), "ends with 0 exercises"},
		{code, "cell 4 is code after"},
		{told(goodHead, strings.Repeat("x\n", maxLines+1), goodEnd), "it has 26 lines; at most 25"},
		{told(goodHead, "x\n\t"+strings.Repeat("é", maxColumns-tab+1), goodEnd), "its line 2 has 101 columns"},
		{large, "at most 512000 are allowed"},
		{&notebook{}, "no final section"},
	} {
		if err := story(c.nb); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v; want %q", err, c.says)
		}
	}
}
