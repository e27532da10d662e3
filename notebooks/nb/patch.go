package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// filePatch is what a unified diff changes in one file.
type filePatch struct {
	path  string // with slashes, in the folder that is patched
	isNew bool
	hunks []hunk
}

// hunk is one change: lines before and after it, from a line of the old file on, counted from 0.
type hunk struct {
	at       int
	old, new []string
}

var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@`)

// parsePatch reads a unified diff of folders a and b. It makes new files and changes old ones.
func parsePatch(diff string) ([]*filePatch, error) {
	var all []*filePatch
	isNew := false
	for n, line := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		m := hunkHead.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, "--- a/"):
		case strings.HasPrefix(line, "+++ b/"):
			all = append(all, &filePatch{path: strings.TrimPrefix(line, "+++ b/")})
			isNew = true
		case m != nil && len(all) > 0:
			at, _ := strconv.Atoi(m[1]) // digits
			f := all[len(all)-1]
			f.isNew = isNew && at == 0
			isNew = false
			f.hunks = append(f.hunks, hunk{at: max(0, at-1)})
		case line != "" && len(all) > 0 && len(all[len(all)-1].hunks) > 0 && strings.Contains(" +-", line[:1]):
			hunks := all[len(all)-1].hunks
			h := &hunks[len(hunks)-1]
			if line[0] != '+' {
				h.old = append(h.old, line[1:])
			}
			if line[0] != '-' {
				h.new = append(h.new, line[1:])
			}
		default:
			return nil, fmt.Errorf("line %d is not of a unified diff: %q", n+1, line)
		}
	}
	return all, nil
}

// apply changes the text of the file. All lines must be where the patch has them.
func (f *filePatch) apply(text string) (string, error) {
	lines := strings.Split(text, "\n")
	var out []string
	done := 0
	for _, h := range f.hunks {
		end := h.at + len(h.old)
		if f.isNew {
			return strings.Join(h.new, "\n") + "\n", nil
		}
		if h.at < done || end > len(lines) || strings.Join(lines[h.at:end], "\n") != strings.Join(h.old, "\n") {
			return "", fmt.Errorf("%s differs from what the patch changes at line %d", f.path, h.at+1)
		}
		out = append(append(out, lines[done:h.at]...), h.new...)
		done = end
	}
	return strings.Join(append(out, lines[done:]...), "\n"), nil
}
