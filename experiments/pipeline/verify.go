package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/suite"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/machine"
	"deepgmm/internal/progress"
)

// ErrDiffers is the error of Verify for cells that this machine computes otherwise.
var ErrDiffers = errors.New("cells differ from those of the pack")

// Verification says how a pack is verified.
type Verification struct {
	Sample  int    // cells that are computed again
	Seed    uint64 // of their choice
	Tables  string // folder to write the tables and figures of the pack to; "": none
	Data    dataset.Options
	Workers int       // as of Options
	Out     io.Writer // what was found
	Log     io.Writer // progress
}

// Verify computes cells of a pack again, chosen at random, and compares all that they measured, bit by bit, but times
// and memory. The error wraps ErrDiffers if one differs. With Tables it also makes all tables and figures of the pack,
// which computes no cell.
func Verify(ctx context.Context, path string, v Verification) error {
	p, files, err := openPack(path)
	if err != nil {
		return err
	}
	t, err := suite.TierByName(p.Tier)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return v.verify(ctx, t, path, p, files)
}

func (v Verification) verify(ctx context.Context, t suite.Tier, path string, p packed, files map[string][]byte) error {
	const portable = "portable"
	switch kernels := machine.Describe().Kernels; {
	case p.Source != deepgmm.Source:
		return fmt.Errorf("%s was made by a program of %s, this one is of %s, whose bits are others: check out commit %s", path, p.Source, deepgmm.Source, p.Commit)
	case (p.Kernels == portable) != (kernels == portable):
		return fmt.Errorf("%s was made with %s kernels, this machine has %s ones, whose last bits are others: compare with `dcgmm diff` instead", path, p.Kernels, kernels)
	}
	temp, err := os.MkdirTemp("", "dcgmm-verify-")
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	defer os.RemoveAll(temp)
	store, err := unpack(filepath.Join(temp, "pack"), files)
	if err != nil {
		return err
	}
	if err := p.complete(t, store); err != nil {
		return fmt.Errorf("%s: %w: it is not a whole pack, fetch it again", path, err)
	}
	fmt.Fprintf(v.Out, "%s: %d cells of the tier %s, all with the digests of its manifest\n", path, len(files), p.Tier)
	if v.Tables != "" {
		if _, err := Reproduce(ctx, t, Options{Results: v.Tables, Cache: filepath.Dir(store.Dir), Data: v.Data, Workers: v.Workers, Out: v.Out, Log: v.Log}); err != nil {
			return err
		}
	}
	return v.recompute(ctx, t, p, store, filepath.Join(temp, "again"))
}

// complete reports what is missing of the cells behind the tables of a tier, or is no result of theirs.
func (p packed) complete(t suite.Tier, store *cell.Store) error {
	names := artefact.Names(p.Data)
	for _, name := range names {
		if !slices.Contains(t.Data, name) {
			return fmt.Errorf("the tier %s has no data set %q", t.Name, name)
		}
	}
	cells := t.Cells(names)
	if len(cells) == 0 {
		return errors.New("it names no data set")
	}
	keys := map[string]bool{}
	for _, c := range cells {
		key := c.Key(&dataset.Data{Hash: hashOf(p.Data, c.Data)})
		keys[key] = true
		if r, err := store.Load(key, c.Spec); err != nil {
			return fmt.Errorf("%s: %w", c.Spec, err)
		} else if r == nil {
			return fmt.Errorf("the cell of %s is missing", c.Spec)
		}
	}
	if len(p.Cells) != len(keys) {
		return fmt.Errorf("it has %d cells, the tier %s %d", len(p.Cells), t.Name, len(keys))
	}
	return nil
}

// unpack brings the cells into a cache of their own.
func unpack(cache string, files map[string][]byte) (*cell.Store, error) {
	dir := filepath.Join(cache, "cells")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	for key, text := range files {
		if _, err := hex.DecodeString(key); err != nil {
			return nil, fmt.Errorf("verify: %q is no key of a cell", key)
		}
		err := atomicfile.Write(filepath.Join(dir, key+".json"), func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return &cell.Store{Dir: dir}, nil
}

// recompute does that for a sample, without looking at the pack's own.
func (v Verification) recompute(ctx context.Context, t suite.Tier, p packed, store *cell.Store, again string) error {
	cells := t.Cells(artefact.Names(p.Data))
	r := rand.New(rand.NewPCG(v.Seed, 0x766572696679)) // "verify"
	bar := progress.New(v.Log, "verify", float64(v.Sample))
	defer bar.Close()
	differ := 0
	for i, at := range r.Perm(len(cells))[:min(v.Sample, len(cells))] {
		c := cells[at]
		data, err := dataset.Load(ctx, c.Data, v.Data)
		if err != nil {
			return err
		}
		if want := hashOf(p.Data, c.Data); data.Hash != want {
			return fmt.Errorf("verify: the data set %s here is not that of the pack (%.12s, not %.12s)", c.Data, data.Hash, want)
		}
		key := c.Key(data)
		published, err := store.Load(key, c.Spec)
		if err == nil && published == nil {
			err = errors.New("the pack lacks it")
		}
		if err != nil {
			return fmt.Errorf("verify: %s: %w", c.Spec, err)
		}
		began := time.Now()
		o := cell.Options{Workers: v.Workers, Store: &cell.Store{Dir: again}, Note: bar.Note,
			Progress: func(share float64, note string) { bar.Set(float64(i)+share, fmt.Sprintf("%s: %s", c, note)) }}
		result, _, err := cell.Run(ctx, c.Spec, data, o)
		if err != nil {
			return err
		}
		same, err := alike(published, result)
		if err != nil {
			return err
		}
		words := "the same bits"
		if !same {
			words = "DIFFERS"
			differ++
		}
		fmt.Fprintf(v.Out, "%s: %s (%s)\n", c.Spec, words, seconds(time.Since(began).Seconds()))
	}
	if differ > 0 {
		return fmt.Errorf("%w: %d of %d", ErrDiffers, differ, min(v.Sample, len(cells)))
	}
	return nil
}

// alike reports whether two results are the same but for times and memory. If the first is blank, the pictures of the
// second are compared by their digest.
func alike(a, b *cell.Result) (same bool, err error) {
	if a.Blanked != "" {
		if b, err = b.Blank(); err != nil {
			return false, err
		}
	}
	x, err := untimed(a)
	if err != nil {
		return false, err
	}
	y, err := untimed(b)
	return x == y, err
}
