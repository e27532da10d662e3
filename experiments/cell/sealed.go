package cell

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/regular"
)

// ErrDamaged is in the error for a file of a Store that is not what was written there under its key: it was cut off,
// changed or renamed, or a program wrote it that kept no checksums. Run computes the cell again.
var ErrDamaged = errors.New("does not match its checksum")

// maxFile bounds the files that are read: far above any result or network.
const maxFile = 1 << 32

// sealedLine ends a sealed file: the SHA-256 of its key, a line break, and what is before this line.
func sealedLine(sum []byte) []byte { return fmt.Appendf(nil, "{\"SHA256\":\"%x\"}\n", sum) }

var sealSize = int64(len(sealedLine(newSeal("").Sum(nil))))

func newSeal(key string) hash.Hash {
	h := sha256.New()
	fmt.Fprintln(h, key)
	return h
}

// writeSealed writes a file with a checksum of its key and content, whole or not at all.
func writeSealed(path, key string, write func(io.Writer) error) error {
	return atomicfile.Write(path, func(w io.Writer) error { return seal(w, key, write) })
}

// seal writes the content of a sealed file.
func seal(w io.Writer, key string, write func(io.Writer) error) error {
	h := newSeal(key)
	if err := write(io.MultiWriter(w, h)); err != nil {
		return err
	}
	_, err := w.Write(sealedLine(h.Sum(nil)))
	return err
}

// sealed is the content of a sealed file.
type sealed struct {
	*io.SectionReader
	f *os.File
}

func (s sealed) Close() error { return s.f.Close() }

// openSealed opens a file of at most limit bytes for reading if its checksum is right. A wrong one is an ErrDamaged, a
// missing file an fs.ErrNotExist.
func openSealed(path, key string, limit int64) (s sealed, err error) {
	f, err := regular.Open(path, limit)
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return s, err
	}
	if size < sealSize {
		return s, damaged(path)
	}
	content := io.NewSectionReader(f, 0, size-sealSize)
	h := newSeal(key)
	if _, err := io.Copy(h, content); err != nil {
		return s, err
	}
	line := make([]byte, sealSize)
	if _, err := f.ReadAt(line, size-sealSize); err != nil {
		return s, err
	}
	if !bytes.Equal(line, sealedLine(h.Sum(nil))) {
		return s, damaged(path)
	}
	_, err = content.Seek(0, io.SeekStart)
	return sealed{content, f}, err
}

func damaged(path string) error { return fmt.Errorf("%s: %w", path, ErrDamaged) }
