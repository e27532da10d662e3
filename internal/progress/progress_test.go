package progress

import (
	"strings"
	"testing"
	"time"
)

func TestPlainLinesNowAndThen(t *testing.T) {
	var out strings.Builder
	b := New(&out, "work", 200)
	for i := range 100 {
		b.Set(float64(i), "too early")
	}
	if out.Len() != 0 {
		t.Errorf("within %v there is %q", plainEvery, out.String())
	}
	b.start, b.due = time.Now().Add(-time.Minute), time.Now()
	b.Set(50, "layer 1")
	b.Note("a note")
	b.Close()
	if got := out.String(); got != "work   25 %  1:00 min elapsed  3:00 min left  layer 1\na note\n" {
		t.Errorf("%q", got)
	}
}

func TestUnknownTotalShowsNoShare(t *testing.T) {
	var out strings.Builder
	b := New(&out, "work", 0)
	b.start, b.due = time.Now().Add(-90*time.Second), time.Now()
	b.Set(7, "seven")
	if got := out.String(); got != "work  1:30 min elapsed  seven\n" {
		t.Errorf("%q", got)
	}
}

// On a terminal the line is rewritten in place, and erased before a note.
func TestLiveLine(t *testing.T) {
	var out strings.Builder
	b := New(&out, "w", 2)
	b.live, b.due = true, time.Now()
	b.Set(1, "x")
	b.Note("note")
	line := "w   50 %  0 s elapsed  0 s left  x"
	if got, want := out.String(), line+"\r"+strings.Repeat(" ", len(line))+"\rnote\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b.Close()
	if !strings.HasSuffix(out.String(), "note\n") {
		t.Errorf("Close wrote after the note: %q", out.String())
	}
}

func TestNilIsSilent(t *testing.T) {
	var b *Bar
	b.Set(1, "")
	b.Note("")
	b.Close()
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 1499 * time.Millisecond: "1 s", 59600 * time.Millisecond: "1:00 min",
		187 * time.Second: "3:07 min", 3723 * time.Second: "1:02:03 h"} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
