package show

import (
	"image"
	"os"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

func init() {
	cells["values"] = func() {
		defer Done()
		set := dataset.Glyphs(50, 1, 1, 1).Train
		net := Must(dcgmm.New("F8/2 G16 M F6 G9", dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{Seed: 1}))
		for _, x := range []any{net, Must(net.Evaluate(Context(), Images(set), 0)), set, Images(set), report.Panel{Title: "a panel", X: "x", Y: "y", Lines: []report.Line{{Name: "l", X: []float64{0, 1}, Y: []float64{1, 2}}}}, oneSheet(3),
			image.NewGray(image.Rect(0, 0, 5, 7)), [][]float64{{1, 2}, {3, 4}}, os.ErrNotExist, 42} {
			Value(x)
		}
	}
	cells["fails without Done"] = func() { _ = Must(os.Open("/no/such/file")) }
}

func TestValues(t *testing.T) {
	c, said := startCell(t, "values", t.TempDir())
	if err := c.Wait(); err != nil {
		t.Fatal(err, said)
	}
	for _, want := range []string{
		"F8/2 G16 M F6 G9", "28×28×1", "what the components stand for", // network
		"log-likelihood (nats)", "components that won", // evaluation
		"The first of 50 images", "Picture: a panel", "Picture: <3>", "Picture: 5×7 pixels", "file does not exist", "42",
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not shown:\n%s", want, said)
		}
	}
}

// Even without Done the text of the error is printed.
func TestFailureWithoutDone(t *testing.T) {
	c, said := startCell(t, "fails without Done", t.TempDir())
	if err := c.Wait(); err == nil || !strings.HasPrefix(said.String(), "panic: error: open /no/such/file") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestTrainingSaysTauAndUse(t *testing.T) {
	got := trainingNote(dcgmm.Progress{Epoch: 1.5, Step: 30, Steps: 40, Layers: []dcgmm.LayerProgress{{Learning: true, Tau: 1.234, Used: 0.5}, {}}})
	if want := "epoch 1.5, step 30 of 40 · layer 1: τ 1.23, 50 % of components in use"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
