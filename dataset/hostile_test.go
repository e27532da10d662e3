package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// chunkOf is one chunk of a PNG file.
func chunkOf(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// declared is a PNG file that declares a size and ends after the first bytes of its pixels.
func declared(h, w uint32, depth, colour byte) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	file := append([]byte("\x89PNG\r\n\x1a\n"), chunkOf("IHDR", append(header, depth, colour, 0, 0, 0))...)
	return append(file, chunkOf("IDAT", []byte{0x78, 0x9c, 0})...)
}

// progressive is the first bytes of a JPEG file that declares a size and four components of whole size.
func progressive(h, w uint16) []byte {
	file := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xc2, 0, 20, 8}, h)
	file = append(binary.BigEndian.AppendUint16(file, w), 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	table := []byte{0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	scan := []byte{0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0}
	return append(append(file, table...), scan...)
}

// taken is how much memory do takes, in all.
func taken(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a small file declares is refused before memory is taken for it.
func TestSmallFilesTakeLittleMemory(t *testing.T) {
	narrow := image.NewPaletted(image.Rect(0, 0, 1, 1<<14), color.Palette{color.Black, color.White})
	whole := pngOf(image.NewPaletted(image.Rect(0, 0, 1<<13, 1<<13), color.Palette{color.Black, color.White}))
	tests := []struct {
		name string
		file []byte
		size int // of the images
		mask bool
		want []string
	}{
		{"60,000 a side", declared(60000, 60000, 8, 0), 28, false, []string{"size: 60000×60000 pixels", "; scale the picture down"}},
		{"most that may be, ends", declared(1<<13, 1<<13, 16, 6), 28, false, []string{"too few for 8192×8192 pixels", "whole PNG"}},
		{"colour, ends", declared(1<<13, 1<<13, 8, 2), 28, false, []string{"too few for 8192×8192 pixels"}},
		{"JPEG, ends", progressive(1<<13, 1<<13), 28, false, []string{"too few for 8192×8192 pixels"}},
		{"narrow", pngOf(narrow), 1024, false, []string{"1×16384 pixels are too narrow to be scaled to 1024×1024"}},
		{"a mask of another size", whole, 28, true, []string{"it has 8192×8192 pixels, the images have 28×28"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.png")
			write(t, path, test.file)
			var err error
			used := taken(func() {
				if test.mask {
					_, err = MakeMask(path, 1, test.size, test.size, 1)
				} else {
					_, err = ReadFolder(dir, test.size, test.size, 1)
				}
			})
			wantError(t, err, append(test.want, path)...)
			if used > 16<<20 {
				t.Errorf("%d bytes of memory for %d of file", used, len(test.file))
			}
		})
	}
}

// Pictures that are as small as files of their kind can be are none of those that are refused.
func TestWellPackedPicturesAreRead(t *testing.T) {
	for name, img := range map[string]image.Image{
		"gray": image.NewGray(image.Rect(0, 0, 900, 900)), "deep": image.NewGray16(image.Rect(0, 0, 600, 600)), "alpha": image.NewNRGBA(image.Rect(0, 0, 600, 600)),
		"palette": image.NewPaletted(image.Rect(0, 0, 1200, 1200), color.Palette{color.Black, color.White}), "colour": image.NewRGBA64(image.Rect(0, 0, 500, 500)),
	} {
		for ending, b := range map[string][]byte{".png": pngOf(img), ".jpg": jpegOf(img)} {
			dir := t.TempDir()
			write(t, filepath.Join(dir, name+ending), b)
			if _, err := ReadFolder(dir, 2, 2, 1); err != nil {
				t.Errorf("%d bytes: %v", len(b), err)
			}
		}
	}
}

// A bomb in gzip ends where its header says, or at the limit; what trails is not unpacked.
func TestBombsInGzipTakeLittleMemory(t *testing.T) {
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(goodImages); err != nil {
		t.Fatal(err)
	}
	for range 32 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"longer than it says": bomb.Bytes(),
		"garbage at the end":  append(zipped(goodImages), make([]byte, 1<<20)...),
		"another one":         append(zipped(goodImages), zipped(make([]byte, 1<<24))...),
	} {
		path := filepath.Join(t.TempDir(), "images.gz")
		write(t, path, file)
		var err error
		if used := taken(func() { _, err = FromIDX(path, "") }); used > 4<<20 {
			t.Errorf("%s: %d bytes of memory", name, used)
		}
		wantError(t, err, path, "write the file again")
	}
}

// A pipe in the place of a file is an error, wherever one is read: nobody will ever write to it.
func TestPipesAreRefused(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.png")
	if err := mkfifo(pipe); err != nil {
		t.Logf("no pipes here: %v", err)
		return
	}
	_, err := FromIDX(pipe, "")
	wantError(t, err, pipe, "it is a pipe, not a regular file")
	_, err = MakeMask(pipe, 1, 2, 2, 1)
	wantError(t, err, pipe, "it is a pipe")
	_, err = ReadFolder(dir, 2, 2, 1)
	wantError(t, err, pipe, "neither a file nor a folder; remove it")
	// One that took the place of a picture after the folder was listed.
	err = readPicture(make([]uint8, 4), pipe, view{h: 2, w: 2, c: 1})
	wantError(t, err, pipe, "it is a pipe")

	s := newSmall("small", 1)
	s.put(t, filepath.Join(dir, "small"))
	labels := filepath.Join(dir, "small", s.files[testLabels].name+".gz")
	remove(t, labels)
	if err := mkfifo(labels); err != nil {
		t.Fatal(err)
	}
	at(t)
	_, err = load(t.Context(), []source{s.source}, "small", Options{Dirs: []string{dir}})
	wantError(t, err, labels, "it is a pipe", "replace the file")
}

func TestReadFolderIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png"} {
		write(t, filepath.Join(dir, name), pngOf(grey(2, 2, 1)))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	boom := errors.New("boom")
	cancel(boom)
	_, err := ReadFolderContext(ctx, dir, 2, 2, 1)
	wantError(t, err, dir, "interrupted after 0 of 2 pictures")
	if !errors.Is(err, boom) {
		t.Errorf("%v does not wrap the cause", err)
	}
}

