package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// ownImages are variants of the notebook about the user's own pictures: side and channels.
var ownImages = map[string][2]int{"side16": {16, 1}, "side20": {20, 3}, "side32": {32, 1}, "side64": {64, 1}, "side5000": {5000, 1}}

// withSettings is that notebook's source with another size, and with folders of pictures from the environment.
func withSettings(source string, size [2]int) (string, error) {
	source += `var pictures, newPictures = os.Getenv("TEST_PICTURES"), os.Getenv("TEST_NEW")`
	for setting, now := range map[string]string{`pictures +=.*`: "", `newPictures +=.*`: "", `side +=.*`: fmt.Sprint("side = ", size[0]), `channels +=.*`: fmt.Sprint("channels = ", size[1])} {
		line := regexp.MustCompile(`(?m)^\t` + setting + `$`)
		if n := len(line.FindAllString(source, -1)); n != 1 {
			return "", fmt.Errorf("the setting %s is there %d times", setting, n)
		}
		source = line.ReplaceAllLiteralString(source, now)
	}
	return source, nil
}

func rootOf(t *testing.T) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// environ is that of the cells of a quick test.
func environ(t *testing.T, cache string, more ...string) []string {
	return append(more, "DCGMM_NOTEBOOK=smoke", "DCGMM_NOTEBOOK_CACHE="+cache, "DCGMM_ROOT="+rootOf(t))
}

// builtAlready is a PATH where the cell that builds dcgmm gets it without a wait.
func builtAlready(t *testing.T) string {
	dir := t.TempDir()
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "go"), "#!/bin/sh\nfor last; do [ \"$before\" = -o ] && out=$last; before=$last; done\n"+
		"[ \"$1 $last\" = 'build ./cmd/dcgmm' ] && exec cp '"+filepath.Join(programs, "bin", "dcgmm")+"' \"$out\"\n"+
		"exec '"+real+"' \"$@\"\n")
	if err := os.Chmod(filepath.Join(dir, "go"), 0o777); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// drawnPNG is a picture of a gray level, of 9×7 pixels.
