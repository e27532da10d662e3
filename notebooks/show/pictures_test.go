package show

import (
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

func TestSomeOfManyOrFew(t *testing.T) {
	set := &dataset.Set{N: 5, H: 1, W: 1, C: 1, Pix: []uint8{1, 2, 3, 4, 5}}
	for n, want := range map[int]string{0: "", 2: "\x01\x03", 5: "\x01\x02\x03\x04\x05", 16: "\x01\x02\x03\x04\x05"} {
		if got := Some(set, n); string(got.Pix) != want || got.N != len(want) {
			t.Errorf("%d: %v", n, got.Pix)
		}
	}
}

// A map of 3×3 has no clusters: the error says what to change, where NewContingency panicked.
func TestNoClustersOnALargerMap(t *testing.T) {
	set := dataset.Glyphs(20, 1, 1, 1).Train
	for arch, want := range map[string]string{"F8/2 G4 F11 G4": "", "F8/2 G4 F9 G4": "map of 3×3 places", "F4 G4": "map of 25×25 places"} {
		net, err := dcgmm.New(arch, Images(set).Shape, dcgmm.Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if none, err := ClustersOf(net, set.Head(0)); len(none) > 0 || want == "" && err != nil {
			t.Errorf("%s, no images: %v, %v", arch, none, err)
		}
		clusters, err := ClustersOf(net, set)
		if want == "" && (err != nil || len(clusters) != 20 || slices.Min(clusters) < 0) {
			t.Errorf("%s: %v, %v", arch, clusters, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %q", arch, err, want)
		}
	}
}

func TestSizesOutOfRangeAreErrors(t *testing.T) {
	for _, c := range []struct {
		side, channels int
		want           string
	}{{0, 1, "side is 0"}, {-3, 1, "side is -3"}, {1025, 1, "choose one from 1 to 1024"}, {24, 2, "channels is 2"}, {1, 3, ""}} {
		err := CheckSize(c.side, c.channels)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
		if _, read := ReadPictures(t.TempDir(), c.side, c.channels); read == nil || err != nil && read.Error() != err.Error() {
			t.Errorf("%+v: %v", c, read)
		}
	}
}
