package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deepgmm/dcgmm"
)

// texture is a noisy grating; defect of them has a bright square.
func texture(r *rand.Rand, defect bool) image.Image {
	img := image.NewGray(image.Rect(0, 0, 12, 12))
	phase := 12 * r.Float64()
	for y := range 12 {
		for x := range 12 {
			v := 110 + 50*math.Sin(float64(x)+phase) + 8*r.NormFloat64()
			if defect && x > 3 && x < 8 && y > 3 && y < 8 {
				v = 240 + 10*r.Float64()
			}
			img.SetGray(x, y, color.Gray{Y: uint8(max(0, min(255, v)))})
		}
	}
	return img
}

// tiles makes a model t.dcgmm of textures, and a folder new of 30, 7 and 21 of them with defects.
func tiles(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		writePNG(t, fmt.Sprintf("good/%03d.png", i), texture(r, false))
	}
	for i := range 30 {
		writePNG(t, fmt.Sprintf("new/%02d.png", i), texture(r, i == 7 || i == 21))
	}
	succeed(t, "train", "--images", "good", "--size", "12x12", "--arch", "F4/2 G9 F5 G4", "--epochs", "20", "--batch", "20", "--hold-out", "0.25", "--out", "t.dcgmm")
}

func jsonOf(t *testing.T, path string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(bytesOf(t, path))))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func csvOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// cells are what a CSV file has of an image.
func (r scored) cells() []string {
	c := []string{r.Path, number0(r.Cluster)}
	for _, v := range r.LogLikelihood {
		c = append(c, exact(v))
	}
	c = append(c, exact(r.Score), strconv.Itoa(r.Rank), exact(r.Percentile), r.Flag)
	if r.Class != nil {
		c = append(c, strconv.Itoa(*r.Class), exact(*r.Probability))
	}
	return c
}

// Planted defects are the oddest; the table, CSV, JSON and JSON lines say the same of all images.
func TestScoreFindsPlantedDefects(t *testing.T) {
	tiles(t)
	out := succeed(t, "score", "t.dcgmm", "--images", "new", "--csv", "a.csv", "--json", "a.json", "--jsonl", "a.jsonl", "--contamination", "0.06", "--top", "5")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 8 || !strings.HasPrefix(lines[0], `score "calibrated places" (recommended for this model), calibrated on 50 held-out images; flagged: 2 of 30 images, the share of 0.06 `) ||
		!slices.Equal(strings.Fields(lines[1]), strings.Fields("rank score percentile flag cluster layer 1 layer 2 image")) ||
		!strings.HasPrefix(lines[7], "and 25 more: --top 0 ") {
		t.Errorf("said %s", out)
	}
	for i, line := range lines[2:4] {
		if f := strings.Fields(line); f[0] != strconv.Itoa(i+1) || f[2] != "0.00" || f[3] != "low" || f[7] != "new/07.png" && f[7] != "new/21.png" {
			t.Errorf("row %d is %q", i+1, line)
		}
	}
	var doc scoreDocument
	jsonOf(t, "a.json", &doc)
	if doc.Model != "t.dcgmm" || doc.Score != dcgmm.PlacesScore || doc.Calibration != (calibrationDocument{50, true}) || doc.Below != nil || len(doc.Images) != 30 {
		t.Errorf("the document is of %+v", doc)
	}
	rows := csvOf(t, string(bytesOf(t, "a.csv")))
	if want := strings.Split("path,cluster,log_likelihood_1,log_likelihood_2,score,rank,percentile,flag", ","); !slices.Equal(rows[0], want) || len(rows) != 31 {
		t.Fatalf("%d rows, %v", len(rows), rows[0])
	}
	each := strings.Split(strings.TrimSpace(string(bytesOf(t, "a.jsonl"))), "\n")
	if len(each) != 30 {
		t.Fatalf("%d lines of JSON", len(each))
	}
	for i, r := range doc.Images {
		if r.Path != fmt.Sprintf("new/%02d.png", i) || !slices.Equal(r.cells(), rows[i+1]) {
			t.Errorf("image %d: JSON has %v, CSV %v", i, r.cells(), rows[i+1])
		}
		var line scored
		if err := json.Unmarshal([]byte(each[i]), &line); err != nil || !slices.Equal(line.cells(), r.cells()) {
			t.Errorf("line %d is %s, %v", i, each[i], err)
		}
		if odd := i == 7 || i == 21; odd != (r.Flag == flagLow) || odd != (r.Rank <= 2) {
			t.Errorf("image %d: %+v", i, r)
		}
	}
	refused(t, "score t.dcgmm --images new --json a.csv", "a.csv: it is there already")
}

