package cell

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// ink is the number of bytes of pictures that are not black, wherever they are in a result.
func ink(t *testing.T, r *Result) (n int) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if pix, ok := v["Pix"].(string); ok {
				var bytes []byte
				if err := json.Unmarshal([]byte(`"`+pix+`"`), &bytes); err != nil {
					t.Fatal(err)
				}
				for _, b := range bytes {
					if b != 0 {
						n++
					}
				}
			}
			for _, w := range v {
				walk(w)
			}
		case []any:
			for _, w := range v {
				walk(w)
			}
		}
	}
	walk(tree)
	return n
}

func blank(t *testing.T, r *Result) *Result {
	t.Helper()
	b, err := r.Blank()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// All pictures of a result are black, its numbers stay, and its digest tells every byte of every picture.
func TestBlank(t *testing.T) {
	t.Parallel()
	sheet := func() Sheet { return Sheet{Caption: "a", Cols: 1, H: 1, W: 2, C: 1, Pix: []byte{7, 9}} }
	made := func() *Result {
		return &Result{Spec: spec(KMeans, NoClass), Epochs: 3, network: "abc", Alphabet: []Sheet{sheet()}, Extremes: []Sheet{sheet()},
			Moments: []Moment{{Sheets: []Sheet{sheet()}}}, Members: &Members{Sheet: sheet()},
			Drawn: &Drawn{Pictures: map[string]Sheet{"b": sheet(), "a": sheet()}, Inpainted: []Inpainted{{Picture: sheet()}}}}
	}
	r := made()
	before := ink(t, r)
	b := blank(t, r)
	if got := ink(t, b); got != 0 || ink(t, r) != before || before != 14 {
		t.Errorf("%d bytes are left of %d, %d in the original", got, before, ink(t, r))
	}
	if b.Epochs != 3 || b.network != "abc" || !b.Spec.same(r.Spec) || len(b.Alphabet[0].Pix) != 2 {
		t.Errorf("%+v", b)
	}
	if blank(t, b) != b {
		t.Error("a blank result is blanked again")
	}
	if blank(t, made()).Blanked != b.Blanked {
		t.Error("the same pictures have another digest")
	}
	for name, change := range map[string]func(*Result){
		"alphabet":   func(r *Result) { r.Alphabet[0].Pix[0]++ },
		"extremes":   func(r *Result) { r.Extremes[0].Pix[1]++ },
		"moments":    func(r *Result) { r.Moments[0].Sheets[0].Pix[0]++ },
		"members":    func(r *Result) { r.Members.Pix[0]++ },
		"pictures":   func(r *Result) { r.Drawn.Pictures["a"].Pix[0]++ },
		"in-painted": func(r *Result) { r.Drawn.Inpainted[0].Picture.Pix[0]++ },
		"a sheet":    func(r *Result) { r.Extremes = nil },
	} {
		other := made()
		change(other)
		if blank(t, other).Blanked == b.Blanked {
			t.Errorf("%s: another picture has the same digest", name)
		}
	}
}

// What is packed is the file of a store, blank or not, and loads there.
func TestPacked(t *testing.T) {
	t.Parallel()
	from := &Store{Dir: t.TempDir()}
	s := spec(EM, NoClass)
	r := run(t, s, Options{Store: from})
	key := s.Key(glyphs())
	whole, err := from.Packed(key, s, false)
	if err != nil {
		t.Fatal(err)
	}
	if string(whole) != string(content(t, from.path(key, ".json"))) {
		t.Error("a packed result is not the file of the store")
	}
	slim, err := from.Packed(key, s, true)
	if err != nil {
		t.Fatal(err)
	}
	to := &Store{Dir: t.TempDir()}
	write(t, filepath.Join(to.Dir, key+".json"), slim)
	got, err := to.Load(key, s)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if ink(t, got) != 0 || comparable(t, got) != comparable(t, blank(t, r)) {
		t.Error("the blank result of the store is not that of the result")
	}
	if _, err := to.Packed(key+"0", s, true); err == nil {
		t.Error("a missing cell is packed")
	}
}
