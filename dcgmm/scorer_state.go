package dcgmm

import (
	"errors"
	"fmt"
	"io"
	"math"

	"deepgmm/dcgmm/arch"
)

// SetScorer makes a scorer part of the network, and of its checkpoints; nil removes it. It is right for the present
// parameters only: after more training, fit another. It panics if the scorer was fitted to another network.
func (n *Network) SetScorer(s *Scorer) {
	if s != nil && s.net != n {
		panic("dcgmm: SetScorer: the scorer was fitted to another network")
	}
	n.scorer = s
}

// Scorer returns the scorer that is part of the network, nil if there is none.
func (n *Network) Scorer() *Scorer { return n.scorer }

// check says what of a checkpoint's header does not fit the architecture.
func (s *scorerState) check(a arch.Arch) error {
	layers, different := len(a.Layers), len(a.Layers)
	for _, l := range a.Layers {
		if l.P() > 1 {
			different++
		}
	}
	for _, c := range []struct {
		of    *Combination
		rule  Rule
		terms int
	}{{s.Combined, Sum, layers}, {s.Tails, Sum, layers}, {s.Weakest, Weakest, layers}, {s.Weighted, Weighted, different}} {
		if (c.of == nil) != (layers == 1) {
			return fmt.Errorf("its scorer's combinations are not for %d layers", layers)
		}
		if c.of == nil {
			continue
		}
		if c.of.Rule != c.rule {
			return fmt.Errorf("a combination of its scorer is %q, not %q", c.of.Rule, c.rule)
		}
		if err := checkTerms(c.terms, c.of.Mean, c.of.Deviation, c.of.Weights); err != nil {
			return fmt.Errorf("a combination of its scorer: %w", err)
		}
	}
	if len(s.Pathway) != layers+1 {
		return fmt.Errorf("its scorer has a pathway of %d maps, not %d", len(s.Pathway), layers+1)
	}
	for i := range s.Pathway {
		if err := s.Pathway[i].check(); err != nil {
			return err
		}
	}
	if err := s.checkCorrections(layers); err != nil {
		return err
	}
	if err := s.checkPlaces(a); err != nil {
		return err
	}
	if err := s.Calibration.check(a, s.calibratedNames(a)); err != nil {
		return fmt.Errorf("its scorer has %w", err)
	}
	return nil
}

// checkCorrections says what of them is missing, too much or wrong.
func (s *scorerState) checkCorrections(layers int) error {
	rest := len(s.Corrected)
	for _, c := range corrections {
		known, by := c.known(layers), s.Corrected[c.name]
		if known != (by != nil) {
			return fmt.Errorf("a scorer of %d layers, with the score %q: %t", layers, c.name, by != nil)
		}
		if by == nil {
			continue
		}
		rest--
		if err := checkTerms(1, by.Mean, by.Deviation, by.Weights); err != nil {
			return fmt.Errorf("the score %q of its scorer: %w", c.name, err)
		}
		if !finite([]float64{by.Level}) {
			return fmt.Errorf("the level of the score %q is not finite", c.name)
		}
	}
	if rest != 0 {
		return fmt.Errorf("its scorer has %d corrections that are not known", rest)
	}
	return nil
}

// checkPlaces says what of the densities of places does not fit the architecture.
func (s *scorerState) checkPlaces(a arch.Arch) error {
	if s.Places == nil {
		return nil
	}
	layers := placeLayers(a)
	if len(s.Places) != len(layers) {
		return fmt.Errorf("its scorer has places of %d layers, not %d", len(s.Places), len(layers))
	}
	for i, d := range s.Places {
		l := a.Layers[layers[i]]
		want := placeDensity{Layer: layers[i], Components: placeKindsOf(l), Features: placeFeatures(a.Input)}
		if d.Layer != want.Layer || d.Components != want.Components || d.Features != want.Features {
			return fmt.Errorf("its scorer has places of layer %d with %d components and %d features, not of layer %d with %d and %d",
				d.Layer+1, d.Components, d.Features, want.Layer+1, want.Components, want.Features)
		}
	}
	return nil
}

// checkTerms says what is wrong with numbers by term.
func checkTerms(n int, mean, deviation, weights []float64) error {
	if len(mean) != n || len(deviation) != n || len(weights) != n {
		return fmt.Errorf("%d means, %d deviations and %d weights of %d terms", len(mean), len(deviation), len(weights), n)
	}
	if !finite(mean) || !finite(weights) {
		return errors.New("a mean or a weight is not finite")
	}
	for _, v := range deviation {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("a deviation is %g", v)
		}
	}
	return nil
}

// restore makes a checked state the scorer of a network; its directions come from r.
func (s *scorerState) restore(net *Network, r io.Reader) error {
	if s == nil {
		return nil
	}
	for i, D := range pathwayMaps(net.arch) {
		w := &s.Pathway[i]
		w.directions = make([]float32, len(w.Variance)*D)
		if err := readValues(r, w.directions); err != nil {
			return err
		}
		if !finite(w.directions) {
			return errors.New("a direction of its scorer is not finite")
		}
	}
	for i := range s.Places {
		d := &s.Places[i]
		d.means = make([]float32, d.Components*d.Features)
		d.roots = make([]float32, d.size()-int64(len(d.means)))
		for _, v := range d.values() {
			if err := readValues(r, v); err != nil {
				return err
			}
			if !finite(v) {
				return errors.New("a value of its scorer's places is not finite")
			}
		}
	}
	net.scorer = &Scorer{net, *s}
	return nil
}
