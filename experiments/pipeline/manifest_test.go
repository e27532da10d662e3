package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/report"
	"deepgmm/experiments/suite"
)

// forged is a manifest's text, changed field by field.
func forged(t *testing.T, fields string) string {
	t.Helper()
	m := map[string]any{}
	for _, text := range []string{`{"Tier": "quick", "Data": [{"Name": "glyphs", "Hash": "1"}], "Files": {}}`, fields} {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestForgedManifestsAreErrorsWithARemedy(t *testing.T) {
	t.Parallel()
	good := t.TempDir()
	if err := os.WriteFile(filepath.Join(good, artefact.ManifestFile), []byte(forged(t, `{}`)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := artefact.ReadManifest(good); err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"unexpected end":           `{"Tier":`,
		"cannot unmarshal":         `[]`,
		"Tier is":                  `{}`,
		`Tier is "../../x"`:        forged(t, `{"Tier": "../../x"}`),
		"Data is missing":          forged(t, `{"Data": null}`),
		`"../mnist"`:               forged(t, `{"Data": [{"Name": "../mnist"}]}`),
		"there twice":              forged(t, `{"Data": [{"Name": "mnist"}, {"Name": "mnist"}]}`),
		"cores is -1":              forged(t, `{"Cells": -1}`),
		"cores is -2":              forged(t, `{"Data": [{"Name": "mnist", "Train": -2}]}`),
		"memory is 1e+300":         forged(t, `{"Wall": 1e300}`),
		"control characters":       forged(t, `{"Commit": "\u001b[31m"}`),
		"bytes is too long":        forged(t, fmt.Sprintf(`{"About": %q}`, strings.Repeat("a", 5000))),
		`"../secret.json" is no`:   forged(t, `{"Files": {"../secret.json": "1"}}`),
		`"/etc/passwd" is no`:      forged(t, `{"Files": {"/etc/passwd": "1"}}`),
		`"a/../../b.json" is no`:   forged(t, `{"Files": {"a/../../b.json": "1"}}`),
		"shard -1/1000000000":      forged(t, `{"Shards": [{"Tier": "quick", "Data": [{"Name": "glyphs"}], "Shard": {"Index": -1, "Count": 1000000000}}]}`),
		"it is longer than":        strings.Repeat(" ", artefact.MaxManifest+1),
		"cannot unmarshal number ": forged(t, `{"Cells": 1e30}`),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, artefact.ManifestFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, read := range map[string]func() error{
			"read":        func() error { _, err := artefact.ReadManifest(dir); return err },
			"diff":        func() error { _, err := Diff(dir, good); return err },
			"diff, other": func() error { _, err := Diff(good, dir); return err },
		} {
			if err := read(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(dir, artefact.ManifestFile)) ||
				!strings.Contains(err.Error(), "remove it") && !strings.Contains(err.Error(), "move it away") {
				t.Errorf("want %q, error %v", want, err)
			}
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, artefact.ManifestFile), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := artefact.ReadManifest(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

// A manifest without files is not like one with files.
func TestDiffOfAManifestWithoutFiles(t *testing.T) {
	t.Parallel()
	a := t.TempDir()
	if err := os.WriteFile(filepath.Join(a, artefact.ManifestFile), []byte(forged(t, `{"Tier": "test", "Files": null}`)), 0o666); err != nil {
		t.Fatal(err)
	}
	b := written(t, [][]report.Value{{report.Text("\x1b[2Jk-means"), report.Num(1), report.None(), report.None()}}, nil)
	for _, dirs := range [][2]string{{a, b}, {b, a}} {
		d, err := Diff(dirs[0], dirs[1])
		if err != nil || len(d.Files) != 3 {
			t.Errorf("%+v, %v", d, err)
		}
	}
	c := written(t, [][]report.Value{{report.Text("\x1b[2Jk-means"), report.Num(2), report.None(), report.None()}}, nil)
	d, err := Diff(b, c)
	if err != nil || d.Same() {
		t.Fatalf("%+v, %v", d, err)
	}
	var out bytes.Buffer
	if err := d.Write(&out); err != nil || strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "k-means, exact: 1.00, 2.00") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// Whatever diff and merge read: manifests with which they can work, or an error.
func FuzzManifests(f *testing.F) {
	f.Add([]byte(`{"Tier": "quick", "Data": [{"Name": "glyphs", "Hash": "1"}], "Files": {"a/b.json": "2"}, "Shards": [{"Tier": "quick", "Data": [{"Name": "glyphs"}], "Shard": {"Index": 1, "Count": 2}}]}`))
	f.Add([]byte(`{"Tier": "smoke", "Shard": {"Index": -1, "Count": 1000000000}, "Source": "", "Data": [{"Name": "mnist"}], "Wall": 1e300}`))
	f.Add([]byte(`{"Tier": "smoke", "Shard": {"Index": 2, "Count": 3}, "Data": [{"Name": "glyphs"}], "Cells": 3}`))
	f.Add([]byte(`{"Files": {"../x": "1"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		save(t, filepath.Join(dir, artefact.ManifestFile), string(text))
		if m, err := artefact.ReadManifest(dir); err == nil {
			explainDifference(m, &artefact.Manifest{})
			seconds(m.Wall)
			m.Altered(dir)
			for name := range m.Files {
				if !filepath.IsLocal(filepath.FromSlash(name)) {
					t.Fatalf("path %q", name)
				}
			}
		}
		save(t, filepath.Join(dir, "shards", "x.json"), string(text))
		found, _ := artefact.ReadShards(dir)
		for _, s := range found {
			if at := filepath.Dir(artefact.ShardPath("cache", s.Tier, s.Shard)); at != filepath.Join("cache", "shards") {
				t.Fatalf("its path is in %s", at)
			}
			m := &merger{all: found, first: s, from: []string{"x"}, out: &bytes.Buffer{}}
			if tier := suite.Tiers()[0]; s.Belongs(tier.Name, s.Source, s.Data) == nil {
				if cells, _, err := m.specs(tier); err == nil && len(cells) > 0 && m.missing(tier, cells) == nil {
					t.Fatal("nothing is missing")
				}
			}
		}
	})
}
