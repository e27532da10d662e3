package cell

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"deepgmm/dcgmm"
)

// partialHeader is one line of JSON before the checkpoint.
type partialHeader struct {
	Seconds, CPU float64
	Curve        []Point
}

// suspend keeps a training for later.
func (o Options) suspend(r *Result, t *dcgmm.Trainer) error {
	if o.Store == nil {
		return nil
	}
	seconds, cpu := o.spent(r)
	h := partialHeader{seconds, cpu, r.Curve}
	err := writeSealed(o.Store.path(o.key, ".partial"), o.key, func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(h); err != nil {
			return err
		}
		return t.Save(w)
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// resume goes on with a suspended training, nil if there is none. A file that does not fit or
// is damaged counts as none, with a line that says so: it is a cache, and the training starts anew.
func (o Options) resume(r *Result, im dcgmm.Images) (*dcgmm.Trainer, error) {
	path := o.Store.path(o.key, ".partial")
	f, err := openSealed(path, o.key, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, ErrDamaged):
		o.note(fmt.Sprintf("%s: %v: the training starts anew", r.Spec, err))
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	defer f.Close()
	t, h, err := readPartial(f, im, o.Workers)
	if err != nil {
		o.note(fmt.Sprintf("%s: %s: %v: the training starts anew", r.Spec, path, err))
		return nil, nil
	}
	r.Seconds, r.CPU, r.Curve = h.Seconds, h.CPU, h.Curve
	return t, nil
}

func readPartial(r io.Reader, im dcgmm.Images, workers int) (t *dcgmm.Trainer, h partialHeader, err error) {
	in := bufio.NewReader(r)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, h, err
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, h, err
	}
	c, err := dcgmm.Load(in)
	if err != nil {
		return nil, h, err
	}
	t, err = c.Resume(im, workers)
	return t, h, err
}
