package analysis

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/configs"
)

// Every word of an architecture is in its drawing: one box for the image and each mixture, and what lies between.
func TestArchitectureDrawing(t *testing.T) {
	for text, want := range map[string][]string{
		"F8/2 G9 F11 G4":              {"fold 8/2", "fold 11"},
		"F8/4 I9 T8 S1.5 M M F2 A4:2": {"temper 8", "smooth 1.5", "max-pool", "fold 2"},
		"F28 G4 T3":                   {"fold 28"},
		"F4/1 A16:2 T8 M M F7 A49:8":  {"fold 4/1", "temper 8", "max-pool", "fold 7"},
		"F8/3p G4 G3":                 {"fold 8/3p"},
		"F4/4 A4:3 U F7 G5":           {"responsibilities and", "3 factors each", "7×7×16"},
	} {
		a, err := arch.Parse(text, configs.Input)
		if err != nil {
			t.Fatal(err)
		}
		svg := ArchitectureSVG(a)
		for _, w := range want {
			if !strings.Contains(svg, ">"+w+"<") {
				t.Errorf("%s: no %q in\n%s", text, w, svg)
			}
		}
		if n := strings.Count(svg, `rx="6"`); n != 1+len(a.Layers) {
			t.Errorf("%s: %d boxes for %d mixtures", text, n, len(a.Layers))
		}
		d := xml.NewDecoder(strings.NewReader(svg))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
