package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/suite"
)

// Whoever asks for more than there can be is told so before anything is made.
func TestOptionsAndPlansHaveBounds(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(o *Options){
		"at most 10000 shards":           func(o *Options) { o.Shard = suite.Shard{Index: 1, Count: 99999999999} },
		"shard -1/1000000000":            func(o *Options) { o.Shard = suite.Shard{Index: -1, Count: 1000000000} },
		"want i/n":                       func(o *Options) { o.Shard = suite.Shard{Index: 0, Count: 3} },
		"--workers is 1000000; it must":  func(o *Options) { o.Workers = 1000000 },
		"--workers is -1; it must be be": func(o *Options) { o.Workers = -1 },
	} {
		p := newPlace(t)
		change(&p.Options)
		if _, err := Reproduce(context.Background(), tiny(), p.Options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, error %v", want, err)
		}
		if _, err := os.Stat(p.Results); err == nil {
			t.Errorf("%s: results were begun", want)
		}
	}
	for _, n := range []int{-1, 0, 10001, 100000000} {
		if err := Plan(tierNamed(t, "smoke"), n, io.Discard); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("--shards is %d; it must be between 1 and 10000", n)) {
			t.Errorf("%d shards: %v", n, err)
		}
	}
	for _, tier := range suite.Tiers() {
		if n := len(tier.Cells(tier.Data)); n > suite.MaxShards {
			t.Errorf("%s: %d cells", tier.Name, n)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Plan(tierNamed(t, "smoke"), 2, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tier smoke: 36 cells", "drawing                13 cells", "  1/2 ", "  2/2 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// shards is a tier in n shares, each in a cache of its own, which has the cells of tiny if they need not be computed.
func shards(t *testing.T, tier suite.Tier, n int, warmed bool) (p *place, caches []string) {
	t.Helper()
	p = newPlace(t)
	for i := range n {
		o := p.Options
		o.Cache = filepath.Join(filepath.Dir(p.Results), fmt.Sprintf("shard%d", i+1))
		o.Shard, o.Workers = suite.Shard{Index: i + 1, Count: n}, 1+i%2
		if warmed {
			warm(t, o.Cache, tier, o.Shard)
		}
		dir, err := Reproduce(context.Background(), tier, o)
		if err != nil || dir != o.Cache {
			t.Fatalf("%s: %v", dir, err)
		}
		caches = append(caches, o.Cache)
	}
	if _, err := os.Stat(p.Results); err == nil {
		t.Error("a shard wrote results")
	}
	return p, caches
}

func mergeInto(tier suite.Tier, into string, caches []string) (string, error) {
	var out bytes.Buffer
	m := &merger{into: into, out: &out}
	if err := m.read(caches); err != nil {
		return "", err
	}
	err := m.merge(tier)
	return out.String(), err
}

func TestShardsMergeToTheSameBits(t *testing.T) {
	t.Parallel()
	tier := sampled()
	tier.Cost = suite.Cost{EM: []int{2, 4}, SGD: []int{2}, MaxIter: 5, Epochs: 1, LeaveOut: 3, Seeds: []uint64{1}}
	tier.Ablation = suite.Ablation{Base: tier.Models[2], LeaveOut: cell.NoClass, Seeds: []uint64{1}, Variants: []suite.Model{suite.Network("F8/4 G4 F6 G4", 2).As("another", "another")}}
	p, caches := shards(t, tier, 2, false)
	said, err := mergeInto(tier, p.Cache, caches)
	if err != nil || !strings.Contains(said, "cells of the tier tiny from 2 shards") {
		t.Fatalf("%q, %v", said, err)
	}
	dir := p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "(0 computed now)") {
		t.Errorf("after the merge: %q", p.out.String())
	}
	whole := warmPlace(t, tier)
	alone := whole.reproduce(t, tier)
	got, want := timeless(files(t, dir)), timeless(files(t, alone))
	if !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s differs from that of one machine", name)
			}
		}
	}
	if m, err := artefact.ReadManifest(dir); err != nil || len(m.Shards) != 2 || m.Shards[0].Machine.Cores == 0 {
		t.Errorf("the manifest does not name the shards: %v", err)
	}
	d, err := Diff(dir, alone)
	if err != nil || !d.Same() {
		t.Errorf("diff: %+v, %v", d, err)
	}
}

func TestMergeNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tier := few()
	p, caches := shards(t, tier, 3, true)
	_, err := mergeInto(tier, p.Cache, caches[:2])
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "dcgmm reproduce --tier tiny --shard 3/3") {
		t.Fatalf("error %v", err)
	}
	if n := strings.Count(err.Error(), "\n"); n == 0 || strings.Contains(err.Error(), "--shard 1/3") {
		t.Errorf("error %v", err)
	}
	// The rest comes later; what was merged is kept.
	if _, err := mergeInto(tier, p.Cache, caches[2:]); err != nil {
		t.Errorf("the missing shard: %v", err)
	}
}

func TestMergeRefusesWhatDoesNotBelongTogether(t *testing.T) {
	t.Parallel()
	tier := tiny()
	tier.Models, tier.Generators = tier.Models[:2], nil
	p, caches := shards(t, tier, 2, true)
	found, errs := artefact.ReadShards(caches[1])
	if len(errs) > 0 || len(found) != 1 {
		t.Fatalf("%v, %v", found, errs)
	}
	good := *found[0]
	for want, change := range map[string]func(m *artefact.ShardManifest){
		"computed by source 0000": func(m *artefact.ShardManifest) { m.Source = strings.Repeat("0", 64) },
		"of the tier other":       func(m *artefact.ShardManifest) { m.Tier = "other" },
		"its data sets are":       func(m *artefact.ShardManifest) { m.Data = []artefact.Data{{Name: "glyphs", Hash: "1234"}} },
		"shard -1/1000000000":     func(m *artefact.ShardManifest) { m.Shard = suite.Shard{Index: -1, Count: 1000000000} },
		"shard 1/1000000000":      func(m *artefact.ShardManifest) { m.Shard = suite.Shard{Index: 1, Count: 1000000000} },
		"field Shard":             func(m *artefact.ShardManifest) { m.Shard = suite.Shard{} },
		"field Data is missing":   func(m *artefact.ShardManifest) { m.Data = nil },
		`Data: "../x"`:            func(m *artefact.ShardManifest) { m.Data = []artefact.Data{{Name: "../x"}} },
		`Tier is "../x"`:          func(m *artefact.ShardManifest) { m.Tier = "../x" },
		"images or cores is -7":   func(m *artefact.ShardManifest) { m.Cells = -7 },
		"a time or a memory":      func(m *artefact.ShardManifest) { m.Wall = -1 },
		"control characters":      func(m *artefact.ShardManifest) { m.Commit = "\x1b[2J" },
	} {
		bad := good
		change(&bad)
		writeShard(t, caches[1], &bad)
		if _, err := mergeInto(tier, p.Cache, caches); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), caches[1]) {
			t.Errorf("want %q, error %v", want, err)
		}
	}
	if err := os.RemoveAll(filepath.Join(caches[1], "shards")); err != nil {
		t.Fatal(err)
	}
	if _, err := mergeInto(tier, p.Cache, caches); err == nil || !strings.Contains(err.Error(), "has no finished shard") {
		t.Errorf("no shard: %v", err)
	}
	if cells, _ := filepath.Glob(filepath.Join(p.Cache, "cells", "*")); len(cells) > 0 {
		t.Errorf("%d files were copied", len(cells))
	}
}

