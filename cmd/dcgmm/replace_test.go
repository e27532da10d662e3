package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// refused runs a command that must end with an error that says something.
func refused(t *testing.T, args, want string) {
	t.Helper()
	_, _, err := command(t, context.Background(), strings.Fields(args)...)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("dcgmm %s: %v, want %q", args, err, want)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// What is there is not replaced by any command, but with --force, and then nothing else goes.
func TestOutputsAreNotReplaced(t *testing.T) {
	dir := glyphModel(t)
	draw := " --limit 2 --set glyphs"
	for _, c := range []struct{ name, args string }{
		{"a.png", "sample g.dcgmm -n 2 --out a.png"},
		{"a.npy", "sample g.dcgmm -n 2 --out a.npy"},
		{"a.idx", "sample g.dcgmm -n 2 --out new.png --out a.idx"},
		{"a.gz", "sample g.dcgmm -n 2 --out a.gz"},
		{"v.png", "vary g.dcgmm --out v.png" + draw},
		{"i.png", "inpaint g.dcgmm --mask left --out i.png" + draw},
		{"s.png", "sharpen g.dcgmm --iterations 1 --out s.png" + draw},
		{"t.csv", "sharpen g.dcgmm --iterations 1 --out other.png --trace t.csv" + draw},
		{"k.dcgmm", "classify g.dcgmm --train --epochs 1 --out k.dcgmm --set glyphs --limit 300"},
		{"m.dcgmm", "train --epochs 1 --arch G2 --out m.dcgmm --set glyphs --limit 300"},
	} {
		args := strings.ReplaceAll(c.args, "--arch G2", "--arch=F28_G2")
		run := func(extra ...string) error {
			fields := strings.Fields(args)
			for i := range fields {
				fields[i] = strings.ReplaceAll(fields[i], "F28_G2", "F28 G2")
			}
			_, _, err := command(t, context.Background(), append(fields, extra...)...)
			return err
		}
		writeText(t, c.name, "mine")
		before := names(t, dir)
		if err := run(); err == nil || !strings.Contains(err.Error(), c.name+": it is there already") || !strings.Contains(err.Error(), "--force") {
			t.Errorf("dcgmm %s: %v", args, err)
		}
		if string(bytesOf(t, c.name)) != "mine" || !slices.Equal(before, names(t, dir)) {
			t.Errorf("dcgmm %s: %s is another one, or there is more: %v", args, c.name, names(t, dir))
		}
		if err := run("--force"); err != nil || string(bytesOf(t, c.name)) == "mine" {
			t.Errorf("dcgmm %s --force: %v", args, err)
		}
		for _, name := range []string{c.name, "new.png", "other.png"} {
			_ = os.Remove(name)
		}
	}
	if err := os.Symlink("nothing", "link.png"); err != nil {
		t.Fatal(err)
	}
	refused(t, "sample g.dcgmm -n 2 --out link.png", "link.png: it is there already")
	refused(t, "sample g.dcgmm -n 2 --out b.png --out ./b.png", "given twice")
	refused(t, "sharpen g.dcgmm --iterations 1 --out b.png --trace b.png"+draw, "given twice")
	refused(t, "sample g.dcgmm -n 2 --force --out /proc/x/", "write /proc/x")
}

// A folder is never taken away: its own files stay, of pictures with the same names only by force.
func TestFoldersStay(t *testing.T) {
	dir := glyphModel(t)
	writeText(t, "p/mine.txt", "mine")
	writeText(t, "p/002.png", "mine")
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat("empty")
	if err != nil {
		t.Fatal(err)
	}
	succeed(t, "sample", "g.dcgmm", "-n", "2", "--out", "empty/")
	if after, err := os.Stat("empty"); err != nil || !os.SameFile(before, after) || len(names(t, "empty")) != 2 {
		t.Errorf("the empty folder is another one (%v)", err)
	}
	refused(t, "sample g.dcgmm -n 3 --out p/", "p/: the folder is not empty; choose another, or write into it with --force")
	if string(bytesOf(t, "p/002.png")) != "mine" {
		t.Error("a picture was replaced")
	}
	succeed(t, "sample", "g.dcgmm", "-n", "3", "--force", "--out", "p/")
	if got := names(t, "p"); !slices.Equal(got, []string{"001.png", "002.png", "003.png", "mine.txt"}) || string(bytesOf(t, "p/mine.txt")) != "mine" {
		t.Errorf("the folder has %v", got)
	}
	if decoded(t, "p/002.png").Bounds().Dx() != 28 {
		t.Error("the picture was not replaced")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"empty", "g.dcgmm", "p"}) {
		t.Errorf("left: %v", got)
	}
}

