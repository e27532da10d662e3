package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// barsIn makes folders of 80 pictures of each of three classes.
func barsIn(t *testing.T, dir string) {
	t.Helper()
	t.Chdir(t.TempDir())
	barFolder(t, dir, 80, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
}

// A folder that is read while the training goes on gives the model of one in memory, to the bit, with all that belongs
// to it: names, held-out images, a class left out. Nothing is left beside the model.
func TestLargeFoldersTrainLikeSmallOnes(t *testing.T) {
	barsIn(t, "many")
	before := debug.SetMemoryLimit(-1)
	for _, flags := range []string{"--workers 1", "--hold-out 0", "--leave-out nut --epochs 5", "--limit 100 --shuffle-window 40 --epochs 5"} {
		args := append(strings.Fields("train --images many --size 8x8 --batch 20 --force"), strings.Fields(flags)...)
		if !strings.Contains(flags, "--epochs") {
			args = append(args, "--epochs", "20", "--early=false")
		}
		a := succeed(t, append(args, "--out", "in/a")...)
		b := succeed(t, append(args, "--memory", "64MiB", "--workers", "3", "--out", "large/a")...)
		if !bytes.Equal(bytesOf(t, "in/a"), bytesOf(t, "large/a")) {
			t.Errorf("%s: another model", flags)
		}
		if strings.TrimPrefix(a, "in/") != strings.TrimPrefix(b, "large/") {
			t.Errorf("%s: said %q, not %q", flags, b, a)
		}
	}
	if left := names(t, "large"); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	if debug.SetMemoryLimit(-1) != before {
		t.Error("the memory of the program stays bounded")
	}
	want := succeed(t, strings.Fields("score in/a --images many --csv -")...)
	if got := succeed(t, strings.Fields("score in/a --images many --csv - --memory 100MB")...); got != want {
		t.Error("another score")
	}
	want = succeed(t, strings.Fields("score in/a --images many --csv - --calibrate")...)
	if got := succeed(t, strings.Fields("score in/a --images many --csv - --calibrate --memory 100MB")...); got != want {
		t.Error("another score when calibrated")
	}
}

// An interrupted training of a large folder goes on, in memory or not.
func TestLargeFoldersGoOn(t *testing.T) {
	barsIn(t, "many")
	args := append(strings.Fields("train --images many --size 8x8 --batch 20 --epochs 4000 --hold-out 0.1 --out m --arch"), "F8 G9")
	args = slices.Clip(args)
	large := append(args, "--memory", "64MiB")
	succeed(t, append(args, "--out", "whole")...)
	ctx, cancel := context.WithTimeout(context.Background(), 700*time.Millisecond)
	defer cancel()
	_, _, err := command(t, ctx, large...)
	if err == nil { // it was quicker
		return
	}
	if _, err := os.Stat("m.partial"); err == nil { // else it was still reading
		_, _, err := command(t, context.Background(), append(args, "--limit", "100")...)
		if err == nil || !strings.Contains(err.Error(), "other images (") {
			t.Errorf("other images: %v", err)
		}
	}
	succeed(t, large...)
	if !bytes.Equal(bytesOf(t, "m"), bytesOf(t, "whole")) {
		t.Error("the training went on to another model")
	}
	if left := names(t, "."); strings.Join(left, " ") != "m many whole" {
		t.Errorf("left: %v", left)
	}
}

// Bad pictures of a large folder are told as those of a small one, before the training.
func TestLargeFoldersOfBadPictures(t *testing.T) {
	barsIn(t, "many")
	put(t, "many/leaf/text.png", "no picture")
	whole := string(bytesOf(t, "many/tea/003.png"))
	put(t, "many/tea/cut.png", whole[:len(whole)*2/3])
	args := "train --images many --size 8x8 --epochs 2 --memory 64MiB --out m"
	_, log, err := command(t, context.Background(), strings.Fields(args)...)
	if err == nil || !strings.Contains(err.Error()+log, "text.png") {
		t.Errorf("%v: %s", err, log)
	}
	_, log, err = command(t, context.Background(), append(strings.Fields(args), "--skip-bad")...)
	if err != nil || !strings.Contains(log, "left out 2 of 242 pictures") || !strings.Contains(log, "cut.png") {
		t.Errorf("%v: %s", err, log)
	}
	want := succeed(t, strings.Fields("score m --images many --skip-bad --csv -")...)
	if got := succeed(t, strings.Fields("score m --images many --skip-bad --csv - --memory 64MiB")...); got != want {
		t.Error("another score")
	}
	if err := os.Remove(filepath.Join("many", "leaf", "text.png")); err != nil {
		t.Fatal(err)
	}
	refused(t, "score m --images many --csv - --memory 64MiB", "cut.png")
	for flags, want := range map[string]string{
		"--images many --memory 10MB":                 `--memory is "10MB"; it must be a size of at least 64MiB`,
		"--images many --memory lots":                 `--memory is "lots"`,
		"--images many --memory -3GB":                 `--memory is "-3GB"`,
		"--set glyphs --memory 100MB":                 "--memory is for a folder of --images",
		"--images many/leaf/001.png --memory 100MB":   "--memory is for a folder of --images",
		"--images many --memory 100MB --labels a.idx": "--labels is for a file of --images",
	} {
		refused(t, "train --force --out m "+flags, want)
	}
}
