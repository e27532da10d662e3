package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// brick writes a picture of rows of bricks, with a bright square if it is damaged.
func brick(t *testing.T, path string, seed uint64, damaged bool) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	img, shift := image.NewGray(image.Rect(0, 0, 32, 32)), r.IntN(8)
	for y := range 32 {
		for x := range 32 {
			v := 120
			if y%8 == 0 || (x+shift+y/8%2*4)%8 == 0 {
				v = 60
			}
			if damaged && x/6 == 2 && y/6 == 2 {
				v = 250
			}
			img.SetGray(x, y, color.Gray{Y: uint8(v + r.IntN(12))})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// The loop finds the damaged ones, from several goroutines at once, and says what is wrong with other files.
func TestLoopFindsDefects(t *testing.T) {
	dir := t.TempDir()
	for i := range 300 {
		brick(t, filepath.Join(dir, fmt.Sprintf("%03d.png", i)), uint64(i), false)
	}
	net, err := learn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	var wait sync.WaitGroup
	odd := make([]bool, 20)
	for i := range odd {
		path := filepath.Join(other, fmt.Sprint(i, ".png"))
		brick(t, path, uint64(1000+i), i%2 == 1)
		wait.Go(func() {
			a, err := judge(t.Context(), net, path)
			if err != nil {
				t.Error(err)
			}
			odd[i] = a.odd
		})
	}
	wait.Wait()
	wrong := 0
	for i, o := range odd {
		if o != (i%2 == 1) {
			wrong++
		}
	}
	if wrong > 2 {
		t.Errorf("%d of %d pictures judged wrongly: %v", wrong, len(odd), odd)
	}
	bad := filepath.Join(other, "bad.png")
	if err := os.WriteFile(bad, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := judge(t.Context(), net, bad); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("a file that is no picture: %v", err)
	}
	if _, err := learn(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder is learned from")
	}
}