// The three kinds of flags, of one-sided and of two-sided scores.
func TestFlagsOfScores(t *testing.T) {
	tiles(t)
	of := func(flags string) (doc scoreDocument) {
		t.Helper()
		succeed(t, append(strings.Fields("score t.dcgmm --images new --force --json a.json"), strings.Fields(flags)...)...)
		jsonOf(t, "a.json", &doc)
		return doc
	}
	count := func(doc scoreDocument, flag string) (n int) {
		for _, r := range doc.Images {
			if r.Flag == flag {
				n++
			}
		}
		return n
	}
	byModel := of("")
	for _, r := range byModel.Images {
		if (r.Flag == flagLow) != (r.Score < *byModel.Below) || r.Flag == flagLow && r.Percentile > 1 || r.Flag == "" && r.Percentile < 1 {
			t.Errorf("by the model, below %v: %+v", *byModel.Below, r)
		}
	}
	if n := count(byModel, flagLow); n < 2 || n > 10 {
		t.Errorf("the model flags %d", n)
	}
	scores := make([]float64, 30)
	for i, r := range byModel.Images {
		scores[i] = r.Score
	}
	slices.Sort(scores)
	if doc := of("--threshold=" + exact(scores[4])); count(doc, flagLow) != 4 || *doc.Below != scores[4] {
		t.Errorf("a threshold at the fifth lowest flags %d", count(doc, flagLow))
	}
	for share, want := range map[string]int{"0": 0, "0.001": 1, "0.1": 3, "0.11": 4, "0.7": 21, "1": 30} {
		if n := count(of("--contamination "+share), flagLow); n != want {
			t.Errorf("--contamination %s flags %d, want %d", share, n, want)
		}
	}
	both := of("--score sum --two-sided --contamination 0.2")
	if low, high := count(both, flagLow), count(both, flagHigh); low+high != 6 || low < 2 || high < 1 {
		t.Errorf("two-sided: %d low, %d high", low, high)
	}
	both = of("--score top --two-sided")
	for _, r := range both.Images {
		if (r.Flag == flagHigh) != (r.Score > *both.Above) || (r.Flag == flagLow) != (r.Score < *both.Below) {
			t.Errorf("outside of %v, %v: %+v", *both.Below, *both.Above, r)
		}
	}
	given := of("--calibrate")
	if given.Calibration != (calibrationDocument{30, false}) || given.Images[7].Rank > 4 || given.Images[21].Rank > 4 {
		t.Errorf("calibrated on the images themselves: %+v, %+v", given.Images[7], given.Images[21])
	}
}

// Equal images have one rank and one flag, whatever the number of workers.
func TestTiesAndWorkers(t *testing.T) {
	tiles(t)
	odd := bytesOf(t, "new/07.png")
	for _, name := range []string{"new/08.png", "new/29.png"} {
		put(t, name, string(odd))
	}
	args := strings.Fields("score t.dcgmm --images new --contamination 0.03 --csv - --workers 1")
	one := succeed(t, args...)
	for _, workers := range []int{2, 2 * runtime.NumCPU()} {
		if succeed(t, append(args, "--workers", strconv.Itoa(workers))...) != one {
			t.Errorf("%d workers say something else", workers)
		}
	}
	rows, ranks := csvOf(t, one)[1:], map[string]int{}
	for _, i := range []int{8, 29} {
		if !slices.Equal(rows[i][1:], rows[7][1:]) {
			t.Errorf("%v, but %v", rows[7], rows[i])
		}
	}
	for _, r := range rows {
		ranks[r[5]]++
	}
	if n := ranks[rows[7][5]]; n != 3 || ranks["1"]+ranks["2"]+ranks["4"] < 2 {
		t.Errorf("%d images with the rank of the equal ones: %v", n, ranks)
	}
}

