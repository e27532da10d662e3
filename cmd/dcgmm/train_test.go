package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deepgmm/dcgmm"
)

// trainArgs is a training of about a second.
func trainArgs(out string) []string {
	return []string{"train", "--set", "glyphs", "--arch", "F8/2 G16 M F6 G16", "--epochs", "60", "--limit", "1000", "--out", out}
}

// awaitTraining waits until a process has begun to train: it has said something, unless nobody hears it, and a lock,
// which may be an old one, is there.
func awaitTraining(t *testing.T, said *sayings, out string) {
	t.Helper()
	lock := filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+".lock")
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(lock); err == nil && (said == nil || said.String() != "") {
			return
		}
	}
	t.Fatal("no training began")
}

// Every signal that asks a training to end keeps it, and a kill leaves nothing that the next run does not sweep: in the
// end there is the model of a training in peace, and no other file.
func TestSignalsAndKills(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(t.TempDir(), "m")
	began := time.Now()
	succeed(t, trainArgs(whole)...)
	step := time.Since(began) / 12
	model := filepath.Join(dir, "m")
	signals := []syscall.Signal{syscall.SIGHUP, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL, syscall.SIGHUP}
	for i, s := range signals {
		c, said := start(t, dir, trainArgs(model)...)
		awaitTraining(t, said, model)
		time.Sleep(step * time.Duration(1+i%3))
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if s == syscall.SIGHUP { // a terminal that closes may do it twice
			_ = c.Process.Signal(s)
		}
		_ = c.Wait()
		if _, err := os.Stat(model); err == nil {
			break // it was quicker
		}
		if code := c.ProcessState.ExitCode(); s != syscall.SIGKILL && (code != 130 || strings.Count(said.String(), "dcgmm: ") != 1) {
			t.Errorf("%v: exit code %d, said %s", s, code, said)
		}
		if _, err := os.Stat(model + ".partial"); s != syscall.SIGKILL && err != nil {
			t.Errorf("%v: the training was not kept, said %s", s, said)
		}
	}
	if _, _, err := command(t, context.Background(), trainArgs(model)...); err != nil && !strings.Contains(err.Error(), "it is there already") {
		t.Error(err)
	}
	if !bytes.Equal(bytesOf(t, model), bytesOf(t, whole)) {
		t.Error("another model")
	}
	if left := names(t, dir); !slices.Equal(left, []string{"m"}) {
		t.Errorf("left: %v", left)
	}
}

// Under nohup a closed terminal ends nothing.
func TestNohup(t *testing.T) {
	dir := t.TempDir()
	c, said := startAs(t, dir, []string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0]}, trainArgs("m")...)
	awaitTraining(t, said, filepath.Join(dir, "m"))
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("%v, said %s", err, said)
	}
}

