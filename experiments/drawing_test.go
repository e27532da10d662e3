package experiments

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/experiments/configs"
)

// Every word of an architecture is in its drawing: one box for the image and each mixture, and what lies between.
func TestArchitectureDrawing(t *testing.T) {
	for arch, want := range map[string][]string{
		"F8/2 G9 F11 G4":              {"fold 8/2", "fold 11"},
		"F8/4 I9 T8 S1.5 M M F2 A4:2": {"temper 8", "smooth 1.5", "max-pool", "fold 2"},
		"F28 G4 T3":                   {"fold 28"},
	} {
		net, err := dcgmm.New(arch, configs.Input, dcgmm.Init{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		svg := architectureSVG(net)
		for _, w := range want {
			if !strings.Contains(svg, ">"+w+"<") {
				t.Errorf("%s: no %q in\n%s", arch, w, svg)
			}
		}
		if n := strings.Count(svg, `rx="6"`); n != 1+net.Layers() {
			t.Errorf("%s: %d boxes for %d mixtures", arch, n, net.Layers())
		}
		d := xml.NewDecoder(strings.NewReader(svg))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", arch, err)
		}
	}
}
