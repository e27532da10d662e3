package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// notebook is a file of nbformat 4. Fields are in the order of the alphabet, as Jupyter writes them.
type notebook struct {
	Cells         []*cell        `json:"cells"`
	Metadata      map[string]any `json:"metadata"`
	NBFormat      int            `json:"nbformat"`
	NBFormatMinor int            `json:"nbformat_minor"`
}

type cell struct {
	Attachments json.RawMessage `json:"attachments,omitempty"` // pictures that were dropped into words
	Type        string          `json:"cell_type"`
	Count       json.RawMessage `json:"execution_count,omitempty"` // of code: a number or null
	ID          string          `json:"id,omitempty"`
	Metadata    map[string]any  `json:"metadata"`
	Outputs     []*output       `json:"outputs,omitzero"` // of code: not nil
	Source      text            `json:"source"`
}

// output is one of a cell's: "stream", "display_data", "execute_result" or "error".
type output struct {
	Data      forms          `json:"data,omitempty"`
	Ename     string         `json:"ename,omitempty"`
	Evalue    string         `json:"evalue,omitempty"`
	Metadata  map[string]any `json:"metadata,omitzero"`
	Name      string         `json:"name,omitempty"`
	Type      string         `json:"output_type"`
	Text      text           `json:"text,omitempty"`
	Traceback []string       `json:"traceback,omitempty"`
}

// forms are those of one output, by MIME type.
type forms map[string]text

// MarshalJSON writes pictures as strings, other forms as lists of lines.
func (f forms) MarshalJSON() ([]byte, error) {
	all := map[string]any{}
	for mime, t := range f {
		if all[mime] = any(t); strings.HasPrefix(mime, "image/") {
			all[mime] = string(t)
		}
	}
	return encode(all, "")
}

// text is a string that files keep as a list of lines.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var lines []string
	if json.Unmarshal(b, (*string)(t)) == nil {
		return nil
	}
	if *t = text(b); json.Unmarshal(b, &lines) == nil { // else other data, such as JSON
		*t = text(strings.Join(lines, ""))
	}
	return nil
}

func (t text) MarshalJSON() ([]byte, error) {
	return encode(append([]string{}, slices.Collect(strings.Lines(string(t)))...), "")
}

// encode is JSON without escapes for HTML.
func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return b.Bytes(), err
}

// readNotebook reads a file of nbformat 4. The error names it.
func readNotebook(path string) (*notebook, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	nb := new(notebook)
	if err = json.Unmarshal(b, nb); err == nil && nb.NBFormat != 4 {
		err = fmt.Errorf("nbformat %d; want 4", nb.NBFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return nb, nil
}

// bytes is the file, indented as Jupyter does.
func (nb *notebook) bytes() ([]byte, error) { return encode(nb, " ") }

// clean removes what differs from run to run and from machine to machine: times, versions, counts, metadata of the
// execution. Lines that promise outputs move into the metadata. The same notebook, executed again, gives the same bytes.
func (nb *notebook) clean() {
	nb.NBFormatMinor = 5
	nb.Metadata = map[string]any{
		"kernelspec":    map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"},
	}
	count := 0
	for i, c := range nb.Cells {
		if c.ID == "" {
			c.ID = fmt.Sprintf("cell-%02d", i+1)
		}
		c.cleanMetadata()
		if c.Type != "code" {
			continue
		}
		count++
		c.Count = json.RawMessage(strconv.Itoa(count))
		c.Outputs = cleanOutputs(c.Outputs)
	}
}

func cleanOutputs(all []*output) []*output {
	kept := []*output{}
	for _, o := range all {
		if o.class() == "live" {
			continue
		}
		if o.Data != nil {
			o.Type, o.Metadata = "display_data", map[string]any{}
		}
		if n := len(kept); o.Type == "stream" && n > 0 && kept[n-1].Type == "stream" && kept[n-1].Name == o.Name {
			kept[n-1].Text += o.Text
			continue
		}
		for mime, t := range o.Data {
			if strings.HasPrefix(mime, "image/") {
				t = text(strings.ReplaceAll(string(t), "\n", ""))
			}
			o.Data[mime] = text(strings.TrimRight(timing.ReplaceAllString(string(t), ""), " "))
		}
		kept = append(kept, o)
	}
	return kept
}

// timing are the elements that package show marks as times: figures that may differ.
var timing = regexp.MustCompile(`<span class="timing">[^<]*</span>`)

var firstClass = regexp.MustCompile(`^<[^>]* class="([^"]*)"`)

// class is that of the element that an output begins with, in package show a mark of what it is.
func (o *output) class() string {
	return string(append(firstClass.FindSubmatch([]byte(o.Data["text/html"])), nil, nil)[1])
}
