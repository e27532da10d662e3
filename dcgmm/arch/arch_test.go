package arch

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// Numbers from the formulas of model.md §1 and §2, by hand.
func TestArchitecturesBecomeShapes(t *testing.T) {
	for _, c := range []struct {
		arch string
		in   Shape
		want string // input → output of every layer, D, parameter sets
	}{
		{"F28 G25", Shape{28, 28, 1}, "28×28×1→1×1×25 D784 S1"},
		{"F8/2 G49 F11 G36", Shape{28, 28, 1}, "28×28×1→11×11×49 D64 S1, 11×11×49→1×1×36 D5929 S1"},
		{"F8/1 G25 M F11 G36", Shape{28, 28, 1}, "28×28×1→21×21×25 D64 S1, 11×11×25→1×1×36 D3025 S1"},
		{"F3/1 G25 M F4/1 G25 M F5 G25", Shape{28, 28, 1}, "28×28×1→26×26×25 D9 S1, 13×13×25→10×10×25 D400 S1, 5×5×25→1×1×25 D625 S1"},
		{"F3x5/1x2 I4", Shape{5, 9, 2}, "5×9×2→3×3×4 D30 S9"},
		{"M3x2/2 F2 G4", Shape{8, 7, 3}, "4×4×3→3×3×4 D12 S1"},
		{"M3 F2 G4", Shape{7, 8, 1}, "3×3×1→2×2×4 D4 S1"},
		{"F8/3p G7", Shape{28, 28, 1}, "28×28×1→8×8×7 D64 S1"}, // padded to 29
		{"F8/2 A49:4 F11 A36:7", Shape{28, 28, 1}, "28×28×1→11×11×49 D64 S1, 11×11×49→1×1×36 D5929 S1"},
		{"F8/2 G49 T8 S1.5 F11 A36:7 S2", Shape{28, 28, 1}, "28×28×1→11×11×49 D64 S1, 11×11×49→1×1×36 D5929 S1"},
		{"  F2   G3\tG5 ", Shape{2, 2, 1}, "2×2×1→1×1×3 D4 S1, 1×1×3→1×1×5 D3 S1"},
	} {
		a, err := Parse(c.arch, c.in)
		if err != nil {
			t.Errorf("%q: %v", c.arch, err)
			continue
		}
		var got []string
		for _, l := range a.Layers {
			got = append(got, fmt.Sprintf("%v→%v D%d S%d", l.In, l.Out, l.D(), l.Sets()))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%q on %v: %s, want %s", c.arch, c.in, s, c.want)
		}
		if want := strings.Join(strings.Fields(c.arch), " "); a.String() != want || a.Input != c.in {
			t.Errorf("%q for %v, want %q", a, a.Input, want)
		}
	}
}

