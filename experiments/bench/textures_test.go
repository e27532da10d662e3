package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/eval"
	"deepgmm/experiments/report"
	"deepgmm/experiments/textures"
)

// brightness is what the command line and the peer of these tests score images by.
func brightness(pix []uint8) (sum float64) {
	for _, v := range pix {
		sum += float64(v)
	}
	return sum
}

// fakeCommand stands for the command line: it scores images by their brightness.
func fakeCommand(t *testing.T, calls *[]string) func(context.Context, []string, io.Writer, io.Writer) error {
	return func(_ context.Context, args []string, out, _ io.Writer) error {
		*calls = append(*calls, args[0])
		switch args[0] {
		case "train":
			return os.WriteFile(args[6], []byte("a model"), 0o666)
		case "eval":
			_, err := io.WriteString(out, `{"scores": [{"name": "one", "auc": 0.25}, {"name": "two", "auc": 0.75}, {"name": "three", "auc": 0.5}]}`)
			return err
		}
		s, err := dataset.ReadFolder(args[3], textures.Side, textures.Side, 1)
		if err != nil {
			return err
		}
		var each []string
		for i := range s.N {
			each = append(each, fmt.Sprintf(`{"score": %v}`, brightness(s.Image(i))))
		}
		_, err = fmt.Fprintf(out, `{"score": "bright", "images": [%s]}`, strings.Join(each, ", "))
		return err
	}
}

func someTextures(t *testing.T, calls *[]string) Textures {
	t.Helper()
	t.Setenv("DEEPGMM_TEST_PEER", "go")
	var out bytes.Buffer
	return Textures{Options: Options{Results: t.TempDir(), Python: os.Args[0], Script: "script", Out: &out, Log: io.Discard},
		Command: fakeCommand(t, calls), Seed: 3, Names: []string{"dots", "stripes"}, Trained: 12, Good: 10, Bad: 10}
}

// The tables have the AUCs of all files by what scored them, and their means.
func TestTextureTables(t *testing.T) {
	var calls []string
	o := someTextures(t, &calls)
	if err := RunTextures(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(calls, " "); got != "train eval score train eval score" {
		t.Errorf("called %s", got)
	}
	table := func(id string) *report.Table {
		b, err := report.ReadTable(filepath.Join(o.Results, id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var byName [2]float64
	byKind := make([]float64, 5)
	for i, name := range o.Names {
		var good, bad []float64
		for j := range 10 {
			good = append(good, brightness(textures.Good(name, 10, 3, textures.Testing).Image(j)))
			bad = append(bad, brightness(textures.Defective(name, 10, 3).Image(j)))
		}
		var err error
		if byName[i], err = eval.AUC(good, bad); err != nil {
			t.Fatal(err)
		}
		for k := range byKind {
			auc, err := eval.AUC(good, []float64{bad[k], bad[k+5]})
			if err != nil {
				t.Fatal(err)
			}
			byKind[k] += auc / 2
		}
	}
	near := func(row []report.Value, at int, want float64) {
		t.Helper()
		if v, ok := row[at].Float(); !ok || math.Abs(v-want) > 1e-9 {
			t.Errorf("%v, column %d: %v, want %v", row[0], at, v, want)
		}
	}
	b5 := table("B5-textures")
	if len(b5.Rows) != 3 || len(b5.Columns) != 10 || b5.Rows[0][8].String() != "two" || b5.Rows[2][0].String() != "mean" {
		t.Fatalf("%+v", b5)
	}
	for i, want := range []float64{byName[0], byName[1], (byName[0] + byName[1]) / 2} {
		near(b5.Rows[i], 1, want)
		near(b5.Rows[i], 2, want)   // the peer's first is brightness, too
		near(b5.Rows[i], 3, 1-want) // the second is darkness
		near(b5.Rows[i], 4, 0.5)    // the third is the same of all
		near(b5.Rows[i], 9, 0.75)
	}
	b6 := table("B6-defects")
	for k, name := range textures.Defects() {
		if b6.Rows[k][0].String() != name {
			t.Errorf("row %d is %v", k, b6.Rows[k][0])
		}
		near(b6.Rows[k], 1, byKind[k])
		near(b6.Rows[k], 3, 1-byKind[k])
	}
	if _, err := os.Stat(filepath.Join(o.Results, "textures-manifest.json")); err != nil {
		t.Error(err)
	}
}

func TestTextureFailuresAreTold(t *testing.T) {
	var calls []string
	o := someTextures(t, &calls)
	o.Names = []string{"water"}
	if err := RunTextures(context.Background(), o); err == nil || !strings.Contains(err.Error(), `no texture "water"; choose from bricks, weave`) {
		t.Errorf("%v", err)
	}
	boom := errors.New("boom")
	for _, fails := range []string{"train", "eval", "score"} {
		o := someTextures(t, &calls)
		inner := o.Command
		o.Command = func(ctx context.Context, args []string, out, log io.Writer) error {
			if args[0] == fails {
				return boom
			}
			return inner(ctx, args, out, log)
		}
		if err := RunTextures(context.Background(), o); !errors.Is(err, boom) || !strings.Contains(err.Error(), "dots") {
			t.Errorf("%s: %v", fails, err)
		}
		if left, err := os.ReadDir(o.Results); err != nil || len(left) > 0 {
			t.Errorf("%s: a table of a part: %v, %v", fails, left, err)
		}
	}
	o = someTextures(t, &calls)
	o.Folder = t.TempDir()
	if err := RunTextures(context.Background(), o); err == nil || !strings.Contains(err.Error(), "give a new folder") {
		t.Errorf("%v", err)
	}
}
