package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A full disk under one of several outputs: the error names that one, once, with the remedy, and nothing is left of
// any.
func TestFullDisk(t *testing.T) {
	dir := glyphModel(t)
	if err := os.Mkdir("disk", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", "disk", "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount("disk", syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	before := names(t, dir)
	for _, out := range []string{"disk/x.npy", "disk/x.idx", "disk/x.gz", "disk/x/"} {
		_, _, err := command(t, context.Background(), "sample", "g.dcgmm", "-n", "500", "--out", "a.png", "--out", out, "--out", "b.npy")
		if err == nil || strings.Count(err.Error(), "the disk is full") != 1 || !strings.HasPrefix(err.Error(), "write disk/") || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("--out %s: %v", out, err)
		}
		if left := names(t, "disk"); len(left) != 0 || !slices.Equal(before, names(t, dir)) {
			t.Errorf("--out %s left %v and %v", out, left, names(t, dir))
		}
	}
	// A model that the disk cannot take is not trained: that is found before the training.
	for _, args := range [][]string{
		{"train", "--set", "glyphs", "--arch", "F8/2 G49 F11 G49", "--out", "disk/m"},
		{"classify", "large.dcgmm", "--train", "--set", "glyphs", "--out", "disk/m"},
	} {
		if args[0] == "classify" {
			succeed(t, "train", "--set", "glyphs", "--arch", "F8/2 G49 F11 G49", "--epochs", "1", "--limit", "100", "--out", "large.dcgmm")
		}
		_, _, err := command(t, t.Context(), args...)
		if err == nil || !strings.HasPrefix(err.Error(), "write disk/m: the disk is full") {
			t.Errorf("%s: %v", args[0], err)
		}
		if left := names(t, "disk"); len(left) != 0 {
			t.Errorf("%s left %v", args[0], left)
		}
	}
}
