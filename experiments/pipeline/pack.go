package pipeline

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/regular"
)

// A pack is a zip file with the results of all cells behind the tables of a tier, without the trained networks: a
// manifest, packManifest, and cells/KEY.json as a cell.Store has them; those that no figure shows have black pictures
// (cell.Result.Blank), which would be two thirds of the file.
const (
	packManifest = "pack.json"
	maxPack      = 1 << 30 // bytes of a pack, and of what is in it
	maxPacked    = 16 << 20
)

// packed is the manifest of a pack.
type packed struct {
	Tier, Source, Commit string
	Kernels              string // of the machine: portable ones have other bits than the others
	Data                 []artefact.Data
	Cells                map[string]string // by key: hex SHA-256 of the file
}

func cellFile(key string) string { return "cells/" + key + ".json" }

// Pack writes the cells behind the results in a folder, such as results/full, from a cache to a file, which is replaced
// only if force says so. The error says which cell is missing or damaged.
func Pack(results, cache, path string, force bool, out io.Writer) error {
	m, err := artefact.ReadManifest(results)
	if err != nil {
		return err
	}
	t, err := suite.TierByName(m.Tier)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return packTier(t, m, cache, path, force, out)
}

func packTier(t suite.Tier, m *artefact.Manifest, cache, path string, force bool, out io.Writer) error {
	if m.Source != deepgmm.Source {
		return fmt.Errorf("pack: the results of the tier %s are of %s, this program is of %s: run `dcgmm reproduce --tier %s` first", m.Tier, m.Source, deepgmm.Source, m.Tier)
	}
	if _, err := os.Lstat(path); err == nil && !force {
		return fmt.Errorf("pack: %s is there already: choose another name, or replace it with --force", path)
	}
	p := packed{Tier: m.Tier, Source: m.Source, Commit: m.Commit, Kernels: machine.Describe().Kernels, Data: m.Data, Cells: map[string]string{}}
	store, files := &cell.Store{Dir: filepath.Join(cache, "cells")}, map[string][]byte{}
	for _, c := range t.Cells(artefact.Names(m.Data)) {
		key := c.Key(&dataset.Data{Hash: hashOf(m.Data, c.Data)})
		text, err := store.Packed(key, c.Spec, c.Seed != t.Seeds[0]) // figures show the first seed only
		if err != nil {
			return fmt.Errorf("pack: %s: %w: run `dcgmm reproduce --tier %s` with this --cache", c.Spec, err, m.Tier)
		}
		files[key], p.Cells[key] = text, digest(text)
	}
	var size int64
	err := atomicfile.Write(path, func(w io.Writer) error {
		counted := &counter{w: w}
		defer func() { size = counted.n }()
		return p.write(counted, files)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d cells of the tier %s, %.1f MB\n", path, len(files), m.Tier, float64(size)/1e6)
	return nil
}

func hashOf(data []artefact.Data, name string) string {
	if i := slices.IndexFunc(data, func(d artefact.Data) bool { return d.Name == name }); i >= 0 {
		return data[i].Hash
	}
	return ""
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// write writes the same bytes for the same cells.
func (p packed) write(w io.Writer, files map[string][]byte) error {
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	put := func(name string, text []byte) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return err
	}
	if err := put(packManifest, text); err != nil {
		return err
	}
	keys := make([]string, 0, len(files))
	for key := range files {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if err := put(cellFile(key), files[key]); err != nil {
			return err
		}
	}
	return z.Close()
}

// openPack reads a pack: every cell must have the digest that its manifest says.
func openPack(path string) (p packed, files map[string][]byte, err error) {
	f, err := regular.Open(path, maxPack)
	if err != nil {
		return p, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return p, nil, err
	}
	bad := func(err error) (packed, map[string][]byte, error) {
		return packed{}, nil, fmt.Errorf("%s is not a pack of cells, or damaged: %w: fetch it again", path, err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return bad(err)
	}
	text, err := readPacked(z, packManifest)
	if err != nil {
		return bad(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return bad(err)
	}
	files = map[string][]byte{}
	size := 0
	for key, want := range p.Cells {
		if text, err = readPacked(z, cellFile(key)); err != nil {
			return bad(err)
		}
		if digest(text) != want {
			return bad(fmt.Errorf("%s is not what its digest says", cellFile(key)))
		}
		if files[key], size = text, size+len(text); size > maxPack {
			return bad(fmt.Errorf("its cells have over %d bytes", maxPack))
		}
	}
	return p, files, nil
}

func readPacked(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPacked+1))
	if err == nil && len(text) > maxPacked {
		err = fmt.Errorf("%s has over %d bytes", name, maxPacked)
	}
	return text, err
}
