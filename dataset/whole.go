package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// errCut is of files that end too early.
var errCut = errors.New("the file is cut off")

// whole looks whether a file of a format goes on to its end, as far as that can be seen without unpacking it: most
// files that are damaged are truncated ones. nil says nothing of the rest.
func whole(f io.ReaderAt, format string, length int64) error {
	ok := true
	switch format {
	case "png":
		ok = wholePNG(f, length)
	case "jpeg":
		ok = wholeJPEG(f, length)
	case "webp":
		var size [4]byte
		_, err := f.ReadAt(size[:], 4)
		ok = err == nil && int64(binary.LittleEndian.Uint32(size[:]))+8 <= length
	}
	if !ok {
		return errCut
	}
	return nil
}

// wholePNG goes from chunk to chunk (a length, a kind, data, a checksum) up to the last one, IEND.
func wholePNG(f io.ReaderAt, length int64) bool {
	for at := int64(8); ; {
		var b [8]byte
		if n, _ := f.ReadAt(b[:], at); n < len(b) {
			return false
		}
		if at += 12 + int64(binary.BigEndian.Uint32(b[:])); at > length {
			return false
		}
		if string(b[4:]) == "IEND" {
			return true
		}
	}
}

// wholeJPEG searches for the marker of the end, from the end: something may follow it.
func wholeJPEG(f io.ReaderAt, length int64) bool {
	const part = 4096
	buf := make([]byte, part+1) // a marker may lie across parts
	for to := length; to > 2; to -= part {
		from := max(2, to-part)
		n, _ := f.ReadAt(buf[:min(int64(len(buf)), length-from, to-from+1)], from)
		if bytes.Contains(buf[:n], []byte{0xff, 0xd9}) {
			return true
		}
	}
	return false
}
