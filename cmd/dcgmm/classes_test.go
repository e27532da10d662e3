package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// bars are noisy pictures of a class: a bright bar at another place for each.
func bars(r *rand.Rand, class int) image.Image {
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for y := range 8 {
		for x := range 8 {
			v := 40 + r.IntN(30)
			if x/2 == class {
				v += 150
			}
			img.SetGray(x, y, color.Gray{Y: uint8(v)})
		}
	}
	return img
}

// barFolder writes n pictures of each class into sub-folders of the names.
func barFolder(t *testing.T, dir string, n int, names map[string]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, uint64(n)))
	for _, name := range []string{"cup", "leaf", "nut", "pot", "tea"} {
		class, ok := names[name]
		for i := range n {
			if img := bars(r, class); ok {
				writePNG(t, fmt.Sprintf("%s/%s/%03d.png", dir, name, i), img)
			}
		}
	}
}

// trainBars makes b.dcgmm, of the folder train with the classes leaf, nut and tea.
func trainBars(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	barFolder(t, "train", 20, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	succeed(t, "train", "--images", "train", "--size", "8x8", "--arch", "F8 G6", "--epochs", "30", "--batch", "10", "--out", "b.dcgmm")
}

// Folders with other classes are matched by name: the order and number of the sub-folders do not matter.
func TestClassesAreMatchedByName(t *testing.T) {
	trainBars(t)
	out := succeed(t, strings.Fields("classify b.dcgmm --train --images train --epochs 20")...)
	if !strings.Contains(out, "accuracy on 12 images of train: 1.0000") || !strings.Contains(out, "2 tea") {
		t.Errorf("the held-out fifth: %s", out)
	}
	if info := succeed(t, "info", "b.dcgmm"); !strings.Contains(info, "3 classes: leaf, nut, tea\n") {
		t.Errorf("info: %s", info)
	}
	barFolder(t, "two", 5, map[string]int{"nut": 1, "tea": 2}) // by order, nut would be class 0
	out, log, err := command(t, context.Background(), strings.Fields("classify b.dcgmm --images two")...)
	if err != nil || !strings.Contains(out, "accuracy on 10 images of two: 1.0000") || !strings.Contains(log, "note: two has no images of some classes of b.dcgmm: leaf") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	if err := os.Rename("two/nut", "two/pot"); err != nil {
		t.Fatal(err)
	}
	refused(t, "classify b.dcgmm --images two", "two has the unknown class pot; the classes are leaf, nut, tea: rename its sub-folders")
	rows := csvOf(t, succeed(t, strings.Fields("classify b.dcgmm --images two --csv")...))
	if rows[0][3] != "class name" || rows[1][3] != "nut" || rows[6][3] != "tea" || rows[6][1] != "2" {
		t.Errorf("rows %v", rows)
	}
	rows = csvOf(t, succeed(t, strings.Fields("score b.dcgmm --images two --csv -")...))
	if last := len(rows[0]) - 1; rows[0][last] != "class_name" || rows[1][last] != "nut" {
		t.Errorf("rows %v", rows)
	}
	if said := succeed(t, strings.Fields("sample b.dcgmm --class tea -n 3 --out tea.png")...); !strings.Contains(said, "3 images") {
		t.Errorf("sample said %s", said)
	}
	refused(t, "sample b.dcgmm --class coffee --out c.png", "--class is coffee; the classifier of b.dcgmm has the classes 0 to 2: leaf, nut, tea")
	refused(t, "classify b.dcgmm --images two --hold-out 0.5", "--hold-out is for --train")
	refused(t, "classify b.dcgmm --train --set glyphs --hold-out 0.5 --force", "--hold-out is for --images")
}

// A class to leave out that all images are of leaves nothing to train on.
func TestNothingIsLeft(t *testing.T) {
	t.Chdir(t.TempDir())
	barFolder(t, "one", 20, map[string]int{"nut": 0})
	for _, more := range []string{"", " --epochs 1 --arch=F28", " --memory 100MB", " --limit 3"} {
		refused(t, "train --images one --leave-out nut --out m"+more, "--leave-out nut leaves no image")
	}
}

// An outlier is found by its name, whether the model knows it or not; other unknown classes would count as inliers.
func TestOutliersByName(t *testing.T) {
	trainBars(t)
	barFolder(t, "new", 6, map[string]int{"cup": 3, "leaf": 0, "nut": 1, "tea": 2}) // by order, cup is class 0 and leaf 1
	var e evaluation
	succeed(t, strings.Fields("eval b.dcgmm --images new --outlier cup --json e.json")...)
	jsonOf(t, "e.json", &e)
	if *e.Outlier != 3 || e.Name != "cup" || e.Images != 18 || *e.Layers[0].AUC != 1 {
		t.Errorf("%+v", e)
	}
	if out := succeed(t, strings.Fields("eval b.dcgmm --images new --outlier cup")...); !strings.Contains(out, "AUC, outlier cup") {
		t.Errorf("said %s", out)
	}
	refused(t, "eval b.dcgmm --images new --outlier 0", "--outlier 0 is cup among the images of new and leaf in b.dcgmm: give the name")
	refused(t, "eval b.dcgmm --images new --outlier leaf", "new has the unknown class cup;")
	refused(t, "eval b.dcgmm --images new --outlier kettle", "--outlier is kettle; the images of new have the classes 0 to 3: cup, leaf, nut, tea")
	_, log, err := command(t, context.Background(), strings.Fields("eval b.dcgmm --images new")...)
	if err != nil || !strings.Contains(log, "note: b.dcgmm does not know some classes of new: cup") {
		t.Errorf("%v: %s", err, log)
	}
	succeed(t, "train", "--images", "new", "--size", "8x8", "--arch", "F8 G6", "--epochs", "30", "--batch", "6", "--leave-out", "cup", "--out", "c.dcgmm")
	succeed(t, strings.Fields("eval c.dcgmm --images new --outlier cup")...)
}

// Models of before have no names: classes go by number, which is said.
func TestModelsWithoutNames(t *testing.T) {
	trainBars(t)
	succeed(t, strings.Fields("classify b.dcgmm --train --images train --epochs 20")...)
	m, err := loadModel("b.dcgmm")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Network.SetClassNames(nil); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create("old.dcgmm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := m.Network.Save(f); err != nil {
		t.Fatal(err)
	}
	out, log, err := command(t, context.Background(), strings.Fields("classify old.dcgmm --images train")...)
	if err != nil || !strings.Contains(out, "accuracy on 60 images of train: 1.0000") || !strings.Contains(log, "note: old.dcgmm has no names of classes") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	if out := succeed(t, strings.Fields("eval old.dcgmm --images train --outlier tea")...); !strings.Contains(out, "AUC, outlier tea") {
		t.Errorf("said %s", out)
	}
}

// --hold-out of classify --train is drawn of every class; with 0 all images are trained on, which is said.
func TestClassifierHoldsOut(t *testing.T) {
	trainBars(t)
	out, log, err := command(t, context.Background(), strings.Fields("classify b.dcgmm --train --images train --epochs 1 --hold-out 0 --out all.dcgmm")...)
	if err != nil || !strings.Contains(out, "accuracy on 60 images of train") || !strings.Contains(log, "note: no images are held out") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	out = succeed(t, strings.Fields("classify b.dcgmm --train --images train --epochs 1 --hold-out 0.5")...)
	if !strings.Contains(out, "accuracy on 30 images of train") {
		t.Errorf("said %s", out)
	}
}