// A classifier goes into the model itself, where nothing is lost by that: not a classifier that is there, and of a link
// the file.
func TestClassifierInPlace(t *testing.T) {
	glyphModel(t)
	teach := "classify g.dcgmm --train --set glyphs --epochs 1 --limit 300"
	if err := os.Symlink("g.dcgmm", "link.dcgmm"); err != nil {
		t.Fatal(err)
	}
	succeed(t, strings.Fields(strings.Replace(teach, "g.dcgmm", "link.dcgmm", 1))...)
	if info, err := os.Lstat("link.dcgmm"); err != nil || info.Mode().IsRegular() {
		t.Errorf("the link is gone: %v (%v)", info, err)
	}
	taught := bytesOf(t, "g.dcgmm")
	if !strings.Contains(succeed(t, "info", "g.dcgmm"), "classifier: 10 classes") {
		t.Error("the model has no classifier")
	}
	for _, again := range []string{teach + " --layer 1", teach + " --layer 1 --out ./g.dcgmm", teach + " --layer 1 --out link.dcgmm"} {
		refused(t, again, "has a classifier already")
	}
	if !bytes.Equal(taught, bytesOf(t, "g.dcgmm")) {
		t.Error("the classifier was replaced")
	}
	succeed(t, strings.Fields(teach+" --layer 1 --force")...)
	refused(t, teach+" --out none/../g.dcgmm/x", "g.dcgmm/x")
	refused(t, "classify g.dcgmm --set glyphs --force", "--force is for --train")
	succeed(t, strings.Fields(teach+" --out new/k.dcgmm")...)
	if got := names(t, "new"); !slices.Equal(got, []string{"k.dcgmm"}) {
		t.Errorf("left: %v", got)
	}
}

// Where the model cannot be written nothing is trained.
func TestTrainingsAreRefusedAtTheStart(t *testing.T) {
	dir := glyphModel(t)
	writeText(t, "folder/x", "")
	before := names(t, dir)
	for _, out := range []string{"folder", "folder/x/m.dcgmm", "/proc/m.dcgmm", os.DevNull} {
		for _, args := range []string{"train --images none --out ", "classify g.dcgmm --train --images none --force --out "} { // the images would be the next thing
			refused(t, args+out, "write "+out)
		}
	}
	if got := names(t, dir); !slices.Equal(got, before) {
		t.Errorf("left: %v", got)
	}
}