func writeShard(t *testing.T, cache string, m *artefact.ShardManifest) {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache, "shards", "tiny-2-of-2.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A damaged cell is nobody's: it is left out with a line, and missing if no other shard has it.
func TestMergeLeavesDamagedCellsOut(t *testing.T) {
	t.Parallel()
	tier := few()
	p, caches := shards(t, tier, 1, true)
	whole := caches[0] + "-whole"
	if err := os.CopyFS(whole, os.DirFS(caches[0])); err != nil {
		t.Fatal(err)
	}
	cells, _ := filepath.Glob(filepath.Join(caches[0], "cells", "*.json"))
	nets, _ := filepath.Glob(filepath.Join(caches[0], "cells", "*.dcgmm"))
	if len(cells) != 4 || len(nets) != 4 {
		t.Fatalf("%d cells, %d networks", len(cells), len(nets))
	}
	for _, path := range []string{cells[0], nets[0]} {
		if err := os.WriteFile(path, []byte("{}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	said, err := mergeInto(tier, p.Cache, caches)
	if !errors.Is(err, ErrMissing) || !strings.Contains(said, cells[0]+": does not match its checksum: it is left out") {
		t.Errorf("said %q, error %v", said, err)
	}
	if said, err = mergeInto(tier, p.Cache, []string{caches[0], whole}); err != nil || !strings.Contains(said, "4 of 4 cells") {
		t.Errorf("with a whole shard: said %q, error %v", said, err)
	}
	p.reproduce(t, tier)
	if !strings.Contains(p.out.String(), "(0 computed now)") {
		t.Errorf("after the merge: %q", p.out.String())
	}
}

// A network that is damaged is not taken along; its result is.
func TestMergeLeavesDamagedNetworksOut(t *testing.T) {
	t.Parallel()
	tier := tiny()
	tier.Models, tier.Generators, tier.LeaveOut = tier.Models[1:2], nil, nil
	p, caches := shards(t, tier, 1, true)
	nets, _ := filepath.Glob(filepath.Join(caches[0], "cells", "*.dcgmm"))
	if len(nets) != 1 {
		t.Fatalf("%d networks", len(nets))
	}
	if err := os.Truncate(nets[0], 100); err != nil {
		t.Fatal(err)
	}
	said, err := mergeInto(tier, p.Cache, caches)
	if err != nil || !strings.Contains(said, nets[0]+": does not match its checksum: it is left out") || !strings.Contains(said, "1 of 1 cells") {
		t.Errorf("said %q, error %v", said, err)
	}
	if _, err := os.Stat(filepath.Join(p.Cache, "cells", filepath.Base(nets[0]))); err == nil {
		t.Error("the damaged network was copied")
	}
}

// The same cell with another result: one of two machines computes something else.
func TestMergeFindsContradictions(t *testing.T) {
	t.Parallel()
	tier := tiny()
	tier.Models, tier.Generators = tier.Models[:2], nil
	p, caches := shards(t, tier, 1, true)
	other := caches[0] + "-other"
	if err := os.CopyFS(other, os.DirFS(caches[0])); err != nil {
		t.Fatal(err)
	}
	if _, err := mergeInto(tier, p.Cache, []string{caches[0], other}); err != nil {
		t.Fatalf("twice the same: %v", err)
	}
	cells, err := filepath.Glob(filepath.Join(other, "cells", "*.json"))
	if err != nil || len(cells) == 0 {
		t.Fatal("no cells")
	}
	text, err := os.ReadFile(cells[0])
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text[:bytes.LastIndex(text, []byte("{\"SHA256\""))]), `"Purity":0.`, `"Purity":0.9`, 1)
	sum := sha256.Sum256([]byte(strings.TrimSuffix(filepath.Base(cells[0]), ".json") + "\n" + changed))
	if err := os.WriteFile(cells[0], fmt.Appendf([]byte(changed), "{\"SHA256\":\"%x\"}\n", sum), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := mergeInto(tier, p.Cache, []string{caches[0], other}); err == nil || !strings.Contains(err.Error(), "different results of the cell") || !strings.Contains(err.Error(), filepath.Base(cells[0])) {
		t.Errorf("error %v", err)
	}
}
