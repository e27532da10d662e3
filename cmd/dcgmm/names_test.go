package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/experiments/pipeline"
)

func TestErrorsAreOneHarmlessLine(t *testing.T) {
	for err, want := range map[error]string{
		fmt.Errorf("%s: no such file", "a\x1b[2J\nb\u202e"):                                    `dcgmm: a\x1b[2J\nb\u202e: no such file`,
		errors.New("unknown command \"trian\" for \"dcgmm\"\n\nDid you mean this?\n\ttrain\n"): `dcgmm: unknown command "trian" for "dcgmm"; did you mean train?`,
		fmt.Errorf("2 %w:\n  one\n  two\x1b", pipeline.ErrMissing):                             "dcgmm: 2 " + pipeline.ErrMissing.Error() + ":\n  one\n  two\\x1b",
	} {
		var line strings.Builder
		if code := exitCode(context.Background(), err, &line); code != 1 || line.String() != want+"\n" {
			t.Errorf("exit code %d, said %q, want %q", code, line.String(), want)
		}
	}
	_, _, err := command(t, context.Background(), "trian")
	var line strings.Builder
	exitCode(context.Background(), err, &line)
	if strings.Count(line.String(), "\n") != 1 || !strings.Contains(line.String(), "did you mean train?") {
		t.Errorf("said %q", line.String())
	}
}

// Names of folders that a terminal would obey, and of files that a spreadsheet would compute.
func TestNamesOfPicturesAreHarmless(t *testing.T) {
	t.Chdir(t.TempDir())
	const evil = "\x1b[31mred\n\u202e"
	for _, folder := range []string{evil, "plain"} {
		for i, name := range []string{"=cmd|' calc'!A0.png", "-1.png", "b.png"} {
			path := filepath.Join("pictures", folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			img := image.NewGray(image.Rect(0, 0, 4, 4))
			img.Pix[i] = 255
			if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	model := filepath.Join(evil, "m.dcgmm")
	said := succeed(t, "train", "--images", "pictures", "--size", "4x4", "--arch", "F4 G2", "--epochs", "1", "--out", model)
	said += succeed(t, "classify", model, "--train", "--images", "pictures", "--epochs", "1")
	said += succeed(t, "classify", model, "--images", "pictures")
	said += succeed(t, "sample", model, "-n", "2", "--out", evil+".png")
	if strings.ContainsAny(said, "\x1b\u202e") || strings.Contains(said, "red\n") || !strings.Contains(said, `0 \x1b[31mred\n\u202e`) {
		t.Errorf("said %q", said)
	}
	t.Chdir(filepath.Join("pictures", "plain"))
	told := succeed(t, "classify", filepath.Join("..", "..", model), "--images", ".")
	rows, err := csv.NewReader(strings.NewReader(told)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v: %q", err, told)
	}
	for i, want := range []string{"image", "'-1.png", "'=cmd|' calc'!A0.png", "b.png"} {
		if rows[i][0] != want {
			t.Errorf("row %d is of %q, want %q", i, rows[i][0], want)
		}
	}
}

// Paths of any length come by standard input: messages stay short.
func TestLongPathsAreShortened(t *testing.T) {
	glyphModel(t)
	long := strings.Repeat("long/", 600_000)
	writePNG(t, "p.png", image.NewGray(image.Rect(0, 0, 28, 28)))
	for _, list := range []string{long + "\n", long + "\nother" + long + "\n"} {
		standardInput(t, list)
		_, log, err := command(t, t.Context(), strings.Fields("score g.dcgmm --images -")...)
		var line strings.Builder
		if exitCode(t.Context(), err, &line); len(line.String()) > 3000 || len(log) > 10_000 || !strings.Contains(line.String()+log, "too long") {
			t.Errorf("said %d and %d bytes: %.100s … %.100s", len(line.String()), len(log), line.String(), log)
		}
	}
	standardInput(t, long+"\np.png\n")
	if _, log, err := command(t, t.Context(), strings.Fields("score g.dcgmm --images - --skip-bad")...); err != nil || len(log) > 10_000 {
		t.Errorf("%v; said %d bytes", err, len(log))
	}
}