// File names that are no words come back as they are from CSV and JSON.
func TestScoreKeepsFileNames(t *testing.T) {
	tiles(t)
	names := []string{"a,b.png", `q"uote.png`, "new\nline.png", "tab\t<&>.png", "ünï.png", "bad\xff\xfe.png", "=1+1.png"}
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range names {
		path := filepath.Join("odd", name)
		writePNG(t, "odd/x.png", texture(r, false))
		if err := os.Rename("odd/x.png", path); err != nil {
			if name == "bad\xff\xfe.png" { // not every file system has such names
				names = slices.DeleteFunc(names, func(n string) bool { return n == name })
				continue
			}
			t.Fatal(err)
		}
	}
	t.Chdir("odd") // the names begin the paths
	out := succeed(t, "score", "../t.dcgmm", "--images", ".", "--csv", "-", "--json", "../n.json")
	var doc scoreDocument
	jsonOf(t, "../n.json", &doc)
	var fromCSV, fromJSON []string
	for i, row := range csvOf(t, out)[1:] {
		fromCSV = append(fromCSV, strings.TrimPrefix(row[0], "'"))
		path := doc.Images[i].Path
		if b := doc.Images[i].PathBytes; b != nil {
			path = string(b)
		}
		fromJSON = append(fromJSON, path)
	}
	slices.Sort(names)
	for _, got := range [][]string{fromCSV, fromJSON} {
		if slices.Sort(got); !slices.Equal(got, names) {
			t.Errorf("%q, want %q", got, names)
		}
	}
	shown := succeed(t, "score", "../t.dcgmm", "--images", ".")
	if strings.Count(shown, "\n") != len(names)+2 || !strings.Contains(shown, `new\nline.png`) {
		t.Errorf("the table is %q", shown)
	}
}

// With a classifier there is a class, without one position at the top there is no cluster.
func TestClassesAndClustersOfScores(t *testing.T) {
	glyphModel(t)
	succeed(t, strings.Fields("classify g.dcgmm --train --set glyphs --epochs 1 --limit 300")...)
	rows := csvOf(t, succeed(t, strings.Fields("score g.dcgmm --set glyphs --limit 20 --csv -")...))
	classified := csvOf(t, succeed(t, strings.Fields("classify g.dcgmm --set glyphs --limit 20 --csv")...))
	n := len(rows[0])
	if !slices.Equal(rows[0][n-2:], []string{"class", "probability"}) || len(rows) != 21 {
		t.Fatalf("%d rows, %v", len(rows), rows[0])
	}
	for i, row := range rows[1:] {
		p, err := strconv.ParseFloat(row[n-1], 64)
		if err != nil || row[n-2] != classified[i+1][1] || strconv.FormatFloat(p, 'f', 4, 64) != classified[i+1][2] || row[0] != strconv.Itoa(i) {
			t.Errorf("%v, classify has %v", row, classified[i+1])
		}
	}
	succeed(t, "train", "--set", "glyphs", "--limit", "100", "--arch", "F14/7 G3", "--epochs", "1", "--out", "flat.dcgmm")
	for _, row := range csvOf(t, succeed(t, strings.Fields("score flat.dcgmm --set glyphs --limit 3 --csv -")...))[1:] {
		if row[1] != "" {
			t.Errorf("a cluster of several positions: %v", row)
		}
	}
	if out := succeed(t, strings.Fields("score flat.dcgmm --set glyphs --limit 3")...); !strings.Contains(out, "calibrated on 100 training images (new ones score lower; see --hold-out of train)") {
		t.Errorf("said %q", out)
	}
}

