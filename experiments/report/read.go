package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"deepgmm/internal/regular"
	"deepgmm/internal/strict"
)

// linkJSON is a Link in JSON.
type linkJSON struct{ Text, Target, More string }

// MarshalJSON writes a text as a string, a link as an object, a number as a number, a number with an interval
// as [x, low, high] and a missing value as null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.interval:
		return json.Marshal([]float64{v.number, v.low, v.up})
	case v.isNumber:
		return json.Marshal(v.number)
	case v.text == "":
		return []byte("null"), nil
	case v.target != "":
		return json.Marshal(linkJSON{strings.TrimSuffix(v.text, v.more), v.target, v.more})
	}
	return json.Marshal(v.text)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(text []byte) error {
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	switch x := read.(type) {
	case nil:
		*v = None()
		return nil
	case string:
		*v = Text(x)
		return nil
	case float64:
		*v = Num(x)
		return nil
	case map[string]any:
		var l linkJSON
		if strict.Unmarshal(text, &l) == nil && plainFile(l.Target) {
			*v = Link(l.Text, l.Target, l.More)
			return nil
		}
	case []any:
		var n [3]float64
		if len(x) == 3 {
			ok := true
			for i := range n {
				f, is := x[i].(float64)
				n[i], ok = f, ok && is
			}
			if ok {
				*v = NumCI(n[0], n[1], n[2])
				return nil
			}
		}
	}
	return fmt.Errorf("%s is neither text, number, [number, low, high], link to a file nor null", text)
}

// plainFile reports whether a link leads to a file beside the table.
func plainFile(name string) bool {
	return validID(strings.ReplaceAll(name, ".", "-")) == nil && name[0] != '.'
}

// Numbers are coordinates; those that are not finite are null in JSON.
type Numbers []float64

// MarshalJSON writes a list of numbers and nulls.
func (n Numbers) MarshalJSON() ([]byte, error) {
	cells := make([]Value, len(n))
	for i, x := range n {
		cells[i] = Num(x)
	}
	return json.Marshal(cells)
}

// UnmarshalJSON reads what MarshalJSON writes; null becomes NaN.
func (n *Numbers) UnmarshalJSON(text []byte) error {
	var cells []*float64
	if err := json.Unmarshal(text, &cells); err != nil {
		return err
	}
	for _, c := range cells {
		x := math.NaN()
		if c != nil {
			x = *c
		}
		*n = append(*n, x)
	}
	return nil
}

// maxFile bounds the tables and figures that are read.
const maxFile = 64 << 20

// ReadTable reads the JSON form of a table that Write wrote. The error names the file and the remedy.
func ReadTable(path string) (*Table, error) {
	return read(path, "table", parseTable)
}

func parseTable(text []byte) (*Table, error) {
	t := new(Table)
	if err := strict.Unmarshal(text, t); err != nil {
		return nil, err
	}
	return t, t.validate()
}

// ReadLines reads the JSON form of a figure that Lines.Write wrote. The error names the file and the remedy.
func ReadLines(path string) (*Lines, error) {
	return read(path, "figure", parseLines)
}

func parseLines(text []byte) (*Lines, error) {
	f := new(Lines)
	if err := strict.Unmarshal(text, f); err != nil {
		return nil, err
	}
	return f, f.validate()
}

func read[T any](path, what string, parse func([]byte) (*T, error)) (*T, error) {
	text, err := regular.Read(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	v, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s is damaged: %w; run the experiment again to write it anew", what, path, err)
	}
	return v, nil
}
