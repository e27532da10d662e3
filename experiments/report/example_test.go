package report_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"deepgmm/experiments/report"
)

func ExampleTable() {
	t := report.Table{ID: "T1-speed", Title: "T1. Speed",
		Columns: []report.Column{{Name: "model"}, {Name: "epoch", Unit: "s", Decimals: 2, Better: -1}},
		Rows:    [][]report.Value{{report.Text("F28 G49"), report.Num(0.123)}, {report.Text("F8/2 G49 F11 G49"), report.Num(0.731)}}}
	fmt.Print(t.Markdown())
	// Output:
	// **T1. Speed**
	//
	// | model            | epoch (s) |
	// |:-----------------|----------:|
	// | F28 G49          |  **0.12** |
	// | F8/2 G49 F11 G49 |      0.73 |
}

func ExampleReadTable() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t := report.Table{ID: "T2", Title: "T2", Columns: []report.Column{{Name: "model"}, {Name: "purity"}},
		Rows: [][]report.Value{{report.Text("k-means"), report.NumCI(0.81, 0.8, 0.83)}}}
	if err := t.Write(dir); err != nil {
		log.Fatal(err)
	}
	read, err := report.ReadTable(filepath.Join(dir, "T2.json"))
	if err != nil {
		log.Fatal(err)
	}
	v, _ := read.Lookup("k-means", "purity")
	low, high, _ := v.Interval()
	fmt.Println(low, high)
	// Output: 0.8 0.83
}

func ExampleLines() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f := report.Lines{ID: "F1", Title: "Objective", Panels: [][]report.Panel{{{X: "epoch", Y: "objective", Lines: []report.Line{{Name: "layer 1", X: []float64{1, 2, 3}, Y: []float64{-5, -3, -2}}}}}}}
	fmt.Println(f.Write(dir)) // F1.png and F1.json
	// Output: <nil>
}

func ExamplePictures() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f := report.Pictures{ID: "F3", Title: "Two images", Sheets: []report.Sheet{{Caption: "means", Cols: 2, H: 2, W: 2, C: 1, Pix: []byte{0, 255, 255, 0, 255, 0, 0, 255}}}}
	fmt.Println(f.Write(dir)) // F3.png and F3.json
	// Output: <nil>
}
