package textures

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"deepgmm/dataset"
)

// A tile depends on texture, seed, part and number only, and on all of them.
func TestTilesAreDrawnFromTheirSeed(t *testing.T) {
	if len(Names()) != 10 || len(Defects()) != 5 {
		t.Fatalf("%d textures, %d kinds of defects", len(Names()), len(Defects()))
	}
	seen := map[string]string{}
	for _, name := range Names() {
		few, more := Good(name, 3, 1, Training), Good(name, 5, 1, Training)
		if !bytes.Equal(few.Pix, more.Pix[:len(few.Pix)]) {
			t.Errorf("%s: more tiles do not start with the same ones", name)
		}
		if more.H != Side || more.W != Side || more.C != Channels(name) || len(more.Pix) != 5*Side*Side*more.C {
			t.Errorf("%s: %d values of %d×%d×%d", name, len(more.Pix), more.H, more.W, more.C)
		}
		for what, s := range map[string]*dataset.Set{"training": more, "other seed": Good(name, 5, 2, Training),
			"testing": Good(name, 5, 1, Testing), "defective": Defective(name, 5, 1)} {
			for i := range s.N {
				tile := fmt.Sprintf("%s, %s, %d", name, what, i)
				if other := seen[string(s.Image(i))]; other != "" {
					t.Errorf("%s is %s", tile, other)
				}
				seen[string(s.Image(i))] = tile
			}
		}
	}
}

// Each kind of defect does to each texture what it is named for.
func TestDefects(t *testing.T) {
	for at, p := range patterns {
		for i, d := range defects {
			for n := range uint64(5) {
				good, bad := pair(p, d, rand.NewPCG(n, uint64(at)))
				changed, largest := 0, 0.0
				for j := range good {
					diff := math.Abs(good[j] - bad[j])
					largest = max(largest, diff)
					if diff > 0.02 {
						changed++
					}
				}
				share := float64(changed) / float64(len(good))
				what := fmt.Sprintf("%s, %s, tile %d: %.3f of the values differ, by up to %.2f; deviation %.3f → %.3f, steps %.3f → %.3f",
					p.name, d.name, n, share, largest, deviation(good, p.channels), deviation(bad, p.channels), steps(good, p.channels), steps(bad, p.channels))
				switch Defects()[i] {
				case "square":
					if largest < 0.25 || share < 24./(Side*Side) || share > 82./(Side*Side) {
						t.Error(what)
					}
				case "scratch":
					if largest < 0.15 || share < 10./(Side*Side) || share > 130./(Side*Side) {
						t.Error(what)
					}
				case "blur":
					if steps(bad, p.channels) > 0.85*steps(good, p.channels) {
						t.Error(what)
					}
				case "contrast":
					if deviation(bad, p.channels) > 0.8*deviation(good, p.channels) || steps(bad, p.channels) > 0.71*steps(good, p.channels) {
						t.Error(what)
					}
				case "missing":
					if largest < 0.1 || share > 18.*18/(Side*Side) {
						t.Error(what)
					}
				}
			}
		}
	}
}

// pair is a tile without the camera's noise, before and after a defect.
func pair(p pattern, d defect, src *rand.PCG) (good, bad []float64) {
	r := rand.New(src)
	s := newSurface(p.channels)
	p.draw(r, s)
	good = s.values()
	if d.printed != nil {
		d.printed(r, s)
	}
	bad = s.values()
	if d.seen != nil {
		bad = d.seen(r, bad, p.channels)
	}
	return good, bad
}

// deviation is that of all channels from their means.
func deviation(v []float64, channels int) float64 {
	sum := 0.0
	for c := range channels {
		mean := 0.0
		for i := c; i < len(v); i += channels {
			mean += v[i] / (Side * Side)
		}
		for i := c; i < len(v); i += channels {
			sum += (v[i] - mean) * (v[i] - mean)
		}
	}
	return math.Sqrt(sum / float64(len(v)))
}

// steps is the mean difference of neighbours in a row.
func steps(v []float64, channels int) (mean float64) {
	for i := channels; i < len(v); i++ {
		if i/channels%Side > 0 {
			mean += math.Abs(v[i]-v[i-channels]) / float64(len(v))
		}
	}
	return mean
}

// A blur keeps what is plain, and the sum of what is not, away from the edges.
func TestBlurByHand(t *testing.T) {
	v := make([]float64, Side*Side*2)
	for i := range v {
		v[i] = 0.5
	}
	v[(20*Side+20)*2] += 1 // of the first channel
	got := blurred(v, 2, 1.3)
	sum := 0.0
	for i, x := range got {
		sum += x - 0.5
		if i%2 == 1 && math.Abs(x-0.5) > 1e-12 {
			t.Fatalf("the other channel is %v", x)
		}
	}
	at := func(y, x int) float64 { return got[(y*Side+x)*2] - 0.5 }
	if math.Abs(sum-1) > 1e-9 || math.Abs(at(20, 22)-at(22, 20)) > 1e-12 || math.Abs(at(20, 22)/at(20, 20)-math.Exp(-2/1.69)) > 1e-9 {
		t.Errorf("sum %v; %v, %v beside %v", sum, at(20, 22), at(22, 20), at(20, 20))
	}
}

func TestFoldersHaveTheTiles(t *testing.T) {
	for _, name := range []string{"tiles", "labels"} {
		dir := filepath.Join(t.TempDir(), "all", name)
		want := Defective(name, 7, 3)
		if err := WriteFolder(dir, want, func(i int) string { return fmt.Sprintf("%02d", i) }); err != nil {
			t.Fatal(err)
		}
		got, err := dataset.ReadFolder(dir, Side, Side, want.C)
		if err != nil || !bytes.Equal(got.Pix, want.Pix) || got.Files[6].Path != "06.png" {
			t.Errorf("%s: read again, the tiles are others: %v", name, err)
		}
		if err := WriteFolder(filepath.Join(dir, "00.png"), want, func(int) string { return "" }); err == nil {
			t.Error("a file is no folder")
		}
	}
}

func TestUnknownTextures(t *testing.T) {
	defer func() {
		if p := recover(); p != `textures: there is no texture "water"` || slices.Contains(Names(), "water") {
			t.Errorf("%v", p)
		}
	}()
	Good("water", 1, 1, Testing)
}
