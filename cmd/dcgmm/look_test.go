package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/eval"
)

// copies writes 60 glyphs, and of some of them an exact copy, a brighter one, one moved by a pixel and a JPEG.
func copies(t *testing.T) {
	t.Helper()
	d, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		img := d.Test.Picture(i).(*image.Gray)
		writePNG(t, fmt.Sprintf("new/%02d.png", i), img)
		if i%20 != 7 {
			continue
		}
		bright, moved := image.NewGray(img.Rect), image.NewGray(img.Rect)
		for p, v := range img.Pix {
			bright.Pix[p] = min(v, 253) + 2
			moved.Pix[p] = img.Pix[p-min(1, p%28)]
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
		put(t, fmt.Sprintf("new/%02d web.jpg", i), b.String())
		for name, img := range map[string]image.Image{"copy": img, "bright": bright, "moved": moved} {
			writePNG(t, fmt.Sprintf("new/%02d %s.png", i, name), img)
		}
	}
}

// Planted duplicates are found, and no others; the table, CSV and JSON say the same.
func TestDuplicates(t *testing.T) {
	glyphModel(t)
	copies(t)
	args := strings.Fields("score g.dcgmm --images new --calibrate --duplicates --workers 1")
	out := succeed(t, append(args, "--csv", "d.csv", "--json", "d.json")...)
	var doc scoreDocument
	jsonOf(t, "d.json", &doc)
	rows := csvOf(t, string(bytesOf(t, "d.csv")))
	n := len(rows[0])
	if want := []string{"duplicates", "duplicate_of", "distance", "exact"}; !slices.Equal(rows[0][n-4:], want) {
		t.Errorf("the columns are %v", rows[0])
	}
	groups := map[string]int{}
	for i, r := range doc.Images {
		name, d := strings.TrimSuffix(filepath.Base(r.Path), filepath.Ext(r.Path)), r.Duplicate
		origin, kind, _ := strings.Cut(name, " ")
		if number, err := strconv.Atoi(origin); err != nil || (number%20 == 7) != (d != nil) {
			t.Errorf("%s: %+v", r.Path, d)
			continue
		}
		if d == nil {
			if strings.Join(rows[i+1][n-4:], "") != "" {
				t.Errorf("%v has no duplicate", rows[i+1])
			}
			continue
		}
		if g, ok := groups[origin]; ok && g != d.Group {
			t.Errorf("%s is in group %d, not %d", r.Path, d.Group, g)
		}
		groups[origin] = d.Group
		if exact := kind == "" || kind == "copy"; exact != d.Exact || exact && d.Distance != 0 || d.Distance > nearDistance || !strings.HasPrefix(filepath.Base(d.Of), origin) || d.Of == r.Path {
			t.Errorf("%s: %+v", r.Path, d)
		}
		if got, want := strings.Join(rows[i+1][n-4:], " "), fmt.Sprintf("%d %s %s %t", d.Group, d.Of, exact(d.Distance), d.Exact); got != want {
			t.Errorf("CSV has %q, JSON %q", got, want)
		}
	}
	if len(groups) != 3 || !strings.Contains(out, "duplicates: 15 images in 3 groups") || !regexp.MustCompile(`(?m)^1 +exact +new/07 copy.png +new/07.png$`).MatchString(out) {
		t.Errorf("%d groups: %s", len(groups), out)
	}
	if again := succeed(t, append(args[:len(args)-1], "3", "--json", "-")...); !bytes.Equal([]byte(again), bytesOf(t, "d.json")) {
		t.Error("more workers say something else")
	}
	if out := succeed(t, append(args, "--distance", "0")...); !strings.Contains(out, "duplicates: 9 images in 3 groups") { // the moved ones, too
		t.Errorf("at a distance of 0: %s", out)
	}
	if out := succeed(t, strings.Fields("score g.dcgmm --set glyphs --limit 5 --duplicates")...); !strings.Contains(out, "duplicates: none") {
		t.Errorf("said %s", out)
	}
}