func TestScoreRefuses(t *testing.T) {
	tiles(t)
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	m, err := loadModel("t.dcgmm")
	if err != nil {
		t.Fatal(err)
	}
	save := func(path string) {
		t.Helper()
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := m.Network.Save(f); err != nil {
			t.Fatal(err)
		}
	}
	m.Network.Scorer().Calibration = nil
	save("uncalibrated")
	m.Network.SetScorer(nil)
	save("plain")
	put(t, "new/text.png", "no picture")
	for args, want := range map[string]string{
		"plain --images new":                                          "plain has no calibrated scores, it was not made by this version of dcgmm train: train it again, or take the given images for that with --calibrate",
		"uncalibrated --images new":                                   "uncalibrated has no calibrated scores",
		"none --images new":                                           "give the file of a model",
		"new/text.png --images new":                                   "not a checkpoint",
		"t.dcgmm":                                                     "give either --set",
		"t.dcgmm --images empty":                                      "empty",
		"t.dcgmm --images new":                                        "text.png",
		"t.dcgmm --set glyphs":                                        "28×28×1, t.dcgmm is for 12×12×1",
		"t.dcgmm --images good --score best":                          `--score is "best"; t.dcgmm has the scores calibrated, calibrated places, combined, combined tail, corrected,`,
		"t.dcgmm --images good --score best --calibrate":              `--score is "best"; t.dcgmm has the scores `,
		"t.dcgmm --images good --contamination 0.1 --threshold 3":     "both say what is flagged",
		"t.dcgmm --images good --score top --two-sided --threshold 3": "--threshold is a score on one side",
		"t.dcgmm --images good --csv - --json -":                      "given twice",
		"t.dcgmm --images good --csv none.csv/x --json empty":         "empty: it is there already",
		"t.dcgmm --images good --jsonl empty --force":                 "empty",
	} {
		refused(t, "score "+args, want)
	}
	out, log, err := command(t, context.Background(), strings.Fields("score plain --images new --skip-bad --calibrate --jsonl -")...)
	if err != nil || strings.Count(out, "\n") != 30 || !strings.Contains(log, `calibrated on the 30 given images themselves; flagged: `) {
		t.Errorf("%v, %q, said %q", err, out, log)
	}
	refused(t, "train --images new --skip-bad --size 12x12 --arch=G2 --limit 1 --hold-out 0.5 --out x", "leaves none to train on")
}

// eval's files have the numbers of its tables.
func TestEvalFiles(t *testing.T) {
	glyphModel(t)
	args := strings.Fields("eval g.dcgmm --set glyphs --outlier 3")
	table := succeed(t, args...)
	if again := succeed(t, append(args, "--json", "e.json")...); again != table {
		t.Errorf("with a file, the table is %q, without %q", again, table)
	}
	rows := csvOf(t, succeed(t, append(args, "--csv", "-")...))
	var e evaluation
	jsonOf(t, "e.json", &e)
	if want := e.rows(); !slices.EqualFunc(rows, want, slices.Equal) || len(rows) < 20 || *e.Outlier != 3 || e.Model != "g.dcgmm" {
		t.Errorf("CSV has %v, JSON %v", rows, want)
	}
	for _, s := range e.Scores {
		if !strings.Contains(table, fmt.Sprintf("\n%s ", s.Name)) || !strings.Contains(table, fmt.Sprintf("%.3f", s.AUC)) {
			t.Errorf("the table does not have %+v", s)
		}
	}
	if !strings.Contains(table, fmt.Sprintf("clusters of %d images: purity %.3f,", e.Images, e.Clusters.Purity)) {
		t.Errorf("the table does not have %+v: %s", e.Clusters, table)
	}
	refused(t, "eval g.dcgmm --set glyphs --csv e.json", "e.json: it is there already")
}
