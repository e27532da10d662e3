package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where nobody reads what is printed, or what is said beside it, the files that were asked for are whole, and the status
// is that of the work.
func TestFilesWithoutReader(t *testing.T) {
	tiles(t)
	barFolder(t, "classes", 10, map[string]int{"leaf": 0, "nut": 1})
	succeed(t, strings.Fields("classify t.dcgmm --train --images classes --epochs 1 --out k.dcgmm")...)
	want := map[string]string{ // commands, and the files that they write
		"score t.dcgmm --images new --csv s.csv --jsonl s.jsonl --heat heat --sheet s.png":  "s.csv s.jsonl heat s.png",
		"score t.dcgmm --images new --csv - --json s.json --duplicates --sheet sheets/":     "s.json sheets",
		"eval t.dcgmm --images classes --outlier nut --csv e.csv --recommend r.dcgmm":       "e.csv r.dcgmm",
		"eval t.dcgmm --images classes --csv - --json e.json":                               "e.json",
		"report t.dcgmm --images new":                                                       "report.html",
		"sharpen t.dcgmm --images new --iterations 1 --out x.png --out y.npy --trace x.csv": "x.png y.npy x.csv",
		"inpaint t.dcgmm --images new --mask left --out i.png":                              "i.png",
		"classify t.dcgmm --train --images classes --epochs 1 --out l.dcgmm":                "l.dcgmm",
		"classify k.dcgmm --images new":                                                     "",
		"info t.dcgmm":                                                                      "",
		"tune --show":                                                                       "",
		"help":                                                                              "",
		"tune --images classes2 --families sgd,kmeans --candidates 1 --budget 0.02":         "results",
	}
	barFolder(t, "classes2", 130, map[string]int{"leaf": 0, "nut": 1})
	for args, files := range want {
		before := names(t, ".")
		c, said := prepare(".", []string{os.Args[0]}, strings.Fields(args)...)
		c.Stdout = noReader(t)
		if err := c.Run(); err != nil || strings.Contains("\n"+said.String(), "\ndcgmm: ") {
			t.Errorf("dcgmm %s: %v, said %s", args, err, said)
		}
		again, _ := prepare(".", []string{os.Args[0]}, append(strings.Fields(args), "--force")...)
		if again.Stdout, again.Stderr = noReader(t), noReader(t); files != "" && files != "results" {
			if err := again.Run(); err != nil {
				t.Errorf("dcgmm %s: %v, where nobody hears anything", args, err)
			}
		}
		made := slices.DeleteFunc(names(t, "."), func(name string) bool { return slices.Contains(before, name) || strings.HasPrefix(name, ".cache") })
		wanted := strings.Fields(files)
		slices.Sort(wanted)
		if !slices.Equal(made, wanted) {
			t.Errorf("dcgmm %s: there are %v, want %v", args, made, wanted)
		}
	}
	for _, winner := range []string{"sgd", "kmeans"} {
		bytesOf(t, "results/tune/classes2-clustering-"+winner+".json")
	}
}

// The status of diff says whether something moved, though nobody reads what.
func TestDiffWithoutReader(t *testing.T) {
	quick, edited := filepath.Join("..", "..", "results", "quick"), t.TempDir()
	if err := os.CopyFS(edited, os.DirFS(quick)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(edited, "mnist", "T2-clustering.md"), []byte("better"), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c, said := prepare(".", []string{os.Args[0]}, "diff", quick, edited)
		c.Stdout = noReader(t)
		if _ = c.Run(); c.ProcessState.ExitCode() != 1 || said.String() != "dcgmm: values moved\n" {
			t.Errorf("exit code %d, said %s", c.ProcessState.ExitCode(), said)
		}
	}
}

// What cannot be printed is an error of every command, those of cobra, too.
func TestFullStandardOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("there is no full device: %v", err)
	}
	defer full.Close()
	glyphModel(t)
	for _, args := range []string{"", "help", "help train", "train --help", "--help", "--version", "completion bash", "completion fish", "info g.dcgmm", "tune --show",
		"reproduce --plan", "slurm", "sample g.dcgmm -n 1 --out s.png"} {
		var said strings.Builder
		err := run(t.Context(), strings.Fields(args), full, &said)
		if err == nil || !strings.Contains(err.Error(), "no space left on device") || exitCode(t.Context(), err, &said) != 1 || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("dcgmm %s: %v, said %q", args, err, said.String())
		}
	}
	if !slices.Contains(names(t, "."), "s.png") {
		t.Error("the picture was lost")
	}
}
