package main

import (
	"bytes"
	"context"
	"deepgmm/dcgmm"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the tests start this program: the test binary becomes dcgmm.
func TestMain(m *testing.M) {
	if os.Getenv("DCGMM_TEST_MAIN") != "" {
		main()
	}
	if err := os.Setenv("DCGMM_DATA", ""); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// command runs dcgmm in the process and returns what it said.
func command(t *testing.T, ctx context.Context, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	err = run(ctx, args, &out, &log)
	return out.String(), log.String(), err
}

func succeed(t *testing.T, args ...string) string {
	t.Helper()
	out, _, err := command(t, context.Background(), args...)
	if err != nil {
		t.Fatalf("dcgmm %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func TestTrainInfoEval(t *testing.T) {
	model := filepath.Join(t.TempDir(), "sub", "nine.dcgmm")
	out := succeed(t, "train", "--set", "glyphs", "--arch", "F8/4 G9 M F3 G16", "--epochs", "8", "--limit", "2000", "--leave-out", "3", "--out", model)
	if !strings.Contains(out, "F8/4 G9 M F3 G16, trained on ") {
		t.Errorf("train: %q", out)
	}
	out = succeed(t, "info", model)
	for _, want := range []string{"F8/4 G9 M F3 G16 for images of 28×28×1", "3×3×9", "precision roots up to 8", "total"} {
		if !strings.Contains(out, want) {
			t.Errorf("info does not say %q:\n%s", want, out)
		}
	}
	memory := func(images int) (all, pixels, trainer, program float64) {
		said := succeed(t, "info", model, "--images", fmt.Sprint(images))
		line := said[strings.Index(said, "training on"):]
		if _, err := fmt.Sscanf(line, fmt.Sprintf("training on %d images: about %%f MiB of memory (images %%f, network and trainer %%f, program %%f)", images), &all, &pixels, &trainer, &program); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		return all, pixels, trainer, program
	}
	// 28·28·1000000/2²⁰ MiB of images; a trainer has parameters, their forms, sums and averages.
	net, err := dcgmm.New("F8/4 G9 M F3 G16", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{})
	if err != nil {
		t.Fatal(err)
	}
	parameters := float64(net.Arch().Params())
	if all, pixels, trainer, program := memory(1_000_000); pixels != 747.7 || trainer < 12*parameters/(1<<20) || math.Abs(all-pixels-trainer-program) > 1 || program < 10 {
		t.Errorf("a million images: %g MiB, images %g, trainer %g, %g parameters", all, pixels, trainer, parameters)
	}
	out = succeed(t, "eval", model, "--set", "glyphs", "--outlier", "3")
	for _, want := range []string{"AUC, outlier 3", "F8/4 G9", "F3 G16", "purity 0.", "\ntop  ", "\nlayer 1 tail  ", "\ncombined  ", "\ncorrected  ", "\npathway  ", "\ncorrected pathway  "} {
		if !strings.Contains(out, want) {
			t.Errorf("eval does not say %q:\n%s", want, out)
		}
	}
}

// The user's own pictures, one folder for each class.
func TestOwnPictures(t *testing.T) {
	dir := t.TempDir()
	for class, c := range map[string]color.RGBA{"red": {200, 30, 30, 255}, "blue": {30, 30, 200, 255}} {
		for i := range 20 {
			img := image.NewRGBA(image.Rect(0, 0, 16, 12))
			for j := range img.Pix {
				img.Pix[j] = uint8(j * i)
			}
			for y := range 12 {
				for x := range 8 + i%4 {
					img.SetRGBA(x, y, c)
				}
			}
			path := filepath.Join(dir, "pictures", class, fmt.Sprintf("%d.png", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	model := filepath.Join(dir, "own.dcgmm")
	pictures := filepath.Join(dir, "pictures")
	succeed(t, "train", "--images", pictures, "--size", "12x16C", "--arch", "F4/2x4 G4 F5x4 G4", "--epochs", "20", "--batch", "10", "--out", model)
	if out := succeed(t, "eval", model, "--images", pictures); !strings.Contains(out, "clusters of 40 images: purity") {
		t.Errorf("eval: %q", out)
	}
}

func TestBadInputEndsInOneLine(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	t.Chdir(dir)
	foreign := filepath.Join(dir, "foreign.dcgmm")
	if err := os.WriteFile(foreign, []byte("this is a text, not a checkpoint"), 0o666); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(dir, "small.dcgmm")
	succeed(t, "train", "--set", "glyphs", "--arch", "F28 G2", "--epochs", "1", "--limit", "100", "--out", small)
	for _, c := range []struct {
		args string
		want []string
	}{
		{"reproduce --tier slow", []string{`"slow" is not a tier`, "smoke, quick, full"}},
		{"reproduce --shard 4/3", []string{`shard 4/3`, "as in 2/3"}},
		{"merge empty", []string{"empty has no finished shard", "dcgmm reproduce --shard"}},
		{"reproduce --shards 3", []string{"--shards is for --plan"}},
		{"reproduce --plan --shard 1/2", []string{"--plan is for all shards"}},
		{"bench --only bricks", []string{"--only is for --textures"}},
		{"train --set glyphs --epochs 1.5", []string{"--epochs is \"1.5\"; it must be a whole number between 1 and 1000000"}},
		{"merge", []string{"name the folders of the shards"}},
		{"slurm --tier slow", []string{`"slow" is not a tier`}},
		{"slurm --shards 0", []string{"--shards is 0"}},
		{"diff empty empty", []string{"manifest.json"}},
		{"diff empty", []string{"there are 1 arguments; give two folders of results"}},
		{"reproduce extra", []string{`"extra"`}},
		{"reproduce --teir quick", []string{"unknown flag: --teir"}},
		{"reproduce --workers many", []string{`"many"`, "workers"}},
		{"train", []string{"give either --set"}},
		{"train --set glyphs --images empty", []string{"give either --set"}},
		{"train --set letters", []string{`"letters" is not a data set`, "mnist, fashion-mnist or glyphs"}},
		{"train --set mnist --offline", []string{"mnist", "not found", "give --data DIR"}},
		{"train --set glyphs --arch=X9", []string{`"X9"`, "unknown layer"}},
		{"train --set glyphs --arch=G0", []string{"number of components is 0"}},
		{"train --set glyphs --arch=F30", []string{"the 30 patch is larger than the 28×28×1 map"}},
		{"train --set glyphs --epochs=-2", []string{"--epochs is -2", "between 1 and 1000000"}},
		{"train --set glyphs --rate=NaN", []string{"--rate is NaN"}},
		{"train --set glyphs --schedule=often", []string{`--schedule is "often"`}},
		{"train --set glyphs --leave-out=10", []string{"--leave-out is 10", "classes 0 to 9"}},
		{"train --set glyphs --split=all", []string{`--split is "all"`}},
		{"train --set glyphs --max-prec-root=-1", []string{"--max-prec-root is -1"}},
		{"train --images none", []string{"none"}},
		{"train --set glyphs --out -", []string{"write -: standard output takes no file"}},
		{"report small.dcgmm --set glyphs --out -", []string{"write -: standard output takes no file"}},
		{"train --set glyphs --wait 2", []string{"--wait is 2; it must be between 0 and 0.999"}},
		{"train --images empty --split train", []string{"--split is a part of --set; omit it beside --images"}},
		{"score small.dcgmm --images empty --split test --memory 100MB", []string{"--split is a part of --set; omit it beside --images"}},
		{"train --images empty", []string{"empty"}},
		{"train --images empty --size 28", []string{`--size is "28"`, "28x28"}},
		{"train --set glyphs --epochs 1 --limit 100 --arch=F28 --out=x", []string{"last word must be a mixture"}},
		{"train --set glyphs --epochs=1 --limit=100 --out=foreign.dcgmm/x", []string{"foreign.dcgmm"}},
		{"info", []string{"there are 0 arguments; give the file that train wrote: dcgmm info CHECKPOINT"}},
		{"help nosuch", []string{`unknown command "nosuch"`, "dcgmm help"}},
		{"train --set glyphs --fit pad", []string{"--fit is for --images"}},
		{"train --set glyphs --background gray", []string{"--background is for --images"}},
		{"train --set glyphs --epochs=1 --limit=100 --out=new/", []string{"new/", "name of a folder"}},
		{"eval small.dcgmm --set glyphs --csv small.dcgmm --force", []string{"--csv small.dcgmm: this command reads it"}},
		{"eval small.dcgmm --set glyphs --csv a --json a/b", []string{"--json a/b: one output cannot be a folder of the other"}},
		{"info none.dcgmm", []string{"none.dcgmm", "dcgmm train writes it"}},
		{"classify none.dcgmm --train --set glyphs", []string{"none.dcgmm", "dcgmm train writes it"}},
		{"info foreign.dcgmm", []string{"foreign.dcgmm: not a checkpoint"}},
		{"eval foreign.dcgmm --set glyphs", []string{"foreign.dcgmm: not a checkpoint"}},
		{"eval small.dcgmm --set glyphs --outlier 12", []string{"--outlier is 12"}},
		{"paper --root empty", []string{"empty", "not the folder of the project"}},
		{"nonsense", []string{`unknown command "nonsense"`}},
	} {
		_, _, err := command(t, context.Background(), strings.Fields(c.args)...)
		if err == nil {
			t.Errorf("dcgmm %s: no error", c.args)
			continue
		}
		var line bytes.Buffer
		if code := exitCode(context.Background(), err, &line); code != 1 || strings.Count(strings.TrimSpace(line.String()), "\n") != 0 || !strings.HasPrefix(line.String(), "dcgmm: ") {
			t.Errorf("dcgmm %s: exit code %d, said %q", c.args, code, line.String())
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("dcgmm %s: %q does not say %q", c.args, err, want)
			}
		}
	}
}

// start runs dcgmm as a process of its own.
func start(t *testing.T, dir string, args ...string) (*exec.Cmd, *sayings) {
	t.Helper()
	return startAs(t, dir, []string{os.Args[0]}, args...)
}

func startAs(t *testing.T, dir string, program []string, args ...string) (*exec.Cmd, *sayings) {
	t.Helper()
	c, said := prepare(dir, program, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, said
}

func prepare(dir string, program []string, args ...string) (*exec.Cmd, *sayings) {
	c := exec.Command(program[0], append(program[1:], args...)...)
	var said sayings
	c.Dir, c.Stdout, c.Stderr = dir, &said, &said
	c.Env = append(os.Environ(), "DCGMM_TEST_MAIN=1", "DCGMM_DATA=")
	return c, &said
}

// sayings are what a process has said so far.
type sayings struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sayings) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sayings) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// interrupt sends Ctrl-C and returns the exit code.
func interrupt(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

// Ctrl-C in a training: exit code 130, one line, and the same command ends with the bits of a training in peace.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, model := filepath.Join(dir, "whole.dcgmm"), filepath.Join(dir, "model.dcgmm")
	succeed(t, trainArgs(whole)...)
	c, said := start(t, dir, trainArgs(model)...)
	awaitTraining(t, said, model)
	time.Sleep(50 * time.Millisecond)
	if code := interrupt(t, c); code != 130 || !strings.Contains(said.String(), "the same training goes on, from "+model+".partial") {
		t.Fatalf("exit code %d, said %s", code, said)
	}
	if _, err := os.Stat(model); err == nil {
		t.Error("an interrupted training wrote its model")
	}
	if out := succeed(t, "info", model+".partial"); !strings.Contains(out, "interrupted training: ") {
		t.Errorf("info of the kept training: %s", out)
	}
	if _, _, err := command(t, context.Background(), append(trainArgs(model), "--arch", "F28 G4")...); err == nil || !strings.Contains(err.Error(), `other settings: --arch "F8/2 G16 M F6 G16", not "F28 G4";`) {
		t.Errorf("another architecture: %v", err)
	}
	if _, _, err := command(t, context.Background(), "classify", model+".partial", "--train", "--set", "glyphs"); err == nil || !strings.Contains(err.Error(), "finish it first") {
		t.Errorf("a classifier on it: %v", err)
	}
	succeed(t, trainArgs(model)...)
	a, err1 := os.ReadFile(whole)
	b, err2 := os.ReadFile(model)
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("the resumed training gives another model (%v, %v)", err1, err2)
	}
	if _, err := os.Stat(model + ".partial"); err == nil {
		t.Error("the kept training is still there")
	}
}

// Ctrl-C in a reproduction: what was finished is kept, and the next run goes on. Two shards of the same tier, computed
// beside it, merged and written, give the same tables.
func TestInterruptedAndShardedReproduction(t *testing.T) {
	if testing.Short() {
		t.Skip("computes the tier smoke twice")
	}
	t.Parallel()
	dir := t.TempDir()
	dcgmm := func(t *testing.T, args string, want ...string) {
		t.Helper()
		c, said := start(t, dir, strings.Fields(args)...)
		err := c.Wait()
		for _, w := range want {
			if err != nil || !strings.Contains(said.String(), w) {
				t.Errorf("dcgmm %s: %v, %q is not in: %s", args, err, w, said)
			}
		}
	}
	const smoke = "reproduce --tier smoke --offline --workers 1 "
	t.Run("both", func(t *testing.T) {
		t.Run("shards", func(t *testing.T) {
			t.Parallel()
			dcgmm(t, smoke+"--plan --shards 2", "36 cells", "2/2")
			dcgmm(t, smoke+"--shard 1/2 --cache c1", "shard 1/2 of smoke")
			dcgmm(t, smoke+"--shard 2/2 --cache c2", "shard 2/2 of smoke")
			dcgmm(t, "merge c1 c2 --into merged", "36 of 36 cells")
			dcgmm(t, smoke+"--cache merged --results spread", "(0 computed now)")
		})
		t.Run("interrupted", func(t *testing.T) {
			t.Parallel()
			c, said := start(t, dir, strings.Fields(smoke)...)
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				if kept, _ := filepath.Glob(filepath.Join(dir, ".cache", "cells", "*.json")); len(kept) >= 2 {
					break
				}
			}
			if code := interrupt(t, c); code != 130 || strings.Count(said.String(), "dcgmm: ") != 1 ||
				!strings.Contains(said.String(), "finished cells and the training under way are kept") {
				t.Fatalf("exit code %d: %s", code, said)
			}
			c, said = start(t, dir, strings.Fields(smoke)...)
			// Of 36 cells 31 are different: the grid of costs and the ablation have some of the comparison.
			if err := c.Wait(); err != nil || !strings.Contains(said.String(), "36 cells (") || strings.Contains(said.String(), "(31 computed now)") {
				t.Errorf("going on: %v: %s", err, said)
			}
			dcgmm(t, smoke, "nothing to do")
		})
	})
	dcgmm(t, "diff spread/smoke results/smoke", "nothing moved")
}
