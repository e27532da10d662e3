package dataset

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

const (
	magicLabels = 0x00000801 // N
	magicImages = 0x00000803 // N×H×W
	magicColour = 0x00000804 // N×H×W×C
)

// maxPayload is the most bytes that one IDX file may declare, header included.
const maxPayload = 2 << 30

// firstChunk is how much memory a header alone can make the reader take.
const firstChunk = 1 << 20

// kind says what a file has to hold.
type kind struct {
	noun   string
	fields []string // names of the dimensions
	magics []uint32
}

var (
	imageKind = &kind{"images", []string{"count", "rows", "columns", "channels"}, []uint32{magicImages, magicColour}}
	labelKind = &kind{"labels", []string{"count"}, []uint32{magicLabels}}
)

// array is the content of one IDX file.
type array struct {
	dims []int
	data []uint8
	sum  string // hex SHA-256 of the uncompressed file
}

// readArray reads all of r, plain or gzip. Its errors are "field: what".
func readArray(r io.Reader, k *kind, limit int64) (*array, error) {
	r, err := inflate(r)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	dims, err := readHeader(io.TeeReader(r, h), k, limit)
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range dims {
		n *= d
	}
	data, err := readBody(r, n)
	if err != nil {
		return nil, err
	}
	h.Write(data)
	return &array{dims, data, hex.EncodeToString(h.Sum(nil))}, nil
}

// inflate undoes gzip, if r starts with its magic number.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("magic: %w", err)
	}
	if len(start) < 2 || start[0] != 0x1f || start[1] != 0x8b {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("gzip header: %w", err)
	}
	return z, nil
}

// readHeader returns the dimensions, whose product with the header fits into limit.
func readHeader(r io.Reader, k *kind, limit int64) ([]int, error) {
	magic, err := readUint32(r, "magic")
	if err != nil {
		return nil, err
	}
	if err := k.checkMagic(magic); err != nil {
		return nil, err
	}
	dims := make([]int, magic&0xff)
	size := int64(1)
	for i := range dims {
		d, err := readUint32(r, k.fields[i])
		if err != nil {
			return nil, err
		}
		if d == 0 {
			return nil, fmt.Errorf("%s: is zero", k.fields[i])
		}
		if size > math.MaxInt32 { // then the next product could overflow
			return nil, fmt.Errorf("%s: the declared sizes are beyond the limit of %d bytes", k.fields[i], limit)
		}
		dims[i], size = int(d), size*int64(d)
	}
	if header := int64(4 + 4*len(dims)); size > limit-header {
		return nil, fmt.Errorf("count: the header declares %d bytes, the limit is %d", size, limit-header)
	}
	return dims, nil
}

func (k *kind) checkMagic(magic uint32) error {
	switch {
	case slices.Contains(k.magics, magic):
		return nil
	case magic == magicLabels || magic == magicImages || magic == magicColour:
		return fmt.Errorf("magic: %#08x is not that of a file of %s; are images and labels swapped?", magic, k.noun)
	case magic>>8 >= 0x09 && magic>>8 <= 0x0e: // signed bytes to doubles
		return fmt.Errorf("type: %#02x is not 0x08; only unsigned bytes are read", magic>>8)
	}
	return fmt.Errorf("magic: %#08x is not an IDX file of %s (%#08x)", magic, k.noun, k.magics[0])
}

func readUint32(r io.Reader, field string) (uint32, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, fmt.Errorf("%s: %w", field, ended(err, "within the header"))
	}
	return binary.BigEndian.Uint32(b[:]), nil
}

// readBody reads exactly n bytes and then the end. It takes memory as the bytes come in,
// so that a header which lies costs nothing.
func readBody(r io.Reader, n int) ([]uint8, error) {
	data := make([]uint8, 0, min(n, firstChunk))
	for len(data) < n {
		if len(data) == cap(data) {
			data = slices.Grow(data, min(n-len(data), 3*len(data)))
		}
		m, err := io.ReadFull(r, data[len(data):min(n, cap(data))])
		data = data[:len(data)+m]
		if err != nil {
			return nil, fmt.Errorf("data: %w", ended(err, fmt.Sprintf("after %d of the declared %d bytes", len(data), n)))
		}
	}
	// Reading on also makes gzip compare its own length and CRC.
	var more [1]byte
	switch m, err := io.ReadFull(r, more[:]); {
	case m > 0:
		return nil, fmt.Errorf("data: there are bytes after the declared %d", n)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("data: %w", ended(err, "within the checksum of gzip"))
	}
	return data, nil
}

// ended says where a file stops early; other errors stay as they are.
func ended(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is truncated, it ends %s: %w", where, err)
	}
	return err
}
