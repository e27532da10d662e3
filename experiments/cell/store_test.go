package cell

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/internal/atomicfile"
)

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sealedText is a file with a right checksum, whatever is in it.
func sealedText(t *testing.T, key, text string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := writeSealed(path, key, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		t.Fatal(err)
	}
	return content(t, path)
}

// unsealed is what is before the checksum.
func unsealed(text []byte) string { return string(text[:int64(len(text))-sealSize]) }

func TestWhatIsNotTheCellIsComputedAgain(t *testing.T) {
	t.Parallel()
	st := &Store{Dir: t.TempDir()}
	s, other := spec(KMeans, NoClass), spec(EM, NoClass)
	first, otherResult := run(t, s, Options{Store: st}), run(t, other, Options{Store: st})
	key := s.Key(glyphs())
	path := st.path(key, ".json")
	good := content(t, path)
	i := bytes.Index(good, []byte(`"Purity":0.`)) + len(`"Purity":0.`)
	digit := slices.Clone(good)
	digit[i] = '0' + (digit[i]-'0'+1)%10
	otherText, err := json.Marshal(otherResult)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"no result":               []byte("{}\n"),
		"empty":                   nil,
		"cut off":                 good[:len(good)/2],
		"without its end":         good[:len(good)-1],
		"another digit":           digit,
		"without a checksum":      []byte(unsealed(good)),
		"of another cell":         content(t, st.path(other.Key(glyphs()), ".json")),
		"sealed nothing":          sealedText(t, key, "{}"),
		"sealed null":             sealedText(t, key, "null"),
		"sealed no JSON":          sealedText(t, key, "{"),
		"sealed other cell":       sealedText(t, key, string(otherText)),
		"sealed picture too long": sealedText(t, key, strings.Replace(unsealed(good), `"H":14`, `"H":4611686018427387904`, 1)),
		"sealed negative number":  sealedText(t, key, strings.Replace(unsealed(good), `"Images":6`, `"Images":-6`, 1)),
	} {
		write(t, path, text)
		var said []string
		again, done, err := Run(context.Background(), s, glyphs(), Options{Store: st, Note: func(line string) { said = append(said, line) }})
		if err != nil || !done || comparable(t, again) != comparable(t, first) {
			t.Errorf("%s: computed %t, error %v", name, done, err)
		}
		if len(said) != 1 || !strings.Contains(said[0], path+": does not match its checksum: it is computed again") {
			t.Errorf("%s: said %q", name, said)
		}
		if r, err := st.Load(key, s); err != nil || r == nil {
			t.Errorf("%s: not mended: %v", name, err)
		}
	}
}

// A network that is whole, but that of another cell.
func TestTheNetworkOfAnotherCellIsTrainedAgain(t *testing.T) {
	t.Parallel()
	st := &Store{Dir: t.TempDir()}
	s, other := spec(EM, NoClass), spec(EM, NoClass)
	other.Seed++
	run(t, s, Options{Store: st})
	run(t, other, Options{Store: st})
	path := st.NetworkPath(s.Key(glyphs()))
	want := content(t, path)
	write(t, path, content(t, st.NetworkPath(other.Key(glyphs()))))
	if _, err := st.Network(s.Key(glyphs()), s); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	var said []string
	if _, err := s.network(context.Background(), glyphs(), Options{Store: st, Note: func(line string) { said = append(said, line) }}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content(t, path), want) || len(said) != 1 || !strings.Contains(said[0], "trained again") {
		t.Errorf("the network is not that of its cell; said %q", said)
	}
}

