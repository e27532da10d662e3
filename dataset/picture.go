package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // makes image.Decode read GIF
	_ "image/jpeg" // and JPEG
	_ "image/png"  // and PNG
	"io"
	"io/fs"

	_ "golang.org/x/image/bmp" // and BMP
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff" // and TIFF
	_ "golang.org/x/image/webp" // and WebP

	"deepgmm/internal/regular"
)

// Limits against small files that unpack into huge pictures. Scaling takes memory for
// every source row, hence the one on the sides.
const (
	maxPictureSide   = 1 << 14
	maxPicturePixels = 1 << 26
)

// maxScaling bounds the memory for scaling, 32 bytes for every source row and target column: whatever is small, or not
// much more than the picture itself takes. Only a narrow picture that is to become wide is beyond it.
const maxScaling = 1 << 26

// header is what a file says of its picture before the pixels are unpacked.
type header struct {
	h, w        int // as stored
	format      string
	model       color.Model
	orientation int
}

// seen returns height and width as the orientation has them.
func (p header) seen() (h, w int) {
	if sideways(p.orientation) {
		return p.w, p.h
	}
	return p.h, p.w
}

// weight is about the memory that unpacking and scaling take, in bytes: progressive JPEG keeps coefficients.
func (p header) weight(v view) int64 {
	return 12*int64(p.h)*int64(p.w) + 32*int64(p.h)*int64(max(v.h, v.w))
}

// isColour reports whether a picture has colours, as far as its header says: gray in three channels counts as colour.
func (p header) isColour() bool {
	switch m := p.model.(type) {
	case color.Palette:
		for _, c := range m {
			if r, g, b, _ := c.RGBA(); r != g || g != b {
				return true
			}
		}
		return len(m) == 0 // each frame of a GIF file has a palette of its own
	default:
		return m != color.GrayModel && m != color.Gray16Model
	}
}

// opened is a file that may be a picture.
type opened interface {
	io.ReadSeeker
	io.ReaderAt
}

// readPictureHeader looks at the file at path without unpacking its pixels.
func readPictureHeader(path string, v view) (header, error) {
	var found header
	err := withFile(path, func(f opened) (err error) {
		found, err = look(f)
		if err == nil {
			err = v.suits(found)
		}
		return err
	})
	return found, err
}

// suits refuses a picture that takes much memory to be scaled.
func (v view) suits(p header) error {
	if h, w := p.seen(); v.fit != Crop && 32*h*v.w > maxScaling+8*w*h {
		return &flaw{tooNarrow, fmt.Errorf("size: %d×%d pixels are too narrow to be scaled to %d×%d", w, h, v.w, v.h), "cut the picture, or choose a smaller size"}
	}
	return nil
}

// readPicture decodes the file at path into the values of dst, those of v.
func readPicture(dst []uint8, path string, v view) error {
	return withFile(path, func(f opened) error {
		img, p, err := decode(f, v.suits)
		if err == nil {
			v.draw(dst, img, p.orientation)
		}
		return err
	})
}

// withFile opens a regular file.
func withFile(path string, read func(opened) error) error {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		var p *fs.PathError
		if !errors.As(err, &p) {
			return &flaw{notAFile, err, "remove it"}
		}
		return err
	}
	return errors.Join(read(f), f.Close())
}

