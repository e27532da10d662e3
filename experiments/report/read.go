package report

import (
	"encoding/json"
	"fmt"

	"deepgmm/internal/regular"
	"deepgmm/internal/strict"
)

// MarshalJSON writes a text as a string, a number as a number, a number with an interval
// as [x, low, high] and a missing value as null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.interval:
		return json.Marshal([]float64{v.number, v.low, v.up})
	case v.isNumber:
		return json.Marshal(v.number)
	case v.text == "":
		return []byte("null"), nil
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
	return fmt.Errorf("%s is neither text, number, [number, low, high] nor null", text)
}

// maxFile bounds the tables and figures that are read.
const maxFile = 64 << 20

// ReadTable reads the JSON form of a table that Write wrote. The error names the file and the remedy.
func ReadTable(path string) (*Table, error) {
	text, err := regular.Read(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	t, err := parseTable(text)
	if err != nil {
		return nil, fmt.Errorf("table: %s is damaged: %w; run the experiment again to write it anew", path, err)
	}
	return t, nil
}

func parseTable(text []byte) (*Table, error) {
	t := new(Table)
	if err := strict.Unmarshal(text, t); err != nil {
		return nil, err
	}
	return t, t.validate()
}
