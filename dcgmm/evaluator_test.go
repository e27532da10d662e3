package dcgmm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// evaluatorNumbers of images are fewer than a packing takes, as many, and more; in an order that reuses memory.
var evaluatorNumbers = []int{3, 1, fewImages, fewImages + 1, 2, 2*inferenceLanes + 3, 1}

// joinedNetwork is a network whose factors are not 0.
func joinedNetwork(t *testing.T, arch string, in Shape) *Network {
	t.Helper()
	net, err := New(arch, in, Init{Seed: 3, MuRange: 0.7})
	if err != nil {
		t.Fatal(err)
	}
	joinAll(net)
	net.Refresh()
	return net
}

// inBlocks is the evaluation by blocks of a whole number of lanes, whatever the number of images.
func inBlocks(t *testing.T, net *Network, images Images) *Evaluation {
	t.Helper()
	ev := &Evaluation{}
	ev.reset(net, images.Len())
	err := net.eachBlock(context.Background(), images, 2, func(b *block, first int) error { return b.evaluate(ev, first) })
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// sameEvaluation compares to the bit.
func sameEvaluation(t *testing.T, what string, got, want *Evaluation) {
	t.Helper()
	if !slices.Equal(got.Cluster, want.Cluster) || len(got.Layers) != len(want.Layers) {
		t.Fatalf("%s: clusters %v of %d layers, want %v of %d", what, got.Cluster, len(got.Layers), want.Cluster, len(want.Layers))
	}
	for i, w := range want.Layers {
		g := got.Layers[i]
		for name, pair := range map[string][2][]float64{"Max": {g.Max, w.Max}, "LSE": {g.LSE, w.LSE}, "Min": {g.Min, w.Min}, "Tail": {g.Tail, w.Tail}} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Errorf("%s: %s of layer %d: %v, want %v", what, name, i, pair[0], pair[1])
			}
		}
		if g.Name != w.Name || !slices.Equal(g.Wins, w.Wins) {
			t.Errorf("%s: layer %d: %s with wins %v, want %s with %v", what, i, g.Name, g.Wins, w.Name, w.Wins)
		}
	}
}

// Evaluator and Evaluate give the bits of whole blocks: pooling, borders, parameters by position, factors, what is
// handed up tempered, smoothed or with factors, pixels missing of all images alike or of each.
func TestEvaluatorGivesTheBitsOfBlocks(t *testing.T) {
	archs := []struct {
		arch string
		in   Shape
	}{{"F8/2 G49 M F6 G49", Shape{H: 28, W: 28, C: 1}}, {"F3/2p A4:2 M3/1 F2/1 G5 M F1 I3", Shape{H: 12, W: 11, C: 3}}}
	for _, c := range trainingCases {
		archs = append(archs, struct {
			arch string
			in   Shape
		}{c.arch, c.in})
	}
	for _, c := range archs {
		net := joinedNetwork(t, c.arch, c.in)
		e := net.NewEvaluator()
		for round, n := range evaluatorNumbers {
			im, _ := randomImages(n, c.in, uint64(round))
			pixels := c.in.H * c.in.W
			for name, mask := range map[string][]bool{"whole": nil, "masked alike": randomMask(1, c.in, 0.4, 7), "masked": randomMask(n, c.in, 0.1, uint64(n))} {
				if name == "masked" { // some patches whole, one image gone
					clear(mask[:pixels/2])
					copy(mask[len(mask)-pixels:], slices.Repeat([]bool{true}, pixels))
				}
				im.Missing = mask
				what := fmt.Sprintf("%s, %d images, %s", c.arch, n, name)
				want := inBlocks(t, net, im)
				got, err := e.Evaluate(im)
				if err != nil {
					t.Fatal(err)
				}
				sameEvaluation(t, what, got, want)
				plain, err := net.Evaluate(context.Background(), im, 1)
				if err != nil {
					t.Fatal(err)
				}
				sameEvaluation(t, what+" by Evaluate", plain, want)
			}
		}
	}
}

func TestEvaluatorAllocatesNothing(t *testing.T) {
	for _, c := range append(slices.Clone(trainingCases[:8]), trainingCases[len(trainingCases)-1]) {
		net := joinedNetwork(t, c.arch, c.in)
		e := net.NewEvaluator()
		for _, n := range []int{1, 5, 40} {
			im, _ := randomImages(n, c.in, 1)
			if got := testing.AllocsPerRun(10, func() {
				if _, err := e.Evaluate(im); err != nil {
					t.Fatal(err)
				}
			}); got != 0 {
				t.Errorf("%s: %v allocations for %d images", c.arch, got, n)
			}
		}
	}
}

