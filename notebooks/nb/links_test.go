package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linkOf     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notOfSlugs = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// slug is the anchor that git hosts give a heading.
func slug(heading string) string {
	return strings.ReplaceAll(notOfSlugs.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// Links of the notebooks lead to files of the repository, and to headings that are in them.
func TestLinksLeadSomewhere(t *testing.T) {
	e := &env{root: rootOf(t)}
	paths, err := e.notebooks(nil)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range paths {
		nb, err := readNotebook(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range nb.Cells {
			if c.Type != "markdown" {
				continue
			}
			for _, m := range linkOf.FindAllStringSubmatch(string(c.Source), -1) {
				file, anchor, _ := strings.Cut(m[1], "#")
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "attachment:") {
					continue
				}
				found++
				if !leads(filepath.Join(filepath.Dir(path), filepath.FromSlash(file)), anchor) {
					t.Errorf("%s: the link to %s leads nowhere", filepath.Base(path), m[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d links are found", found)
	}
}

// leads reports whether there is a file, and a heading with the anchor in it if one is asked for.
func leads(path, anchor string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		info, failed := os.Stat(path)
		return failed == nil && info.IsDir() && anchor == ""
	}
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		if slug(m[1]) == anchor {
			return true
		}
	}
	return anchor == ""
}

func TestSlugs(t *testing.T) {
	for words, want := range map[string]string{"5.2 Clusters (C3)": "52-clusters-c3", "3. GMM layer": "3-gmm-layer", "What you saw": "what-you-saw"} {
		if got := slug(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
