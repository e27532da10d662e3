package atomicfile

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// Open opens a regular file of at most limit bytes to read. Pipes, devices, folders and larger files are errors that name
// path: they would block, never end, or fill the memory. A missing file is an fs.ErrNotExist.
func Open(path string, limit int64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else a pipe without a writer blocks
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no regular file; move it away", path)
	case info.Size() > limit:
		err = fmt.Errorf("%s has %d bytes, more than the %d that such a file may have; move it away", path, info.Size(), limit)
	default:
		return f, nil
	}
	f.Close()
	return nil, err
}

// Read is the content of a regular file of at most limit bytes, with the errors of Open.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s has grown to more than %d bytes", path, limit)
	}
	return text, err
}
