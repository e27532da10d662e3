package main

import (
	"context"
	"strings"
	"testing"
)

// Without flags, a small folder gets an architecture for its size, as many steps as a large one, and held-out images.
func TestOwnImagesGetDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	barFolder(t, "many", 80, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	out, log, err := command(t, context.Background(), strings.Fields("train --images many --size 8x8 --out m.dcgmm")...)
	if err != nil || !strings.Contains(out, "F8 G4, trained on 216 images of many") ||
		!strings.Contains(log, "note: 24 held-out images calibrate the scores: of so few, ") ||
		!strings.Contains(log, "note: architecture F8 G4, proposed for 216 images of 8×8×1; --arch takes another") ||
		!strings.Contains(log, "note: 2500 passes over 216 images, fewer if the 24 held-out images get no likelier (--early=false: all)") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	_, log, err = command(t, context.Background(), "train", "--images", "many", "--size", "8x8", "--schedule", "fixed", "--epochs", "5000", "--early", "--hold-out", "0.1", "--arch", "F8 G4", "--out", "long")
	if err != nil || !strings.Contains(log, "ended after step ") || !strings.Contains(log, "of 10000: annealing is over and the 24 held-out images get no likelier") {
		t.Errorf("%v: %s", err, log)
	}
	if eval := succeed(t, strings.Fields("eval m.dcgmm --images many")...); !strings.Contains(eval, "purity 1.000") {
		t.Errorf("eval: %s", eval)
	}
	info := succeed(t, strings.Fields("score m.dcgmm --images many --top 1")...)
	if !strings.Contains(info, "calibrated on 24 held-out images") || !strings.Contains(info, "; of so few calibration images, percentiles") {
		t.Errorf("score: %s", info)
	}

	barFolder(t, "few", 5, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	_, log, err = command(t, context.Background(), strings.Fields("train --images few --size 8x8 --out f.dcgmm")...)
	if err != nil || !strings.Contains(log, "note: 5000 passes over 15 images\n") {
		t.Errorf("%v: %s", err, log)
	}
	for _, flags := range []string{"--epochs 3 --arch F8--G4", "--epochs 3 --hold-out 0.5"} {
		args := append(strings.Fields("train --images many --size 8x8 --force --out x.dcgmm"), strings.Fields(flags)...)
		for i := range args {
			args[i] = strings.ReplaceAll(strings.ReplaceAll(args[i], "F8--G4", "F8 G4"), "--arch F8", "--arch=F8")
		}
		if _, log, err := command(t, context.Background(), args...); err != nil || strings.Contains(log, "passes over") || strings.Contains(log, "ended after") {
			t.Errorf("%s: %v: %s", flags, err, log)
		}
	}
	refused(t, "train --images few --size 8x8 --early --out y.dcgmm", "--early looks at held-out images: give --hold-out 0.1, too")
	refused(t, "train --set glyphs --limit 300 --early --out y.dcgmm", "--early looks at held-out images")
}

// A training of a data set is what it was: no images are held out, and no default moves.
func TestDataSetsKeepTheirDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	args := strings.Fields("train --set glyphs --limit 300 --epochs 1 --out m.dcgmm")
	out, log, err := command(t, context.Background(), args...)
	if err != nil || !strings.Contains(out, "F8/2 G49 F11 G49, trained on 300 images of glyphs") || strings.Contains(log, "passes") || strings.Contains(log, "proposed") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	if v := bytesOf(t, "m.dcgmm")[8]; v != 5 {
		t.Errorf("a checkpoint with places has version %d", v)
	}
	succeed(t, "train", "--set", "glyphs", "--limit", "300", "--epochs", "1", "--arch", "F28 G4", "--out", "flat.dcgmm")
	if v := bytesOf(t, "flat.dcgmm")[8]; v != 4 {
		t.Errorf("a checkpoint without names and places has version %d", v)
	}
}

// A top layer that hardly uses its components, or has several positions, is said, and what to do about it.
func TestTrainingsAdvise(t *testing.T) {
	t.Chdir(t.TempDir())
	barFolder(t, "many", 80, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	_, log, err := command(t, context.Background(), "train", "--images", "many", "--size", "8x8", "--arch", "F8 G36", "--epochs", "1", "--out", "m")
	if err != nil || !strings.Contains(log, " % of the 36 components of the top layer (F8 G36) are in use: the training has 2 steps only: give more --epochs (2500), else --restart 0.1 or fewer components (G18)") {
		t.Errorf("%v: %s", err, log)
	}
	_, log, err = command(t, context.Background(), "train", "--images", "many", "--size", "8x8", "--arch", "F4/4 G4", "--epochs", "30", "--out", "n")
	if err != nil || !strings.Contains(log, "note: the top layer has 2×2 positions, so images have no cluster: end the architecture with one that folds the whole map, such as F2x2 G4") {
		t.Errorf("%v: %s", err, log)
	}
}
