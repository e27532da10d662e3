package dcgmm_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"log"
	"math/rand/v2"
	"slices"

	"deepgmm/dcgmm"
)

// bars returns n images of 8×8 gray pixels, each with three bright rows or columns side by side.
func bars(n int) dcgmm.Images {
	r := rand.New(rand.NewPCG(1, 1))
	im := dcgmm.Images{Shape: dcgmm.Shape{H: 8, W: 8, C: 1}, Pix: make([]uint8, n*64)}
	for i := range n {
		pix, first := im.Pix[i*64:][:64], r.IntN(6)
		for j := range pix {
			pix[j] = uint8(r.IntN(40))
		}
		for j := range 8 {
			for line := first; line < first+3; line++ {
				if i%2 == 0 {
					pix[line*8+j] = 255
				} else {
					pix[j*8+line] = 255
				}
			}
		}
	}
	return im
}

// Train a network of two layers with pooling on images in memory, and cluster them.
func Example() {
	images := bars(2000) // N×H×W×C bytes
	net, err := dcgmm.New("F3 G9 M F3 G16", images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := net.Fit(ctx, images, dcgmm.Config{Epochs: 50, Seed: 1}); err != nil {
		log.Fatal(err)
	}
	clusters, err := net.Predict(ctx, images)
	if err != nil {
		log.Fatal(err)
	}
	agree := 0
	majority := map[int]int{} // cluster → rows minus columns
	for i, c := range clusters {
		majority[c] += 1 - 2*(i%2)
	}
	for i, c := range clusters {
		if (majority[c] > 0) == (i%2 == 0) {
			agree++
		}
	}
	fmt.Println("clusters tell rows from columns in more than nine of ten images:", agree > 1800)
	// Output: clusters tell rows from columns in more than nine of ten images: true
}

// What does not fit says why, and what would.
func ExampleNew() {
	_, err := dcgmm.New("F8/3 G49", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{})
	fmt.Println(err)
	// Output: architecture "F8/3 G49", word 1 "F8/3": patches of 8 with stride 3 do not cover a height of 28 (map 28×28×1): with this patch the strides 1, 2, 4, 5 fit, with this stride the patches 4, 7, 10, 13, 16, 19, 22, 25, 28; or pad: F8/3p
}

func ExampleNetwork_Arch() {
	net, err := dcgmm.New("F8/2 G49 M F6 G36", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(net)
	for _, l := range net.Arch().Layers {
		fmt.Printf("%-8s %v → %v, D = %d, %d parameters, %.1f MFLOP\n", l.Name(), l.In, l.Out, l.D(), l.Params(), l.FLOPs()/1e6)
	}
	// Output:
	// F8/2 G49 M F6 G36 for images of 28×28×1, 133365 parameters
	// F8/2 G49 28×28×1 → 11×11×49, D = 64, 6321 parameters, 1.5 MFLOP
	// F6 G36   6×6×49 → 1×1×36, D = 1764, 127044 parameters, 0.3 MFLOP
}

// A mixture of factor analysers: 9 components whose covariance is a diagonal and 2 factors. They explain
// the images better than means and variances alone.
func ExampleNew_factors() {
	images := bars(1000)
	likelihood := func(arch string) (mean float64) {
		net, err := dcgmm.New(arch, images.Shape, dcgmm.Init{Seed: 1})
		if err != nil {
			log.Fatal(err)
		}
		tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 60, Seed: 1})
		if err != nil {
			log.Fatal(err)
		}
		if err := tr.Run(context.Background(), nil); err != nil {
			log.Fatal(err)
		}
		ev, err := net.Evaluate(context.Background(), images, 0)
		if err != nil {
			log.Fatal(err)
		}
		for _, l := range ev.Layers[0].LSE {
			mean += l / float64(images.Len())
		}
		return mean
	}
	fmt.Println("two factors gain more than a nat per image:", likelihood("F8 A9:2") > likelihood("F8 G9")+1)
	// Output: two factors gain more than a nat per image: true
}