// interrupted leaves a suspended training of a spec.
func interrupted(t *testing.T, s Spec) *Store {
	t.Helper()
	st := &Store{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := Run(ctx, s, glyphs(), Options{Store: st, Progress: func(float64, string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return st
}

func TestDamagedPartialStartsAnew(t *testing.T) {
	t.Parallel()
	s, other := spec(SGD, NoClass), spec(SGD, NoClass)
	other.Seed++
	key := s.Key(glyphs())
	want := comparable(t, run(t, s, Options{}))
	st := interrupted(t, s)
	path := st.path(key, ".partial")
	good := content(t, path)
	loss := bytes.Index(good, []byte(`"Loss":-`))
	curve := slices.Clone(good)
	curve[loss+len(`"Loss":-`)] ^= 1 // another digit
	foreign := interrupted(t, other)
	for name, text := range map[string][]byte{
		"empty": nil, "no JSON": []byte("no json"), "only a header": []byte("{}\n"), "half a checkpoint": []byte("{}\nDCGMMckp"),
		"cut off": good[:len(good)/2], "another digit": curve, "of another seed": content(t, foreign.path(other.Key(glyphs()), ".partial")),
		"sealed header": sealedText(t, key, "{}\n"), "sealed text": sealedText(t, key, "no json\n"),
	} {
		write(t, path, text)
		var said []string
		if got := comparable(t, run(t, s, Options{Store: st, Note: func(line string) { said = append(said, line) }})); got != want {
			t.Errorf("%s: the result differs", name)
		}
		if len(said) != 1 || !strings.Contains(said[0], path) || !strings.Contains(said[0], "starts anew") {
			t.Errorf("%s: said %q", name, said)
		}
		if err := st.forget(key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSweepRemovesOnlyWhatRunsLeft(t *testing.T) {
	t.Parallel()
	st := &Store{Dir: t.TempDir()}
	if err := (&Store{Dir: filepath.Join(st.Dir, "none")}).Sweep(); err != nil {
		t.Error(err)
	}
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	left := []string{"." + a + ".json123", "." + b + ".dcgmm7", "." + b + ".partial99", a + ".partial"}
	stay := []string{a + ".json", a + ".dcgmm", b + ".partial", ".notes1", "." + a + ".json", "." + a + ".txt5", "x.partial"}
	for _, name := range slices.Concat(left, stay) {
		write(t, filepath.Join(st.Dir, name), []byte("x"))
	}
	outside := filepath.Join(t.TempDir(), "precious")
	write(t, outside, []byte("x"))
	link := "." + b + ".json5"
	if err := os.Symlink(outside, filepath.Join(st.Dir, link)); err != nil {
		t.Fatal(err)
	}
	exists := func(name string) bool { _, err := os.Lstat(filepath.Join(st.Dir, name)); return err == nil }
	release, err := atomicfile.Share(st.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Sweep(); err != nil || !exists(left[0]) {
		t.Errorf("while another process computes a cell: %v", err)
	}
	release()
	if err := st.Sweep(); err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if exists(name) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range append(stay, link) {
		if !exists(name) {
			t.Errorf("%s is gone", name)
		}
	}
	if string(content(t, outside)) != "x" {
		t.Error("the target of a link was changed")
	}
}

// Whatever is in the file of a cell, and even under a right checksum: a result that tables can be made of, or an error.
func FuzzResult(f *testing.F) {
	s := spec(KMeans, NoClass)
	s.Model.K, s.Model.MaxIter = 2, 1
	r, _, err := Run(context.Background(), s, glyphs(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	dot := []Sheet{{H: 1, W: 1, C: 1, Cols: 1, Pix: []byte{7}}}
	r.Alphabet, r.Extremes, r.Clusters = dot, dot, nil // small seeds: large ones keep the fuzzer busy with making them smaller
	text, err := json.Marshal(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, true)
	f.Add(text, false)
	f.Add([]byte("{}"), true)
	f.Add(append(text, `{"SHA256":"00"}`...), false)
	key := s.Key(glyphs())
	st := &Store{Dir: f.TempDir()}
	f.Fuzz(func(t *testing.T, text []byte, seal bool) {
		if seal {
			h := newSeal(key)
			h.Write(text)
			text = append(slices.Clone(text), sealedLine(h.Sum(nil))...)
		}
		if err := os.WriteFile(st.path(key, ".json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := st.Load(key, s)
		if (r == nil) == (err == nil) {
			t.Fatalf("result %v, error %v", r, err)
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if r != nil && (!seal || r.validate() != nil || len(r.Layers) == 0) {
			t.Fatalf("accepted %q", text)
		}
	})
}
