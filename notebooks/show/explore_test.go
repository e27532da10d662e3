package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

func oneSheet(level byte) report.Sheet {
	return report.Sheet{Caption: fmt.Sprintf("<%d>", level), Cols: 2, H: 1, W: 2, C: 1, Pix: []byte{level, 0, 255, 0}}
}

// The page gets a frame for every combination of positions, the last slider changing fastest, as the script counts.
func TestFramesOfAllPositions(t *testing.T) {
	sliders := []Slider{{Name: "a", Positions: []string{"x", "y"}}, {Name: "b", Positions: []string{"1", "2", "3"}, Start: 2}}
	var order [][]int
	err := Explore("A", sliders, []report.Sheet{oneSheet(1)}, func(at []int) ([]report.Sheet, error) {
		order = append(order, slices.Clone(at))
		return []report.Sheet{oneSheet(0)}, nil
	})
	if want := [][]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}; err != nil || !slices.EqualFunc(order, want, slices.Equal) {
		t.Errorf("%v, frames of %v", err, order)
	}
	// Without a still picture it is the frame at the start: the only one here that has a sheet.
	sliders[0].Start = 1
	err = Explore("A", sliders, nil, func(at []int) (sheets []report.Sheet, _ error) {
		if slices.Equal(at, []int{1, 2}) {
			sheets = append(sheets, oneSheet(1))
		}
		return sheets, nil
	})
	if err != nil {
		t.Error(err)
	}
	sliders[0].Start = 0
	pick := oneSheet(9)
	sliders[0].Pick = &pick
	html := exploreHTML("explore_1", `</script> & "quotes"`, sliders, [][]report.Sheet{{oneSheet(10), oneSheet(20)}, {oneSheet(30)}})
	m := regexp.MustCompile(`(?s)^<div class="live" id="explore_1"></div><script>.*const d = (\{.*?\});\n.*getElementById\('explore_1'\)\);\n</script>$`).FindStringSubmatch(html)
	if m == nil || strings.Count(html, "</script>") != 1 {
		t.Fatalf("the element is %s", html)
	}
	var data struct {
		Title   string
		Sliders []struct {
			Name      string
			Positions []string
			Start     int
			Pick      *struct{ Cols, Rows int }
		}
		Frames [][]struct {
			Caption string
			PNG     []byte
			Width   int
		}
	}
	if err := json.Unmarshal([]byte(m[1]), &data); err != nil {
		t.Fatal(err)
	}
	if data.Title != `</script> & "quotes"` || data.Sliders[1].Start != 2 || len(data.Frames) != 2 || data.Frames[0][1].Caption != "<20>" ||
		data.Sliders[0].Pick.Cols != 2 || data.Sliders[1].Pick != nil {
		t.Errorf("the script has %+v", data)
	}
	img, err := png.Decode(bytes.NewReader(data.Frames[1][0].PNG))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := img.At(3, 0).RGBA(); img.Bounds() != image.Rect(0, 0, 6, 2) || r != 0xffff || data.Frames[1][0].Width != 6*(2*exploreSide/6) {
		t.Errorf("a frame is %v, %d wide, second image begins with %d", img.Bounds(), data.Frames[1][0].Width, r)
	}
}

func TestErrorOfAFrame(t *testing.T) {
	failed := errors.New("no")
	if err := Explore("A", []Slider{{Positions: []string{"x"}}}, nil, func([]int) ([]report.Sheet, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("error is %v", err)
	}
}

func TestCallersBugsOfExplore(t *testing.T) {
	net := untrained(t)
	for name, f := range map[string]func(){
		"no sliders":      func() { _ = Explore("", nil, nil, nil) },
		"no positions":    func() { _ = Explore("", []Slider{{}}, nil, nil) },
		"start":           func() { _ = Explore("", []Slider{{Positions: []string{"x"}, Start: 1}}, nil, nil) },
		"too many":        func() { _ = Explore("", []Slider{{Positions: make([]string, maxFrames+1)}}, nil, nil) },
		"part of a sheet": func() { shrink(report.Sheet{H: 2, W: 2, C: 1, Cols: 1, Pix: []byte{1, 2, 3}}) },
		"no moments":      func() { _ = ExploreAnnealing("", nil, 0) },
		"no component":    func() { Followed(net, 1, 16) },
		"ragged grid":     func() { Value([][]float64{{1, 2}, {3}}) },
		"no grid":         func() { Value([][]float64{}) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "show: ") {
					t.Errorf("%s: %v", name, r)
				}
			}()
			f()
		}()
	}
}