// An interrupted training goes on from a checkpoint.
func ExampleCheckpoint_Resume() {
	images := bars(500)
	net, err := dcgmm.New("F8 G9", images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 40, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = tr.Run(ctx, func(p dcgmm.Progress) error { cancel(); return nil })
	fmt.Println(err)

	var file bytes.Buffer
	if err := tr.Save(&file); err != nil {
		log.Fatal(err)
	}
	ck, err := dcgmm.Load(&file)
	if err != nil {
		log.Fatal(err)
	}
	tr, err = ck.Resume(images, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d steps done\n", tr.Step(), tr.Steps())
	// Output:
	// training stopped after step 4 of 200: context canceled
	// 200 of 200 steps done
}

func ExampleCombination() {
	train := [][]float64{{-1, 1}, {90, 110}} // scores of two layers for two training images
	test := [][]float64{{0, 2}, {100, 120}}
	fmt.Println(dcgmm.FitCombination(dcgmm.Sum, train).Score(test))
	// Output: [0 4]
}

func ExampleUsedShare() {
	fmt.Println(dcgmm.UsedShare([]int64{500, 480, 0, 3}))
	// Output: 0.75
}

func ExampleNeighbourhood() {
	n := dcgmm.NewNeighbourhood(12)
	n.SetWidth(0.5)
	fmt.Printf("%d×%d torus, G(0,0) = %.3f, to a neighbour %.3f\n", n.Rows, n.Cols, n.At(0, 0), n.At(0, 1))
	// Output: 3×4 torus, G(0,0) = 0.619, to a neighbour 0.084
}

// The top layer's component 2, projected down to the pixels.
func ExampleNetwork_Project() {
	net, err := dcgmm.New("F3/1 G9 M F3 G4", dcgmm.Shape{H: 8, W: 8, C: 1}, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	pixels, shape := net.Project(1, 0, 2)
	fmt.Println(len(pixels), shape)
	// Output: 64 8×8×1
}

// Score pictures one after the other, with memory for one of them.
func ExampleNetwork_NewEvaluator() {
	images := bars(2000)
	net, err := dcgmm.New("F3 G9 M F3 G16", images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	if err := net.Fit(context.Background(), images, dcgmm.Config{Epochs: 20, Seed: 1}); err != nil {
		log.Fatal(err)
	}
	like := &image.Gray{Pix: bars(1).Pix, Stride: 8, Rect: image.Rect(0, 0, 8, 8)}
	unlike := image.NewGray(image.Rect(0, 0, 8, 8)) // a chessboard
	for i := range unlike.Pix {
		unlike.Pix[i] = uint8((i + i/8) % 2 * 255)
	}
	evaluator := net.NewEvaluator()
	one := dcgmm.Images{Shape: net.Input(), Pix: make([]uint8, net.Input().Size())}
	var scores []float64
	for _, picture := range []image.Image{like, unlike} { // from a camera, of the network's size
		frame := picture.Bounds()
		for y := range one.Shape.H {
			for x := range one.Shape.W {
				gray := color.GrayModel.Convert(picture.At(frame.Min.X+x, frame.Min.Y+y)).(color.Gray)
				one.Pix[y*one.Shape.W+x] = gray.Y
			}
		}
		ev, err := evaluator.Evaluate(one)
		if err != nil {
			log.Fatal(err)
		}
		scores = append(scores, ev.Layers[net.Layers()-1].LSE[0]) // ev is valid until the next call
	}
	fmt.Println("bars are likelier than a chessboard:", scores[0] > scores[1])
	// Output: bars are likelier than a chessboard: true
}

// Where an image is unlikelier than usual: a dark hole in bright bars.
func ExampleNetwork_Heat() {
	images := bars(1000)
	net, err := dcgmm.New("F3 G9 M F3 G16", images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := net.Fit(ctx, images, dcgmm.Config{Epochs: 30, Seed: 1}); err != nil {
		log.Fatal(err)
	}
	usual, err := dcgmm.FitUsual(ctx, net, images, 0)
	if err != nil {
		log.Fatal(err)
	}
	odd := dcgmm.Images{Shape: images.Shape, Pix: bytes.Repeat([]byte{20}, 64)}
	for x := range 8 {
		for y := range 3 {
			odd.Pix[(2+y)*8+x] = 255 // three bright rows
		}
	}
	odd.Pix[3*8+4] = 0                           // with a hole
	heat, err := net.Heat(ctx, odd, 0, usual, 0) // 8×8 values
	if err != nil {
		log.Fatal(err)
	}
	peak := slices.Index(heat, slices.Max(heat))
	fmt.Println("hottest at row", peak/8, "column", peak%8)
	// Output: hottest at row 3 column 4
}
