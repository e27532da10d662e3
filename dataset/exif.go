package dataset

import (
	"bytes"
	"encoding/binary"
	"io"
)

// upright is the orientation of a picture whose first row is its top and whose first column is its left side.
const upright = 1

// Limits of the search for an orientation: the tag is near the start of a file, within the first of few directories.
const (
	maxSegments = 64
	maxEntries  = 512
)

// orientationOf returns the orientation tag, 1 to 8, of a JPEG file (in its Exif segment) or a TIFF file, 1 where there
// is none or where it is damaged: a wrong tag is no reason not to read a picture. Sources: Exif 2.3, 4.5 and 4.6.4,
// TIFF 6.0, section 2 and tag 274.
func orientationOf(f io.ReaderAt, format string) int {
	switch format {
	case "tiff":
		return tiffOrientation(io.NewSectionReader(f, 0, 1<<32))
	case "jpeg":
		if exif := exifOf(f); exif != nil {
			return tiffOrientation(exif)
		}
	}
	return upright
}

// exifOf finds the TIFF structure in the first Exif segment of a JPEG file, nil if there is none.
func exifOf(f io.ReaderAt) io.ReaderAt {
	at := int64(2) // behind the start of the image
	for range maxSegments {
		var b [10]byte // marker, length, identifier
		if n, _ := f.ReadAt(b[:], at); n < 4 || b[0] != 0xff {
			return nil
		}
		marker, length := b[1], int64(binary.BigEndian.Uint16(b[2:]))
		switch {
		case marker == 0xff: // a fill byte
			at++
			continue
		case marker == 0xda || marker == 0xd9 || length < 2: // pixels, the end
			return nil
		case marker == 0xe1 && bytes.Equal(b[4:], []byte("Exif\x00\x00")) && length > 8:
			return io.NewSectionReader(f, at+10, length-8)
		}
		at += 2 + length
	}
	return nil
}

// tiffOrientation reads tag 274 of the first directory of a TIFF structure.
func tiffOrientation(t io.ReaderAt) int {
	var head [8]byte
	if _, err := t.ReadAt(head[:], 0); err != nil && err != io.EOF {
		return upright
	}
	var order binary.ByteOrder
	switch string(head[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int64(order.Uint32(head[4:]))
	var count [2]byte
	if n, _ := t.ReadAt(count[:], at); n < len(count) {
		return upright
	}
	for i := range min(int64(order.Uint16(count[:])), maxEntries) {
		var entry [12]byte // tag, type, count, value
		if n, _ := t.ReadAt(entry[:], at+2+12*i); n < len(entry) {
			return upright
		}
		const tag, short = 274, 3
		if order.Uint16(entry[:]) != tag {
			continue
		}
		v := int(order.Uint16(entry[8:]))
		if order.Uint16(entry[2:]) != short || order.Uint32(entry[4:]) != 1 || v < 1 || v > 8 {
			return upright
		}
		return v
	}
	return upright
}

// sideways reports whether an orientation swaps height and width.
func sideways(orientation int) bool { return orientation >= 5 }

// turn puts the pixels of src as stored, of an orientation, into dst as they are to be seen: h×w×c values. src has w
// rows and h columns if the orientation swaps them.
func turn(dst, src []uint8, h, w, c, orientation int) {
	columns := w
	if sideways(orientation) {
		columns = h
	}
	for y := range h {
		for x := range w {
			row, column := y, x
			switch orientation {
			case 2:
				column = w - 1 - x
			case 3:
				row, column = h-1-y, w-1-x
			case 4:
				row = h - 1 - y
			case 5:
				row, column = x, y
			case 6:
				row, column = w-1-x, y
			case 7:
				row, column = w-1-x, h-1-y
			case 8:
				row, column = x, h-1-y
			}
			copy(dst[(y*w+x)*c:][:c], src[(row*columns+column)*c:])
		}
	}
}
