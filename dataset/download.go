package dataset

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

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

// watchdog ends a download that comes too slowly. It watches over connecting, the header and the body.
type watchdog struct {
	*time.Timer
	patience time.Duration
	least    int64
	came     atomic.Int64 // bytes since the timer was set
}

// watch gives up unless, again and again, least bytes come within patience; the last bytes may be fewer.
func watch(patience time.Duration, least int64, giveUp func(error)) *watchdog {
	if patience == 0 {
		patience = 30 * time.Second
	}
	if least == 0 {
		least = 128 << 10 // about the speed of a modem
	}
	d := &watchdog{patience: patience, least: least}
	d.Timer = time.AfterFunc(patience, func() {
		if n := d.came.Load(); n > 0 {
			giveUp(fmt.Errorf("only %d bytes came in %v, too slow to wait for the rest", n, patience))
			return
		}
		giveUp(fmt.Errorf("nothing came for %v", patience))
	})
	return d
}

// fed says that n bytes came. A byte now and then does not make a download live on: only enough of them do.
func (d *watchdog) fed(n int64) {
	if d.came.Add(n) >= d.least {
		d.came.Store(0)
		d.Reset(d.patience)
	}
}

// meter counts the bytes of a download and says that it is alive.
type meter struct {
	r    io.Reader
	dog  *watchdog
	bar  *progress.Bar
	done int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if n > 0 {
		m.dog.fed(int64(n))
		m.done += int64(n)
		m.bar.Set(float64(m.done), fmt.Sprintf("%.1f MB", float64(m.done)/1e6))
	}
	return n, err
}