// look reads what a picture declares, and refuses what is too large or cannot be true.
func look(f opened) (header, error) {
	bytes, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return header{}, &flaw{unreadable, fmt.Errorf("header: %w", err), replaceIt}
	}
	if bytes == 0 {
		return header{}, &flaw{emptyFile, errors.New("header: the file is empty"), replaceIt}
	}
	size, format, err := decodeConfig(f)
	p := header{h: size.Height, w: size.Width, format: format, model: size.ColorModel, orientation: upright}
	switch {
	case errors.Is(err, image.ErrFormat):
		return p, &flaw{noPicture, fmt.Errorf("header: %w", err), replaceIt}
	case err != nil:
		return p, &flaw{broken, fmt.Errorf("header: %w", err), replaceIt}
	case p.w < 1 || p.h < 1:
		return p, &flaw{broken, fmt.Errorf("size: %d×%d pixels", p.w, p.h), replaceIt}
	case max(p.w, p.h) > maxPictureSide || p.w*p.h > maxPicturePixels:
		return p, &flaw{tooLarge, fmt.Errorf("size: %d×%d pixels are beyond the limit of %d a side and %d in all", p.w, p.h, maxPictureSide, maxPicturePixels),
			"scale the picture down"}
	}
	if least := leastBytes(format, size); bytes < least {
		return p, &flaw{broken, fmt.Errorf("size: %d bytes are too few for %d×%d pixels, which take %d at least", bytes, p.w, p.h, least), replaceIt}
	}
	if err := whole(f, format, bytes); err != nil {
		return p, &flaw{broken, fmt.Errorf("pixels: %w", err), replaceIt}
	}
	p.orientation = orientationOf(f, format)
	return p, nil
}

// decode unpacks a picture after a look at its declared size, which must also suit the caller.
func decode(f opened, suits func(header) error) (image.Image, header, error) {
	p, err := look(f)
	if err == nil {
		err = suits(p)
	}
	if err != nil {
		return nil, p, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, p, &flaw{unreadable, fmt.Errorf("read again: %w", err), replaceIt}
	}
	img, err := decodePixels(f)
	if err != nil {
		return nil, p, &flaw{broken, fmt.Errorf("pixels: %w", err), replaceIt}
	}
	if whole := image.Rect(0, 0, p.w, p.h); p.format == "gif" && img.Bounds() != whole { // the first frame may be a part
		canvas := image.NewRGBA(whole)
		draw.Draw(canvas, img.Bounds(), img, img.Bounds().Min, draw.Src)
		img = canvas
	}
	if img.Bounds().Dx() != p.w || img.Bounds().Dy() != p.h {
		return nil, p, &flaw{broken, fmt.Errorf("pixels: %v are not the declared %d×%d", img.Bounds().Size(), p.w, p.h), replaceIt}
	}
	return img, p, nil
}

// decodeConfig is image.DecodeConfig, where a decoder that panics on damaged bytes is an error.
func decodeConfig(f io.Reader) (size image.Config, format string, err error) {
	defer asError(&err)
	return image.DecodeConfig(f)
}

func decodePixels(f io.Reader) (img image.Image, err error) {
	defer asError(&err)
	img, _, err = image.Decode(f)
	return img, err
}

// asError turns a panic of a decoder, for which no bytes are a reason, into an error.
func asError(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the decoder failed: %v", p)
	}
}

// leastBytes is less than the length of any file of a format with so many pixels: the decoders take memory for all of
// them before they see that the file is too short.
func leastBytes(format string, size image.Config) int64 {
	pixels := int64(size.Width) * int64(size.Height)
	bits := map[color.Model]int64{color.Gray16Model: 16, color.RGBAModel: 24, color.NRGBAModel: 16, color.RGBA64Model: 48, color.NRGBA64Model: 32}
	model := size.ColorModel
	if _, ok := model.(color.Palette); ok { // of one bit, perhaps, and no key of a map
		model = color.GrayModel
	}
	each := max(1, bits[model])
	const (
		deflate = 1032 // at its best
		lzw     = 4096 // pixels a code has at most, of a byte at least
	)
	switch format {
	case "jpeg":
		return pixels / (64 * 8) // a bit for each block of 8×8
	case "png":
		return pixels * each / 8 / deflate
	case "gif":
		return pixels / lzw
	case "bmp":
		return pixels * each / 8
	case "tiff":
		if each == 1 { // a row of CCITT takes a bit
			return int64(size.Height) / 8
		}
		return pixels * each / 8 / lzw
	}
	return 0 // WebP has codes of no bits
}
