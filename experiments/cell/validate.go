package cell

import (
	"errors"
	"fmt"
	"slices"
)

// maxSide bounds the pictures of a stored result, in pixels.
const maxSide = 1 << 12

// validate says what a result lacks that tables and figures rely on.
func (r *Result) validate() error {
	if r.Images < 0 || r.Epochs < 0 || r.Params < 0 || r.Seconds < 0 || r.CPU < 0 || r.PeakMB < 0 {
		return errors.New("a number is negative")
	}
	for _, s := range slices.Concat(r.Alphabet, r.Extremes) {
		if err := s.validate(); err != nil {
			return err
		}
	}
	if r.Spec.Drawing != nil {
		return r.validateDrawn()
	}
	if len(r.Layers) == 0 || len(r.Extremes) == 0 || len(r.Alphabet) == 0 && r.Spec.Model.Kind != Nearest {
		return errors.New("it has no layers or no pictures")
	}
	for _, l := range r.Layers {
		if l.K < 1 || l.D < 1 {
			return fmt.Errorf("layer %q has %d components of %d dimensions", l.Name, l.K, l.D)
		}
	}
	for _, p := range r.Curve {
		if len(p.Layers) != len(r.Layers) {
			return fmt.Errorf("its curve has %d layers, not %d", len(p.Layers), len(r.Layers))
		}
	}
	if r.Spec.Model.Kind != Nearest && (r.Spec.LeaveOut == NoClass) != (len(r.Outliers) == 0) {
		return errors.New("outliers do not fit the class left out")
	}
	return nil
}

func (r *Result) validateDrawn() error {
	d := r.Drawn
	if d == nil || d.Raw == nil {
		return errors.New("it has no samples")
	}
	for _, s := range d.Pictures {
		if err := s.validate(); err != nil {
			return err
		}
	}
	switch r.Spec.Model.Kind {
	case TrainingImages, TrainingMeans, Noise:
		if d.Classes == nil || r.Spec.Model.Kind == TrainingMeans && len(d.Inpainted) != len(masks) {
			return errors.New("it has no classes or nothing in-painted")
		}
		return nil
	}
	if min(d.Plain, d.Chosen) < 0 || max(d.Plain, d.Chosen) >= len(d.Trials) || d.Sharp == nil || d.Climb == nil {
		return errors.New("it has no sharpened samples")
	}
	names := []string{PictureRaw, PictureSharp, PictureCalm}
	if !r.Spec.Drawing.SamplesOnly {
		names = append(names, PictureStrip, PictureClasses, PictureVary)
		if d.Classes == nil || len(d.Inpainted) != len(masks) {
			return errors.New("it has no classes or nothing in-painted")
		}
		for _, p := range d.Inpainted {
			if err := p.Picture.validate(); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if _, ok := d.Pictures[name]; !ok {
			return fmt.Errorf("it has no picture %q", name)
		}
	}
	return nil
}

func (s Sheet) validate() error {
	if s.H < 1 || s.W < 1 || s.H > maxSide || s.W > maxSide || s.C < 1 || s.C > 4 || s.Cols < 1 {
		return fmt.Errorf("sheet %q has pictures of %d×%d×%d in %d columns", s.Caption, s.H, s.W, s.C, s.Cols)
	}
	n := len(s.Pix) / (s.H * s.W * s.C)
	if n == 0 || len(s.Pix) != n*s.H*s.W*s.C || len(s.Captions) > 0 && len(s.Captions) != n {
		return fmt.Errorf("sheet %q has %d bytes and %d captions for pictures of %d×%d×%d", s.Caption, len(s.Pix), len(s.Captions), s.H, s.W, s.C)
	}
	return nil
}
