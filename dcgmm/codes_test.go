package dcgmm

import (
	"context"
	"math"
	"slices"
	"testing"
)

// Codes are the roots of mean tempered responsibilities by cell, or of few places the means of pixels.
func TestCodesByHand(t *testing.T) {
	in, ctx := Shape{H: 11, W: 9, C: 2}, context.Background()
	im, _ := randomImages(50, in, 4)
	for arch, D := range map[string]int{"F3/2 A5:2 T2 U F3 G3": 4 * 4 * 5, "F2/1 G300 F10x8 G2": 300} {
		net := scrambledOf(t, arch, in)
		l := net.layers[0]
		logs, err := net.LogScores(ctx, im, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		one, d, err := net.Codes(ctx, im, 1)
		if err != nil || d != D || len(one) != 50*D {
			t.Fatalf("%s: %d values of %d each, %v", arch, len(one), d, err)
		}
		if many, _, err := net.Codes(ctx, im, 3); err != nil || !slices.Equal(one, many) {
			t.Errorf("%s: codes depend on the workers, %v", arch, err)
		}
		K, grid := l.K(), 4
		if D == K {
			grid = 1
		}
		for i := range 50 {
			want, count := make([]float64, D), make([]float64, D)
			for p := range l.P() {
				row := logs[(i*l.P()+p)*K:][:K]
				sum, cell := 0.0, p/l.Out.W*grid/l.Out.H*grid+p%l.Out.W*grid/l.Out.W
				for _, v := range row {
					sum += math.Exp(float64(v-slices.Max(row)) / 10)
				}
				for k, v := range row {
					want[cell*K+k] += math.Exp(float64(v-slices.Max(row))/10) / sum
					count[cell*K+k]++
				}
			}
			for j, w := range want {
				if w = math.Sqrt(w / count[j]); math.Abs(w-float64(one[i*D+j])) > 1e-4 {
					t.Fatalf("%s: value %d of image %d is %v, want %v", arch, j, i, one[i*D+j], w)
				}
			}
		}
	}
	flat := scrambledOf(t, "F11x9 G3", in)
	codes, d, err := flat.Codes(ctx, im, 0)
	if err != nil || d != in.Size() {
		t.Fatalf("%d values, %v", d, err)
	}
	for i, v := range im.Pix {
		if codes[i] != float32(v)/255 {
			t.Fatalf("pixel %d: %v of %d", i, codes[i], v)
		}
	}
	large := Images{Shape: Shape{H: 32, W: 3, C: 1}, Pix: make([]uint8, 96)}
	large.Pix[5*3+1], large.Pix[4*3+1] = 255, 51
	codes, d = pixelCodes(large, 16)
	if d != 48 || codes[2*3+1] != 0.6 || codes[2*3] != 0 || slices.Max(codes) != 0.6 {
		t.Errorf("%d values: %v", d, codes)
	}
}

// The unit is the root mean squared distance over all pairs.
func TestCodeUnitIsOfAllPairs(t *testing.T) {
	in, ctx := Shape{H: 11, W: 9, C: 1}, context.Background()
	net := scrambledOf(t, "F3/2 G5 F5x4 G3", in)
	im, _ := randomImages(30, in, 4)
	codes, D, err := net.Codes(ctx, im, 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range 30 {
		for j := range 30 {
			for d := range D {
				diff := float64(codes[i*D+d]) - float64(codes[j*D+d])
				sum += diff * diff / 900
			}
		}
	}
	if unit, err := net.CodeUnit(ctx, im, 0); err != nil || math.Abs(unit-math.Sqrt(sum)) > 1e-9 {
		t.Errorf("%v, want %v, %v", unit, math.Sqrt(sum), err)
	}
}
