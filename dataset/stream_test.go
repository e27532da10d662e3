package dataset

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
)

// What npyio, an independent reader, finds in an NPY file.
func TestStreamNPYIsReadByAnother(t *testing.T) {
	for _, shape := range [][]int{{3, 5, 7, 3}, {1, 1, 1, 1}, {12345, 2, 1, 1}, {2, 28, 28, 1}, {2, 301, 307, 1}} {
		n, h, w, c := shape[0], shape[1], shape[2], shape[3]
		want := make([]float32, n*h*w*c)
		for i := range want {
			want[i] = float32(i) / 1000
		}
		var file bytes.Buffer
		put, err := StreamNPY(&file, n, h, w, c)
		if err != nil {
			t.Fatal(err)
		}
		if file.Len()%64 != 0 {
			t.Errorf("%v: data begin at byte %d, not a multiple of 64", shape, file.Len())
		}
		if err := errors.Join(put(want[:h*w*c]), put(want[h*w*c:])); err != nil {
			t.Fatal(err)
		}
		r, err := npy.NewReader(&file)
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		if err := r.Read(&got); err != nil {
			t.Fatal(err)
		}
		if d := r.Header.Descr; strings.Trim(d.Type, "'") != "<f4" || d.Fortran || !slices.Equal(d.Shape, shape) || !slices.Equal(got, want) {
			t.Errorf("%v: read as %+v with %d values", shape, d, len(got))
		}
	}
}

func TestStreamIDXIsReadIDX(t *testing.T) {
	for _, c := range []int{1, 3} {
		n, h, w := 3, 5, 7
		values := make([]float32, n*h*w*c)
		for i := range values {
			values[i] = float32(i%256) / 255
		}
		values[0], values[1] = -0.5, 1.5
		var file bytes.Buffer
		put, err := StreamIDX(&file, n, h, w, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(put(values[:2*h*w*c]), put(values[2*h*w*c:])); err != nil {
			t.Fatal(err)
		}
		s, err := ReadIDX(&file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.N != n || s.H != h || s.W != w || s.C != c || s.Pix[0] != 0 || s.Pix[1] != 255 {
			t.Errorf("read as %d of %d×%d×%d, first %v", s.N, s.H, s.W, s.C, s.Pix[:2])
		}
		for i := 2; i < len(values); i++ {
			if s.Pix[i] != uint8(i%256) {
				t.Fatalf("pixel %d is %d", i, s.Pix[i])
			}
		}
	}
}

func TestStreamRefuses(t *testing.T) {
	if _, err := StreamIDX(&bytes.Buffer{}, 1<<22, 28, 28, 1); err == nil || !strings.Contains(err.Error(), "2 GiB") || !strings.Contains(err.Error(), "NPY") {
		t.Errorf("too many images: %v", err)
	}
	if _, err := StreamIDX(&bytes.Buffer{}, 1, 1<<32, 1<<32, 1); err == nil || !strings.Contains(err.Error(), "2 GiB") {
		t.Errorf("images of 2⁶⁴ pixels: %v", err)
	}
	boom := errors.New("boom")
	if _, err := StreamIDX(failing{boom}, 1, 1, 1, 1); !errors.Is(err, boom) {
		t.Error(err)
	}
	if _, err := StreamNPY(failing{boom}, 1, 1, 1, 1); !errors.Is(err, boom) {
		t.Error(err)
	}
	for name, call := range map[string]func(){
		"StreamIDX": func() { StreamIDX(&bytes.Buffer{}, 0, 28, 28, 1) },
		"StreamNPY": func() { StreamNPY(&bytes.Buffer{}, 1, 28, 0, 1) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(r.(string), name) {
					t.Errorf("%s: panic %v", name, r)
				}
			}()
			call()
		}()
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// One large image is written without a copy of it.
func TestStreamsConvertSomeAtATime(t *testing.T) {
	const side = 2048
	values := make([]float32, side*side)
	used := taken(func() {
		put, err := StreamNPY(io.Discard, 1, side, side, 1)
		if err = errors.Join(err, put(values)); err != nil {
			t.Error(err)
		}
	})
	if used > 1<<20 {
		t.Errorf("%d bytes were taken for %d values", used, len(values))
	}
}
