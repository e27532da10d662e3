package artefact

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"unicode"
)

// A manifest may come from another machine, or from nobody knows where: what it names is opened, what it counts is shown.

// plainName matches the names of tiers and data sets.
var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Bounds of what a manifest may say.
const (
	maxText  = 4096                   // bytes of one text
	maxCount = math.MaxInt32          // cells, images
	maxTime  = 100 * 366 * 24 * 3600. // seconds
)

// validate says which field of a manifest no program wrote.
func (m *Manifest) validate() error {
	if err := validNames(m.Tier, m.Data); err != nil {
		return err
	}
	for name, hash := range m.Files {
		if !fs.ValidPath(name) || strings.ContainsRune(name, '\\') || !isText(name) {
			return fmt.Errorf("field Files: %q is no path below the folder", name)
		}
		if !isText(hash) {
			return fmt.Errorf("field Files: the hash of %q is %.80q", name, hash)
		}
	}
	for i := range m.Shards {
		if err := m.Shards[i].validate(); err != nil {
			return fmt.Errorf("field Shards: %w", err)
		}
	}
	return errors.Join(
		validTexts(m.About, m.Commit, m.Source, m.Machine.CPU, m.Machine.Kernels, m.Machine.Go),
		validCounts(m.Cells, m.Computed, m.Machine.Cores),
		validTimes(m.Wall, m.CPU, m.PeakMB))
}

// validate says which field of a shard's manifest no program wrote.
func (m *ShardManifest) validate() error {
	if err := validNames(m.Tier, m.Data); err != nil {
		return err
	}
	if err := m.Shard.Validate(); err != nil {
		return fmt.Errorf("field Shard: %w", err)
	}
	return errors.Join(
		validTexts(m.Commit, m.Source, m.Machine.CPU, m.Machine.Kernels, m.Machine.Go),
		validCounts(m.Cells, m.Computed, m.Machine.Cores),
		validTimes(m.Wall, m.CPU))
}

func validNames(tier string, data []Data) error {
	if !plainName.MatchString(tier) {
		return fmt.Errorf("field Tier is %.80q", tier)
	}
	if len(data) == 0 {
		return errors.New("field Data is missing")
	}
	seen := map[string]bool{}
	for _, d := range data {
		if !plainName.MatchString(d.Name) || seen[d.Name] {
			return fmt.Errorf("field Data: %.80q is no name of a data set, or there twice", d.Name)
		}
		seen[d.Name] = true
		if err := errors.Join(validTexts(d.Hash, d.Notice), validCounts(d.Train, d.Valid, d.Test)); err != nil {
			return fmt.Errorf("field Data, %s: %w", d.Name, err)
		}
	}
	return nil
}

func validTexts(texts ...string) error {
	for _, s := range texts {
		if !isText(s) {
			return fmt.Errorf("a text of %d bytes is too long or has control characters: %.80q", len(s), s)
		}
	}
	return nil
}

// isText reports whether a text is one short line.
func isText(s string) bool { return len(s) <= maxText && strings.IndexFunc(s, unicode.IsControl) < 0 }

func validCounts(counts ...int) error {
	for _, n := range counts {
		if n < 0 || n > maxCount {
			return fmt.Errorf("a number of cells, images or cores is %d", n)
		}
	}
	return nil
}

func validTimes(times ...float64) error {
	for _, t := range times {
		if !(t >= 0 && t <= maxTime) || math.IsInf(t, 0) {
			return fmt.Errorf("a time or a memory is %v", t)
		}
	}
	return nil
}
