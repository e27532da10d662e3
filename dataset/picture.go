package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // makes image.Decode read JPEG
	_ "image/png"  // and PNG
	"io"

	"golang.org/x/image/draw"

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

// readPicture decodes the file at path into the h×w×c pixels of dst.
func readPicture(dst []uint8, path string, h, w, c int) error {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return fmt.Errorf("%w; make it readable, or remove it", err)
	}
	img, err := decode(f, func(size image.Config) error {
		if 32*size.Height*w > maxScaling+8*size.Width*size.Height {
			return fmt.Errorf("size: %d×%d pixels are too narrow to be scaled to %d×%d; cut the picture, or choose a smaller size", size.Width, size.Height, w, h)
		}
		return nil
	})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	scale(dst, img, h, w, c)
	return nil
}

// decode unpacks a picture after a look at its declared size, which must also suit the caller.
func decode(f io.ReadSeeker, suits func(image.Config) error) (image.Image, error) {
	const remedy = "replace the file by a whole PNG or JPEG, or remove it"
	size, format, err := image.DecodeConfig(f)
	switch {
	case err != nil:
		return nil, fmt.Errorf("header: %w; %s", err, remedy)
	case size.Width < 1 || size.Height < 1:
		return nil, fmt.Errorf("size: %d×%d pixels; %s", size.Width, size.Height, remedy)
	case max(size.Width, size.Height) > maxPictureSide || size.Width*size.Height > maxPicturePixels:
		return nil, fmt.Errorf("size: %d×%d pixels are beyond the limit of %d a side and %d in all; scale the picture down",
			size.Width, size.Height, maxPictureSide, maxPicturePixels)
	}
	if err := suits(size); err != nil {
		return nil, err
	}
	bytes, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("read again: %w; %s", err, remedy)
	}
	if least := leastBytes(format, size); bytes < least {
		return nil, fmt.Errorf("size: %d bytes are too few for %d×%d pixels, which take %d at least; %s", bytes, size.Width, size.Height, least, remedy)
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("pixels: %w; %s", err, remedy)
	}
	return img, nil
}

// leastBytes is less than the length of any file of a format with so many pixels: the decoders take memory for all of
// them before they see that the file is too short.
func leastBytes(format string, size image.Config) int64 {
	pixels := int64(size.Width) * int64(size.Height)
	if format == "jpeg" {
		return pixels / (64 * 8) // a bit for each block of 8×8
	}
	const ratio = 1032 // of deflate at its best
	bits := map[color.Model]int64{color.Gray16Model: 16, color.RGBAModel: 24, color.NRGBAModel: 16, color.RGBA64Model: 48, color.NRGBA64Model: 32}
	model := size.ColorModel
	if _, ok := model.(color.Palette); ok { // of one bit, perhaps, and no key of a map
		model = color.GrayModel
	}
	return pixels * max(1, bits[model]) / 8 / ratio
}

// scale draws img, on black, into the h×w×c pixels of dst; c is 1 or 3.
func scale(dst []uint8, img image.Image, h, w, c int) {
	frame := image.Rect(0, 0, w, h)
	if c == 1 {
		stretch(&image.Gray{Pix: dst, Stride: w, Rect: frame}, img)
		return
	}
	canvas := image.NewRGBA(frame)
	stretch(canvas, img)
	for i := range h * w {
		copy(dst[3*i:3*i+3], canvas.Pix[4*i:])
	}
}

// stretch fills dst with img: premultiplied colours without their alpha are those on black.
func stretch(dst draw.Image, img image.Image) {
	if img.Bounds().Size() == dst.Bounds().Size() {
		draw.Draw(dst, dst.Bounds(), img, img.Bounds().Min, draw.Src)
		return
	}
	draw.CatmullRom.Scale(dst, dst.Bounds(), img, img.Bounds(), draw.Src, nil)
}
