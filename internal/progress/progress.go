// Package progress shows how long work is getting on: one line that is rewritten in place on a terminal, plain lines
// now and then elsewhere. What a terminal would obey in titles and notes is escaped.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"deepgmm/internal/escape"
)

// Bar reports one piece of work of a known or unknown size. A nil *Bar is silent.
// Its methods may be called by several goroutines.
type Bar struct {
	mu         sync.Mutex
	w          io.Writer
	title      string
	total      float64
	live       bool
	start, due time.Time
	width      int // of the line on screen
}

const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 15 * time.Second
)

// OnTerminal reports whether w is a terminal.
func OnTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// New starts a bar on w. total is in any unit; 0 means unknown.
func New(w io.Writer, title string, total float64) *Bar {
	b := &Bar{w: w, title: title, total: total, live: OnTerminal(w), start: time.Now()}
	b.due = b.start
	if !b.live {
		b.due = b.start.Add(plainEvery)
	}
	return b
}

// Set says that done of total is finished; note is appended to the line.
func (b *Bar) Set(done float64, note string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Before(b.due) {
		return
	}
	every := plainEvery
	if b.live {
		every = liveEvery
	}
	b.due = now.Add(every)
	b.print(escape.Line(b.line(done, now.Sub(b.start)) + note))
}

// Note prints a lasting line.
func (b *Bar) Note(line string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	fmt.Fprintln(b.w, escape.Line(line))
}

// Close removes the rewritten line from a terminal.
func (b *Bar) Close() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
}

func (b *Bar) line(done float64, elapsed time.Duration) string {
	s := fmt.Sprintf("%s  %s elapsed", b.title, Duration(elapsed))
	if share := done / b.total; b.total > 0 && share > 0 {
		left := time.Duration(float64(elapsed) * max(0, 1-share) / share)
		s = fmt.Sprintf("%s  %3.0f %%  %s elapsed  %s left", b.title, 100*min(share, 1), Duration(elapsed), Duration(left))
	}
	return s + "  "
}

func (b *Bar) print(s string) {
	if !b.live {
		fmt.Fprintln(b.w, s)
		return
	}
	if f, ok := b.w.(*os.File); ok { // a wrapped line could not be rewritten
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 && len([]rune(s)) >= cols {
			s = string([]rune(s)[:cols-1])
		}
	}
	b.erase()
	fmt.Fprint(b.w, s)
	b.width = len([]rune(s))
}

func (b *Bar) erase() {
	if b.live && b.width > 0 {
		fmt.Fprintf(b.w, "\r%*s\r", b.width, "")
		b.width = 0
	}
}

// Duration formats d to the second: "42 s", "3:07 min", "1:02:03 h".
func Duration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d:%02d min", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d h", s/3600, s/60%60, s%60)
}