func TestArchitectureErrorsHelp(t *testing.T) {
	mnist := Shape{28, 28, 1}
	for _, c := range []struct {
		arch string
		in   Shape
		want []string
	}{
		{"", mnist, []string{"is empty", "an architecture is words like F8/2"}},
		{"F8/2 G49 X3", mnist, []string{`word 3 "X3"`, "unknown layer", "G49 (mixture of 49)"}},
		{"F8/2 G0", mnist, []string{`word 2 "G0"`, "number of components is 0", "between 1 and"}},
		{"F8/2 G", mnist, []string{`number of components "" is not a whole number`}},
		{"F8/2 G4.5", mnist, []string{`"4.5" is not a whole number`}},
		{"F8/2 G-4", mnist, []string{"number of components is -4"}},
		{"F8/2 G+4", mnist, []string{`"+4" is not a whole number`}},
		{"F8/0 G4", mnist, []string{"the stride is 0"}},
		{"F99999999999999999999 G4", mnist, []string{"is not a whole number"}},
		{"F8/2 G49 F12 G36", mnist, []string{`word 3 "F12"`, "the 12 patch is larger than the 11×11×49 map", "the largest that fits is F11"}},
		{"F30x4 G4", Shape{20, 28, 1}, []string{"the 30x4 patch is larger", "F20x4"}},
		{"F8/3 G49", mnist, []string{"patches of 8 with stride 3 do not cover a height of 28", "the strides 1, 2, 4, 5 fit", "patches 4, 7, 10, 13, 16, 19, 22, 25, 28", "F8/3p"}},
		{"F4/5 G49", Shape{9, 9, 1}, []string{"do not cover"}},
		{"F8/2 G4 M30 F2 G2", mnist, []string{"kernel is larger than the 11×11×4 map", "M11"}},
		{"F8/2 G4 M2/3 F2 G2", mnist, []string{"stride is larger than the kernel", "use M2"}},
		{"F8/2 M G4", mnist, []string{"pooling between folding and its mixture"}},
		{"F8/2 F2 G4", mnist, []string{"two foldings in a row"}},
		{"F8/2 G4 M", mnist, []string{`ends in "M"`, "last word must be a mixture"}},
		{"F8/9p G4", mnist, []string{"no padding covers"}},
		{"I60000", Shape{60, 60, 30}, []string{"over 2²⁸ parameters"}},
		{"F8/2 A49", mnist, []string{`word 2 "A49"`, "number of factors is missing", "A49:4", "G49"}},
		{"F8/2 A49:", mnist, []string{`number of factors "" is not a whole number`}},
		{"F8/2 A49:x", mnist, []string{`number of factors "x" is not a whole number`, "A49:4 (mixture of 49 factor analysers"}},
		{"F8/2 A:4", mnist, []string{`number of components "" is not a whole number`}},
		{"F8/2 A0:4", mnist, []string{"number of components is 0"}},
		{"F8/2 A49:0", mnist, []string{"number of factors is 0", "between 1 and"}},
		{"F8/2 A49:4:2", mnist, []string{`number of factors "4:2" is not a whole number`}},
		{"F8/2 G49:4", mnist, []string{`"49:4" is not a whole number`, "A49:4"}},
		{"F2 A49:4", mnist, []string{"4 factors are as many as the 4 dimensions", "at most 3, A49:3, or G49"}},
		{"A5:1", mnist, []string{"1 dimensions of a vector", "use G5, which has none"}},
		{"F28 A9999:500", mnist, []string{"over 2²⁸ parameters", "or factors"}},
		{"T8 F8/2 G49", mnist, []string{`word 1 "T8"`, "put it behind a G, I or A"}},
		{"F8/2 T8 G49", mnist, []string{`word 2 "T8"`, "put it behind"}},
		{"F8/2 G49 M S1 F5 G2", mnist, []string{`word 4 "S1"`, "put it behind"}},
		{"F8/2 G49 S1 T8", mnist, []string{`word 4 "T8"`, "write T before S"}},
		{"F8/2 G49 T8 T8", mnist, []string{`word 4 "T8"`, "another one before it"}},
		{"F8/2 G49 T8 S1 S2", mnist, []string{`word 5 "S2"`, "another one before it"}},
		{"F8/2 G49 T", mnist, []string{`temperature "" is not a decimal number`}},
		{"F8/2 G49 T0", mnist, []string{"temperature is 0", "between 0.01 and"}},
		{"F8/2 G49 T-2", mnist, []string{`temperature "-2" is not`}},
		{"F8/2 G49 TNaN", mnist, []string{`temperature "NaN" is not`}},
		{"F8/2 G49 T1e3", mnist, []string{`temperature "1e3" is not`, "S1.5 (smoothed"}},
		{"F8/2 G49 S0.1", mnist, []string{"width of smoothing is 0.1", "between 0.2 and"}},
		{"F8/2 G49 S99999", mnist, []string{"width of smoothing is 99999"}},
		{"F2 G4", Shape{0, 3, 1}, []string{"image shape 0×3×1", "between 1 and"}},
	} {
		_, err := Parse(c.arch, c.in)
		if err == nil {
			t.Errorf("%q on %v: no error", c.arch, c.in)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q on %v: error %q does not say %q", c.arch, c.in, err, want)
			}
		}
	}
}