// Whatever memory is reused, scores are those of the parameters of now.
func TestEvaluatorFollowsParameters(t *testing.T) {
	in := Shape{H: 9, W: 10, C: 2}
	net := joinedNetwork(t, "F3/1 A6:2 M F2x3 G4", in)
	e := net.NewEvaluator()
	for _, n := range []int{2, inferenceLanes} {
		im, _ := randomImages(n, in, 5)
		for _, mask := range [][]bool{nil, randomMask(1, in, 0.3, 9)} {
			im.Missing = mask
			before, err := e.Evaluate(im)
			if err != nil {
				t.Fatal(err)
			}
			was := before.Layers[0].LSE[0]
			net.Layer(0).Mu[0] += 0.25
			net.Layer(0).Logits[1] += 0.5
			net.Refresh()
			after, err := e.Evaluate(im)
			if err != nil {
				t.Fatal(err)
			}
			if after.Layers[0].LSE[0] == was {
				t.Errorf("%d images: the score is still %v", n, was)
			}
			fresh, err := net.NewEvaluator().Evaluate(im)
			if err != nil {
				t.Fatal(err)
			}
			sameEvaluation(t, fmt.Sprintf("%d images after a change", n), after, fresh)
			sameEvaluation(t, fmt.Sprintf("%d images in blocks after a change", n), after, inBlocks(t, net, im))
		}
	}
}

// Errors are those of Evaluate, and the next call is not spoiled by them.
func TestEvaluatorErrors(t *testing.T) {
	in := Shape{H: 8, W: 8, C: 1}
	net := joinedNetwork(t, "F4/2 G4 M F2 G3", in)
	e := net.NewEvaluator()
	im, _ := randomImages(2, in, 1)
	want := inBlocks(t, net, im)
	bad := Images{Shape: Shape{H: 8, W: 8, C: 3}, Pix: make([]uint8, 192)}
	if ev, err := e.Evaluate(bad); err == nil || ev != nil || !strings.Contains(err.Error(), "8×8×3") {
		t.Errorf("colour images: %v", err)
	}
	mu := net.Layer(1).Mu[0]
	net.Layer(1).Mu[0] = float32(math.NaN())
	net.Refresh()
	_, wantErr := net.Evaluate(context.Background(), im, 1)
	if ev, err := e.Evaluate(im); err == nil || ev != nil || wantErr == nil || err.Error() != wantErr.Error() || !strings.Contains(err.Error(), "layer 2") {
		t.Errorf("parameters that are no numbers: %v, by Evaluate %v", err, wantErr)
	}
	net.Layer(1).Mu[0] = mu
	net.Refresh()
	got, err := e.Evaluate(im)
	if err != nil {
		t.Fatal(err)
	}
	sameEvaluation(t, "after errors", got, want)
}

// One image, too, is not scored when the context has ended.
func TestScoringOneImageStopsWithItsContext(t *testing.T) {
	net := joinedNetwork(t, "F2 G3", Shape{H: 4, W: 4, C: 1})
	im, _ := randomImages(1, Shape{H: 4, W: 4, C: 1}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if ev, err := net.Evaluate(ctx, im, 1); !errors.Is(err, context.Canceled) || ev != nil {
		t.Errorf("%v, %v", ev, err)
	}
}

// Evaluate and evaluators of one network on several goroutines do not disturb each other.
func TestConcurrentEvaluations(t *testing.T) {
	in := Shape{H: 9, W: 10, C: 2}
	net := joinedNetwork(t, "F3/1 A6:2 M F2x3 G4", in)
	im, _ := randomImages(45, in, 5)
	want := inBlocks(t, net, im)
	errs := make(chan error)
	const goroutines = 4
	for g := range goroutines {
		go func() {
			e := net.NewEvaluator()
			var err error
			for i := g; i < 45 && err == nil; i += goroutines {
				one := Images{Shape: in, Pix: im.Pix[i*in.Size():][:in.Size()]}
				a, errA := e.Evaluate(one)
				b, errB := net.Evaluate(context.Background(), one, 2)
				all, errC := net.Evaluate(context.Background(), im, 2)
				err = errors.Join(errA, errB, errC)
				if x := want.Layers[1].LSE[i]; err == nil && (a.Layers[1].LSE[0] != x || b.Layers[1].LSE[0] != x || all.Layers[1].LSE[i] != x || !slices.Equal(all.Layers[0].Wins, want.Layers[0].Wins)) {
					err = fmt.Errorf("image %d has another score", i)
				}
			}
			errs <- err
		}()
	}
	for range goroutines {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
