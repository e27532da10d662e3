package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"deepgmm/experiments/pipeline"
	"deepgmm/internal/escape"
	"deepgmm/internal/progress"
)

// plain is the text of an error on one line, with nothing in it that a terminal obeys: names of files and of data are the
// world's. Cobra's suggestions, on lines of their own, join the line; only a list of missing cells, of names of this program,
// has lines.
func plain(err error) string {
	text := err.Error()
	if errors.Is(err, pipeline.ErrMissing) {
		lines := strings.Split(text, "\n")
		for i := range lines {
			lines[i] = escape.Line(lines[i])
		}
		return strings.Join(lines, "\n")
	}
	if before, after, ok := strings.Cut(text, "\n\nDid you mean this?\n"); ok {
		text = before + "; did you mean " + strings.Join(strings.Fields(after), " or ") + "?"
	}
	return escape.Line(text)
}

// nameFor is a name as w may have it: bytes as they are in a file or a pipe, which programs read, and no more than words on a terminal.
func nameFor(w io.Writer, name string) string {
	if progress.OnTerminal(w) {
		return escape.Line(name)
	}
	return name
}

// say prints one line of words and names, as plain does.
func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintln(w, escape.Line(fmt.Sprintf(format, args...)))
	return err
}