// hottest is the middle of the reddest and yellowest pixels of the right half of a picture beside its heat map, in
// pixels of the image.
func hottest(t *testing.T, path string, side, times int) (y, x float64) {
	t.Helper()
	img, most := decoded(t, path), -1000
	count := 0.0
	for py := range side {
		for px := range side {
			c := color.RGBAModel.Convert(img.At(side*times+4+px*times, py*times)).(color.RGBA)
			switch heat := 2*int(c.R) - int(c.G) - int(c.B); {
			case heat > most+3:
				most, y, x, count = heat, float64(py), float64(px), 1
			case heat >= most-3:
				y, x, count = y+float64(py), x+float64(px), count+1
			}
		}
	}
	return y / count, x / count
}

// Heat maps of the oddest show where the planted squares are.
func TestHeatMaps(t *testing.T) {
	tiles(t)
	succeed(t, strings.Fields("score t.dcgmm --images new --heat heat --top 2")...)
	files := names(t, "heat")
	if slices.Sort(files); len(files) != 2 || !strings.Contains(strings.Join(files, " "), "-07.png") || !strings.Contains(strings.Join(files, " "), "-21.png") || !strings.HasPrefix(files[0], "001-") {
		t.Fatalf("files %v", files)
	}
	for _, f := range files {
		path := filepath.Join("heat", f)
		if size := decoded(t, path).Bounds().Size(); size != (image.Point{2*252 + 4, 252}) {
			t.Errorf("%s has %v pixels", f, size)
		}
		if y, x := hottest(t, path, 12, 21); y < 4 || y > 7 || x < 4 || x > 7 {
			t.Errorf("%s is hottest at %v, %v", f, y, x)
		}
	}
	refused(t, "score t.dcgmm --images new --heat heat", "--heat heat: the folder is not empty")
	refused(t, "score t.dcgmm --images new --heat h --heat-layer 2", "--heat-layer is 2, which sees whole images; choose a lower one")
	refused(t, "score t.dcgmm --images new --heat h --heat-layer 3", "--heat-layer is 3; t.dcgmm has the layers 1 to 2")
}

