package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/experiments/bench"
	"deepgmm/experiments/report"
)

// The recommended score of quickly trained models finds defects of all kinds, those that are too plain among them.
func TestRecommendedScoresFindDefectsInTextures(t *testing.T) {
	dir := t.TempDir()
	var out, log bytes.Buffer
	o := bench.Textures{Options: bench.Options{Results: filepath.Join(dir, "tables"), Out: &out, Log: &log}, Command: run, Folder: filepath.Join(dir, "tiles"),
		Seed: 7, Names: []string{"weave", "sandpaper"}, Trained: 200, Good: 40, Bad: 40, Train: []string{"--epochs", "60"}}
	if err := bench.RunTextures(context.Background(), o); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for id, least := range map[string]float64{"B5-textures": 0.93, "B6-defects": 0.85} {
		table, err := report.ReadTable(filepath.Join(dir, "tables", id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table.Rows {
			if auc, ok := row[1].Float(); !ok || auc < least {
				t.Errorf("%s, %v: AUC %v, want %v\n%s", id, row[0], auc, least, &out)
			}
		}
	}
	succeed(t, "info", filepath.Join(dir, "tiles", "weave", "model.dcgmm"))
	if err := bench.RunTextures(context.Background(), o); err == nil || !strings.Contains(err.Error(), "give a new folder") {
		t.Errorf("into the same folder: %v", err)
	}
	refused(t, "bench --textures --only water", `there is no texture "water"; choose from bricks, `)
}

// eval recommends the model's score unless another is better beyond chance, and --recommend writes a model that has it.
func TestEvalRecommends(t *testing.T) {
	tiles(t)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		writePNG(t, fmt.Sprintf("mixed/defect/%02d.png", i), texture(r, true))
		writePNG(t, fmt.Sprintf("mixed/good/%02d.png", i), texture(r, false))
	}
	var of evaluation
	out := succeed(t, strings.Fields("eval t.dcgmm --images mixed --outlier defect --json e.json --recommend same.dcgmm")...)
	jsonOf(t, "e.json", &of)
	if got := of.Recommended; got == nil || got.Score != dcgmm.PlacesScore || got.Model != got.Score || got.AUC < 0.95 || got.BestAUC < got.AUC ||
		!strings.Contains(out, `recommended: "calibrated places", as by the model; `) {
		t.Errorf("%+v; said %s", got, out)
	}
	if !bytes.Equal(bytesOf(t, "t.dcgmm"), bytesOf(t, "same.dcgmm")) {
		t.Error("with the same recommendation the model is another one")
	}
	m, err := loadModel("t.dcgmm")
	if err != nil {
		t.Fatal(err)
	}
	m.Network.Scorer().Calibration.Recommended = "corrected by layer 1"
	var b bytes.Buffer
	if err := m.Network.Save(&b); err != nil {
		t.Fatal(err)
	}
	writeText(t, "bad.dcgmm", b.String())
	out = succeed(t, strings.Fields("eval bad.dcgmm --images mixed --outlier defect --csv e.csv --recommend better.dcgmm")...)
	if !strings.Contains(out, `recommended for these outliers: --score "`) || !strings.Contains(out, `it is better than "corrected by layer 1", which the model recommends, beyond chance (p = `) {
		t.Errorf("said %s", out)
	}
	rows := csvOf(t, string(bytesOf(t, "e.csv")))
	at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "recommended" })
	if at < 0 || !strings.Contains(out, fmt.Sprintf("--score %q", rows[at][1])) {
		t.Fatalf("%v", rows)
	}
	if said := succeed(t, strings.Fields("score better.dcgmm --images new")...); !strings.HasPrefix(said, fmt.Sprintf("score %q (recommended for this model)", rows[at][1])) {
		t.Errorf("the better model: %s", said)
	}
	refused(t, "eval t.dcgmm --images mixed --recommend b.dcgmm", "give their class with --outlier")
	refused(t, "eval t.dcgmm --images mixed --outlier defect --recommend better.dcgmm", "--recommend better.dcgmm: it is there already")
	m.Network.Scorer().Calibration = nil
	b.Reset()
	if err := m.Network.Save(&b); err != nil {
		t.Fatal(err)
	}
	writeText(t, "plain.dcgmm", b.String())
	refused(t, "eval plain.dcgmm --images mixed --outlier defect --recommend b.dcgmm", "plain.dcgmm has no calibrated scores")
	if out := succeed(t, strings.Fields("eval plain.dcgmm --images mixed --outlier defect")...); strings.Contains(out, "recommended") {
		t.Errorf("without a calibration: %s", out)
	}
}

// By hand: among few outliers the best score is not better beyond chance, among many it is.
func TestRecommendationsByHand(t *testing.T) {
	of := func(n int) *recommendation {
		own, best := make([]float64, 2*n), make([]float64, 2*n)
		var known, unknown []int
		for i := range n {
			own[i], own[n+i] = float64(i%5), float64(i%5)-2
			best[i], best[n+i] = float64(i%5), float64(i%5)-4
			known, unknown = append(known, i), append(unknown, n+i)
		}
		r, err := recommend([]dcgmm.Score{{Name: "own", Values: own}, {Name: "best", Values: best}, {Name: "same", Values: own}}, "own", known, unknown)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := of(5); r.Score != "own" || r.Best != "best" || r.Model != "own" || r.P < beyondChance || !strings.Contains(r.words(), "not beyond chance") {
		t.Errorf("of five: %+v, %s", r, r.words())
	}
	if r := of(100); r.Score != "best" || r.AUC != r.BestAUC || r.P > 1e-6 {
		t.Errorf("of a hundred: %+v", r)
	}
}
