package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// A search leaves a config, from which a network is trained.
func TestTuneThenTrain(t *testing.T) {
	dir := t.TempDir()
	results := filepath.Join(dir, "results")
	tune := []string{"tune", "--sets", "glyphs", "--tasks", "clustering", "--families", "sgd,kmeans", "--candidates", "2", "--budget", "0.05", "--results", results, "--configs", filepath.Join(dir, "configs"), "--cache", filepath.Join(dir, "cache")}
	out := succeed(t, tune...)
	config := filepath.Join(results, "tune", "glyphs-clustering-sgd.json")
	if !strings.Contains(out, config+": purity 0.") {
		t.Errorf("tune: %q", out)
	}
	model := filepath.Join(dir, "best.dcgmm")
	if out = succeed(t, "train", "--set", "glyphs", "--limit", "300", "--config", config, "--out", model); !strings.Contains(out, "F28 G49, trained on 300 images") {
		t.Errorf("train: %q", out)
	}
	for want, args := range map[string][]string{
		"--epochs is for trainings without --config": {"train", "--set", "glyphs", "--config", config, "--epochs", "3"},
		"no such config":     {"train", "--set", "glyphs", "--config", "mnist-clustering-nothing"},
		"not trained by SGD": {"train", "--set", "glyphs", "--config", filepath.Join(results, "tune", "glyphs-clustering-kmeans.json")},
		"cluttering":         {"tune", "--tasks", "cluttering", "--results", results},
	} {
		if _, _, err := command(t, context.Background(), args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("dcgmm %s: %v, want %q", strings.Join(args, " "), err, want)
		}
	}
	succeed(t, "tune", "--show")
}

// A search on own images leaves configs beside its log, and their networks are trained on the same folder.
func TestTuneOwnImages(t *testing.T) {
	t.Chdir(t.TempDir())
	barFolder(t, "Own pictures", 100, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	args := []string{"tune", "--images", "Own pictures", "--families", "sgd,kmeans", "--candidates", "2", "--budget", "0.02"}
	out, log, err := command(t, context.Background(), args...)
	config := filepath.Join("results", "tune", "own-pictures-clustering-sgd.json")
	if err != nil || !strings.Contains(out, config+": purity 0.") && !strings.Contains(out, config+": purity 1.") || !strings.Contains(log, "judged on 60 of 300 images") {
		t.Fatalf("%v: %s%s", err, out, log)
	}
	out = succeed(t, "train", "--images", "Own pictures", "--size", "28x28G", "--config", config, "--out", "m")
	if !strings.Contains(out, "F28 G49, trained on 270 images of Own pictures") {
		t.Errorf("train: %s", out)
	}
	if eval := succeed(t, "eval", "m", "--images", "Own pictures"); !strings.Contains(eval, "purity 1.000") {
		t.Errorf("eval: %s", eval)
	}
	barFolder(t, "few", 10, map[string]int{"leaf": 0, "nut": 1})
	refused(t, "tune --images few", "20 images of few are too few: 252 are enough for 2 classes, a fifth of each to judge by")
	refused(t, "tune --images few --no-classes", "have no classes, by which candidates are judged")
	refused(t, "tune --images few --sets mnist", "give either --sets or --images")
	refused(t, "tune --skip-bad", "--skip-bad is for --images")
	barFolder(t, "other/Own pictures", 100, map[string]int{"leaf": 3, "nut": 4, "tea": 5})
	if _, _, err := command(t, context.Background(), "tune", "--images", "other/Own pictures", "--families", "kmeans", "--candidates", "2", "--budget", "0.02"); err == nil || !strings.Contains(err.Error(), "is of other images of that name: give another folder with --results") {
		t.Errorf("the log of other images is replaced: %v", err)
	}
}
