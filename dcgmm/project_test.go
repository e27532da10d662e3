package dcgmm

import (
	"fmt"
	"math"
	"testing"
)

// One layer: a projection is a mean.
func TestProjectionOfTheFirstLayerIsItsMean(t *testing.T) {
	net, err := New("F3x2/2x1 I4", Shape{H: 5, W: 4, C: 2}, Init{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	g := net.Layer(0)
	for pos := range 6 {
		for k := range 4 {
			v, shape := net.Project(0, pos, k)
			if shape != (Shape{H: 3, W: 2, C: 2}) {
				t.Fatalf("shape %v", shape)
			}
			for i, m := range g.Mu[(pos*4+k)*g.D:][:g.D] {
				if v[i] != m {
					t.Fatalf("position %d component %d: %v, mean %v", pos, k, v, m)
				}
			}
		}
	}
}

// Two layers by hand. Layer 1 folds 1×2 patches of a row of 4 pixels (3 positions, K = 2, means (0 1) and (2 4)); layer
// 2 folds all three. Its mean asks for responsibilities (1 0), (0.5 0.5), (0 3): patches (0 1), (1 2.5), (2 4).
// Averaged where they overlap: 0, (1+1)/2, (2.5+2)/2, 4.
func TestProjectionByHand(t *testing.T) {
	net, err := New("F1x2 G2 F1x3 G1", Shape{H: 1, W: 4, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{0, 1, 2, 4})
	copy(net.Layer(1).Mu, []float32{1, 0, 0.5, 0.5, -1, 3})
	v, shape := net.Project(1, 0, 0)
	if got := fmt.Sprint(v, shape); got != "[0 1 2.25 4] 1×4×1" {
		t.Errorf("projection %s", got)
	}
}

// With pooling every value stands for its window, at the border for what is left of it.
func TestProjectionThroughPooling(t *testing.T) {
	net, err := New("G2 M1x2 F1x2 G1", Shape{H: 1, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Mu, []float32{5, 7})
	copy(net.Layer(1).Mu, []float32{1, 0, 0, 1})
	v, shape := net.Project(1, 0, 0)
	if got := fmt.Sprint(v, shape); got != "[5 5 7] 1×3×1" {
		t.Errorf("projection %s", got)
	}
	net, err = New("G1 M1x2/1 F1x2 G1", Shape{H: 1, W: 3, C: 1}, Init{}) // overlapping windows
	if err != nil {
		t.Fatal(err)
	}
	net.Layer(0).Mu[0] = 5
	copy(net.Layer(1).Mu, []float32{1, 1})
	if v, _ := net.Project(1, 0, 0); fmt.Sprint(v) != "[5 5 5]" {
		t.Errorf("projection %v", v)
	}
}

// A projection covers the receptive field and stays inside of the image, for all positions of odd networks.
func TestProjectionsFitTheImage(t *testing.T) {
	for _, c := range networkCases {
		net, err := New(c.arch, c.in, Init{Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		for layer := range net.Layers() {
			for pos := range net.layers[layer].P() {
				v, shape := net.Project(layer, pos, 0)
				if len(v) != shape.Size() || shape.H > c.in.H || shape.W > c.in.W || shape.C != c.in.C || shape.Size() == 0 {
					t.Fatalf("%s layer %d position %d: %d values of shape %v", c.arch, layer, pos, len(v), shape)
				}
				for _, x := range v {
					if math.IsNaN(float64(x)) || math.Abs(float64(x)) > 0.1001 { // means are in ±0.1
						t.Fatalf("%s layer %d position %d: value %v", c.arch, layer, pos, x)
					}
				}
			}
		}
	}
}