// No output takes the place of what the command reads, not with --force either: by its name, through a link, or as one
// of the pictures of a folder or a list.
func TestInputsAreNotReplaced(t *testing.T) {
	dir := glyphModel(t)
	succeed(t, strings.Fields("sample g.dcgmm -n 4 --out p/a/ --out f.npy --out f.idx")...)
	succeed(t, strings.Fields("sample g.dcgmm -n 1 --out q/ --out wide.npy --out wide.idx --out wide.gz")...)
	writeText(t, "c.json", "{}")
	writeText(t, "r/manifest.json", "{}")
	writeText(t, "p/odd.csv", "mine")
	if err := errors.Join(os.Link("f.npy", "hard.npy"), os.Symlink("f.npy", "soft.npy"), os.Symlink("p/a", "linked"), os.Link("g.dcgmm", "g.npy")); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{}
	all := func(see func(name, text string)) {
		for _, name := range append(names(t, dir), "p/odd.csv", "p/a/001.png", "p/a/002.png", "q/001.png", "r/manifest.json") {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				see(name, string(bytesOf(t, name)))
			}
		}
	}
	all(func(name, text string) { before[name] = text })
	for _, c := range []struct{ args, out string }{
		{"score g.dcgmm --images f.npy --csv f.npy", "--csv f.npy"},
		{"score g.dcgmm --images ./f.npy --json soft.npy", "--json soft.npy"},
		{"score g.dcgmm --images f.npy --jsonl hard.npy", "--jsonl hard.npy"},
		{"score g.dcgmm --images p --sheet p/a/001.png", "--sheet p/a/001.png"},
		{"score g.dcgmm --images p --heat p/a", "--heat p/a"},
		{"score g.dcgmm --images p/a --sheet linked/", "--sheet linked/"},
		{"score g.dcgmm --images linked --sheet p/a/001.png", "--sheet p/a/001.png"},
		{"score g.dcgmm --images f.npy --csv g.dcgmm", "--csv g.dcgmm"},
		{"report g.dcgmm --images p --out p/a/002.png", "--out p/a/002.png"},
		{"eval g.dcgmm --images f.npy --labels f.idx --csv f.idx", "--csv f.idx"},
		{"eval g.dcgmm --images f.npy --mask q/001.png --csv q/001.png", "--csv q/001.png"},
		{"eval g.dcgmm --set glyphs --outlier 1 --recommend g.dcgmm", "--recommend g.dcgmm"},
		{"inpaint g.dcgmm --images f.npy --mask q/001.png --out q/", "--out q/"},
		{"inpaint g.dcgmm --images f.npy --mask left --out f.npy", "--out f.npy"},
		{"sharpen g.dcgmm --images p --out p/a/", "--out p/a/"},
		{"sharpen g.dcgmm --images p/a --out new.png --trace p/a/001.png", "--trace p/a/001.png"},
		{"vary g.dcgmm --images p/a --out new.png --out p/a/", "--out p/a/"},
		{"sample g.npy --out g.npy", "--out g.npy"},
		{"train --images f.idx --out f.idx", "--out f.idx"},
		{"train --images p --out p/a/001.png", "--out p/a/001.png"},
		{"train --images f.npy --labels f.idx --out f.idx", "--out f.idx"},
		{"train --set glyphs --config c.json --out c.json", "--out c.json"},
		{"train --continue g.dcgmm --images f.npy --old p --out p/a/001.png", "--out p/a/001.png"},
		{"classify g.dcgmm --train --images p --out p/a/001.png", "--out p/a/001.png"},
		{"pack --results r --out r/manifest.json", "--out r/manifest.json"},
	} {
		refused(t, c.args+" --force", c.out+": this command reads it; choose another name")
	}
	for args, out := range map[string]string{
		"score g.dcgmm --images - --sheet p/a/002.png": "--sheet p/a/002.png", "sharpen g.dcgmm --images - --out p/a/": "--out p/a/", "train --images - --out ./p/a/002.png": "--out ./p/a/002.png",
	} {
		standardInput(t, "p/a/002.png\n")
		refused(t, args+" --force", out+": this command reads it; choose another name")
	}
	all(func(name, text string) {
		if text != before[name] {
			t.Errorf("%s is another one", name)
		}
	})
	// What is beside it, or is none of what is read, may be replaced.
	for _, args := range []string{
		"score g.dcgmm --images p --csv p/odd.csv", "sharpen g.dcgmm --images p/a --iterations 1 --out q/ --out wide.npy", "sharpen g.dcgmm --images p --iterations 1 --out p/",
		"inpaint g.dcgmm --images f.npy --mask right --out p/a/", "train --images p/a --epochs 1 --out g.dcgmm",
	} {
		succeed(t, strings.Fields(args+" --force")...)
	}
}
