package configs

import (
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
)

// PaperArch is an architecture of the authors' public scripts (docs/model.md, section 3), with 49 components on top.
type PaperArch struct {
	Letter string // as there; "B, independent" is B with parameters of its own for every position of the first mixture
	Arch   string
}

// PaperEpochs are those of the authors' scripts.
const PaperEpochs = 80

// PaperArchs returns A to G. The scripts detect outliers with independent parameters in the first mixture of B.
func PaperArchs() []PaperArch {
	return []PaperArch{
		{"A", "F28 G49"},
		{"B", "F8/2 G49 F11 G49"},
		{"B, independent", "F8/2 I49 F11 G49"},
		{"C", "F8/1 G49 M F11 G49"},
		{"D", "F3/1 G25 M F4/1 G25 M F5 G49"},
		{"E", "F3/1 G25 F4/2 G25 F12 G49"},
		{"F", "F3/1 G25 F4/2 G25 F4/2 G25 F5 G49"},
		{"G", "F3 G25 M F3 G25 M F3 G25 M F2 G49"},
	}
}

// IsPlain reports whether a model has the operations and the training of the paper alone: folding, Gaussian mixtures
// with shared or independent parameters and max-pooling, trained by SGD with the annealing as published, without
// restarts, without weights that are set after the last step, and with rates that do not end at 0.
func IsPlain(m cell.Model) bool {
	a := ArchOf(m)
	t := m.Train
	return m.Kind == cell.SGD && len(a.Layers) > 0 && !slices.ContainsFunc(a.Layers, func(l arch.Layer) bool { return l.L > 0 || l.Output != "" }) &&
		(t.Optimizer == "" || t.Optimizer == dcgmm.SGD) && (t.Schedule == "" || t.Schedule == dcgmm.Adaptive) && t.Restart == 0 && t.CoolDown == 0 && !t.FinalWeights
}
