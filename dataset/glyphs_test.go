package dataset

import (
	"math"
	"runtime"
	"slices"
	"testing"
)

// TestGlyphsGolden freezes the pixels: results on glyphs are only comparable between
// machines and versions while these are the same.
func TestGlyphsGolden(t *testing.T) {
	const want = "fc0914aba7aad1b2972274cdf2ad05cf6cbb8d180e540c3616c64a1ca7630a8d"
	if have := Glyphs(120, 20, 40, 7).Hash; have != want {
		t.Errorf("hash %s, want %s", have, want)
	}
	if other := Glyphs(120, 20, 40, 8).Hash; other == want {
		t.Error("the seed changes nothing")
	}
}

func TestGlyphsShape(t *testing.T) {
	d := Glyphs(60, 20, 30, 1)
	if d.Name != "glyphs" || d.Notice != "generated glyphs, not MNIST" || d.Where != "generated" {
		t.Errorf("name %q, notice %q, where %q", d.Name, d.Notice, d.Where)
	}
	seen := map[string]bool{}
	for _, s := range []*Set{d.Train, d.Valid, d.Test} {
		s.check("test")
		if s.H != 28 || s.W != 28 || s.C != 1 || s.Classes != 10 || !s.Generated {
			t.Errorf("%d×%d×%d, %d classes, generated: %t", s.H, s.W, s.C, s.Classes, s.Generated)
		}
		for i := range s.N {
			if seen[string(s.Image(i))] {
				t.Errorf("image %d came before", i)
			}
			seen[string(s.Image(i))] = true
			if int(s.Labels[i]) != i%10 {
				t.Errorf("image %d: label %d", i, s.Labels[i])
			}
		}
	}
	if len(seen) != 110 {
		t.Errorf("%d different images, want 110", len(seen))
	}
}

// TestGlyphsOrder: neither the number of cores nor the size of a set changes an image.
func TestGlyphsOrder(t *testing.T) {
	base := Glyphs(50, 30, 10, 3)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	more := Glyphs(70, 30, 10, 3)
	if !slices.Equal(more.Train.Head(50).Pix, base.Train.Pix) {
		t.Error("a larger set does not start with the smaller one")
	}
	if hashSets(more.Valid, more.Test) != hashSets(base.Valid, base.Test) {
		t.Error("the size of one split changes another, or the number of cores changes images")
	}
}

// TestGlyphsAreDigits: a classifier that knows nothing but class means recognises them, and
// they fill neither too little nor too much of the image.
func TestGlyphsAreDigits(t *testing.T) {
	d := Glyphs(1000, 0, 500, 1)
	var means [10][784]float64
	for i := range d.Train.N {
		for j, v := range d.Train.Image(i) {
			means[i%10][j] += float64(v) / 100
		}
	}
	right := 0
	for i := range d.Test.N {
		img := d.Test.Image(i)
		best, bestDist, ink := -1, math.Inf(1), 0.0
		for c := range means {
			dist := 0.0
			for j, v := range img {
				dist += (float64(v) - means[c][j]) * (float64(v) - means[c][j])
			}
			if dist < bestDist {
				best, bestDist = c, dist
			}
		}
		for _, v := range img {
			ink += float64(v) / 255 / 784
		}
		if ink < 0.02 || ink > 0.45 {
			t.Errorf("image %d: %.3f of it is ink", i, ink)
		}
		if best == int(d.Test.Labels[i]) {
			right++
		}
	}
	// Measured: 370. Chance is 50; near 500, the distortions would do nothing.
	if right < 325 || right > 490 {
		t.Errorf("%d of 500 recognised", right)
	}
}

func TestRoot(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 4, 8, 9, 1<<40 - 1, 1 << 40, 1<<40 + 1} {
		if r := root(n); r*r > n || (r+1)*(r+1) <= n {
			t.Errorf("root(%d) = %d", n, r)
		}
	}
}

// TestSplines: a B-spline basis is not negative, sums to one and is symmetric.
func TestSplines(t *testing.T) {
	for k, row := range splines {
		sum := 0
		for i, b := range row {
			sum += b
			if mirrored := splines[cellSize-1-k][3-i]; b < 0 || b != mirrored {
				t.Errorf("splines[%d][%d] = %d, mirrored %d", k, i, b, mirrored)
			}
		}
		if sum > unit || sum < unit-3 { // each is rounded down
			t.Errorf("splines[%d] sum to %d", k, sum)
		}
	}
}
