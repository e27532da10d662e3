package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// small is a published set for tests, with 12 training images (4 of them for validation)
// and 5 test images; content has its files uncompressed.
type small struct {
	source
	content [4][]byte
}

// newSmall makes the files; first is the value of the first pixel, to tell two sets apart.
func newSmall(name string, first uint8) *small {
	train, test := counted(12, 1), counted(5, 1)
	train.Pix[0] = first
	test.Pix[0] = first
	s := &small{source: source{name: name, valid: 4, classes: 3}}
	for i, set := range []*Set{train, test} {
		var images, labels bytes.Buffer
		if err := WriteIDX(&images, &labels, set); err != nil {
			panic(err)
		}
		s.content[2*i], s.content[2*i+1] = images.Bytes(), labels.Bytes()
	}
	for i, base := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"} {
		s.define(i, base, s.content[i])
	}
	return s
}

// define makes content the right one for file i.
func (s *small) define(i int, base string, content []byte) {
	sum := sha256.Sum256(content)
	k := imageKind
	if i%2 == 1 {
		k = labelKind
	}
	s.content[i] = content
	s.files[i] = file{base, k, int64(len(content)), hex.EncodeToString(sum[:])}
}

// put writes the four files into folder, every second one compressed.
func (s *small) put(t *testing.T, folder string) {
	t.Helper()
	for i, f := range s.files {
		if i%2 == 0 {
			write(t, filepath.Join(folder, f.name), s.content[i])
		} else {
			write(t, filepath.Join(folder, f.name+".gz"), zipped(s.content[i]))
		}
	}
}

// want checks that d is s, split.
func (s *small) want(t *testing.T, d *Data, err error, where string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != s.name || d.Where != where || d.Notice != "" {
		t.Errorf("name %q, where %q, notice %q; want %q in %q", d.Name, d.Where, d.Notice, s.name, where)
	}
	whole, err := ReadIDX(bytes.NewReader(s.content[trainImages]), bytes.NewReader(s.content[trainLabels]))
	if err != nil {
		t.Fatal(err)
	}
	whole.Classes = 3
	test, err := ReadIDX(bytes.NewReader(s.content[testImages]), bytes.NewReader(s.content[testLabels]))
	if err != nil {
		t.Fatal(err)
	}
	test.Classes = 3
	train, valid := whole.Head(8), whole.Subset([]int{8, 9, 10, 11})
	for i, pair := range [][2]*Set{{d.Train, train}, {d.Valid, valid}, {d.Test, test}} {
		if pair[0].check("test"); pair[0].Name != s.name || hashSets(pair[0]) != hashSets(pair[1]) {
			t.Errorf("split %d is %+v, want %+v", i, pair[0], pair[1])
		}
	}
	if d.Hash != hashSets(train, valid, test) {
		t.Errorf("hash %s", d.Hash)
	}
}

// at is a place without data: an empty working folder and an empty cache.
func at(t *testing.T) (cache string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return filepath.Join(t.TempDir(), "cache")
}

// wantOnly checks which files are in folder.
func wantOnly(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && len(names) > 0 {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, e := range entries {
		have[e.Name()] = true
	}
	for _, name := range names {
		if !have[name] {
			t.Errorf("%s lacks %s", folder, name)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("%s has the leftover %s", folder, name)
	}
}
