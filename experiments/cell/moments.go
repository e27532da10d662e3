package cell

import (
	"errors"
	"fmt"

	"deepgmm/dcgmm"
)

// Moment is a network at a moment of its training.
type Moment struct {
	Epoch  float64
	Tau    float64 // annealing width of the top layer; 0: it waits
	Sheets []Sheet // the components of every layer, as Result.Alphabet has them at the end
}

// momentFall is the share that the width of the top layer falls to from one moment to the next: some twenty-five in a
// training whose annealing comes to its end.
const momentFall = 0.8

// keepMoment keeps the components at the beginning and at the end of a training, and as often as the width of the top
// layer has fallen by a share, if the spec asks for it.
func (r *Result) keepMoment(net *dcgmm.Network, p dcgmm.Progress) {
	if !r.Spec.Moments {
		return
	}
	m := Moment{Epoch: p.Epoch}
	if n := len(p.Layers); n > 0 {
		m.Tau = p.Layers[n-1].Tau
	}
	if n := len(r.Moments); n > 0 && p.Step < p.Steps {
		if last := r.Moments[n-1]; m.Tau == 0 || last.Tau > 0 && m.Tau > momentFall*last.Tau {
			return
		}
	}
	for i := range net.Layers() {
		m.Sheets = append(m.Sheets, alphabet(net, i))
	}
	r.Moments = append(r.Moments, m)
}

// validateMoments says what pictures of the training lack.
func (r *Result) validateMoments() error {
	if r.Spec.Moments != (len(r.Moments) > 0) {
		return errors.New("its moments do not fit its spec")
	}
	for _, m := range r.Moments {
		if len(m.Sheets) != len(r.Layers) {
			return fmt.Errorf("a moment has %d layers, not %d", len(m.Sheets), len(r.Layers))
		}
		for _, s := range m.Sheets {
			if err := s.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}
