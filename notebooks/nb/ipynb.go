package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
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
	Count       *int            `json:"execution_count,omitempty"`
	ID          string          `json:"id,omitempty"`
	Metadata    map[string]any  `json:"metadata"`
	Outputs     []*output       `json:"outputs,omitempty"`
	Source      text            `json:"source"`
}

// output is one of a cell's: "stream", "display_data", "execute_result" or "error".
type output struct {
	Data      map[string]text `json:"data,omitempty"`
	Ename     string          `json:"ename,omitempty"`
	Evalue    string          `json:"evalue,omitempty"`
	Metadata  map[string]any  `json:"metadata,omitempty"`
	Name      string          `json:"name,omitempty"`
	Type      string          `json:"output_type"`
	Text      text            `json:"text,omitempty"`
	Traceback []string        `json:"traceback,omitempty"`
}

// text is a string that files keep as a list of lines.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	var lines []string
	if err := json.Unmarshal(b, &lines); err != nil {
		*t = text(b) // other data, such as JSON
		return nil
	}
	*t = text(strings.Join(lines, ""))
	return nil
}

func (t text) MarshalJSON() ([]byte, error) {
	lines := strings.SplitAfter(string(t), "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return encode(lines)
}

// MarshalJSON writes what the format wants of code cells: an execution count, null or not, and outputs.
func (c *cell) MarshalJSON() ([]byte, error) {
	if c.Type != "code" {
		type plain cell
		return encode((*plain)(c))
	}
	return encode(struct {
		Type     string         `json:"cell_type"`
		Count    *int           `json:"execution_count"`
		ID       string         `json:"id,omitempty"`
		Metadata map[string]any `json:"metadata"`
		Outputs  []*output      `json:"outputs"`
		Source   text           `json:"source"`
	}{c.Type, c.Count, c.ID, c.Metadata, append([]*output{}, c.Outputs...), c.Source})
}

// MarshalJSON writes the fields that the format wants of each kind.
func (o *output) MarshalJSON() ([]byte, error) {
	switch o.Type {
	case "display_data", "execute_result":
		data := map[string]any{}
		for mime, t := range o.Data {
			if data[mime] = any(t); strings.HasPrefix(mime, "image/") {
				data[mime] = string(t)
			}
		}
		return encode(map[string]any{"data": data, "metadata": map[string]any{}, "output_type": "display_data"})
	}
	type plain output
	return encode((*plain)(o))
}

// encode is JSON without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// readNotebook reads a file of nbformat 4. The error names it.
func readNotebook(path string) (*notebook, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	nb := new(notebook)
	if err := json.Unmarshal(b, nb); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if nb.NBFormat != 4 {
		return nil, fmt.Errorf("%s: nbformat %d; want 4", path, nb.NBFormat)
	}
	return nb, nil
}

// bytes is the file, indented as Jupyter does.
func (nb *notebook) bytes() ([]byte, error) {
	var b bytes.Buffer
	compact, err := encode(nb)
	if err != nil {
		return nil, err
	}
	if err := json.Indent(&b, compact, "", " "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
