package show

import (
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The photograph is where the modules are, its materials are inside of it, and differ in colour.
func TestTilesOfThePhotograph(t *testing.T) {
	photo, err := Plush()
	if err != nil {
		t.Fatal(err)
	}
	mean := map[string][3]float64{}
	for name, parts := range Materials() {
		r := rand.New(rand.NewPCG(1, 2))
		var sum [3]float64
		for range 20 {
			tile := Tile(photo, parts, 32, r)
			if tile.Bounds() != image.Rect(0, 0, 32, 32) {
				t.Fatal(tile.Bounds())
			}
			for i, v := range tile.Pix {
				if c := i % 4; c < 3 {
					sum[c] += float64(v) / (20 * 32 * 32)
				} else if v != 255 {
					t.Fatal("a tile is beside the photograph")
				}
			}
		}
		mean[name] = sum
	}
	blue, purple, pink, leather := mean["blue fur"], mean["purple fur"], mean["pink fur"], mean["leather"]
	if !(blue[2] > 1.4*blue[0] && purple[2] > 1.4*purple[1] && pink[0] > 1.4*pink[1] && leather[0] < 60) {
		t.Errorf("mean colours: %v", mean)
	}
}

// A defect changes some pixels of a tile, and not the tile itself.
func TestDamageLeavesMostOfATile(t *testing.T) {
	tile := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range 32 * 32 {
		tile.SetRGBA(i%32, i/32, color.RGBA{60, 60, 160, 255})
	}
	for _, kind := range Defects {
		for seed := range uint64(20) {
			damaged, changed := Damage(tile, kind, rand.New(rand.NewPCG(seed, 1))), 0
			for i := range 32 * 32 {
				if damaged.RGBAAt(i%32, i/32) != (color.RGBA{60, 60, 160, 255}) {
					changed++
				}
			}
			if changed < 15 || changed > 200 {
				t.Errorf("%s, seed %d: %d pixels changed", kind, seed, changed)
			}
		}
	}
	if tile.RGBAAt(16, 16) != (color.RGBA{60, 60, 160, 255}) {
		t.Error("the tile itself has changed")
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "dent") {
			t.Errorf("another kind: %v", r)
		}
	}()
	Damage(tile, "dent", rand.New(rand.NewPCG(1, 1)))
}

func TestScores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("path,cluster,score,rank,percentile,flag\nnew/a/1.png,,-2,2,50,\n\"new/b/2, 3.png\",4,-9.5,1,0.5,low\nnew/b/4.png,4,-1,3,0.5,high\n")
	got, err := Scores(path)
	if err != nil || len(got) != 3 || got[0] != (Scored{1, "new/b/2, 3.png", -9.5, 1, 0.5, "low"}) || got[1].Class() != "a" {
		t.Errorf("%+v, %v", got, err)
	}
	table := Flagged("", got, Scored.Class)
	if a, _ := table.Lookup("a", "flagged"); len(table.Rows) != 2 || a.Text(0) != "0" || table.Rows[1][2].Text(0) != "2" {
		t.Errorf("%+v", table.Rows)
	}
	for text, want := range map[string]string{"": "empty", "path,score\na,1\n": "no column flag", "path,score,rank,percentile,flag\na,x,1,1,\n": "column score", "a,\"b\n": "quote"} {
		write(text)
		if _, err := Scores(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "dcgmm score --csv") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Scores(path + "x"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}