func drawnPNG(level int) string {
	img := image.NewGray(image.Rect(0, 0, 9, 7))
	for i := range img.Pix {
		img.Pix[i] = uint8(level + 3*i)
	}
	img.SetGray(4, 3, color.Gray{Y: uint8(200 + level)})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

// state is everything about the files below a folder: names, kinds, bytes, modes and times.
func state(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content := ""
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = string(b)
		}
		all[path] = fmt.Sprint(info.Mode(), info.ModTime().UnixNano(), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// With the notebook's own pictures every size works: with 32 the cells about clusters panicked. The second run replaces
// what the first one made.
func TestOwnImagesOfOtherSizes(t *testing.T) {
	for side, path := range map[int]string{16: "PATH=" + os.Getenv("PATH"), 32: builtAlready(t), 64: builtAlready(t)} {
		t.Run(fmt.Sprint(side), func(t *testing.T) {
			t.Parallel()
			cache := filepath.Join(t.TempDir(), "cache")
			for range map[int]int{16: 1, 32: 2, 64: 1}[side] {
				said, err := runCells(t, fmt.Sprint("side", side), environ(t, cache, path)...)
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range []string{"purity", "Found", "flagged: ", "AUC, outlier defect", "report.html: a page of 128 images", "no wrong.dcgmm", "torn.png", fmt.Sprintf("for images of %d×%[1]d×1", side)} {
					if !strings.Contains(said, want) {
						t.Errorf("no %q in\n%s", want, said)
					}
				}
			}
		})
	}
}

// userFolders are pictures as users have them, by the path within their folder; says is of the error in one line, empty
// if all cells run.
var userFolders = map[string]struct {
	known, others map[string]string // others: new pictures, nil for none
	says          string
}{
	"classes": {known: map[string]string{"cat/a.png": drawnPNG(1), "cat/b.png": drawnPNG(2), "dog/a.png": drawnPNG(30), "dog/b.png": drawnPNG(40)},
		others: map[string]string{"cat/c.png": drawnPNG(3), "defect/d.png": drawnPNG(99)}},
	"one class":         {known: map[string]string{"cat/a.png": drawnPNG(1), "cat/b.png": drawnPNG(2), "cat/c.png": drawnPNG(5)}},
	"no classes":        {known: map[string]string{"a.png": drawnPNG(1), "b.PNG": drawnPNG(2), "c.png": drawnPNG(7), ".hidden": "x"}},
	"one picture":       {known: map[string]string{"a.png": drawnPNG(1)}},
	"odd ones only":     {known: map[string]string{"defect/a.png": drawnPNG(1), "defect/b.png": drawnPNG(4)}},
	"others no classes": {known: map[string]string{"cat/a.png": drawnPNG(1), "dog/b.png": drawnPNG(2)}, others: map[string]string{"a.png": drawnPNG(1)}},
	"empty":             {known: map[string]string{".keep": ""}, says: "no pictures; put PNG or JPEG files into it"},
	"an empty class":    {known: map[string]string{"cat/a.png": drawnPNG(1), "dog/.keep": ""}},
	"nested":            {known: map[string]string{"pets/cat/a.png": drawnPNG(1), "pets/b.png": drawnPNG(3)}},
	"mixed":             {known: map[string]string{"a.png": drawnPNG(1), "cat/b.png": drawnPNG(2)}, says: "keep the pictures either in one folder or in one sub-folder for each class"},
	"torn":              {known: map[string]string{"a.png": drawnPNG(1)[:60]}, says: "replace the file by a whole PNG or JPEG, or remove it"},
	"others torn":       {known: map[string]string{"a.png": drawnPNG(1)}, others: map[string]string{"a.png": "x"}, says: "a.png"},
}

// Whatever is in the user's folder, the notebook works or says in one line what to change; and every file of the folder
// and beside it is as it was: names, bytes, times. A notebook before this one removed what was beside it.
func TestUsersPicturesStay(t *testing.T) {
	path := builtAlready(t)
	for name, c := range userFolders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			known, others := filepath.Join(home, "my pictures", "known"), ""
			for file, content := range c.known {
				writeFile(t, filepath.Join(known, file), content)
			}
			for file, content := range c.others {
				others = filepath.Join(home, "my pictures", "new")
				writeFile(t, filepath.Join(others, file), content)
			}
			for _, beside := range []string{"my pictures/diary.txt", "my pictures/drawn/cat.png", "own_images/cat.png", "shapes/shapes.dcgmm"} {
				writeFile(t, filepath.Join(home, beside), "mine")
			}
			before := state(t, home)
			said, err := runCells(t, "side20", environ(t, t.TempDir(), path, "TEST_PICTURES="+known, "TEST_NEW="+others)...)
			if after := state(t, home); !reflect.DeepEqual(before, after) {
				t.Errorf("the user's files are not as they were: %d, now %d", len(before), len(after))
			}
			switch {
			case c.says == "" && err != nil:
				t.Error(err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(strings.TrimSpace(said), "\n")):
				t.Errorf("error is %v, want one line with %q", err, c.says)
			}
		})
	}
	t.Run("no such folder", func(t *testing.T) {
		_, err := runCells(t, "side20", environ(t, t.TempDir(), path, "TEST_PICTURES=/no/such/folder")...)
		if err == nil || !strings.Contains(err.Error(), "/no/such/folder: no such file or directory; give a folder of PNG or JPEG files") {
			t.Error(err)
		}
	})
	t.Run("a picture among the tiles", func(t *testing.T) {
		t.Parallel()
		cache := t.TempDir()
		if said, err := runCells(t, "side20", environ(t, cache, path)...); err != nil {
			t.Fatal(said, err)
		}
		mine := filepath.Join(cache, "own_images", "tiles", "known", "leather", "mine.png")
		writeFile(t, mine, drawnPNG(7))
		before := state(t, mine)
		if _, err := runCells(t, "side20", environ(t, cache, path)...); err == nil || !strings.Contains(err.Error(), "mine.png was not made by this notebook") {
			t.Errorf("error is %v", err)
		}
		if !reflect.DeepEqual(state(t, mine), before) {
			t.Error("the picture is not as it was")
		}
	})
}

// A size that cannot be is said to be so in the first cell.
func TestImpossibleSizeIsExplained(t *testing.T) {
	said, err := runCells(t, "side5000", environ(t, t.TempDir())...)
	if err == nil || strings.TrimSpace(said) != "error: side is 5000 pixels; choose one from 1 to 1024" {
		t.Errorf("%v: %s", err, said)
	}
}
