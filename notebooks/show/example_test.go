package show_test

import (
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/notebooks/show"
)

func ExampleTable() {
	show.Table(report.Table{Title: "Clusters", Columns: []report.Column{{Name: "model"}, {Name: "purity", Decimals: 2, Better: 1}},
		Rows: [][]report.Value{{report.Text("k-means"), report.Num(0.823)}, {report.Text("F8/2 G49 F11 G49"), report.Num(0.772)}}})
	// Output:
	// Clusters
	//
	// | model            | purity |
	// |:-----------------|-------:|
	// | k-means          |   0.82 |
	// | F8/2 G49 F11 G49 |   0.77 |
}

func ExampleLines() {
	show.Lines("Objective", report.Panel{X: "epoch", Y: "log-likelihood (nats)", Lines: []report.Line{{Name: "layer 1", X: []float64{1, 2, 3}, Y: []float64{-5, -3, -2}}}})
	// Output: Picture: Objective
}

func ExamplePictures() {
	values := []float32{0, 1, 1, 0, 1, 0, 0, 1} // two images of 2×2
	show.Pictures("Samples", show.Sheet("as sampled", 2, dcgmm.Shape{H: 2, W: 2, C: 1}, values, "first", "second"))
	// Output: Picture: Samples
}

func ExampleTorus() {
	show.Pictures("Annealing, 49 components on a 7×7 torus", show.Torus(49, 2, 0, 24), show.Torus(49, 0.5, 0, 24))
	// Output: Picture: Annealing, 49 components on a 7×7 torus
}

func ExampleNote() {
	show.Note("purity **%.3f**", 0.9104)
	// Output: purity 0.910
}

func ExampleExplore() {
	gray := []show.Slider{{Name: "gray", Positions: []string{"dark", "bright"}, Start: 1}}
	show.Check(show.Explore("One pixel", gray, nil, func(at []int) ([]report.Sheet, error) {
		values := []float32{0.2 + 0.6*float32(at[0])}
		return []report.Sheet{show.Sheet("", 1, dcgmm.Shape{H: 1, W: 1, C: 1}, values)}, nil
	}))
	// Output: Picture: One pixel
}
