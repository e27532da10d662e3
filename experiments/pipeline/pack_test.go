package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
)

// packOf is a pack of what tiny computed, and what was said.
func packOf(t *testing.T) (path string, out *bytes.Buffer) {
	t.Helper()
	p := computed()
	m, err := artefact.ReadManifest(filepath.Join(p.Results, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	path, out = filepath.Join(t.TempDir(), "tiny.zip"), new(bytes.Buffer)
	if err := packTier(tiny(), m, p.Cache, path, false, out); err != nil {
		t.Fatal(err)
	}
	if err := packTier(tiny(), m, p.Cache, path, false, out); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a pack is replaced: %v", err)
	}
	return path, out
}

func verifyPack(t *testing.T, path string, v Verification) (string, error) {
	t.Helper()
	var out bytes.Buffer
	p, files, err := openPack(path)
	if err != nil {
		return "", err
	}
	v.Out, v.Log, v.Data, v.Workers = &out, &out, dataset.Options{CacheDir: filepath.Join(t.TempDir(), "none")}, 1
	err = v.verify(context.Background(), tiny(), path, p, files)
	return out.String(), err
}

// Cells of a pack are computed again to the same bits, and its tables are those that were written with it.
func TestPacksAreVerified(t *testing.T) {
	t.Parallel()
	path, said := packOf(t)
	if !strings.Contains(said.String(), "cells of the tier tiny") {
		t.Errorf("said %q", said)
	}
	results := filepath.Join(t.TempDir(), "results")
	out, err := verifyPack(t, path, Verification{Sample: 3, Seed: 1, Tables: results})
	if err != nil || strings.Count(out, "the same bits") != 3 || !strings.Contains(out, "(0 computed now)") {
		t.Fatalf("%v\n%s", err, out)
	}
	table := filepath.Join("tiny", "glyphs", "T2-clustering.md")
	if got, want := load(t, filepath.Join(results, table)), load(t, filepath.Join(computed().Results, table)); got != want {
		t.Errorf("tables differ:\n%s\n%s", got, want)
	}
}

// Pictures of other seeds than the first are left out, and no table or figure misses them; their bits count all the same.
func TestPacksOfSeveralSeeds(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	tier := tiny()
	tier.Models, tier.Seeds, tier.Generators = tier.Models[1:3], []uint64{1, 2}, nil
	dir := p.reproduce(t, tier)
	m, err := artefact.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tiny.zip")
	if err := packTier(tier, m, p.Cache, path, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	pack, cells, err := openPack(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(cells); n != 8 {
		t.Fatalf("%d cells", n)
	}
	blank := 0
	for _, text := range cells {
		blank += bytes.Count(text, []byte(`"Blanked":`))
	}
	if blank != 4 {
		t.Errorf("%d of 8 cells are blank, want those of the second seed", blank)
	}
	var out bytes.Buffer
	v := Verification{Sample: 8, Tables: filepath.Join(t.TempDir(), "results"), Out: &out, Log: io.Discard, Workers: 1, Data: dataset.Options{CacheDir: t.TempDir()}}
	if err := v.verify(context.Background(), tier, path, pack, cells); err != nil || strings.Count(out.String(), "the same bits") != 8 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	want, got := files(t, dir), files(t, filepath.Join(v.Tables, "tiny"))
	for name, text := range want {
		if strings.HasPrefix(name, "glyphs/") && got[name] != text {
			t.Errorf("%s differs", name)
		}
	}
}

// A cell that somebody changed is found, and a pack that is none or damaged is said to be.
func TestForgedPacksAreFound(t *testing.T) {
	t.Parallel()
	path, _ := packOf(t)
	p, files, err := openPack(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, p packed, files map[string][]byte) string {
		var b bytes.Buffer
		if err := p.write(&b, files); err != nil {
			t.Fatal(err)
		}
		forged := filepath.Join(t.TempDir(), name)
		save(t, forged, b.String())
		return forged
	}
	damaged := map[string][]byte{}
	for key, text := range files {
		damaged[key] = append([]byte(nil), text...)
		damaged[key][10] ^= 1
	}
	other, nameless, foreign, fewer := p, p, p, p
	other.Source = "bits 1"
	nameless.Data, foreign.Data = nil, []artefact.Data{{Name: "letters", Hash: "x"}}
	fewer.Cells = maps.Clone(p.Cells)
	for key := range fewer.Cells {
		delete(fewer.Cells, key)
		break
	}
	for forged, want := range map[string]string{
		write("digest.zip", p, damaged):        "is not what its digest says",
		write("source.zip", other, files):      "made by a program of bits 1",
		write("nameless.zip", nameless, files): "names no data set",
		write("foreign.zip", foreign, files):   `has no data set "letters"`,
		write("fewer.zip", fewer, files):       "is missing: it is not a whole pack",
	} {
		if _, err := verifyPack(t, forged, Verification{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(forged), err, want)
		}
	}
	none := filepath.Join(t.TempDir(), "none.zip")
	save(t, none, "no zip")
	if _, err := verifyPack(t, none, Verification{}); err == nil || !strings.Contains(err.Error(), none) {
		t.Errorf("no zip: %v", err)
	}
	if _, err := verifyPack(t, filepath.Join(t.TempDir(), "missing.zip"), Verification{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A result that another machine computed otherwise is an error that says which.
func TestDifferentResultsAreFound(t *testing.T) {
	t.Parallel()
	cells := tiny().Cells([]string{"glyphs"})
	data, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store := cell.Store{Dir: filepath.Join(computed().Cache, "cells")}
	r, err := store.Load(cells[0].Key(data), cells[0].Spec)
	if err != nil || r == nil {
		t.Fatal(r, err)
	}
	other := *r
	other.Seconds++
	if same, err := alike(r, &other); !same || err != nil {
		t.Errorf("times count: %t, %v", same, err)
	}
	blank, err := r.Blank()
	if err != nil {
		t.Fatal(err)
	}
	if same, err := alike(blank, &other); !same || err != nil {
		t.Errorf("a blank result differs from its own: %t, %v", same, err)
	}
	other.Epochs++
	for _, published := range []*cell.Result{r, blank} {
		if same, err := alike(published, &other); same || err != nil {
			t.Errorf("other epochs are the same bits: %t, %v", same, err)
		}
	}
	other = *r
	other.Extremes = slices.Clone(r.Extremes)
	other.Extremes[0].Pix = bytes.Clone(other.Extremes[0].Pix)
	other.Extremes[0].Pix[0] ^= 1
	if same, err := alike(blank, &other); same || err != nil {
		t.Errorf("another picture has the same bits: %t, %v", same, err)
	}
}
