// Command scoring is a loop of one's own in Go: it learns what the pictures of a folder look like, and says of each
// further file whether it is odd. See docs/library.md.
//
//	go run ./examples/scoring FOLDER FILE...
package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"log"
	"os"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: scoring FOLDER FILE...")
	}
	net, err := learn(context.Background(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range os.Args[2:] {
		a, err := judge(context.Background(), net, path)
		if err != nil {
			log.Print(err) // one bad file does not end the loop
			continue
		}
		fmt.Println(path, a)
	}
}

// learn trains a network on nine tenths of the pictures of a folder, and calibrates its scores on the others. A program
// that runs more than once would keep it: net.Save, dcgmm.Load.
func learn(ctx context.Context, dir string) (*dcgmm.Network, error) {
	set, _, err := dataset.Read(ctx, dir, dataset.Reading{H: 32, W: 32, C: 1, SkipBad: true})
	if err != nil {
		return nil, err
	}
	held, rest := set.HoldOut(0.1, 1)
	if len(held) == 0 {
		return nil, errors.New("too few pictures to hold some out")
	}
	shape := dcgmm.Shape{H: set.H, W: set.W, C: set.C}
	train := dcgmm.Images{Shape: shape, Pix: set.Subset(rest).Pix}
	net, err := dcgmm.New(dcgmm.Propose(shape, train.Len()), shape, dcgmm.Init{Seed: 1, MaxPrecRoot: 8})
	if err != nil {
		return nil, err
	}
	const steps, batch = 3000, 100
	epochs := max(10, steps*batch/train.Len())
	if err := net.Fit(ctx, train, dcgmm.Config{Epochs: epochs, Seed: 1}); err != nil {
		return nil, err
	}
	scorer, _, err := dcgmm.FitScorer(ctx, net, train, 0)
	if err != nil {
		return nil, err
	}
	if err := scorer.FitPlaces(ctx, train.Source(), 0); err != nil {
		return nil, err
	}
	net.SetScorer(scorer)
	return net, scorer.Calibrate(ctx, dcgmm.Images{Shape: shape, Pix: set.Subset(held).Pix}, true, 0)
}

// answer is what is known of a picture.
type answer struct {
	score, percentile float64
	odd               bool // less likely than all but 1 % of what was held out
}

func (a answer) String() string {
	words := "as usual"
	if a.odd {
		words = "odd"
	}
	return fmt.Sprintf("%s: score %.2f, %.0f %% of the usual pictures are odder", words, a.score, a.percentile)
}

// judge scores one file. It is safe for concurrent use: scoring does not change the network.
func judge(ctx context.Context, net *dcgmm.Network, path string) (answer, error) {
	f, err := os.Open(path)
	if err != nil {
		return answer{}, err
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", path, err)
	}
	in := net.Input()
	set := dataset.FromImages([]image.Image{picture}, in.H, in.W, in.C)
	scorer := net.Scorer()
	scores, _, err := scorer.Score(ctx, dcgmm.Images{Shape: in, Pix: set.Pix}, 1)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", path, err)
	}
	c := scorer.Calibration
	for _, s := range scores {
		if v := s.Values[0]; s.Name == c.Recommended {
			return answer{v, 100 * c.Share(s.Name, v), v < c.Threshold(s.Name, 0.01)}, nil
		}
	}
	return answer{}, fmt.Errorf("the model has no score %q", c.Recommended)
}
