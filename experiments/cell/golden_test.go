package cell

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"deepgmm"
	"deepgmm/dcgmm"
	"deepgmm/internal/kernel"
)

var update = flag.Bool("update", false, "TestGolden: write the digests of this processor's kernels after a change of deepgmm.BitsVersion")

const goldenFile = "testdata/golden.json"

// golden holds what the cells of goldenCells gave, by the kind of kernels: SIMD versions agree to the bit.
type golden struct {
	Version  int                          // deepgmm.BitsVersion
	Digests  map[string]map[string]string // by kernels and cell
	Previous map[string]map[string]string // those of the version before
}

// kernels names the kind of kernels whose bits agree. Networks trained with NEON agree with those of AVX2, but
// assembly of gonum and math.Exp are others on arm64: Fréchet distances and widths of the annealing differ in their last
// digits, and so do most digests. None of it are kept.
func kernels() string {
	if kernel.CPU() == "portable" {
		return "portable " + runtime.GOARCH
	}
	return "simd " + runtime.GOARCH
}

// TestGolden computes a tiny cell of every kind and compares its bits with committed digests. Keys of cached results
// contain a version instead of a hash of the source, so bits and version have to change together.
func TestGolden(t *testing.T) {
	t.Parallel()
	want := readGolden(t)
	got := map[string]string{}
	var mu sync.Mutex
	t.Run("cells", func(t *testing.T) {
		for name, s := range goldenCells() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				digest := goldenDigest(t, s)
				mu.Lock()
				defer mu.Unlock()
				got[name] = digest
			})
		}
	})
	if *update {
		updateGolden(t, want, got)
		return
	}
	if want.Version != deepgmm.BitsVersion {
		t.Fatalf("deepgmm.BitsVersion is %d, %s has %d: run `go test ./experiments/cell -run TestGolden -update`, also with -tags purego", deepgmm.BitsVersion, goldenFile, want.Version)
	}
	moved := want.Version == 1
	for kind, digests := range want.Digests {
		moved = moved || differ(digests, want.Previous[kind])
	}
	if !moved {
		t.Errorf("deepgmm.BitsVersion is %d, and no digest differs from those of version %d: set it back", want.Version, want.Version-1)
	}
	for name, s := range goldenCells() {
		if deepgmm.TrainingSource == deepgmm.Source || s.paints() {
			continue
		}
		for kind, digests := range want.Digests {
			if was, both := want.Previous[kind][name]; both && was != digests[name] {
				t.Errorf("the cell %q has other bits since version %d, but its key is of %s: set trainingVersion, too", name, want.Version, deepgmm.TrainingSource)
			}
		}
	}
	digests, known := want.Digests[kernels()]
	if !known {
		t.Logf("%s has no digests of %q kernels: nothing to compare", goldenFile, kernels())
		return
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if digests[name] != got[name] {
			t.Errorf("the bits of the cell %q are not those of version %d. If that is wanted, count up deepgmm.BitsVersion and run "+
				"`go test ./experiments/cell -run TestGolden -update`, also with -tags purego; if not, mend what changed them", name, want.Version)
		}
	}
	if len(digests) != len(got) {
		t.Errorf("%s has %d cells, the test %d", goldenFile, len(digests), len(got))
	}
}

// goldenCells has every way to fit, to measure and to generate.
func goldenCells() map[string]Spec {
	network := func(arch string, c dcgmm.Config, leaveOut int) Spec {
		s := spec(SGD, leaveOut)
		s.Model.Arch, s.Model.Train, s.Model.Init = arch, c, dcgmm.Init{MaxPrecRoot: 8}
		return s
	}
	adam := dcgmm.Config{Epochs: 3, BatchSize: 20, Optimizer: dcgmm.Adam, Window: 10}
	drawn := network("F8/4 A9:2 F6 A8:2", adam, NoClass)
	drawn.Drawing = drawing(SGD).Drawing
	coded := network("F8/4 A9:2 U F6 A8:2", adam, NoClass)
	coded.Model.Train.HandedWait, coded.Model.Train.Wait, coded.Drawing = 0.1, []float64{0, 0.2}, drawn.Drawing
	return map[string]Spec{
		"k-means, outliers":       spec(KMeans, 1),
		"EM, outliers":            spec(EM, 1),
		"nearest image, outliers": spec(Nearest, 1),
		"flat, SGD":               network("F28 G12", dcgmm.Config{Epochs: 3, BatchSize: 20}, NoClass),
		"flat, factors":           network("F28 A9:3", adam, NoClass),
		"deep, outliers":          network("F8/4 G9 F6 G12", dcgmm.Config{Epochs: 3, BatchSize: 20, Schedule: dcgmm.Fixed, Wait: []float64{0, 0.2}}, 1),
		"deep, pooled, factors":   network("F5/1p A9:2 T4 S0.8 M M2/1 F3 G9 M F5 A12:2", adam, 1),
		"deep, own, revival":      network("F14/7 I9 F3 G16", dcgmm.Config{Epochs: 6, BatchSize: 20, Optimizer: dcgmm.Momentum, Restart: 0.3, Schedule: dcgmm.Fixed, AnnealShare: 0.3, Window: 20}, NoClass),
		"drawing, deep":           drawn,
		"drawing, factors up":     coded,
		"drawing, EM":             drawing(EM),
		"drawing, references":     drawing(TrainingMeans),
	}
}

var goldenEvaluators = &Evaluators{}

// goldenDigest is the hex SHA-256 of a cell's result without times, which has the spec that its key is made of, and of
// the checkpoint if it has one.
func goldenDigest(t *testing.T, s Spec) string {
	store := &Store{Dir: t.TempDir()}
	h := sha256.New()
	h.Write([]byte(comparable(t, runOn(t, fullGlyphs(), s, Options{Store: store, Evaluators: goldenEvaluators}))))
	net := s
	net.Drawing = nil
	if text, err := os.ReadFile(store.NetworkPath(net.Key(fullGlyphs()))); err == nil {
		h.Write(text)
	} else if s.Model.Kind == SGD {
		t.Error(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// differ reports whether a cell that both have has other bits. A cell that is new or gone is no change of bits.
func differ(a, b map[string]string) bool {
	for name, digest := range a {
		if other, both := b[name]; both && other != digest {
			return true
		}
	}
	return false
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	text, err := os.ReadFile(goldenFile)
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil && !*update {
		t.Fatal(err)
	}
	return g
}

// updateGolden writes new digests, of a new version only.
func updateGolden(t *testing.T, g golden, got map[string]string) {
	if t.Failed() {
		return
	}
	mine := kernels()
	if g.Version != deepgmm.BitsVersion {
		g.Version, g.Previous, g.Digests = deepgmm.BitsVersion, g.Digests, maps.Clone(g.Digests)
	}
	if old, known := g.Digests[mine]; known && differ(old, got) && differ(old, g.Previous[mine]) {
		t.Fatalf("the bits changed again since %s got version %d: count up deepgmm.BitsVersion, or take the file of the last commit before -update", goldenFile, g.Version)
	}
	if g.Digests == nil {
		g.Digests = map[string]map[string]string{}
	}
	g.Digests[mine] = got
	text, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(goldenFile), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(text, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}
