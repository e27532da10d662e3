package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
)

// ownFolder makes a folder of 2×12 pictures in colour and gray, deep and flat, and goes into the one that has it.
func ownFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := range 12 {
		img := image.NewRGBA(image.Rect(0, 0, 8, 4))
		gray := image.NewGray(img.Bounds())
		for j := range 32 {
			img.Set(j%8, j/8, color.RGBA{uint8(20 * i), uint8(8 * j), 100, 255})
			gray.Set(j%8, j/8, color.Gray{Y: uint8(9*i + j)})
		}
		writePNG(t, fmt.Sprintf("p/new/deep/%02d.png", i), img)
		writePNG(t, fmt.Sprintf("p/old/%02d.png", i), gray)
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

var quick = []string{"--arch", "F2/2 G3 F2 G2", "--epochs", "1", "--out", "m.dcgmm", "--force"}

// Colour is kept unless it is asked otherwise, and what was done to the pictures is said.
func TestPicturesAreReadAsTheyAre(t *testing.T) {
	ownFolder(t)
	put(t, "p/notes.txt", "x")
	for size, want := range map[string]string{"4x4": "4×4×3", "4x4G": "4×4×1", "4x4C": "4×4×3"} {
		_, said, err := command(t, context.Background(), append([]string{"train", "--images", "p", "--size", size}, quick...)...)
		if err != nil {
			t.Fatal(err)
		}
		if info := succeed(t, "info", "m.dcgmm"); !strings.Contains(info, "for images of "+want) {
			t.Errorf("--size %s: %s", size, info)
		}
		for note, there := range map[string]bool{
			"note: p: 12 pictures in colour, 12 in gray: all are read in colour (in gray with --size 4x4G)\n": size == "4x4",
			"note: p: 12 of 24 pictures are in colour, but are read in gray\n":                                size == "4x4G",
			"note: p: skipped other files: 1 .txt\n":                                                          true,
			"note: p: 24 of 24 pictures have other proportions than 4×4 and are stretched; --fit crop or":     true,
		} {
			if strings.Contains(said, note) != there {
				t.Errorf("--size %s: %q in %q: want %v", size, note, said, there)
			}
		}
	}
	for _, flags := range []string{"--fit crop", "--fit pad --background white", "--fit pad --background #102030", "--no-classes"} {
		out := succeed(t, append([]string{"eval", "m.dcgmm", "--images", "p"}, strings.Fields(flags)...)...)
		if strings.Contains(out, "purity") != (flags != "--no-classes") {
			t.Errorf("%s: %s", flags, out)
		}
	}
}

// All bad pictures are named at once, a line each; with --skip-bad the command goes on without them.
func TestBadPictures(t *testing.T) {
	ownFolder(t)
	train := append([]string{"train", "--images", "p", "--size", "4x4"}, quick...)
	put(t, "p/old/x\x1b\n.png", "no picture")
	_, said, err := command(t, context.Background(), train...)
	if err == nil || !strings.Contains(plain(err), `p/old/x\x1b\n.png: header: image: unknown format; replace the file by a whole PNG or JPEG, or remove it, or leave it out with --skip-bad`) {
		t.Errorf("one bad picture: %v, %q", err, said)
	}
	put(t, "p/new/empty.jpg", "")
	put(t, "p/stray.png", "")
	_, said, err = command(t, context.Background(), train...)
	want := "3 of 27 pictures of p cannot be read (1 empty, 1 in no class, 1 not a picture), they are listed above: " +
		"mend or remove them, or leave them out with --skip-bad; --no-classes takes those in no class, too"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %v", err, want)
	}
	lines := []string{"p/new/empty.jpg: header: the file is empty", `p/old/x\x1b\n.png: header: image: unknown format`, "p/stray.png: in no class: it is beside the folder new"}
	if said != "bad: "+strings.Join(lines, "\nbad: ")+"\n" {
		t.Errorf("said %q", said)
	}
	out, said, err := command(t, context.Background(), append(train, "--skip-bad")...)
	if err != nil || !strings.Contains(out, "trained on 24 images of p") || !strings.Contains(said, "note: p: left out 3 of 27 pictures: 1 empty, 1 in no class, 1 not a picture\n") ||
		!strings.Contains(said, "left out: "+lines[0]+"\nleft out: "+lines[1]+"\n") {
		t.Errorf("%v: %q, %q", err, out, said)
	}
	for i := range 30 {
		put(t, fmt.Sprintf("p/old/z%02d.png", i), "")
	}
	_, said, err = command(t, context.Background(), append(train, "--skip-bad")...)
	if err != nil || strings.Count(said, "left out: p/") != maxBad || !strings.Contains(said, "left out: and 13 more\n") {
		t.Errorf("%v: %q", err, said)
	}
}