// FuzzPictures: whatever the bytes of a picture are, as one of a folder and as a mask, there is an error that names the
// file or pixels of the wanted number, and not much more memory than the picture needs that it declares.
func FuzzPictures(f *testing.F) {
	f.Add(pngOf(grey(3, 5, 20)), uint8(3), uint8(5), true)
	f.Add(pngOf(flat(4, 4, color.NRGBA{200, 100, 50, 128})), uint8(4), uint8(4), false)
	f.Add(pngOf(image.NewPaletted(image.Rect(0, 0, 9, 2), color.Palette{color.Black, color.White})), uint8(2), uint8(9), true)
	f.Add(jpegOf(grey(9, 4, 10)), uint8(3), uint8(5), false)
	f.Add(declared(60000, 60000, 8, 0), uint8(3), uint8(5), false)
	f.Add(declared(1<<13, 1<<13, 16, 6), uint8(3), uint8(5), true)
	f.Add(progressive(1<<13, 1<<13), uint8(3), uint8(5), false)
	f.Add(exifJPEG(jpegOf(grey(9, 4, 10)), 6, binary.LittleEndian), uint8(3), uint8(5), true)
	for _, encode := range []func(io.Writer, image.Image) error{bmp.Encode,
		func(w io.Writer, img image.Image) error { return gif.Encode(w, img, nil) },
		func(w io.Writer, img image.Image) error { return tiff.Encode(w, img, nil) },
		func(w io.Writer, img image.Image) error {
			return tiff.Encode(w, img, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		}} {
		var b bytes.Buffer
		if err := encode(&b, coloured(5, 7)); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), uint8(3), uint8(5), true)
	}
	webp, err := os.ReadFile("testdata/gopher.webp")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(webp, uint8(3), uint8(5), false)
	dir := f.TempDir()
	path := filepath.Join(dir, "a.png")
	f.Fuzz(func(t *testing.T, file []byte, h, w uint8, colour bool) {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		H, W, C := max(1, int(h)), max(1, int(w)), 1
		if colour {
			C = 3
		}
		size, format, err := decodeConfig(bytes.NewReader(file))
		honest := uint64(24 * size.Width * size.Height) // progressive JPEG keeps coefficients of four bytes
		if err != nil || leastBytes(format, size) > int64(len(file)) {
			honest = 0
		}
		used := taken(func() {
			s, err := ReadFolder(dir, H, W, C)
			switch {
			case err == nil:
				s.check("fuzz")
			case !bytes.Contains([]byte(err.Error()), []byte(path)):
				t.Errorf("%v does not name the file", err)
			}
			m, err := MakeMask(path, 1, H, W, 1)
			if err == nil && len(m) != H*W || err != nil && !bytes.Contains([]byte(err.Error()), []byte(path)) {
				t.Errorf("a mask of %d pixels, %v", len(m), err)
			}
		})
		if used > 64<<20+2*honest+maxScaling {
			t.Errorf("%d bytes of memory for a file of %d bytes, %d×%d pixels", used, len(file), size.Width, size.Height)
		}
	})
}
