package cell

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// Store keeps, in the folder Dir, for every key the finished result (.json), the trained
// network (.dcgmm) and, of an interrupted training, what it needs to go on (.partial).
type Store struct{ Dir string }

func (s *Store) path(key, suffix string) string { return filepath.Join(s.Dir, key+suffix) }

// NetworkPath is where the trained network of a cell is, a checkpoint for dcgmm.Load.
func (s *Store) NetworkPath(key string) string { return s.path(key, ".dcgmm") }

// Load returns the finished result of a key, nil if there is none. A file that cannot be
// read as one counts as none: the cell is computed again and replaces it.
func (s *Store) Load(key string) (*Result, error) {
	text, err := os.ReadFile(s.path(key, ".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	r := new(Result)
	if json.Unmarshal(text, r) != nil {
		return nil, nil
	}
	return r, nil
}

func (s *Store) save(key string, r *Result) error {
	err := atomicfile.Write(s.path(key, ".json"), func(w io.Writer) error { return json.NewEncoder(w).Encode(r) })
	if err != nil {
		return err
	}
	if err := os.Remove(s.path(key, ".partial")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}

func (s *Store) saveNetwork(key string, net *dcgmm.Network) error {
	return atomicfile.Write(s.NetworkPath(key), net.Save)
}

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
	return atomicfile.Write(o.Store.path(o.key, ".partial"), func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(h); err != nil {
			return err
		}
		return t.Save(w)
	})
}

// resume goes on with a suspended training, nil if there is none. A file that does not fit or
// is damaged counts as none: it is a cache, and the training starts anew.
func (s *Store) resume(key string, r *Result, im dcgmm.Images, workers int) (*dcgmm.Trainer, error) {
	f, err := os.Open(s.path(key, ".partial"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, nil
	}
	var h partialHeader
	if json.Unmarshal(line, &h) != nil {
		return nil, nil
	}
	c, err := dcgmm.Load(in)
	if err != nil {
		return nil, nil
	}
	t, err := c.Resume(im, workers)
	if err != nil {
		return nil, nil
	}
	r.Seconds, r.CPU, r.Curve = h.Seconds, h.CPU, h.Curve
	return t, nil
}

// forget removes a finished result, so that it is computed again.
func (s *Store) forget(key string) error {
	if err := os.Remove(s.path(key, ".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}