// Names of files after others are of letters, none of them cut, and short in bytes.
func TestFileNames(t *testing.T) {
	for path, want := range map[string]string{
		"a/b.png": "b", "7": "7", "a/\xff\xfe.png": "_", "b\xffc.d.png": "b_c.d", strings.Repeat("x", 250): strings.Repeat("x", 120),
		"a" + strings.Repeat("猫", 80) + ".png": "a" + strings.Repeat("猫", 39), strings.Repeat("😀", 62) + ".png": strings.Repeat("😀", 30), strings.Repeat("\xffa", 100): strings.Repeat("_a", 60),
	} {
		if got := fileName(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// A sheet has the oddest and every cluster with its prototype; a folder has one for each.
func TestSheets(t *testing.T) {
	tiles(t)
	succeed(t, strings.Fields("score t.dcgmm --images new --top 5 --sheet s.png")...)
	succeed(t, strings.Fields("score t.dcgmm --images new --top 5 --sheet sheets/ --csv a.csv")...)
	want := []string{"oddest.png"}
	for _, row := range csvOf(t, string(bytesOf(t, "a.csv")))[1:] {
		k, err := strconv.Atoi(row[1])
		if name := fmt.Sprintf("cluster-%03d.png", k); err == nil && !slices.Contains(want, name) {
			want = append(want, name)
		}
	}
	got := names(t, "sheets")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 3 {
		t.Errorf("sheets %v, want %v", got, want)
	}
	all, one := decoded(t, "s.png").Bounds(), decoded(t, "sheets/oddest.png").Bounds()
	if all.Dx() < 10*120 || all.Dy() < one.Dy()+(len(want)-1)*120 {
		t.Errorf("%v, the oddest alone %v", all, one)
	}
	refused(t, "score t.dcgmm --images new --sheet s.png", "--sheet s.png: it is there already")
	refused(t, "score t.dcgmm --images new --sheet s.jpg", "--sheet s.jpg: unknown ending; choose .png, or / at the end")
	refused(t, "score t.dcgmm --images new --sheet sheets/", "--sheet sheets/: the folder is not empty")
	refused(t, "score t.dcgmm --images new --sheet a.png --heat a.png", "--heat a.png: it is given twice")
}

// pageOf is what a page's script sees.
func pageOf(t *testing.T, path string) (data struct {
	Images struct {
		Path          []string
		Cluster, Rank []int
		Flag, Folder  []string
		X, Peak       []float64
		Layers        [][]float64
	}
	Places   []int
	Clusters []struct{ Members []int }
	Groups   [][]struct{ I, Of int }
	Heats    *struct{ Of []int }
}, text string) {
	t.Helper()
	text = string(bytesOf(t, path))
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s has no data", path)
	}
	if err := json.Unmarshal([]byte(m[1]), &data); err != nil {
		t.Fatal(err)
	}
	return data, text
}

// The page has what score says, whatever files and folders are called.
func TestReport(t *testing.T) {
	tiles(t)
	const evil = `<script>alert(1)<`
	for i := range 30 {
		folder := "plain"
		if i%2 == 0 {
			folder = evil
		}
		if err := os.MkdirAll("own/"+folder, 0o777); err != nil {
			t.Fatal(err)
		}
		put(t, fmt.Sprintf("own/%s/%02d\x1b&amp;.png", folder, i), string(bytesOf(t, fmt.Sprintf("new/%02d.png", i))))
	}
	put(t, "own/plain/copy.png", string(bytesOf(t, "new/07.png")))
	out := succeed(t, "report", "t.dcgmm", "--images", "own", "--out", "r.html", "--contamination", "0.1", "--distance", "0.001")
	if !strings.HasPrefix(out, "r.html: a page of 31 images, score \"calibrated places\" (recommended for this model)") {
		t.Errorf("said %q", out)
	}
	succeed(t, "score", "t.dcgmm", "--images", "own", "--json", "r.json", "--contamination", "0.1")
	var doc scoreDocument
	jsonOf(t, "r.json", &doc)
	data, text := pageOf(t, "r.html")
	for i, r := range doc.Images {
		folder := strings.Split(r.Path, "/")[1]
		if data.Images.Rank[i] != r.Rank || data.Images.Flag[i] != r.Flag || data.Images.Cluster[i] != *r.Cluster || data.Images.Path[i] != strings.ReplaceAll(r.Path, "\x1b", `\x1b`) || data.Images.Folder[i] != folder {
			t.Errorf("image %d: %+v", i, r)
		}
	}
	members := 0
	for _, c := range data.Clusters {
		members += len(c.Members)
	}
	if members != 31 || len(data.Images.X) != 31 || len(data.Images.Layers) != 2 || len(data.Heats.Of) != pageOddest+len(data.Places) || doc.Images[data.Heats.Of[0]].Rank != 1 {
		t.Errorf("%d members, %d places, heat of %v", members, len(data.Images.X), data.Heats.Of)
	}
	for i, r := range doc.Images { // the planted squares
		name := filepath.Base(r.Path)
		if planted := strings.HasPrefix(name, "07") || strings.HasPrefix(name, "21") || name == "copy.png"; planted != (data.Images.Peak[i] > 5) {
			t.Errorf("%s has a heat of %v", r.Path, data.Images.Peak[i])
		}
	}
	if len(data.Groups) != 1 || len(data.Groups[0]) != 2 {
		t.Errorf("duplicates %v", data.Groups)
	}
	if strings.Contains(text, "<script>alert") || !strings.Contains(text, "31, seen by the model as 12×12 pixels in gray") {
		t.Error("the page is not as expected")
	}
	first := bytesOf(t, "r.html")
	succeed(t, "report", "t.dcgmm", "--images", "own", "--out", "r.html", "--contamination", "0.1", "--distance", "0.001", "--force", "--workers", "1")
	if !bytes.Equal(first, bytesOf(t, "r.html")) {
		t.Error("another page for the same images")
	}
	refused(t, "report t.dcgmm --images own --out r.html", "--out r.html: it is there already")
	refused(t, "report t.dcgmm --images own --out s.html --heat-layer 2", "--heat-layer is 2, which sees whole images")
	refused(t, "report t.dcgmm --out s.html", "give either --set")
	refused(t, "report t.dcgmm --images own --out s.html --score best", `--score is "best"`)
	if _, err := os.Stat("s.html"); err == nil {
		t.Error("a refused page was written")
	}
}

// Images with the highest heat are shown for it, but not twice.
func TestOddPlaces(t *testing.T) {
	peaks := []float64{9, 1, 4, 8, 2.9, 4, 30}
	if got := oddPlaces(peaks, []int{6, 1}); !slices.Equal(got, []int{0, 3, 2, 5}) {
		t.Errorf("%v", got)
	}
	if got := oddPlaces(slices.Repeat([]float64{5}, 40), []int{0}); len(got) != pagePlaces || got[0] != 1 {
		t.Errorf("%v", got)
	}
}

// A model that sees whole images only has no heat maps, and its page says so; one of several positions at the top has no
// clusters.
func TestReportWithoutPlacesOrClusters(t *testing.T) {
	tiles(t)
	succeed(t, strings.Fields("train --images good --size 12x12 --arch G4 --epochs 1 --out each.dcgmm")...)
	succeed(t, "train", "--images", "good", "--size", "12x12", "--arch", "F12 G4", "--epochs", "1", "--out", "flat.dcgmm")
	refused(t, "score flat.dcgmm --images new --heat h", "flat.dcgmm: every layer sees whole images")
	succeed(t, strings.Fields("report flat.dcgmm --images new --out flat.html")...)
	data, text := pageOf(t, "flat.html")
	if data.Heats != nil || !strings.Contains(text, "There are no maps of where they are odd") || data.Images.Cluster == nil {
		t.Errorf("a flat model: %v", data.Heats)
	}
	succeed(t, strings.Fields("report each.dcgmm --images new --out each.html")...)
	data, text = pageOf(t, "each.html")
	if data.Images.Cluster != nil || data.Clusters != nil || strings.Contains(text, `id="clusters"`) || data.Heats == nil {
		t.Errorf("a model without clusters: %v", data.Clusters)
	}
	succeed(t, strings.Fields("score each.dcgmm --images new --sheet each.png")...)
}

// Images of one pattern are near each other: a group of many of them says nothing.
func TestAPatternIsNoGroup(t *testing.T) {
	chain := func(n int, distance float64) (links []eval.Link) {
		for i := range n - 1 {
			links = append(links, eval.Link{I: i, J: i + 1, Distance: distance})
		}
		return links
	}
	twice := func(n int) (links []eval.Link) {
		for i := range n / 2 {
			links = append(links, eval.Link{I: 2 * i, J: 2*i + 1, Distance: 0.05})
		}
		return links
	}
	planted := append([]eval.Link{{I: 60, J: 61, Distance: 0.001}}, chain(60, 0.06)...)
	for name, c := range map[string]struct {
		images int
		links  []eval.Link
		want   float64
		left   int
	}{
		"a chain of most":          {62, planted, 0.02, 1},
		"all there twice":          {100, twice(100), nearDistance, 50},
		"a small group of many":    {1000, chain(21, 0.06), nearDistance, 20},
		"a large group among few":  {12, chain(8, 0.06), nearDistance, 7},
		"a large group among many": {200, chain(40, 0.06), 0.02, 0},
		"none":                     {100, nil, nearDistance, 0},
	} {
		links, distance := withoutPattern(c.links, c.images, nearDistance)
		if math.Abs(distance-c.want) > 1e-15 || len(links) != c.left {
			t.Errorf("%s: %d links within %g", name, len(links), distance)
		}
	}
}
