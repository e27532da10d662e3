package show

import (
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"deepgmm/experiments/report"
	"deepgmm/internal/progress"
)

// liveEvery bounds how often a live display changes.
const liveEvery = 100 * time.Millisecond

// Progress is the live display of one piece of work: a bar, the time it took and what is left, a note and, if there is
// one, a diagram. Its methods may be called by several goroutines.
type Progress struct {
	mu         sync.Mutex
	title      string
	start, due time.Time
	from       float64 // share that was done before the start
	curves     []report.Line
	show       func(html string)
	plain      *progress.Bar // outside of a notebook
}

// NewProgress starts the display of work. In a notebook it appears at the first Set.
func NewProgress(title string) *Progress {
	p := &Progress{title: title, start: time.Now()}
	if !gonbui.IsNotebook {
		p.plain = progress.New(os.Stderr, title, 1)
		return p
	}
	id := "progress_" + gonbui.UniqueId()
	p.show = func(html string) { display(id, bundle{html: html}) }
	return p
}

// Set says that a share of the work, in [0, 1], is done; the note is appended. The display changes at most ten times a
// second, however often it is called. It is what cell.Options.Progress and the like take.
func (p *Progress) Set(share float64, note string) {
	p.plain.Set(share, note)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.show == nil || now.Before(p.due) {
		return
	}
	p.due = now.Add(liveEvery)
	p.show(p.html(share, note, now.Sub(p.start)))
}

// lines shows what is written as notes.
type lines struct{ *Progress }

func (l lines) Write(p []byte) (int, error) {
	l.Set(0, strings.TrimSpace(string(p)))
	return len(p), nil
}

// Add adds a point to one of the lines of the diagram, which Set shows.
func (p *Progress) Add(line string, share, value float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.curves, func(c report.Line) bool { return c.Name == line })
	if i < 0 {
		i, p.curves = len(p.curves), append(p.curves, report.Line{Name: line})
	}
	c := &p.curves[i]
	c.X, c.Y = append(c.X, share), append(c.Y, value)
}

// Close replaces the live display by a lasting line: the words, in HTML, and the time it took. Without words only the
// time, if there is a display.
func (p *Progress) Close(words string) {
	p.close(words, "took "+progress.Duration(time.Since(p.start)))
}

func (p *Progress) close(words, timing string) {
	p.plain.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.show == nil, words == "" && p.due.IsZero(): // nothing was shown
		return
	case words == "":
		p.show(span(liveClass, p.title+": "+timing))
	default:
		p.show(words + span(timingClass, " · "+timing))
	}
	p.show = nil
}

func (p *Progress) html(share float64, note string, elapsed time.Duration) string {
	share = max(0, min(1, share))
	left := ""
	if share > p.from {
		left = ", " + progress.Duration(time.Duration(float64(elapsed)*(1-share)/(share-p.from))) + " left"
	}
	return fmt.Sprintf(`<div class=%q><b>%s</b> <progress value="%.4f" max="1"></progress> %.0f %% · %s elapsed%s<br>%s%s</div>`,
		liveClass, html.EscapeString(p.title), share, 100*share, progress.Duration(elapsed), left, html.EscapeString(note), p.diagram())
}

// Size of the live diagram in pixels.
const liveWidth, liveHeight = 420, 140

var liveColors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"}

// diagram draws every curve in a scale of its own, with its last value beside its name.
func (p *Progress) diagram() string {
	if len(p.curves) == 0 {
		return ""
	}
	var lines, legend strings.Builder
	for i, c := range p.curves {
		color, last := liveColors[i%len(liveColors)], c.Y[len(c.Y)-1]
		fmt.Fprintf(&lines, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`, color, points(c))
		fmt.Fprintf(&legend, ` <span style="color:%s">— %s: %.3g</span>`, color, html.EscapeString(c.Name), last)
	}
	return fmt.Sprintf(`<br><svg width="%d" height="%d" style="border:1px solid #bbb;background:#fff">%s</svg><br>%s`,
		liveWidth, liveHeight, &lines, &legend)
}

func points(c report.Line) string {
	low, high := slices.Min(c.Y), slices.Max(c.Y)
	var all []string
	for i, v := range c.Y {
		y := 0.5
		if high > low {
			y = (v - low) / (high - low)
		}
		all = append(all, fmt.Sprintf("%.1f,%.1f", 4+c.X[i]*(liveWidth-8), 4+(1-y)*(liveHeight-8)))
	}
	return strings.Join(all, " ")
}
