package eval

import (
	"slices"
	"strings"
	"testing"
)

// Expected values by hand.
func TestInpaintingErrors(t *testing.T) {
	truth := []uint8{255, 0, 0, 255} // two images of two pixels
	if got := InpaintingErrors(truth, []float32{0.5, 9, 1, 9}, []bool{true, false}, 2, 1); !slices.Equal(got, []float64{0.25, 1}) {
		t.Errorf("one mask for all: %v", got)
	}
	if got := InpaintingErrors(truth, []float32{1, 0.5, 9, 9}, []bool{true, true, false, false}, 2, 1); !slices.Equal(got, []float64{0.125, 0}) {
		t.Errorf("a mask for each: %v", got)
	}
	// One image of two pixels with two channels: both channels of a missing pixel count.
	if got := InpaintingErrors(truth, []float32{9, 9, 1, 0.5}, []bool{false, true}, 1, 2); !slices.Equal(got, []float64{0.625}) {
		t.Errorf("two channels: %v", got)
	}
}

func TestInpaintingErrorsPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"few values":   func() { InpaintingErrors(make([]uint8, 4), make([]float32, 3), make([]bool, 4), 1, 1) },
		"another mask": func() { InpaintingErrors(make([]uint8, 4), make([]float32, 4), make([]bool, 3), 1, 1) },
		"no mask":      func() { InpaintingErrors(make([]uint8, 4), make([]float32, 4), nil, 1, 1) },
		"ragged":       func() { InpaintingErrors(make([]uint8, 5), make([]float32, 5), make([]bool, 5), 2, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "eval: InpaintingErrors: ") {
					t.Errorf("panic %v", r)
				}
			}()
			f()
		})
	}
}
