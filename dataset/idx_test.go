package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// idx is an IDX file written by the description of the format, not by WriteIDX.
func idx(magic uint32, dims []uint32, data ...uint8) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

var (
	goodImages = idx(0x803, []uint32{2, 1, 3}, 1, 2, 3, 4, 5, 6)
	goodLabels = idx(0x801, []uint32{2}, 7, 0)
	goodColour = idx(0x804, []uint32{1, 1, 2, 3}, 1, 2, 3, 4, 5, 6)
)

func TestReadIDX(t *testing.T) {
	tests := []struct {
		name           string
		images, labels []byte
		n, h, w, c     int
		classes        int
	}{
		{"plain", goodImages, goodLabels, 2, 1, 3, 1, 8},
		{"gzip", zipped(goodImages), zipped(goodLabels), 2, 1, 3, 1, 8},
		{"gzip and plain", zipped(goodImages), goodLabels, 2, 1, 3, 1, 8},
		{"no labels", goodImages, nil, 2, 1, 3, 1, 0},
		{"colour", zipped(goodColour), nil, 1, 1, 2, 3, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var labels io.Reader
			if test.labels != nil {
				labels = bytes.NewReader(test.labels)
			}
			s, err := ReadIDX(bytes.NewReader(test.images), labels)
			if err != nil {
				t.Fatal(err)
			}
			s.check("test")
			if s.N != test.n || s.H != test.h || s.W != test.w || s.C != test.c || s.Classes != test.classes {
				t.Errorf("%d×%d×%d×%d in %d classes", s.N, s.H, s.W, s.C, s.Classes)
			}
			if !slices.Equal(s.Pix, []uint8{1, 2, 3, 4, 5, 6}) {
				t.Errorf("pixels %v", s.Pix)
			}
			if test.classes == 8 && !slices.Equal(s.Labels, []uint8{7, 0}) || test.classes == 0 && s.Labels != nil {
				t.Errorf("labels %v", s.Labels)
			}
		})
	}
}

// flip returns b with one bit of byte i changed; i counts from the end when negative.
func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[(i+len(b))%len(b)] ^= 0x10
	return b
}

// damaged are files that have to be refused, and what has to be in the error.
var damaged = []struct {
	name           string
	images, labels []byte
	want           []string
}{
	{"empty", nil, goodLabels, []string{"images", "magic", "truncated", "within the header"}},
	{"one byte", goodImages[:1], goodLabels, []string{"images", "magic", "truncated"}},
	{"header cut", goodImages[:10], goodLabels, []string{"images", "rows", "truncated", "within the header"}},
	{"data cut", goodImages[:len(goodImages)-2], goodLabels, []string{"images", "data", "truncated", "after 4 of the declared 6 bytes"}},
	{"data missing", goodImages[:16], goodLabels, []string{"images", "data", "after 0 of the declared 6 bytes"}},
	{"trailing byte", append(bytes.Clone(goodImages), 0), goodLabels, []string{"images", "data", "after the declared 6"}},
	{"labels cut", goodImages, goodLabels[:9], []string{"labels", "data", "after 1 of the declared 2 bytes"}},
	{"labels trail", goodImages, append(bytes.Clone(goodLabels), 1), []string{"labels", "data", "after the declared 2"}},
	{"swapped", goodLabels, goodImages, []string{"images", "magic", "0x00000801", "swapped"}},
	{"colour as labels", goodImages, goodColour, []string{"labels", "magic", "0x00000804", "swapped"}},
	{"two dimensions", idx(0x802, []uint32{1, 1}, 1), goodLabels, []string{"images", "magic", "0x00000802", "not an IDX file of images (0x00000803)"}},
	{"float pixels", idx(0xd03, []uint32{1, 1, 1}, 0, 0, 0, 0), goodLabels, []string{"images", "type", "0x0d", "only unsigned bytes"}},
	{"a web page", []byte("<!DOCTYPE html><html>"), goodLabels, []string{"images", "magic", "0x3c21444f"}},
	{"little-endian", idx(0x03080000, []uint32{1, 1, 1}, 1), goodLabels, []string{"images", "magic", "0x03080000"}},
	{"no images", idx(0x803, []uint32{0, 1, 1}), goodLabels, []string{"images", "count", "is zero"}},
	{"no columns", idx(0x803, []uint32{1, 1, 0}), goodLabels, []string{"images", "columns", "is zero"}},
	{"no channels", idx(0x804, []uint32{1, 1, 1, 0}), goodLabels, []string{"images", "channels", "is zero"}},
	{"above 2 GiB", idx(0x803, []uint32{1 << 11, 1 << 10, 1 << 10}), goodLabels, []string{"images", "count", "declares 2147483648 bytes", "limit is 2147483632"}},
	{"overflow", idx(0x804, []uint32{1 << 31, 1 << 31, 4, 1}), goodLabels, []string{"images", "rows", "limit of 2147483648"}},
	{"counts differ", goodImages, idx(0x801, []uint32{3}, 1, 2, 3), []string{"count", "2 images but 3 labels"}},
	{"gzip header cut", zipped(goodImages)[:5], goodLabels, []string{"images", "gzip header"}},
	{"gzip cut", zipped(goodImages)[:20], goodLabels, []string{"images", "truncated"}},
	{"gzip checksum cut", zipped(goodImages)[:len(zipped(goodImages))-3], goodLabels, []string{"images", "data", "truncated"}},
	{"gzip checksum", flip(zipped(goodImages), -6), goodLabels, []string{"images", "data", "gzip: invalid checksum"}},
	{"gzip length", flip(zipped(goodImages), -4), goodLabels, []string{"images", "data", "gzip: invalid checksum"}},
	{"gzip trailing", append(zipped(goodImages), "more than a header"...), goodLabels, []string{"images", "data", "gzip: invalid header"}},
	{"gzip twice", append(zipped(goodImages), zipped(goodImages)...), goodLabels, []string{"images", "data", "after the declared 6"}},
}

