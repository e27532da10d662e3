package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// glyphs is a small model, trained once for all tests.
var glyphs = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dcgmm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	model := filepath.Join(dir, "g.dcgmm")
	args := []string{"train", "--set", "glyphs", "--arch", "F8/4 G9 F6 G16", "--epochs", "6", "--limit", "2000", "--out", model}
	if err := run(context.Background(), args, io.Discard, io.Discard); err != nil {
		return nil, err
	}
	return os.ReadFile(model)
})

// glyphModel writes a small model into dir, the working folder from now on.
func glyphModel(t *testing.T) (dir string) {
	t.Helper()
	model, err := glyphs()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("g.dcgmm", model, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// idx reads IDX images, plain or gzip.
func idx(t *testing.T, path string) *dataset.Set {
	t.Helper()
	s, err := dataset.FromIDX(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// All formats at once say the same, and the same seed gives the same bytes.
func TestSampleWritesEveryFormat(t *testing.T) {
	glyphModel(t)
	args := []string{"sample", "g.dcgmm", "-n", "11", "--seed", "5", "--workers", "1"}
	out := succeed(t, append(args, "--out", "a.png", "--out", "a.npy", "--out", "a.idx", "--out", "a-images-ubyte", "--out", "sub/a.gz", "--out", "a/")...)
	if want := "a.png: 11 images of 28×28×1, sampled from layer 2 of g.dcgmm\n"; !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 6 {
		t.Errorf("said %q", out)
	}
	if size := decoded(t, "a.png").Bounds().Size(); size != (image.Point{4*30 + 2, 3*30 + 2}) {
		t.Errorf("a grid of 4×3 images has %v pixels", size)
	}
	set := idx(t, "a.idx")
	if set.N != 11 || set.H != 28 || set.W != 28 || set.C != 1 || !bytes.Equal(set.Pix, idx(t, "sub/a.gz").Pix) || !bytes.Equal(bytesOf(t, "a.idx"), bytesOf(t, "a-images-ubyte")) {
		t.Error("the IDX files are not the 11 images")
	}
	npy := bytesOf(t, "a.npy")
	if !bytes.Contains(npy[:128], []byte("'shape': (11, 28, 28, 1)")) || len(npy) != 128+4*11*784 {
		t.Errorf("a.npy has %d bytes and begins %q", len(npy), npy[:128])
	}
	if got := names(t, "a"); len(got) != 11 || got[0] != "001.png" || got[10] != "011.png" {
		t.Errorf("the folder has %v", got)
	}
	pictures, err := dataset.ReadFolder("a", 28, 28, 1)
	if err != nil || !bytes.Equal(pictures.Pix, set.Pix) {
		t.Errorf("the pictures are not those of a.idx (%v)", err)
	}
	if g := decoded(t, "a.png").(*image.Gray); g.GrayAt(2+30+4, 2+30+5).Y != set.Image(5)[5*28+4] || g.GrayAt(0, 0).Y != 128 {
		t.Error("the grid does not show image 5 in its place")
	}

	succeed(t, append(args[:len(args)-1], "3", "--out", "b.npy", "--out", "b.png")...)
	if !bytes.Equal(npy, bytesOf(t, "b.npy")) || !bytes.Equal(bytesOf(t, "a.png"), bytesOf(t, "b.png")) {
		t.Error("the same seed gives other bytes")
	}
	succeed(t, "sample", "g.dcgmm", "-n", "11", "--seed", "6", "--out", "c.npy")
	if bytes.Equal(npy, bytesOf(t, "c.npy")) {
		t.Error("another seed gives the same bytes")
	}
	succeed(t, "sample", "g.dcgmm", "-n", strconv.Itoa(stride()+1), "--seed", "5", "--out", "many.idx")
	if many := idx(t, "many.idx"); many.N != stride()+1 || !bytes.Equal(many.Head(11).Pix, set.Pix) {
		t.Error("more images begin with others")
	}
}

// The flags of sample reach the sampling.
func TestSampleFlags(t *testing.T) {
	glyphModel(t)
	seen := map[string]string{}
	for _, flags := range []string{"", "--layer 1", "--choose uniform", "--choose cycle", "--component 3", "--component 3 --component 4,5", "--top 3",
		"--noise 0.25", "--noise 0", "--redraw 1,2", "--sharpen 5", "--sharpen 5 --sharpen-target 1", "--sharpen 5 --rate 0.01", "--sharpen 5 --keep 1000", "--columns 2"} {
		succeed(t, append(strings.Fields("sample g.dcgmm -n 400 --force --out s.png"), strings.Fields(flags)...)...)
		picture := string(bytesOf(t, "s.png"))
		if other, same := seen[picture]; same {
			t.Errorf("%q gives the picture of %q", flags, other)
		}
		seen[picture] = flags
	}
}

func TestSharpenRaisesItsObjective(t *testing.T) {
	glyphModel(t)
	out := succeed(t, "sharpen", "g.dcgmm", "--set", "glyphs", "--limit", "7", "--iterations", "6", "--target", "1", "--trace", "t/trace.csv", "--out", "s.idx")
	var before, after float64
	var steps, kept, back int
	line := out[strings.Index(out, "objective"):]
	if _, err := fmt.Sscanf(line, "objective: from %f to %f on average; of %d steps %d kept, %d taken back", &before, &after, &steps, &kept, &back); err != nil || !(after > before) || kept+back != steps || kept == 0 {
		t.Errorf("said %q (%v)", out, err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytesOf(t, "t/trace.csv"))).ReadAll()
	if err != nil || !slices.Equal(rows[0], []string{"image", "step", "objective"}) || len(rows) != 1+7+steps {
		t.Fatalf("the trace has %d rows for 7 images and %d steps (%v)", len(rows), steps, err)
	}
	for i := 2; i < len(rows); i++ {
		a, _ := strconv.ParseFloat(rows[i-1][2], 64)
		b, _ := strconv.ParseFloat(rows[i][2], 64)
		if rows[i][0] == rows[i-1][0] && b < a {
			t.Errorf("the objective of image %s falls from %v to %v", rows[i][0], a, b)
		}
	}
	if s := idx(t, "s.idx"); s.N != 7 {
		t.Errorf("%d images", s.N)
	}
}

// What is known stays, what is missing is filled in with less error than black, and the error is the one that was
// printed.
func TestInpaint(t *testing.T) {
	glyphModel(t)
	mask := image.NewGray(image.Rect(0, 0, 28, 28))
	for y := 9; y < 19; y++ {
		for x := range 12 {
			mask.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	writePNG(t, "mask.png", mask)
	d, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	test := d.Test.Draw(20, 1)
	for _, flags := range []string{"--mask mask.png", "--mask random:0.3 --seed 4", "--mask hole --draw --sharpen 3", "--mask left --zero-fill", "--mask bottom --rounds 1"} {
		args := append(strings.Fields("inpaint g.dcgmm --set glyphs --limit 20 --out p.npy --out p.idx"), strings.Fields(flags)...)
		out := succeed(t, append(args, "--force")...)
		var printed float64
		var n int
		if _, err := fmt.Sscanf(out[strings.Index(out, "squared"):], "squared error: %f on average of %d missing values", &printed, &n); err != nil {
			t.Fatalf("%s: said %q: %v", flags, out, err)
		}
		what, seed := args[11], uint64(1)
		if strings.Contains(flags, "--seed 4") {
			seed = 4
		}
		missing, err := dataset.MakeMask(what, 20, 28, 28, seed)
		if err != nil {
			t.Fatal(err)
		}
		got := idx(t, "p.idx")
		var sum, black float64
		count := 0
		for i, v := range got.Pix {
			switch want := test.Pix[i]; {
			case missing[i%len(missing)]:
				e := float64(v)/255 - float64(want)/255
				sum, black, count = sum+e*e, black+float64(want)*float64(want)/255/255, count+1
			case v != want:
				t.Fatalf("%s: known pixel %d is %d, not %d", flags, i, v, want)
			}
		}
		if n != count || printed < sum/float64(count)-1e-3 || printed > sum/float64(count)+1e-3 {
			t.Errorf("%s: printed %v of %d values, the images say %v of %d", flags, printed, n, sum/float64(count), count)
		}
		if !strings.Contains(flags, "--draw") && !strings.Contains(flags, "zero") && sum >= black {
			t.Errorf("%s: squared error %v is not below that of black, %v", flags, sum, black)
		}
	}
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A row of the grid, and a run of images, is of one picture; variants differ.
func TestVary(t *testing.T) {
	glyphModel(t)
	out := succeed(t, "vary", "g.dcgmm", "--set", "glyphs", "--limit", "3", "--variants", "5", "--layer", "1", "--out", "v.png", "--out", "v.idx")
	if !strings.Contains(out, "5 variants of each of 3 images of glyphs, from layer 1 of g.dcgmm") {
		t.Errorf("said %q", out)
	}
	if size := decoded(t, "v.png").Bounds().Size(); size != (image.Point{5*30 + 2, 3*30 + 2}) {
		t.Errorf("the grid has %v pixels", size)
	}
	s := idx(t, "v.idx")
	if s.N != 15 || bytes.Equal(s.Image(0), s.Image(1)) {
		t.Errorf("%d images, the first two equal: %v", s.N, bytes.Equal(s.Image(0), s.Image(1)))
	}
	d, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var one bytes.Buffer
	if err := dataset.WriteIDX(&one, nil, d.Test.Draw(3, 1).Head(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("one.idx", one.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	succeed(t, "vary", "g.dcgmm", "--images", "one.idx", "--variants", "5", "--layer", "1", "--out", "w.idx")
	if !bytes.Equal(idx(t, "w.idx").Pix, s.Head(5).Pix) {
		t.Error("the variants of an image depend on how many follow")
	}
}

func TestClassify(t *testing.T) {
	glyphModel(t)
	out := succeed(t, "classify", "g.dcgmm", "--train", "--set", "glyphs", "--epochs", "2", "--layer", "1", "--limit", "1500", "--out", "c.dcgmm")
	accuracy := func(out string) float64 {
		var n int
		var a float64
		if _, err := fmt.Sscanf(out[max(0, strings.Index(out, "accuracy")):], "accuracy on %d images of glyphs: %f", &n, &a); err != nil {
			t.Fatalf("said %q: %v", out, err)
		}
		return a
	}
	trained := accuracy(out)
	if !strings.HasPrefix(out, "c.dcgmm: classifier of 10 classes on layer 1\n") || trained < 0.5 {
		t.Errorf("said %q", out)
	}
	if told := succeed(t, "classify", "c.dcgmm", "--set", "glyphs", "--limit", "1500"); accuracy(told) != trained {
		t.Errorf("afterwards: %q", told)
	}
	if masked := succeed(t, "classify", "c.dcgmm", "--set", "glyphs", "--limit", "1500", "--mask", "right"); !(accuracy(masked) < trained) {
		t.Errorf("half of the image is enough: %q", masked)
	}
	if info := succeed(t, "info", "c.dcgmm"); !strings.Contains(info, "classifier: 10 classes, on layer 1") {
		t.Errorf("info: %s", info)
	}
	if strings.Contains(succeed(t, "info", "g.dcgmm"), "classifier") {
		t.Error("with --out the checkpoint that was read has changed")
	}
	before := bytesOf(t, "c.dcgmm")
	succeed(t, "classify", "c.dcgmm", "--train", "--set", "glyphs", "--epochs", "2", "--layer", "1", "--limit", "1500", "--force")
	if !bytes.Equal(before, bytesOf(t, "c.dcgmm")) {
		t.Error("training once more gives another classifier")
	}

	sampled := succeed(t, "sample", "c.dcgmm", "--class", "4", "-n", "5", "--out", "four/", "--sharpen", "2")
	if !strings.Contains(sampled, "sampled from layer 1") {
		t.Errorf("sample: %q", sampled)
	}
	for source, first := range map[string]string{"--images four": "four/001.png", "--set glyphs --csv --limit 5": "0"} {
		rows, err := csv.NewReader(strings.NewReader(succeed(t, append([]string{"classify", "c.dcgmm"}, strings.Fields(source)...)...))).ReadAll()
		if err != nil || len(rows) != 6 || !slices.Equal(rows[0], []string{"image", "class", "probability"}) || filepath.ToSlash(rows[1][0]) != first {
			t.Errorf("%s: %v (%v)", source, rows, err)
		}
	}
}

// Masks in scoring, clustering and outlier detection.
func TestEvalWithMask(t *testing.T) {
	glyphModel(t)
	whole := succeed(t, "eval", "g.dcgmm", "--set", "glyphs", "--outlier", "3")
	masked := succeed(t, "eval", "g.dcgmm", "--set", "glyphs", "--outlier", "3", "--mask", "random:0.5")
	if whole == masked || !strings.Contains(masked, "AUC, outlier 3") || !strings.Contains(masked, "purity") {
		t.Errorf("eval with a mask: %s", masked)
	}
	if again := succeed(t, "eval", "g.dcgmm", "--set", "glyphs", "--outlier", "3", "--mask", "random:0.5", "--seed", "2"); again == masked {
		t.Error("--seed does not reach the mask")
	}
}

// Pictures in colour, of other sizes than the model's: they are scaled, and results are in colour.
func TestColour(t *testing.T) {
	t.Chdir(t.TempDir())
	for class, c := range map[string]color.RGBA{"red": {200, 30, 30, 255}, "blue": {30, 30, 200, 255}} {
		for i := range 20 {
			img := image.NewRGBA(image.Rect(0, 0, 16, 12))
			for y := range 12 {
				for x := range 16 {
					img.SetRGBA(x, y, color.RGBA{c.R + uint8(i), uint8(10 * x), c.B + uint8(y), 255})
				}
			}
			writePNG(t, fmt.Sprintf("p/%s/%02d.png", class, i), img)
		}
	}
	succeed(t, "train", "--images", "p", "--size", "6x8C", "--arch", "F3x4/1x4 G4 F4x2 G4", "--epochs", "20", "--batch", "10", "--out", "c.dcgmm")
	out := succeed(t, "classify", "c.dcgmm", "--images", "p", "--train", "--epochs", "30")
	if !strings.Contains(out, "accuracy on 8 images of p: 1.0000") || !strings.Contains(out, "0 blue") {
		t.Errorf("classify: %s", out)
	}
	succeed(t, "sample", "c.dcgmm", "--class", "1", "--noise", "0.01", "-n", "3", "--columns", "3", "--out", "s.png", "--out", "s.idx", "--out", "s.npy", "--out", "s/")
	img := decoded(t, "s.png")
	if size := img.Bounds().Size(); size != (image.Point{3*10 + 2, 6 + 4}) {
		t.Errorf("the grid has %v pixels", size)
	}
	if r, _, b, _ := img.At(5, 5).RGBA(); r <= b {
		t.Errorf("a red picture has red %d, blue %d", r>>8, b>>8)
	}
	s := idx(t, "s.idx")
	single, err := dataset.ReadFolder("s", 6, 8, 3)
	if err != nil || s.C != 3 || !bytes.Equal(s.Pix, single.Pix) {
		t.Errorf("IDX of %d channels, the folder differs (%v)", s.C, err)
	}
	for _, args := range []string{"inpaint c.dcgmm --images p --mask top --out i.png", "vary c.dcgmm --images p --limit 4 --out v.png", "sharpen c.dcgmm --images p --iterations 3 --out h.png"} {
		succeed(t, strings.Fields(args)...)
	}
}

func TestBadInputOfTheGenerators(t *testing.T) {
	dir := glyphModel(t)
	succeed(t, "classify", "g.dcgmm", "--train", "--set", "glyphs", "--epochs", "1", "--limit", "300", "--out", "k.dcgmm")
	writePNG(t, "small.png", image.NewGray(image.Rect(0, 0, 20, 14)))
	writePNG(t, "p/1.png", image.NewGray(image.Rect(0, 0, 9, 9)))
	writePNG(t, "q/a/1.png", image.NewGray(image.Rect(0, 0, 9, 9)))
	writePNG(t, "r/a/1.png", image.NewGray(image.Rect(0, 0, 9, 9)))
	writePNG(t, "r/b/1.png", image.NewGray(image.Rect(0, 0, 9, 9)))
	save := func(name, arch string, in dcgmm.Shape) {
		net, err := dcgmm.New(arch, in, dcgmm.Init{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := net.Save(f); err != nil {
			t.Fatal(err)
		}
	}
	save("two.dcgmm", "F2 G2 F3 G2", dcgmm.Shape{H: 4, W: 4, C: 2})
	save("rgb.dcgmm", "F2 G2 F3 G2", dcgmm.Shape{H: 4, W: 4, C: 3})
	save("pool.dcgmm", "M F14 G2", dcgmm.Shape{H: 28, W: 28, C: 1})
	before := names(t, dir)
	for _, c := range []struct {
		args string
		want []string
	}{
		{"sample", []string{"arg"}},
		{"sample none.dcgmm", []string{"none.dcgmm"}},
		{"sample small.png", []string{"small.png: not a checkpoint"}},
		{"sample g.dcgmm -n 0", []string{"-n is 0"}},
		{"sample g.dcgmm --layer 3", []string{"--layer is 3", "g.dcgmm has the layers 1 to 2"}},
		{"sample g.dcgmm --layer=-1", []string{"--layer is -1"}},
		{"sample g.dcgmm --component 16", []string{"--component is 16", "0 to 15"}},
		{"sample g.dcgmm --choose best", []string{`--choose is "best"`, "weights, uniform or cycle"}},
		{"sample g.dcgmm --class 3", []string{"g.dcgmm has no classifier", "dcgmm classify g.dcgmm --train"}},
		{"sample k.dcgmm --class 10", []string{"--class is 10", "0 to 9"}},
		{"sample k.dcgmm --class=-1", []string{"--class is -1"}},
		{"sample k.dcgmm --class 1 --layer 1", []string{"the classifier of k.dcgmm is on layer 2"}},
		{"sample k.dcgmm --class 1 --choose cycle", []string{"--choose", "--class", "omit one"}},
		{"sample g.dcgmm --top 0", []string{"--top is 0"}},
		{"sample g.dcgmm --noise=-1", []string{"--noise is -1", "between 0 and"}},
		{"sample g.dcgmm --sharpen=-1", []string{"--sharpen is -1"}},
		{"sample g.dcgmm --sharpen 5 --sharpen-target 9", []string{"--sharpen-target is 9", "layers 1 to 2"}},
		{"sample g.dcgmm --sharpen 5 --rate 0", []string{"--rate is 0"}},
		{"sample g.dcgmm --sharpen 5 --keep=-1", []string{"--keep is -1"}},
		{"sample g.dcgmm --columns=-1", []string{"--columns is -1"}},
		{"sample g.dcgmm --out x.tif", []string{"--out x.tif", "unknown ending", ".npy"}},
		{"sample g.dcgmm --out p", []string{"--out p", "end it with /"}},
		{"sample g.dcgmm --out p/", []string{"--out p/", "not empty"}},
		{"sample g.dcgmm --out small.png/", []string{"small.png/"}},
		{"sample g.dcgmm --out small.png/x.npy", []string{"write small.png/x.npy"}},
		{"sample g.dcgmm --out small.png/x/", []string{"small.png/x/"}},
		{"sample g.dcgmm -n 1025 --out new.png", []string{"new.png", "too large", "at most 1024", ".npy"}},
		{"sample g.dcgmm -n 9000000 --out new.idx", []string{"new.idx", "2 GiB", "NPY"}},
		{"sample two.dcgmm --out new.png", []string{"new.png", "4×4×2", ".npy"}},
		{"vary g.dcgmm", []string{"give either --set"}},
		{"vary g.dcgmm --images p --variants 0", []string{"--variants is 0"}},
		{"vary g.dcgmm --images p --layer 7", []string{"--layer is 7"}},
		{"vary g.dcgmm --images p --limit=-1", []string{"--limit is -1"}},
		{"vary rgb.dcgmm --set glyphs", []string{"glyphs are 28×28×1", "rgb.dcgmm is for 4×4×3", "--images"}},
		{"vary two.dcgmm --images p", []string{"two.dcgmm is for images of 4×4×2", "gray or three colours"}},
		{"vary g.dcgmm --images none", []string{"none"}},
		{"sharpen g.dcgmm --images p --iterations 0", []string{"--iterations is 0"}},
		{"sharpen g.dcgmm --images p --target 3", []string{"--target is 3", "layers 1 to 2"}},
		{"sharpen g.dcgmm --images p --trace small.png/t.csv", []string{"write small.png/t.csv"}},
		{"inpaint g.dcgmm --images p", []string{"give --mask", "white = missing"}},
		{"inpaint g.dcgmm --images p --mask middle", []string{`"middle"`, "right, left, top, bottom, hole"}},
		{"inpaint g.dcgmm --images p --mask random:2", []string{`mask "random:2"`, "random:0.5"}},
		{"inpaint g.dcgmm --images p --mask small.png", []string{"small.png", "14×20", "28×28"}},
		{"inpaint g.dcgmm --images p --mask left --rounds 0", []string{"--rounds is 0"}},
		{"inpaint pool.dcgmm --images p --mask left", []string{"pools pixels before its first mixture"}},
		{"eval g.dcgmm --set glyphs --mask small.png", []string{"small.png", "14×20", "28×28"}},
		{"classify g.dcgmm --set glyphs", []string{"g.dcgmm has no classifier"}},
		{"classify g.dcgmm --set glyphs --rate 2", []string{"--rate is for --train"}},
		{"classify g.dcgmm --train --set glyphs --layer 4", []string{"--layer is 4"}},
		{"classify g.dcgmm --train --set glyphs --epochs 0", []string{"--epochs is 0"}},
		{"classify g.dcgmm --train --set glyphs --rate 0", []string{"--rate is 0"}},
		{"classify g.dcgmm --train --set glyphs --split valid", []string{"--split is not for --train"}},
		{"classify g.dcgmm --train --set glyphs --mask left", []string{"--mask is not for --train"}},
		{"classify g.dcgmm --train --images p", []string{"p have no classes", "sub-folder"}},
		{"classify g.dcgmm --train --images q", []string{"one class"}},
		{"classify k.dcgmm --images r", []string{"2 classes", "10", "--csv"}},
		{"classify g.dcgmm --train --set glyphs --limit 300 --epochs 1 --out small.png/k", []string{"write small.png/k"}},
	} {
		_, _, err := command(t, context.Background(), strings.Fields(c.args)...)
		if err == nil {
			t.Errorf("dcgmm %s: no error", c.args)
			continue
		}
		var line bytes.Buffer
		if code := exitCode(context.Background(), err, &line); code != 1 || strings.Count(line.String(), "\n") != 1 {
			t.Errorf("dcgmm %s: exit code %d, said %q", c.args, code, line.String())
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("dcgmm %s: %q does not say %q", c.args, err, want)
			}
		}
	}
	if after := names(t, dir); !slices.Equal(before, after) {
		t.Errorf("failures left something: %v, before %v", after, before)
	}
}

// Ctrl-C while images are drawn: exit code 130, one line, nothing left.
func TestInterruptedSamplingLeavesNothing(t *testing.T) {
	dir := glyphModel(t)
	before := names(t, dir)
	c, said := start(t, dir, "sample", "g.dcgmm", "-n", "1000000", "--sharpen", "300", "--out", "x.npy", "--out", "x.gz", "--out", "x/")
	deadline := time.Now().Add(20 * time.Second)
	for len(names(t, dir)) == len(before) && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	if code := interrupt(t, c); code != 130 || strings.Count(said.String(), "dcgmm: ") != 1 || !strings.Contains(said.String(), "stopped") || strings.Contains(said.String(), "write ") {
		t.Errorf("exit code %d, said %s", code, said)
	}
	if after := names(t, dir); !slices.Equal(before, after) {
		t.Errorf("left: %v, before %v", after, before)
	}
}
