package cell

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
)

// Blank returns a copy of r whose pictures are black, with the digest of what they were in Blanked: enough for tables,
// and to be compared with the result that has them. A blank result is returned as it is.
func (r *Result) Blank() (*Result, error) {
	if r.Blanked != "" {
		return r, nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("cell: %w", err)
	}
	blank := new(Result)
	if err := json.Unmarshal(text, blank); err != nil {
		return nil, fmt.Errorf("cell: %w", err)
	}
	blank.Spec, blank.network = r.Spec, r.network
	h := sha256.New()
	blank.blacken(h)
	blank.Blanked = hex.EncodeToString(h.Sum(nil))
	return blank, nil
}

// blacken makes all pictures black, after their bytes went into h.
func (r *Result) blacken(h hash.Hash) {
	black := func(s *Sheet) {
		fmt.Fprintln(h, len(s.Pix))
		h.Write(s.Pix)
		clear(s.Pix)
	}
	all := func(sheets []Sheet) {
		for i := range sheets {
			black(&sheets[i])
		}
	}
	all(r.Alphabet)
	all(r.Extremes)
	for i := range r.Moments {
		all(r.Moments[i].Sheets)
	}
	if r.Members != nil {
		black(&r.Members.Sheet)
	}
	if r.Drawn == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.Drawn.Pictures)) {
		s := r.Drawn.Pictures[name]
		black(&s) // the bytes are shared with the map
	}
	for i := range r.Drawn.Inpainted {
		black(&r.Drawn.Inpainted[i].Picture)
	}
}

// Packed returns the content of the file of a finished result, for another Store; blank: that of Result.Blank. The error
// says that the result is missing or damaged.
func (s *Store) Packed(key string, of Spec, blank bool) ([]byte, error) {
	r, err := s.loadThere(key, of)
	if err == nil && blank {
		r, err = r.Blank()
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = seal(&b, key, func(w io.Writer) error { return json.NewEncoder(w).Encode(stored{r.network, r}) })
	return b.Bytes(), err
}
