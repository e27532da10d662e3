package strict

import (
	"strings"
	"testing"
	"time"
)

type inner struct{ Arch string }

type outer struct {
	inner
	Name string `json:"label,omitempty"`
	List []inner
	By   map[string]*inner
	When time.Time
	Any  any
}

func TestUnmarshal(t *testing.T) {
	for text, want := range map[string]string{
		`{"label": "x", "Arch": "G1", "List": [{"Arch": "a"}, {"Arch": "b"}], "By": {"a": {"Arch": "a"}, "A": {}}, "When": "2020-01-02T03:04:05Z", "Any": {"x": [{}]}}`: "",
		`{"Arch": "a", "arch": "b"}`:               `unknown key "arch"; it is written "Arch"`,
		`{"arch": "b"}`:                            `unknown key "arch"; it is written "Arch"`,
		`{"Arch": "a", "Arch": "b"}`:               `the key "Arch" comes twice`,
		`{"\u0041rch": "a", "Arch": "b"}`:          `the key "Arch" comes twice`,
		`{"LABEL": "a"}`:                           `unknown key "LABEL"; it is written "label"`,
		`{"Name": "a"}`:                            `unknown field "Name"`,
		`{"List": [{"Arch": "a"}, {"aRch": "b"}]}`: `unknown key "aRch"`,
		`{"By": {"a": {}, "a": {}}}`:               `the key "a" comes twice`,
		`{"By": {"a": {"arch": ""}}}`:              `unknown key "arch"`,
		`{"Any": {"x": {"y": 1, "y": 2}}}`:         `the key "y" comes twice`,
		`{"List": [{"Arch": "a", "arcſ": "b"}]}`:   `unknown field`,
		`{} {}`:                               "after the closing brace",
		`{"Arch": "a"`:                        "unexpected EOF",
		strings.Repeat("[", 1e6):              "max depth",
		`{"Any": ` + strings.Repeat("[", 1e5): "max depth",
	} {
		err := Unmarshal([]byte(text), new(outer))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}
