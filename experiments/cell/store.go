package cell

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/regular"
)

// Store keeps, in the folder Dir, for every key the finished result (.json), the trained network (.dcgmm) and, of an
// interrupted training, what it needs to go on (.partial). Results and partials end with a checksum of their key and
// content, and a result has the checksum of its network: whatever is not what was written under its key is computed
// again. Several processes may use a Store at once.
type Store struct{ Dir string }

func (s *Store) path(key, suffix string) string { return filepath.Join(s.Dir, key+suffix) }

// NetworkPath is where the trained network of a cell is, a checkpoint for dcgmm.Load.
func (s *Store) NetworkPath(key string) string { return s.path(key, ".dcgmm") }

// ErrStore is in every error of the files of a Store: nothing is wrong with the cell.
var ErrStore = errors.New("cache")

// inStore puts ErrStore into an error; nil stays nil.
func inStore(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrStore, err)
}

// maxResult bounds the file of a result: pictures and curves make a megabyte at most.
const maxResult = 16 << 20

// stored is the content of a .json file.
type stored struct {
	Network string `json:",omitempty"` // hex SHA-256 of the .dcgmm file; "": it has none
	*Result
}

// Load returns the finished result of a spec under its key, nil if there is none. A file that is not what was stored
// for this spec is an ErrDamaged, with its path.
func (s *Store) Load(key string, of Spec) (*Result, error) {
	path := s.path(key, ".json")
	f, err := openSealed(path, key, maxResult)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, inStore(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, inStore(err)
	}
	c := stored{Result: new(Result)}
	if json.Unmarshal(text, &c) != nil || c.Result == nil || !c.Spec.same(of) || c.validate() != nil {
		return nil, inStore(damaged(path))
	}
	c.Spec, c.network = of, c.Network // with the name that tables use today
	return c.Result, nil
}

func (s *Store) save(key string, r *Result) error {
	err := writeSealed(s.path(key, ".json"), key, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(stored{r.network, r})
	})
	if err != nil {
		return inStore(err)
	}
	return s.remove(key, ".partial")
}

// saveNetwork keeps the trained network of a result.
func (s *Store) saveNetwork(key string, r *Result, net *dcgmm.Network) error {
	h := sha256.New()
	err := atomicfile.Write(s.NetworkPath(key), func(w io.Writer) error { return net.Save(io.MultiWriter(w, h)) })
	r.network = hex.EncodeToString(h.Sum(nil))
	return inStore(err)
}

// check reports, before a cell is computed, whether its result could be kept.
func (s *Store) check(key string) error { return inStore(atomicfile.Check(s.path(key, ".json"))) }

// loadThere is Load, with an fs.ErrNotExist if there is no result.
func (s *Store) loadThere(key string, of Spec) (*Result, error) {
	r, err := s.Load(key, of)
	if r == nil && err == nil {
		err = inStore(fmt.Errorf("%s: %w", s.path(key, ".json"), fs.ErrNotExist))
	}
	return r, err
}

// Network returns the trained network of a spec under its key. One that is gone is an fs.ErrNotExist, one that is not
// that of the stored result an ErrDamaged.
func (s *Store) Network(key string, of Spec) (*dcgmm.Network, error) {
	r, err := s.loadThere(key, of)
	if err != nil {
		return nil, err
	}
	f, err := s.openNetwork(key, r)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := dcgmm.Load(f)
	if err != nil {
		return nil, inStore(fmt.Errorf("%w: %v", damaged(s.NetworkPath(key)), err))
	}
	return c.Network, nil
}

// openNetwork opens the file of the network that belongs to a result.
func (s *Store) openNetwork(key string, r *Result) (*os.File, error) {
	path := s.NetworkPath(key)
	f, err := regular.Open(path, maxFile)
	if err != nil {
		return nil, inStore(err)
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err == nil && hex.EncodeToString(h.Sum(nil)) != r.network {
		err = damaged(path)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, inStore(err)
	}
	return f, nil
}

// CopyFrom copies a finished result from another store and, if there is one, its network; the result last, as it stands
// for both. When the network alone is an ErrDamaged, the result is copied, and that is the error: whoever needs the
// network trains it again.
func (s *Store) CopyFrom(from *Store, key string, of Spec) error {
	r, err := from.loadThere(key, of)
	if err != nil {
		return err
	}
	defer s.share()()
	f, network := from.openNetwork(key, r)
	switch {
	case network == nil:
		defer f.Close()
		err := atomicfile.Write(s.NetworkPath(key), func(w io.Writer) error { _, err := io.Copy(w, f); return err })
		if err != nil {
			return inStore(err)
		}
	case errors.Is(network, fs.ErrNotExist):
		network = nil
	case !errors.Is(network, ErrDamaged):
		return network
	}
	if err := s.save(key, r); err != nil {
		return err
	}
	return network
}

// forget removes a finished result, so that it is computed again.
func (s *Store) forget(key string) error { return s.remove(key, ".json") }

func (s *Store) remove(key, suffix string) error {
	if err := os.Remove(s.path(key, suffix)); !errors.Is(err, fs.ErrNotExist) {
		return inStore(err)
	}
	return nil
}