// What an error proposes is accepted.
func TestProposedSizesFit(t *testing.T) {
	lists := regexp.MustCompile(`(strides|patches) ([0-9, …]+) fit|patches ([0-9, …]+);`)
	proposals := 0
	for size := 2; size <= 30; size++ {
		for patch := 1; patch <= size; patch++ {
			for stride := 1; stride <= patch+1; stride++ {
				in := Shape{size, size, 1}
				_, err := Parse(fmt.Sprintf("F%d/%d G2", patch, stride), in)
				if err == nil {
					continue
				}
				found := lists.FindAllStringSubmatch(err.Error(), -1)
				for _, m := range found {
					for _, v := range strings.Split(m[2]+m[3], ", ") {
						if v == "…" || v == "" {
							continue
						}
						text := fmt.Sprintf("F%d/%s G2", patch, v)
						if m[3] != "" {
							text = fmt.Sprintf("F%s/%d G2", v, stride)
						}
						proposals++
						if _, err2 := Parse(text, in); err2 != nil {
							t.Fatalf("%v\nproposes %s, which fails: %v", err, text, err2)
						}
					}
				}
				if len(found) == 0 {
					t.Fatalf("no proposal in %v", err)
				}
				if strings.Contains(err.Error(), "pad:") && stride <= patch {
					if _, err := Parse(fmt.Sprintf("F%d/%dp G2", patch, stride), in); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if proposals < 1000 {
		t.Errorf("only %d proposals were tried", proposals)
	}
}

// Properties, numbers and words of layers.
func TestLayersSayWhatTheyAre(t *testing.T) {
	in := Shape{28, 28, 1}
	for _, c := range []struct {
		text                  string
		deep, pooled, factors bool
		params                int
		flops                 float64
		want                  string // of every layer: folding, mixture, readout, pools
	}{
		{"F28 G25", false, false, false, 25 * (2*784 + 1), 4 * 25 * 784, "F28|G25||0"},
		{"F8/2 A49:4", false, false, true, 49 * (6*64 + 1), 121 * 49 * 64 * (4 + 2*4), "F8/2|A49:4||0"},
		{"M3 F4x2/3x2 I2 T8 S1.50 M M2 F1 G3 S2", true, true, false, 15*2*(2*8+1) + 3*(2*2+1), 15*4*2*8 + 2*4*3*2, "F4x2/3x2|I2|T8 S1.50|1, F1|G3|S2|2"},
		{"G3 A4:2", true, false, true, 3*3 + 4*(4*3+1), 784*4*3 + 784*(4+2*2)*4*3, "|G3||0, |A4:2||0"},
	} {
		a, err := Parse(c.text, in)
		if err != nil {
			t.Fatal(err)
		}
		if a.Deep() != c.deep || a.Pooled() != c.pooled || a.Factors() != c.factors || a.Params() != c.params || a.FLOPs() != c.flops {
			t.Errorf("%v: deep %t, pooled %t, factors %t, %d parameters, %v operations; want %+v", a, a.Deep(), a.Pooled(), a.Factors(), a.Params(), a.FLOPs(), c)
		}
		var got []string
		for _, l := range a.Layers {
			got = append(got, fmt.Sprintf("%s|%s|%s|%d", l.Folding, l.Mixture, l.Output, len(l.Pools)))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%v: %s, want %s", a, s, c.want)
		}
		if !reflect.DeepEqual(a.Top(), a.Layers[len(a.Layers)-1]) {
			t.Errorf("%v: top %+v", a, a.Top())
		}
	}
	if a := (Arch{}); a.Deep() || a.Pooled() || a.Factors() || a.Params() != 0 || a.FLOPs() != 0 || a.String() != "" {
		t.Errorf("the zero value is %+v", a)
	}
}

// FuzzParse: whatever the text and the shape, Parse returns consistent shapes that its text gives again, or an error that names something.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"F8/2 G49 F11 G36", "F3x5/1x2 I4 M G2", "M3/2 F2p G4", "G1", "F8/3p G7 M2x3/1x2 I3", "F3 A4:2 A3:1", "A5", "A:1", "F 9", "G", "M/", "F1x/x2", "F8/2 G49 T8 S1.5 M F5 I3 S2", "G4 T.5", "T2 G3", "G2 S1 T1", "G3 T1.2.3"} {
		f.Add(s, 28, 28, 1)
	}
	f.Add("F65536p A65536:65535", 1<<16, 1<<16, 1<<16)
	f.Add("F65536p G65536 F65535/65534p I65536", 1, 1, 2)
	f.Fuzz(func(t *testing.T, text string, h, w, c int) {
		in := Shape{h, w, c}
		a, err := Parse(text, in)
		if err != nil {
			if !strings.Contains(err.Error(), "rchitecture") && !strings.Contains(err.Error(), "image shape") {
				t.Errorf("an error that names nothing: %v", err)
			}
			if !reflect.DeepEqual(a, Arch{}) {
				t.Errorf("with an error: %+v", a)
			}
			return
		}
		if again, err := Parse(a.String(), in); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%q on %v became %+v, its text %q %+v, %v", text, in, a, a, again, err)
		}
		if a.Params() < 1 || a.FLOPs() < 1 {
			t.Errorf("%q on %v: %d parameters, %v operations", text, in, a.Params(), a.FLOPs())
		}
		for _, l := range a.Layers {
			checkLayer(t, l)
		}
	})
}

func checkLayer(t *testing.T, l Layer) {
	if l.Out.H < 1 || l.Out.W < 1 || l.Out.C < 1 || l.D() < 1 || l.Padded.Size() >= MaxMap || l.Params() > 3*maxParams {
		t.Errorf("layer %q has output %v, D %d, input %v, %d parameters", l.Name(), l.Out, l.D(), l.Padded, l.Params())
	}
	if l.Temper < 0 || l.Temper > maxReal || l.Smooth < 0 || l.Smooth > maxReal {
		t.Errorf("layer %q has temperature %v and width %v", l.Name(), l.Temper, l.Smooth)
	}
	if l.L < 0 || l.L >= l.D() {
		t.Errorf("layer %q has %d factors of %d dimensions", l.Name(), l.L, l.D())
	}
	// The last patch ends where the padded map ends: every pixel is covered.
	if (l.Out.H-1)*l.Fold.StrideH+l.Fold.H != l.Padded.H || (l.Out.W-1)*l.Fold.StrideW+l.Fold.W != l.Padded.W {
		t.Errorf("patches of layer %q do not cover the map %v", l.Name(), l.Padded)
	}
	// Its words, for the map that is folded, mean the same.
	l.Pools = nil
	if again, err := Parse(l.Name(), l.In); err != nil || !reflect.DeepEqual(again.Layers, []Layer{l}) {
		t.Errorf("layer %q of %v is %+v alone, not %+v: %v", l.Name(), l.In, again.Layers, l, err)
	}
}

// U hands on K(1+L) values, which the next layer sees and pools together.
func TestFactorsHandedOn(t *testing.T) {
	a, err := Parse("F2 A6:2 T2 U M F2 G3", Shape{H: 8, W: 7, C: 1})
	if err != nil {
		t.Fatal(err)
	}
	low, top := a.Layers[0], a.Layers[1]
	if low.Out != (Shape{H: 7, W: 6, C: 6}) || low.Handed() != (Shape{H: 7, W: 6, C: 18}) || low.Rows() != 18 || top.In != (Shape{H: 4, W: 3, C: 18}) || top.D() != 72 {
		t.Errorf("out %v, handed %v, rows %d, in %v, D %d", low.Out, low.Handed(), low.Rows(), top.In, top.D())
	}
	if top.Pools[0].L != 2 || low.Name() != "F2 A6:2 T2 U" || a.String() != "F2 A6:2 T2 U M F2 G3" {
		t.Errorf("pool %+v, name %q, text %q", top.Pools[0], low.Name(), a)
	}
	for text, want := range map[string]string{
		"F2 G6 U G3":        "G6 has no factors to hand on",
		"F2 A6:2 U U G3":    "use one",
		"F2 A6:2 S1 U G3":   "use S or U",
		"F2 A6:2 U S1 G3":   "use S or U",
		"F2 A6:2 U T2 G3":   "write T before U",
		"F2 A6:2 U3 G3":     "U has no number",
		"U F2 A6:2":         "put it behind a G, I or A",
		"F2 A6:2 M U F1 G2": "put it behind a G, I or A",
	} {
		if _, err := Parse(text, Shape{H: 8, W: 7, C: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
