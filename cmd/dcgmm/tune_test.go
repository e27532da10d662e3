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
