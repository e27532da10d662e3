package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kinds of outputs that a cell can promise, in its metadata, out of a reader's sight:
//
//	"metadata": {"dcgmm": {"shows": "table, picture, picture"}}
//
// A table has rows; a picture is a PNG; a note is words, in Markdown or HTML; text is what was printed, however often.
// What is shown must be what is promised: nothing missing and nothing more.
var kinds = []string{"table", "picture", "note", "text"}

// ours is the key of cell metadata that is this project's; nbformat and JupyterLab keep keys that they do not know.
const ours = "dcgmm"

// promiseLine is how a writer promises: clean moves the line into the metadata, in place of what was there.
var promiseLine = regexp.MustCompile(`(?m)^[\t ]*// shows:(.*)(?:\n|$)`)

// promise is the list of kinds in the metadata of a cell, empty for none.
func (c *cell) promise() string {
	all, _ := c.Metadata[ours].(map[string]any)
	shows, _ := all["shows"].(string)
	return shows
}

// cleanMetadata keeps what the cell promises and nothing else.
func (c *cell) cleanMetadata() {
	promise := c.promise()
	c.Metadata = map[string]any{}
	if c.Type != "code" {
		return
	}
	if lines := promiseLine.FindAllStringSubmatch(string(c.Source), -1); lines != nil {
		var all []string
		for _, m := range lines {
			all = append(all, strings.TrimSpace(m[1]))
		}
		promise = strings.Join(all, ", ")
		c.Source = text(promiseLine.ReplaceAllString(string(c.Source), ""))
	}
	if promise != "" {
		c.Metadata[ours] = map[string]any{"shows": promise}
	}
}

// promised are the kinds of outputs that a cell promises, sorted. The error names those that are not known.
func (c *cell) promised() (all []string, err error) {
	if c.promise() == "" {
		return nil, nil
	}
	for kind := range strings.SplitSeq(c.promise(), ",") {
		kind = strings.TrimSpace(kind)
		if all = append(all, kind); !slices.Contains(kinds, kind) {
			err = fmt.Errorf("it promises %q; known are %s", kind, strings.Join(kinds, ", "))
		}
	}
	slices.Sort(all)
	return all, err
}
