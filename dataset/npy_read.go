package dataset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// magicNPY starts a NumPy file; a version of two bytes and the length of the header follow.
const magicNPY = "\x93NUMPY"

// maxNPYHeader bounds the header, which takes some 100 bytes.
const maxNPYHeader = 1 << 16

// npyHeader is what a NumPy file says of its values.
type npyHeader struct {
	kind    byte // u or f
	bytes   int  // of a value
	order   binary.ByteOrder
	n, h, w int
	c       int
}

// ReadNPY reads images of a NumPy file, plain or in gzip: N×H×W or N×H×W×C values of uint8, or of float32 or float64 in
// [0,1], which become bytes, v·255 rounded. The Set has no labels.
//
// An error names the field of the header and what to change in Python. Refused are: other types, orders of columns
// first, other numbers of dimensions, a dimension of zero, values outside of [0,1] and those that are no numbers, more
// than 2 GiB, and fewer or more bytes than declared. Source: NumPy Enhancement Proposal 1.
func ReadNPY(r io.Reader) (*Set, error) {
	s, err := readNPY(r, maxPayload)
	if err != nil {
		return nil, fmt.Errorf("dataset: NPY: %w", err)
	}
	return s, nil
}

func readNPY(r io.Reader, limit int64) (*Set, error) {
	r, err := inflate(r)
	if err != nil {
		return nil, fmt.Errorf("%w; write the file again", err)
	}
	p, err := readNPYHeader(r, limit)
	if err != nil {
		return nil, err
	}
	s := &Set{N: p.n, H: p.h, W: p.w, C: p.c}
	if p.kind == 'u' {
		s.Pix, err = readBody(r, p.n*p.h*p.w*p.c)
	} else {
		s.Pix, err = p.readFloats(r)
	}
	switch {
	case errors.Is(err, errRange):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w; write the file again", err)
	}
	return s, nil
}

// readNPYHeader reads what is before the values.
func readNPYHeader(r io.Reader, limit int64) (p npyHeader, err error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != magicNPY {
		return p, errors.New("magic: it is no NPY file; write it with numpy.save")
	}
	var length uint32
	switch start[6] {
	case 1:
		var short uint16
		err = binary.Read(r, binary.LittleEndian, &short)
		length = uint32(short)
	case 2, 3:
		err = binary.Read(r, binary.LittleEndian, &length)
	default:
		return p, fmt.Errorf("version: %d is not one of 1 to 3; write the file with numpy.save", start[6])
	}
	if err == nil && length > maxNPYHeader {
		return p, fmt.Errorf("header: %d bytes are above %d; write a plain array with numpy.save", length, maxNPYHeader)
	}
	text := make([]byte, length)
	if err == nil {
		_, err = io.ReadFull(r, text)
	}
	if err != nil {
		return p, fmt.Errorf("header: %w; write the file again", ended(err, "within the header"))
	}
	return parseNPYHeader(string(text), limit)
}

// The fields of a header, which is a dictionary of Python.
var (
	npyType    = regexp.MustCompile(`'descr'\s*:\s*'([<>=|])([a-zA-Z])(\d{1,2})'`)
	npyColumns = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d,\s]*)\)`)
)

func parseNPYHeader(text string, limit int64) (p npyHeader, err error) {
	kind, columns, shape := npyType.FindStringSubmatch(text), npyColumns.FindStringSubmatch(text), npyShape.FindStringSubmatch(text)
	switch {
	case kind == nil:
		return p, errors.New("type: the file does not say it as one type of values; save a plain array of uint8, or of float32 in [0,1]")
	case columns == nil || columns[1] == "True":
		return p, errors.New("order: columns come first; save numpy.ascontiguousarray(a)")
	case shape == nil:
		return p, errors.New("shape: the file does not say it; write it with numpy.save")
	}
	p.order = binary.LittleEndian
	if kind[1] == ">" {
		p.order = binary.BigEndian
	}
	p.kind = kind[2][0]
	p.bytes, _ = strconv.Atoi(kind[3])
	if !slices.Contains([]string{"u1", "f4", "f8"}, kind[2]+kind[3]) {
		return p, fmt.Errorf("type: %s%s is not read; save a.astype('uint8') of values in 0 to 255, or a.astype('float32') of values in 0 to 1", kind[2], kind[3])
	}
	return p, p.setShape(shape[1], limit)
}

// setShape takes the dimensions.
func (p *npyHeader) setShape(text string, limit int64) error {
	var dims []int
	size := int64(p.bytes)
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		d, err := strconv.ParseInt(word, 10, 32)
		if err != nil || d < 1 || size > limit/d {
			return fmt.Errorf("shape: (%s) has a dimension of zero, or more than %d bytes; save fewer images", text, limit)
		}
		dims, size = append(dims, int(d)), size*d
	}
	switch len(dims) {
	case 3:
		p.n, p.h, p.w, p.c = dims[0], dims[1], dims[2], 1
	case 4:
		p.n, p.h, p.w, p.c = dims[0], dims[1], dims[2], dims[3]
	default:
		return fmt.Errorf("shape: (%s) is neither images×height×width nor images×height×width×channels; save a.reshape(…) of such a shape", text)
	}
	return nil
}

// errRange is of values outside of [0,1].
var errRange = errors.New("values must be in 0 to 1; divide by the largest possible one, or save a.astype('uint8') of values in 0 to 255")

// readFloats turns values into bytes as they come in.
func (p npyHeader) readFloats(r io.Reader) ([]uint8, error) {
	n := p.n * p.h * p.w * p.c
	from := bufio.NewReaderSize(r, 1<<16)
	data := make([]uint8, 0, min(n, firstChunk))
	var b [8]byte
	for i := range n {
		if _, err := io.ReadFull(from, b[:p.bytes]); err != nil {
			return nil, fmt.Errorf("values: %w", ended(err, fmt.Sprintf("after %d of the declared %d", i, n)))
		}
		v := 0.0
		if p.bytes == 4 {
			v = float64(math.Float32frombits(p.order.Uint32(b[:])))
		} else {
			v = math.Float64frombits(p.order.Uint64(b[:]))
		}
		if !(v >= 0 && v <= 1) { // also catches NaN
			return nil, fmt.Errorf("values: number %d is %g: %w", i, v, errRange)
		}
		data = append(data, uint8(math.Round(255*v)))
	}
	if _, err := readBody(from, 0); err != nil {
		return nil, fmt.Errorf("values: there are more than the declared %d", n)
	}
	return data, nil
}
