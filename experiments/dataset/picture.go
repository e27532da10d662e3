package dataset

import (
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // makes image.Decode read JPEG
	_ "image/png"  // and PNG
	"io"
	"os"

	"golang.org/x/image/draw"
)

// Limits against small files that unpack into huge pictures. Scaling takes memory for
// every source row, hence the one on the sides.
const (
	maxPictureSide   = 1 << 14
	maxPicturePixels = 1 << 26
)

// readPicture decodes the file at path into the h×w×c pixels of dst.
func readPicture(dst []uint8, path string, h, w, c int) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w; make it readable, or remove it", err)
	}
	img, err := decode(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	scale(dst, img, h, w, c)
	return nil
}

// decode unpacks a picture after a look at its declared size.
func decode(f io.ReadSeeker) (image.Image, error) {
	const remedy = "replace the file by a whole PNG or JPEG, or remove it"
	size, _, err := image.DecodeConfig(f)
	switch {
	case err != nil:
		return nil, fmt.Errorf("header: %w; %s", err, remedy)
	case size.Width < 1 || size.Height < 1:
		return nil, fmt.Errorf("size: %d×%d pixels; %s", size.Width, size.Height, remedy)
	case max(size.Width, size.Height) > maxPictureSide || size.Width*size.Height > maxPicturePixels:
		return nil, fmt.Errorf("size: %d×%d pixels are beyond the limit of %d a side and %d in all; scale the picture down",
			size.Width, size.Height, maxPictureSide, maxPicturePixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read again: %w; %s", err, remedy)
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("pixels: %w; %s", err, remedy)
	}
	return img, nil
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