func untrained(t *testing.T) *dcgmm.Network {
	t.Helper()
	net, err := dcgmm.New("F8/2 G16 M F6 G16", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// On its way down a component asks for those components of the layer below that its mean has most of.
func TestFollowedDown(t *testing.T) {
	net := untrained(t)
	g := net.Layer(1)
	mean := g.Mu[5*g.D:][:g.D]
	for i := range mean {
		mean[i] = []float32{3: 0.75, 7: 0.25, 9: -1, 15: 0}[i%16]
	}
	net.Refresh()
	order, share := asked(net, 1, 0, 5)
	if order[0] != 3 || order[1] != 7 || math.Abs(share[3]-0.75) > 1e-6 || math.Abs(share[7]-0.25) > 1e-6 || share[9] != 0 {
		t.Errorf("asks for %v with shares %v", order[:3], share)
	}
	sheets := Followed(net, 1, 5)
	if len(sheets) != 2 || sheets[0].H != 28 || sheets[1].H != 8 || sheets[1].Caption[:43] != "component 5 asks layer 1 for 3 (75 %), 7 (2" {
		t.Errorf("sheets are %q, %q of %d×%d", sheets[0].Caption, sheets[1].Caption, sheets[1].H, sheets[1].W)
	}
}

// At temperature 1 weights are those of the model; cold, the largest takes all; hot, all are alike.
func TestTemperedWeights(t *testing.T) {
	net := untrained(t)
	copy(net.Layer(1).Logits, []float32{2, 1})
	net.Refresh()
	at := func(t float64) []float64 { return tempered(net, t) }
	for i, w := range net.Layer(1).Weights(0) {
		if math.Abs(at(1)[i]-w) > 1e-12 {
			t.Errorf("weight %d is %v, want %v", i, at(1)[i], w)
		}
	}
	if cold, hot := at(0.01), at(1e6); cold[0] < 0.999 || math.Abs(hot[0]-1./16) > 1e-4 || math.Abs(Mean(cold)-1./16) > 1e-12 {
		t.Errorf("cold %v, hot %v", cold[:2], hot[:2])
	}
	if got := layerNoise(net, 0.5); !slices.Equal(got, []float64{0.5, 1}) {
		t.Errorf("noise of layers is %v", got)
	}
}

// Masks hide what their names say, and leave something to see.
func TestMasksToChooseFrom(t *testing.T) {
	shares := map[string]float64{"lower half": 0.5, "upper half": 0.5, "left half": 0.5, "right half": 0.5, "middle": 0.25, "frame": 0.75, "chess board": 0.51}
	for _, m := range Masks(28, 28) {
		if got := ShareMissing(m.Missing); math.Abs(got-shares[m.Name]) > 0.005 {
			t.Errorf("%s hides %v", m.Name, got)
		}
	}
	if m := Masks(2, 2); !m[0].Missing[3] || m[0].Missing[0] {
		t.Errorf("lower half of 2×2 is %v", m[0].Missing)
	}
}

// All of them draw for a trained network of two layers, and the sampled frame of the model's own settings is what the
// model samples.
func TestExploreAModel(t *testing.T) {
	set := dataset.Glyphs(300, 1, 1, 1).Train
	job := testJob()
	job.Images, job.Config.Epochs = Images(set), 2
	moments, err := Moments(job, 0, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	net := moments[2].Network
	errs := errors.Join(ExploreAnnealing("annealing", moments, 0), ExploreSamples("samples", net, 4, 1), ExploreComponent("down", net, 1, 3),
		ExploreMasks("masks", net, Images(set.Head(3)), dcgmm.Inpainting{}, Masks(28, 28)...))
	if errs != nil {
		t.Error(errs)
	}
	want, err := net.Sample(t.Context(), 1, 0, 4, dcgmm.Sampling{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := net.Sample(t.Context(), 1, 0, 4, dcgmm.Sampling{Seed: 1, Weights: tempered(net, 1), Noise: layerNoise(net, 1)})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: temperature 1 and noise 1 are not the model's samples", err)
	}
}

func TestMomentsFromStartToEnd(t *testing.T) {
	for n, want := range map[int][]int{0: {}, 3: {0, 1, 2}, 4: {0, 1, 2, 3}, 5: {0, 1, 3, 4}, 12: {0, 4, 7, 11}} {
		if got := fromStartToEnd(n, 4); !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", n, got, want)
		}
	}
}
