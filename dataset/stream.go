package dataset

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// A Sink takes images, some at a time: whole ones of H×W×C values in [0,1], row-major, channels last.
type Sink func(values []float32) error

// atOnce is how many values are converted at a time: one image may have 2²⁷.
const atOnce = 1 << 16

// StreamIDX starts an IDX file of n images of h×w×c pixels, not compressed, and returns what takes them. Values become
// bytes, v·255 rounded. It panics unless n, h, w and c are at least 1; more than 2 GiB in all are an error.
func StreamIDX(to io.Writer, n, h, w, c int) (Sink, error) {
	if min(n, h, w, c) < 1 {
		panic(fmt.Sprintf("dataset: StreamIDX: %d images of %d×%d×%d", n, h, w, c))
	}
	if int64(n) > (maxPayload-20)/int64(h)/int64(w)/int64(c) {
		return nil, fmt.Errorf("dataset: %d images of %d×%d×%d are above the 2 GiB of an IDX file; write fewer, or NPY", n, h, w, c)
	}
	if err := writeArray(to, imageHeader(n, h, w, c), nil); err != nil {
		return nil, fmt.Errorf("dataset: write images: %w", err)
	}
	return func(values []float32) error {
		for part := range slices.Chunk(values, atOnce) {
			if _, err := to.Write(Bytes(part)); err != nil {
				return fmt.Errorf("dataset: write images: %w", err)
			}
		}
		return nil
	}, nil
}

// StreamNPY starts an NPY file (NumPy, format version 1.0) of n×h×w×c float32 values, little-endian, and returns what
// takes them. It panics unless n, h, w and c are at least 1.
func StreamNPY(to io.Writer, n, h, w, c int) (Sink, error) {
	if min(n, h, w, c) < 1 {
		panic(fmt.Sprintf("dataset: StreamNPY: %d images of %d×%d×%d", n, h, w, c))
	}
	// Magic, version and length take 10 bytes; the header is padded so that data begin at a multiple of 64.
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }", n, h, w, c)
	header = fmt.Sprintf("%-*s\n", (10+len(header)+1+63)/64*64-11, header)
	start := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	if _, err := to.Write(append(start, header...)); err != nil {
		return nil, fmt.Errorf("dataset: write values: %w", err)
	}
	return func(values []float32) error {
		text := make([]byte, 4*min(len(values), atOnce))
		for part := range slices.Chunk(values, atOnce) {
			n, err := binary.Encode(text, binary.LittleEndian, part)
			if err == nil {
				_, err = to.Write(text[:n])
			}
			if err != nil {
				return fmt.Errorf("dataset: write values: %w", err)
			}
		}
		return nil
	}, nil
}

// Bytes turns values in [0,1] into pixels in [0,255], rounded. What is outside is clipped.
func Bytes(values []float32) []uint8 {
	pix := make([]uint8, len(values))
	for i, v := range values {
		pix[i] = uint8(math.Round(255 * float64(min(max(v, 0), 1))))
	}
	return pix
}
