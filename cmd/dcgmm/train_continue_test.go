package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// A model learns on with a folder of other classes: what it forgets is printed, new classes come behind its own, and
// an interruption costs nothing.
func TestModelsGoOn(t *testing.T) {
	trainBars(t)
	succeed(t, strings.Fields("classify b.dcgmm --train --images train --epochs 5")...)
	barFolder(t, "old", 12, map[string]int{"leaf": 0, "nut": 1, "tea": 2})
	barFolder(t, "new", 60, map[string]int{"cup": 3, "tea": 2})
	args := strings.Fields("train --continue b.dcgmm --images new --old old --epochs 60 --batch 10 --hold-out 0.1 --out c.dcgmm")
	out, log, err := command(t, context.Background(), args...)
	if err != nil || !strings.Contains(out, "log-likelihood") || !strings.Contains(out, "layer 1, old images (old)     36") || !strings.Contains(out, "layer 1, new held-out images  12") {
		t.Fatalf("%v: %s%s", err, out, log)
	}
	for _, want := range []string{"note: classes that are new to b.dcgmm: cup", "note: new has no images of some classes of b.dcgmm: leaf, nut", "note: the classifier of b.dcgmm is left out"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q was not said: %s", want, log)
		}
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if old, held := strings.Fields(lines[2]), strings.Fields(lines[3]); old[len(old)-1][0] != '-' || held[len(held)-1][0] != '+' {
		t.Errorf("old images should have become less likely, new ones likelier: %s", out)
	}
	if info := succeed(t, "info", "c.dcgmm"); !strings.Contains(info, "4 classes: leaf, nut, tea, cup") || strings.Contains(info, "classifier") {
		t.Errorf("info: %s", info)
	}
	whole := bytesOf(t, "c.dcgmm")

	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(30*time.Millisecond, func() { cancel(errors.New("stopped")) })
	_, _, _ = command(t, ctx, append(args, "--force")...) // it may leave a partial
	if _, err := os.Stat("c.dcgmm.partial"); err == nil {
		other := strings.Fields(strings.Replace(strings.Join(args, " "), "b.dcgmm", "other.dcgmm", 1))
		if err := os.WriteFile("other.dcgmm", whole, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := command(t, context.Background(), append(other, "--force")...); err == nil || !strings.Contains(err.Error(), "--continue b.dcgmm (") {
			t.Errorf("another model: %v", err)
		}
	}
	succeed(t, append(args, "--force")...)
	if !bytes.Equal(whole, bytesOf(t, "c.dcgmm")) {
		t.Error("after a break it goes on to another model")
	}
	succeed(t, append(args, "--out", "d.dcgmm", "--memory", "64MiB")...)
	if !bytes.Equal(whole, bytesOf(t, "d.dcgmm")) {
		t.Error("from a folder that is not in memory it goes on to another model")
	}

	for flags, want := range map[string]string{
		"--continue b.dcgmm --arch F8":         "--arch is for a new model, --continue has that of b.dcgmm",
		"--continue b.dcgmm --size 9x9":        "--size is for a new model",
		"--continue none.dcgmm":                "give the file of a model",
		"--old old":                            "--old is for --continue",
		"--continue b.dcgmm --old none":        "none",
		"--continue b.dcgmm --out b.dcgmm":     "it is there already",
		"--continue b.dcgmm --leave-out glass": "--leave-out is glass; the images of new have the classes 0 to 3: leaf, nut, tea, cup",
	} {
		refused(t, "train --images new --epochs 1 --out x "+flags, want)
	}
}
