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

// partialHeader is one line of JSON before the checkpoint of an interrupted training.
type partialHeader struct {
	Seconds, CPU float64
	Curve        []Point
	Moments      []Moment `json:",omitempty"`
}

// suspend keeps a training for later.
func (o Options) suspend(r *Result, t *dcgmm.Trainer) error {
	seconds, cpu := o.spent(r)
	return inStore(writeSealed(o.Store.path(o.key, ".partial"), o.key, func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(partialHeader{seconds, cpu, r.Curve, r.Moments}); err != nil {
			return err
		}
		return t.Save(w)
	}))
}

// resume goes on with a suspended training, nil if there is none. A file that does not fit or is damaged counts as
// none, with a line that says so: it is a cache, and the training starts anew.
func (o Options) resume(r *Result, im dcgmm.Images) (*dcgmm.Trainer, error) {
	path := o.Store.path(o.key, ".partial")
	f, err := openSealed(path, o.key, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil:
		defer f.Close()
		t, h, err := readPartial(f, im, o.Workers)
		if err == nil {
			r.Seconds, r.CPU, r.Curve, r.Moments = h.Seconds, h.CPU, h.Curve, h.Moments
			return t, nil
		}
		o.note(fmt.Sprintf("%s: %s: %v: the training starts anew", r.Spec, path, err))
	case errors.Is(err, ErrDamaged):
		o.note(fmt.Sprintf("%s: %v: the training starts anew", r.Spec, err))
	default:
		return nil, inStore(err)
	}
	return nil, nil
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
