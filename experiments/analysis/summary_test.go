package analysis

import (
	"strings"
	"testing"
)

// A detector whose top layer has collapsed is named with the score that detects; one that is less pure than its rival, but not by half, is not.
func TestBlindTop(t *testing.T) {
	for _, c := range []struct {
		purity, rival float64
		says          bool
	}{{0.111, 0.725, true}, {0.37, 0.725, false}, {0.81, 0.82, false}, {0.9, 0.8, false}} {
		says := Blind{c.purity, c.rival, "layer 2 min"}.isBlind()
		if says != c.says {
			t.Errorf("purity %g against %g: %t", c.purity, c.rival, says)
		}
	}
}

// Every figure has its own id and words, and the data set stands in them.
func TestFiguresHaveWords(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Figures() {
		about, ok := About(f.ID, "mnist")
		if !ok || seen[f.ID] || len(about.Alt) < 20 || !strings.Contains(about.Alt+about.Title, "MNIST") || strings.Contains(about.Alt+about.Title+about.Caption, "SET") {
			t.Errorf("%s: %+v, there already: %t", f.ID, about, seen[f.ID])
		}
		seen[f.ID] = true
	}
	if _, ok := About("F11", "mnist"); ok {
		t.Error("a figure that nobody knows has words")
	}
}
