package show

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"slices"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// atMost bounds how many images of a set Value shows.
const atMost = 40

// Value shows a value as what it is:
//
//   - a *dcgmm.Network, or a *dcgmm.Checkpoint with its network: what each layer sees and gives, and its prototypes
//   - a *dcgmm.Evaluation: the log-likelihoods of every layer, and how many of its components won
//   - a *dataset.Data, *dataset.Set or dcgmm.Images: the first images
//   - a report.Table; a report.Panel or several; a report.Sheet or several
//   - an image.Image, as it is
//   - a grid of numbers, [][]float64, as gray levels
//   - an error, or anything else, as text
//
// It panics for a grid whose rows differ in length.
func Value(x any) {
	switch x := x.(type) {
	case *dcgmm.Network:
		network(x)
	case *dcgmm.Checkpoint:
		network(x.Network)
		if cfg, step, ok := x.Training(); ok {
			Note("A training of %d epochs that can go on after step %d.", cfg.Epochs, step)
		}
	case *dcgmm.Evaluation:
		Table(evaluationTable(x))
	case *dataset.Data:
		Note("%d images to train on, %d to judge by.", x.Train.N, x.Test.N)
		Value(x.Train)
	case *dataset.Set:
		Pictures(fmt.Sprintf("The first of %d images", x.N), SetSheet("", 10, x.Head(min(atMost, x.N))))
	case dcgmm.Images:
		n := min(atMost, x.Len())
		Pictures(fmt.Sprintf("The first of %d images", x.Len()), ByteSheet("", 10, x.Shape, x.Pix[:n*x.Shape.Size()]))
	case report.Table:
		Table(x)
	case report.Panel:
		Lines(x.Title, x)
	case []report.Panel:
		Lines("", x...)
	case report.Sheet:
		Pictures(x.Caption, x)
	case []report.Sheet:
		Pictures("", x...)
	case image.Image:
		asItIs(x)
	case [][]float64:
		grid(x)
	default:
		Note("%s", "`"+fmt.Sprint(x)+"`")
	}
}

// network draws a network: a table of its layers, from the images up, and their prototypes.
func network(net *dcgmm.Network) {
	name := net.Arch().String()
	t := report.Table{Title: name, Columns: []report.Column{{Name: "layer"}, {Name: "mixture"}, {Name: "sees a map of"},
		{Name: "values of a vector"}, {Name: "gives a map of"}, {Name: "trained numbers"}}}
	var sheets []report.Sheet
	for i, l := range net.Arch().Layers {
		t.Rows = append(t.Rows, []report.Value{report.Num(float64(i + 1)), report.Text(l.Name()), report.Text(l.In.String()),
			report.Num(float64(l.D())), report.Text(l.Handed().String()), report.Num(float64(l.Params()))})
		sheets = append(sheets, Prototypes(net, i))
	}
	Table(t)
	Pictures(name+": what the components stand for", sheets...)
}

func evaluationTable(ev *dcgmm.Evaluation) report.Table {
	t := report.Table{Title: "Evaluation", Columns: []report.Column{{Name: "layer"}, {Name: "images"},
		{Name: "log-likelihood", Unit: "nats", Decimals: 1}, {Name: "spread", Unit: "nats", Decimals: 1},
		{Name: "least", Unit: "nats", Decimals: 1}, {Name: "most", Unit: "nats", Decimals: 1},
		{Name: "components that won"}, {Name: "of"}}}
	for _, l := range ev.Layers {
		won := share(l.Wins, func(n int64) bool { return n > 0 }) * float64(len(l.Wins))
		row := []report.Value{report.Text(l.Name), report.Num(float64(len(l.LSE)))}
		scores := []report.Value{report.None(), report.None(), report.None(), report.None()}
		if len(l.LSE) > 0 {
			scores = []report.Value{report.Num(Mean(l.LSE)), report.Num(Spread(l.LSE)),
				report.Num(slices.Min(l.LSE)), report.Num(slices.Max(l.LSE))}
		}
		row = append(row, scores...)
		t.Rows = append(t.Rows, append(row, report.Num(won), report.Num(float64(len(l.Wins)))))
	}
	return t
}

// asItIs shows an image in its own size and colours.
func asItIs(img image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		Check(fmt.Errorf("the image of %v cannot be shown: %w", img.Bounds(), err))
	}
	display("", bundle{png: b.Bytes(), plain: fmt.Sprintf("Picture: %d×%d pixels", img.Bounds().Dx(), img.Bounds().Dy())})
}

func grid(rows [][]float64) {
	for _, r := range rows {
		if len(r) != len(rows[0]) || len(r) == 0 {
			panic(fmt.Sprintf("show: Value: a grid with rows of %d and %d numbers", len(rows[0]), len(r)))
		}
	}
	if len(rows) == 0 {
		panic("show: Value: a grid without rows")
	}
	Pictures("", Heat("", len(rows), len(rows[0]), 3, slices.Concat(rows...)))
}
