package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
)

// npyOf is a NumPy file with a header of one's own.
func npyOf(header string, values any, order binary.ByteOrder) []byte {
	b := bytes.NewBufferString("\x93NUMPY\x01\x00")
	binary.Write(b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	if err := binary.Write(b, order, values); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func headerOf(kind, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", kind, shape)
}

// Every type and order of bytes that is read, plain and in gzip.
func TestReadNPY(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	bytes6, floats := []uint8{0, 1, 2, 3, 254, 255}, []float64{0, 0.001, 0.5, 0.25, 0.9999, 1}
	singles := make([]float32, len(floats))
	for i, v := range floats {
		singles[i] = float32(v)
	}
	rounded := []uint8{0, 0, 128, 64, 255, 255}
	for name, test := range map[string]struct {
		file []byte
		dims [4]int
		pix  []uint8
	}{
		"uint8":        {npyOf(headerOf("|u1", "1, 2, 3"), bytes6, le), [4]int{1, 2, 3, 1}, bytes6},
		"with channel": {npyOf(headerOf("|u1", "2, 1, 1, 3"), bytes6, le), [4]int{2, 1, 1, 3}, bytes6},
		"float32":      {npyOf(headerOf("<f4", "3,1,2"), singles, le), [4]int{3, 1, 2, 1}, rounded},
		"float64":      {npyOf(headerOf("<f8", "3,1,2,1"), floats, le), [4]int{3, 1, 2, 1}, rounded},
		"big-endian":   {npyOf(headerOf(">f4", "3,1,2"), singles, be), [4]int{3, 1, 2, 1}, rounded},
		"big float64":  {npyOf(headerOf(">f8", "6,1,1"), floats, be), [4]int{6, 1, 1, 1}, rounded},
	} {
		for _, file := range [][]byte{test.file, zipped(test.file)} {
			s, err := ReadNPY(bytes.NewReader(file))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s.check("test"); [4]int{s.N, s.H, s.W, s.C} != test.dims || !slices.Equal(s.Pix, test.pix) || s.Labels != nil {
				t.Errorf("%s: %+v, want %v %v", name, s, test.dims, test.pix)
			}
		}
	}
}

// What an independent writer and this package's own write is read.
func TestReadNPYOfOthers(t *testing.T) {
	var b bytes.Buffer
	if err := npy.Write(&b, []uint8{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	_, err := ReadNPY(bytes.NewReader(b.Bytes()))
	wantError(t, err, "shape: (3,) is neither images×height×width nor", "save a.reshape")
	b.Reset()
	sink, err := StreamNPY(&b, 2, 1, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink([]float32{0, 0.2, 0.4, 0.6, 0.8, 1}); err != nil {
		t.Fatal(err)
	}
	s, err := ReadNPY(&b)
	if err != nil || !slices.Equal(s.Pix, []uint8{0, 51, 102, 153, 204, 255}) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestReadNPYErrors(t *testing.T) {
	le := binary.LittleEndian
	six := make([]uint8, 6)
	good := npyOf(headerOf("|u1", "1, 2, 3"), six, le)
	for name, test := range map[string]struct {
		file []byte
		want []string
	}{
		"empty":            {nil, []string{"magic: it is no NPY file", "numpy.save"}},
		"text":             {[]byte("hello, world"), []string{"magic: "}},
		"version":          {patch(good, 6, 9), []string{"version: 9 is not one of 1 to 3"}},
		"long header":      {[]byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), []string{"header: 2147483647 bytes are above 65536"}},
		"cut header":       {good[:20], []string{"header: the file is truncated", "write the file again"}},
		"cut":              {good[:len(good)-1], []string{"data: the file is truncated, it ends after 5 of the declared 6", "write the file again"}},
		"more":             {append(slices.Clone(good), 1), []string{"there are bytes after the declared 6"}},
		"integers":         {npyOf(headerOf("<i8", "1,2,3"), six, le), []string{"type: i8 is not read", "a.astype('uint8')", "a.astype('float32')"}},
		"records":          {npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,2,3)}", six, le), []string{"type: the file does not say it as one type"}},
		"columns first":    {npyOf(strings.Replace(headerOf("|u1", "1,2,3"), "False", "True", 1), six, le), []string{"order: columns come first", "numpy.ascontiguousarray(a)"}},
		"no shape":         {npyOf("{'descr': '|u1', 'fortran_order': False}", six, le), []string{"shape: the file does not say it"}},
		"two dimensions":   {npyOf(headerOf("|u1", "2, 3"), six, le), []string{"shape: (2, 3) is neither", "a.reshape"}},
		"no dimension":     {npyOf(headerOf("|u1", ""), six, le), []string{"shape: () is neither"}},
		"zero":             {npyOf(headerOf("|u1", "0, 2, 3"), six, le), []string{"shape: (0, 2, 3) has a dimension of zero"}},
		"huge":             {npyOf(headerOf("|u1", "100000, 100000, 100000"), six, le), []string{"more than 2147483648 bytes"}},
		"beyond int":       {npyOf(headerOf("|u1", "99999999999999999999, 2, 3"), six, le), []string{"more than 2147483648 bytes"}},
		"above one":        {npyOf(headerOf("<f4", "1,1,2"), []float32{0.5, 255}, le), []string{"values: number 1 is 255: values must be in 0 to 1", "divide", "astype('uint8')"}},
		"negative":         {npyOf(headerOf("<f8", "1,1,2"), []float64{-0.1, 0}, le), []string{"number 0 is -0.1"}},
		"not a number":     {npyOf(headerOf("<f8", "1,1,2"), []float64{0, math.NaN()}, le), []string{"number 1 is NaN"}},
		"cut floats":       {npyOf(headerOf("<f4", "1,1,2"), []float32{0}, le), []string{"values: the file is truncated, it ends after 1 of the declared 2"}},
		"more floats":      {npyOf(headerOf("<f4", "1,1,2"), []float32{0, 0, 0}, le), []string{"values: there are more than the declared 2"}},
		"damaged gzip":     {zipped(good)[:30], []string{"write the file again"}},
		"two files in one": {append(slices.Clone(good), good...), []string{"there are bytes after"}},
	} {
		s, err := ReadNPY(bytes.NewReader(test.file))
		if s != nil {
			t.Errorf("%s: a set came", name)
		}
		wantError(t, err, append(test.want, "dataset: NPY: ")...)
	}
}

// A header that lies costs little memory.
func TestLyingNPYTakesLittleMemory(t *testing.T) {
	for _, kind := range []string{"|u1", "<f8"} {
		file := npyOf(headerOf(kind, "1000, 500, 500"), []uint8{1}, binary.LittleEndian)
		var err error
		if used := taken(func() { _, err = ReadNPY(bytes.NewReader(file)) }); used > 4<<20 {
			t.Errorf("%s: %d bytes of memory", kind, used)
		}
		wantError(t, err, "truncated")
	}
}

// FuzzReadNPY: whatever the bytes are, there is either an error or a set that is consistent and no larger than its input.
func FuzzReadNPY(f *testing.F) {
	f.Add(npyOf(headerOf("|u1", "1, 2, 3"), make([]uint8, 6), binary.LittleEndian))
	f.Add(npyOf(headerOf(">f8", "2,1,1,1"), []float64{0, 1}, binary.BigEndian))
	f.Add(zipped(npyOf(headerOf("<f4", "2,1,1,1"), []float32{0, 1}, binary.LittleEndian)))
	f.Add(npyOf(headerOf("|u1", "1,2"), []uint8{0, 1}, binary.LittleEndian))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readNPY(bytes.NewReader(file), 1<<20)
		if err != nil {
			if s != nil || err.Error() == "" {
				t.Fatalf("%v with the error %q", s, err)
			}
			return
		}
		s.check("fuzz")
		if s.N == 0 || !bytes.HasPrefix(file, []byte{0x1f, 0x8b}) && len(s.Pix) >= len(file) {
			t.Fatalf("%+v of %d bytes", s, len(file))
		}
	})
}

// IDX and NPY files are taken for a folder's pictures, as they are or scaled; what is none of these says what to give.
func TestReadPath(t *testing.T) {
	dir := t.TempDir()
	at := func(name string, file []byte) string {
		path := filepath.Join(dir, name)
		write(t, path, file)
		return path
	}
	pix := make([]uint8, 3*2*4)
	for i := range pix {
		pix[i] = uint8(i)
	}
	set := &Set{N: 3, H: 2, W: 4, C: 1, Pix: pix, Labels: []uint8{1, 0, 1}, Classes: 2}
	var images, labels bytes.Buffer
	if err := WriteIDX(&images, &labels, set); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"a.npy": at("a.npy", npyOf(headerOf("|u1", "3,2,4"), pix, binary.LittleEndian)), "a.idx": at("a.idx.gz", zipped(images.Bytes()))}
	labelled := at("labels", labels.Bytes())
	for name, path := range files {
		for _, from := range []string{"", labelled} {
			s, _, err := ReadPath(t.Context(), path, from, Reading{})
			if err != nil || s.Name != name || !slices.Equal(s.Pix, pix) || s.H != 2 || s.W != 4 || (s.Labels != nil) != (from != "") {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		}
		s, report, err := ReadPath(t.Context(), path, labelled, Reading{H: 2, W: 2, C: 3, Fit: Crop, Limit: 2})
		if err != nil || s.N != 2 || s.C != 3 || len(s.Labels) != 2 || report.Reshaped != 3 {
			t.Fatalf("%s: %+v, %v", name, s, err)
		}
		first := s.Image(0)[0] - 1 // columns 1 and 2 of an image are the middle
		if first%8 != 0 || !slices.Equal(s.Image(0)[:6], []uint8{first + 1, first + 1, first + 1, first + 2, first + 2, first + 2}) {
			t.Errorf("%s: %v", name, s.Image(0))
		}
		_, _, err = ReadPath(cancelled(t), path, "", Reading{H: 1, W: 1})
		wantError(t, err, path+": interrupted after 0 of 3 images")
	}
	two := at("two.npy", npyOf(headerOf("|u1", "1,1,1,2"), []uint8{1, 2}, binary.LittleEndian))
	if s, _, err := ReadPath(t.Context(), two, "", Reading{H: 1, W: 1, C: 2}); err != nil || s.C != 2 {
		t.Errorf("two channels: %+v, %v", s, err)
	}
	for want, path := range map[string]string{
		"2 channels, and only gray":    two,
		"a single picture; give the":   at("a.png", pngOf(grey(2, 2, 1))),
		"neither a folder nor an IDX":  at("notes", []byte("hello")),
		"a ZIP or NPZ file; unpack it": at("a.npz", []byte("PK\x03\x04....")),
		"give a folder of pictures":    filepath.Join(dir, "none"),
		"gzip":                         at("bad.gz", []byte{0x1f, 0x8b, 9, 9}),
	} {
		_, _, err := ReadPath(t.Context(), path, "", Reading{H: 3, W: 3, C: 1})
		wantError(t, err, path, want)
	}
	_, _, err := ReadPath(t.Context(), dir, labelled, Reading{H: 1, W: 1})
	wantError(t, err, dir, "labels in a file are for IDX and NPY files")
	_, _, err = ReadPath(t.Context(), two, labelled, Reading{})
	wantError(t, err, two, labelled, "1 images but 3 labels")
}
