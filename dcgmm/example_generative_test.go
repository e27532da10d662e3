package dcgmm_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"deepgmm/dcgmm"
)

// trainedOnBars returns a network of two layers trained on 2000 images of bars: even ones have rows, odd ones columns.
var trainedOnBars = sync.OnceValues(func() (*dcgmm.Network, dcgmm.Images) {
	images := bars(2000)
	net, err := dcgmm.New("F3 G9 M F3 G16", images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 100, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	return net, images
})

// contrast says how much more an 8×8 image changes from row to row than from column to column.
func contrast(pixels []float32) (c float32) {
	for y := range 7 {
		for x := range 7 {
			down, right := pixels[y*8+8+x]-pixels[y*8+x], pixels[y*8+x+1]-pixels[y*8+x]
			c += down*down - right*right
		}
	}
	return c
}

// Draw images. Image 7 is the same whether it is drawn alone or among others.
func ExampleNetwork_Sample() {
	net, _ := trainedOnBars()
	top := net.Layers() - 1
	s := dcgmm.Sampling{Seed: 1, Top: 2, Noise: []float64{1 / 5.0}}
	many, err := net.Sample(context.Background(), top, 0, 100, s)
	if err != nil {
		log.Fatal(err)
	}
	seventh, err := net.Sample(context.Background(), top, 7, 1, s)
	if err != nil {
		log.Fatal(err)
	}
	same := true
	for i, v := range seventh {
		same = same && v == many[7*64+i]
	}
	fmt.Println(len(many), "values, image 7 is the same alone:", same)
	// Output: 6400 values, image 7 is the same alone: true
}

// Move blurred images uphill until the top layer finds them more likely.
func ExampleNetwork_Sharpen() {
	net, images := trainedOnBars()
	blurred := make([]float32, 10*64)
	for i := range blurred {
		blurred[i] = (float32(images.Pix[i])/255 + 0.2) / 2
	}
	out, err := net.Sharpen(context.Background(), blurred, dcgmm.Sharpening{Target: 1, Iterations: 50, Keep: 10}, 0)
	if err != nil {
		log.Fatal(err)
	}
	higher := 0
	for _, trace := range out.Trace {
		if trace[len(trace)-1] > trace[0] {
			higher++
		}
	}
	fmt.Printf("%d of 10 images score higher, %d steps went down\n", higher, out.Lower)
	// Output: 10 of 10 images score higher, 0 steps went down
}

// Fill in a hidden rectangle. The mask is the same for all images here; it may have one for each.
func ExampleNetwork_Inpaint() {
	net, images := trainedOnBars()
	images.Pix = images.Pix[:100*64]
	images.Missing = make([]bool, 64)
	for y := 2; y < 7; y++ {
		for x := 1; x < 5; x++ {
			images.Missing[y*8+x] = true
		}
	}
	filled, err := net.Inpaint(context.Background(), images, dcgmm.Inpainting{})
	if err != nil {
		log.Fatal(err)
	}
	near := 0
	for i, v := range filled {
		if d := v - float32(images.Pix[i])/255; images.Missing[i%64] && d > -0.5 && d < 0.5 {
			near++
		}
	}
	fmt.Println("nine of ten hidden pixels are bright or dark as they were:", near > 20*100*9/10)
	// Output: nine of ten hidden pixels are bright or dark as they were: true
}

// Draw variants of images: other images that the top layer takes for the same.
func ExampleNetwork_Vary() {
	net, images := trainedOnBars()
	images.Pix = images.Pix[:100*64]
	variants, err := net.Vary(context.Background(), images, 1, dcgmm.Sampling{Seed: 1, Noise: []float64{1 / 5.0}})
	if err != nil {
		log.Fatal(err)
	}
	same := 0
	for i := range 100 {
		if rows := contrast(variants[i*64:][:64]) > 0; rows == (i%2 == 0) {
			same++
		}
	}
	fmt.Println("nine of ten variants of rows are rows, of columns columns:", same > 90)
	// Output: nine of ten variants of rows are rows, of columns columns: true
}

// Teach a trained network what is what, then ask for images of one class.
func ExampleNewClassifierTrainer() {
	net, images := trainedOnBars()
	labels := make([]uint8, images.Len())
	for i := range labels {
		labels[i] = uint8(i % 2) // 0: rows, 1: columns
	}
	ctx, top := context.Background(), net.Layers()-1
	tr, err := dcgmm.NewClassifierTrainer(net, images, labels, dcgmm.ClassifierConfig{Layer: top, Epochs: 20})
	if err != nil {
		log.Fatal(err)
	}
	if err := tr.Run(ctx, nil); err != nil {
		log.Fatal(err)
	}
	classes, _, err := net.Classify(ctx, images, 0)
	if err != nil {
		log.Fatal(err)
	}
	right := 0
	for i, c := range classes {
		if c == i%2 {
			right++
		}
	}
	fmt.Println("more than 95 % are told apart:", right > 1900)

	ev, err := net.Evaluate(ctx, images, 0)
	if err != nil {
		log.Fatal(err)
	}
	var used []int // components that never win have learnt nothing worth drawing
	for k, wins := range ev.Layers[top].Wins {
		if wins > 0 {
			used = append(used, k)
		}
	}
	columns := net.Classifier().Signal(net, 1)
	drawn, err := net.Sample(ctx, top, 0, 100, dcgmm.Sampling{Weights: columns, Components: used, Noise: []float64{1 / 5.0}})
	if err != nil {
		log.Fatal(err)
	}
	right = 0
	for i := range 100 {
		if contrast(drawn[i*64:][:64]) < 0 {
			right++
		}
	}
	fmt.Println("more than 90 of 100 images of columns have columns:", right > 90)
	// Output:
	// more than 95 % are told apart: true
	// more than 90 of 100 images of columns have columns: true
}