func TestReadIDXDamaged(t *testing.T) {
	for _, test := range damaged {
		t.Run(test.name, func(t *testing.T) {
			s, err := ReadIDX(bytes.NewReader(test.images), bytes.NewReader(test.labels))
			if s != nil {
				t.Error("a set came with the error")
			}
			wantError(t, err, append(test.want, "dataset: ", "write the IDX data again")...)
		})
	}
}

// wantError checks that err is one line that has all the parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q\nlacks %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func TestFromIDX(t *testing.T) {
	dir := t.TempDir()
	images, labels := filepath.Join(dir, "mine.gz"), filepath.Join(dir, "classes")
	write(t, images, zipped(goodImages))
	write(t, labels, goodLabels)
	s, err := FromIDX(images, labels)
	if err != nil || s.N != 2 || s.Name != "mine" || s.Classes != 8 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err = FromIDX(images, ""); err != nil || s.Labels != nil || s.Classes != 0 {
		t.Errorf("without labels: %+v, %v", s, err)
	}
}

func TestFromIDXDamaged(t *testing.T) {
	for _, test := range damaged {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			images, labels := filepath.Join(dir, "mine.images"), filepath.Join(dir, "mine.labels")
			write(t, images, test.images)
			write(t, labels, test.labels)
			_, err := FromIDX(images, labels)
			want := test.want[1:] // without "images" or "labels"
			switch test.want[0] {
			case "images":
				want = append(slices.Clone(want), images+": ", "; write the file again, or name another")
			case "labels":
				want = append(slices.Clone(want), labels+": ", "; write the file again, or name another")
			default:
				want = append(slices.Clone(want), images, labels, "; name two files that belong together")
			}
			wantError(t, err, want...)
		})
	}
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := FromIDX(missing, "")
	wantError(t, err, missing, "no such file", "name another")
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestReadIDXMemory: a header that declares 1 GiB costs little when the data is not there.
func TestReadIDXMemory(t *testing.T) {
	lie := idx(0x803, []uint32{1 << 10, 1 << 10, 1 << 10}, make([]uint8, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ReadIDX(bytes.NewReader(lie), nil)
	runtime.ReadMemStats(&after)
	wantError(t, err, "after 1000 of the declared 1073741824 bytes")
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("%d bytes were taken", used)
	}
}

func TestWriteIDX(t *testing.T) {
	tests := []struct {
		name           string
		set            *Set
		images, labels []byte
	}{
		{"grey", &Set{N: 2, H: 1, W: 3, C: 1, Pix: []uint8{1, 2, 3, 4, 5, 6}, Labels: []uint8{7, 0}, Classes: 8}, goodImages, goodLabels},
		{"colour", &Set{N: 1, H: 1, W: 2, C: 3, Pix: []uint8{1, 2, 3, 4, 5, 6}}, goodColour, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var images, labels bytes.Buffer
			var to io.Writer
			if test.labels != nil {
				to = &labels
			}
			if err := WriteIDX(&images, to, test.set); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(images.Bytes(), test.images) || !bytes.Equal(labels.Bytes(), test.labels) {
				t.Errorf("wrote % x and % x", images.Bytes(), labels.Bytes())
			}
		})
	}
}

// full takes n bytes and then fails.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteIDXFails(t *testing.T) {
	s := counted(2, 1)
	for _, n := range []int{0, 20} { // in the header, in the pixels
		err := WriteIDX(&full{n}, nil, s)
		if wantError(t, err, "dataset: write images: "); !errors.Is(err, errFull) {
			t.Errorf("%v does not wrap the cause", err)
		}
	}
	err := WriteIDX(io.Discard, &full{8}, s)
	if wantError(t, err, "dataset: write labels: "); !errors.Is(err, errFull) {
		t.Errorf("%v does not wrap the cause", err)
	}
}
