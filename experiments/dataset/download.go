package dataset

import (
	"fmt"
	"io"

	"deepgmm/internal/progress"
)

// receive reads f from body, and writes all of body to w on the way. Trouble with body and
// with what is in it is a *mirrorError; the rest is trouble with w.
func (f *file) receive(w io.Writer, body io.Reader) (*array, error) {
	// A .gz is never much longer than its content, whatever a mirror sends.
	body = io.LimitReader(body, f.size+firstChunk)
	disk := &sink{w: w}
	a, err := f.read(io.TeeReader(body, disk))
	switch {
	case disk.err != nil:
		return nil, disk.err
	case err != nil:
		return nil, &mirrorError{err}
	}
	return a, nil
}

// sink remembers that writing failed, which a TeeReader reports as an error of reading.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// meter counts the bytes of a download and says that it is alive.
type meter struct {
	r     io.Reader
	alive func()
	bar   *progress.Bar
	done  int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if n > 0 {
		m.alive()
		m.done += int64(n)
		m.bar.Set(float64(m.done), fmt.Sprintf("%.1f MB", float64(m.done)/1e6))
	}
	return n, err
}