// noReader is a pipe whose reader has gone away.
func noReader(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

// A training whose readers go away goes on, and can be interrupted.
func TestBrokenPipe(t *testing.T) {
	dir := t.TempDir()
	unread := func() *exec.Cmd {
		c, _ := prepare(dir, []string{os.Args[0]}, trainArgs("m")...)
		c.Stdout, c.Stderr = noReader(t), noReader(t)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := unread()
	awaitTraining(t, nil, filepath.Join(dir, "m"))
	if code := interrupt(t, c); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if err := unread().Wait(); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); !slices.Equal(left, []string{"m"}) {
		t.Errorf("left: %v", left)
	}
}

// Two trainings with the same --out: the second is told so in one line, and the first goes on.
func TestSecondTraining(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	long := append(trainArgs("m"), "--epochs", "100000")
	c, said := start(t, dir, long...)
	awaitTraining(t, said, "m")
	time.Sleep(50 * time.Millisecond)
	for _, args := range [][]string{long, append(long, "--fresh", "--force")} {
		_, log, err := command(t, context.Background(), args...)
		if err == nil || !strings.HasPrefix(err.Error(), "m: another run is writing it: wait for it to end") || strings.Contains(err.Error()+log, "kept") {
			t.Errorf("%v, said %s", err, log)
		}
	}
	if code := interrupt(t, c); code != 130 || !strings.Contains(said.String(), "the same training goes on, from m.partial") {
		t.Errorf("the first: exit code %d, said %s", code, said)
	}
}

// An interrupted training with other settings is refused, and both ways out that the error names work.
func TestOtherSettings(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c, said := start(t, dir, trainArgs("m")...)
	awaitTraining(t, said, "m")
	time.Sleep(50 * time.Millisecond)
	interrupt(t, c)
	kept := bytesOf(t, "m.partial")
	for flags, want := range map[string]string{
		"--seed 2": "--seed 1, not 2", "--rate 0.005": "--rate 0.011, not 0.005", "--epochs 3": "--epochs 60, not 3", "--batch 50": "--batch 100, not 50",
		"--arch=F28": `--arch "F8/2 G16 M F6 G16", not "F28`, "--limit 900": "other images (--set, --images, --split, --size, --limit, --leave-out, --hold-out)",
		"--leave-out 1": "other images", "--split test": "other images", "--optimizer adam": "--optimizer sgd, not adam;", "--restart 0.1": "--restart 0, not 0.1",
		"--wait 0,0.5": "--wait [], not [0 0.5]", "--schedule fixed": "--schedule adaptive, not fixed", "--max-prec-root 4": "--max-prec-root 8, not 4",
		"--seed 2 --rate 0.005 --force": "--seed 1, not 2, --rate 0.011, not 0.005;",
	} {
		args := append(trainArgs("m"), strings.Fields(flags)...)
		if flags == "--arch=F28" {
			args[len(args)-1] = "--arch=F28 G4"
		}
		_, _, err := command(t, context.Background(), args...)
		if err == nil || !strings.Contains(err.Error(), "m.partial is an interrupted training with other settings: "+want) || !strings.Contains(err.Error(), "give the old settings to go on with it, or --fresh to start anew") {
			t.Errorf("%s: %v", flags, err)
		}
	}
	if !bytes.Equal(kept, bytesOf(t, "m.partial")) {
		t.Error("the kept training has changed")
	}
	succeed(t, append(trainArgs("m"), "--workers", "1")...)
	writeText(t, "n.partial", string(kept))
	succeed(t, append(trainArgs("n"), "--seed", "2", "--epochs", "1", "--fresh")...)
	if left := names(t, dir); !slices.Equal(left, []string{"m", "n"}) {
		t.Errorf("left: %v", left)
	}
}

// After a training that went out of range the flags that the error names lead to one that does not, whatever was kept.
func TestNonFiniteTraining(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"train", "--set", "glyphs", "--limit", "300", "--arch", "F28 A9:4", "--epochs", "60", "--rate", "10", "--out", "m"}
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(time.Millisecond, func() { cancel(errors.New("stopped")) })
	_, _, _ = command(t, ctx, args...) // it may leave a partial
	_, _, err := command(t, context.Background(), args...)
	if err == nil || !strings.Contains(err.Error(), "layer 1 (F28 A9:4) is not finite") || strings.Contains(err.Error(), "Config") {
		t.Fatalf("error %v", err)
	}
	_, advice, ok := strings.Cut(err.Error(), "start anew with a lower learning rate: ")
	if !ok {
		t.Fatalf("no advice: %v", err)
	}
	succeed(t, append(args, strings.Fields(advice)...)...)
	// Factors diverge below a bound of 1/σ that is far too high, whatever the rate is.
	args = []string{"train", "--set", "glyphs", "--limit", "300", "--arch", "F28 A9:4", "--epochs", "60", "--max-prec-root", "1e6", "--out", "n"}
	_, _, err = command(t, context.Background(), args...)
	if err == nil || !strings.Contains(err.Error(), "start anew with a lower learning rate and lower bounds of 1/σ: --rate 0.0055 --max-prec-root 8 --fresh") {
		t.Fatalf("error %v", err)
	}
	succeed(t, append(args, strings.Fields("--rate 0.0055 --max-prec-root 8 --fresh")...)...)
	far := trainFlags{init: dcgmm.Init{MaxPrecRoot: 8, UpperPrecRoot: 1000}}
	if got := far.lowerRate(); got != "--rate 0.0055 --upper-prec-root 8 --fresh" {
		t.Errorf("above the first layer: %s", got)
	}
	if far.config = "c.json"; far.lowerRate() != "lower Rate and UpperPrecRoot in a copy of the file of --config, and give --fresh" {
		t.Errorf("with a config: %s", far.lowerRate())
	}
	if far.config, far.from = "", "m"; far.lowerRate() != "--rate 0.0055 --fresh" {
		t.Errorf("of a model to go on from: %s", far.lowerRate())
	}
	for have, want := range map[string]string{"": "--rate 0.0055 --fresh", "--rate=0.008": "--rate 0.004 --fresh", "--optimizer=adam": "--rate 0.0025 --fresh"} {
		var f trainFlags
		f.cfg.Optimizer = "sgd"
		switch have {
		case "--rate=0.008":
			f.cfg.Rate = 0.008
		case "--optimizer=adam":
			f.cfg.Optimizer = "adam"
		}
		if got := f.lowerRate(); got != want {
			t.Errorf("after %q: %s, want %s", have, got, want)
		}
	}
}