// Files of images and lists of paths do what folders do.
func TestFilesAndLists(t *testing.T) {
	ownFolder(t)
	s, err := dataset.ReadFolder("p", 4, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	var images, labels, values bytes.Buffer
	if err := dataset.WriteIDX(&images, &labels, s); err != nil {
		t.Fatal(err)
	}
	sink, err := dataset.StreamNPY(&values, s.N, 4, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float32, len(s.Pix))
	for i, v := range s.Pix {
		row[i] = float32(v) / 255
	}
	if err := sink(row); err != nil {
		t.Fatal(err)
	}
	put(t, "i.idx", images.String())
	put(t, "l.idx", labels.String())
	put(t, "v.npy", values.String())
	var told []string
	for _, file := range []string{"i.idx", "v.npy"} { // the same images make the same model
		succeed(t, append([]string{"train", "--images", file}, quick...)...)
		if info := succeed(t, "info", "m.dcgmm"); !strings.Contains(info, "for images of 4×4×1") {
			t.Errorf("%s: %s", file, info)
		}
		told = append(told, succeed(t, "eval", "m.dcgmm", "--images", file, "--labels", "l.idx"))
	}
	if told[0] != told[1] || !strings.Contains(told[0], "purity") {
		t.Errorf("%q is not %q", told[0], told[1])
	}
	if out := succeed(t, "eval", "m.dcgmm", "--images", "i.idx"); strings.Contains(out, "purity") {
		t.Errorf("without labels: %s", out)
	}
	succeed(t, append([]string{"train", "--images", "i.idx", "--size", "4x6"}, quick...)...)
	if info := succeed(t, "info", "m.dcgmm"); !strings.Contains(info, "for images of 4×6×1") {
		t.Errorf("--size: %s", info)
	}

	succeed(t, "classify", "m.dcgmm", "--train", "--images", "p", "--epochs", "1")
	listed := onStandardInput(t, "p/old/03.png\np/new/deep/01.png\n", "classify", "m.dcgmm", "--images", "-")
	if rows := strings.Split(listed, "\n"); len(rows) != 4 || !strings.HasPrefix(rows[1], "p/old/03.png,") || !strings.HasPrefix(rows[2], "p/new/deep/01.png,") {
		t.Errorf("a list: %q", listed)
	}
	for args, want := range map[string]string{
		"eval m.dcgmm --images p --labels l.idx":      "labels in a file are for IDX and NPY files",
		"eval m.dcgmm --images p/old/01.png":          "a single picture; give the folder that it is in, or a list of paths with -",
		"eval m.dcgmm --images p --fit squeeze":       `--fit: fit "squeeze": choose stretch`,
		"eval m.dcgmm --images p --background purple": `--background: colour "purple": choose black, white`,
		"eval m.dcgmm --set glyphs --skip-bad":        "--skip-bad is for --images; omit it",
		"eval m.dcgmm --set glyphs --labels l.idx":    "--labels is for --images; omit it",
		"train --images p --size 4x4CG --out x":       `--size is "4x4CG"`,
	} {
		if _, _, err := command(t, context.Background(), strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// onStandardInput runs a command that is told something.
func onStandardInput(t *testing.T, text string, args ...string) string {
	t.Helper()
	standardInput(t, text)
	return succeed(t, args...)
}

// standardInput is a text, for one command of a test.
func standardInput(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	put(t, path, text)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	t.Cleanup(func() { os.Stdin = before; f.Close() })
	os.Stdin = f
}

// --limit takes of each class its share, and other images with another seed; rows are of the files that were drawn.
func TestLimitIsFair(t *testing.T) {
	ownFolder(t)
	succeed(t, append([]string{"train", "--images", "p", "--size", "4x4", "--limit", "10"}, quick...)...)
	succeed(t, "classify", "m.dcgmm", "--train", "--images", "p", "--epochs", "1")
	drawn := func(flags ...string) (files []string) {
		out := succeed(t, append([]string{"classify", "m.dcgmm", "--images", "p", "--csv", "--limit", "6"}, flags...)...)
		for _, row := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
			files = append(files, strings.Split(row, ",")[0])
		}
		return files
	}
	first := drawn()
	news := 0
	for _, file := range first {
		if strings.HasPrefix(filepath.ToSlash(file), "p/new/deep/") {
			news++
		}
	}
	if len(first) != 6 || news != 3 || !slices.IsSorted(first) || !slices.Equal(first, drawn()) || slices.Equal(first, drawn("--limit-seed", "2")) {
		t.Errorf("drawn are %v, then %v", first, drawn("--limit-seed", "2"))
	}
}
