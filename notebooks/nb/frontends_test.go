package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// smallNotebook shows what cells show, and has a word to complete.
var smallNotebook = &notebook{NBFormat: 4, Cells: []*cell{
	{Type: "code", Source: `import (
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/notebooks/show"
)

%%
defer show.Done()
show.Note("the answer is **%d**", 6*7)
level := func(at []int) ([]report.Sheet, error) {
	return []report.Sheet{show.Sheet("", 1, dcgmm.Shape{H: 1, W: 1, C: 1}, []float32{float32(at[0])})}, nil
}
still := show.Must(level([]int{1}))
show.Check(show.Explore("levels", []show.Slider{{Name: "level", Positions: []string{"black", "white"}}}, still, level))
show.Value([][]float64{{0, 1}, {0.5, 0.2}})`},
	{Type: "code", Source: "%%\nstrings.Has"},
}}

// frontEnd is an interface of Jupyter: its pages, and what is found there.
type frontEnd struct {
	command, path, ready      string
	cell, editor, completions string
}

var frontEnds = []frontEnd{
	{"lab", "lab/tree/", isConnected, ".jp-CodeCell", ".cm-content", ".jp-Completer"},
	{"notebook", "notebooks/", isConnected, ".jp-CodeCell", ".cm-content", ".jp-Completer"},
	{"nbclassic", "nbclassic/notebooks/", "window.Jupyter?.notebook?.kernel?.is_connected()", ".code_cell", ".CodeMirror-lines", "#complete, .completions"},
}

// inFrontEnds opens a notebook in each interface, one after the other: they share the kernel.
func inFrontEnds(t *testing.T, source *notebook, more []string, test func(t *testing.T, tab context.Context, f frontEnd)) {
	ctx, e, tab := browser(t)
	source.clean()
	text, err := source.bytes()
	if err != nil {
		t.Fatal(err)
	}
	url := startLab(t, ctx, e, text, more...)
	for _, f := range frontEnds {
		t.Run(f.command, func(t *testing.T) {
			if e.jupyter != e.path("venv", "bin", "jupyter") && e.command(ctx, e.root, e.jupyter, f.command, "--version").Run() != nil {
				t.Skipf("the Jupyter that is installed has no %s", f.command)
			}
			tab, stop := chromedp.NewContext(tab) // that asks nobody whether to leave a changed notebook
			defer stop()
			if _, err := chromedp.Run(tab, chromedp.Navigate(strings.Replace(url, "lab/tree/", f.path, 1))); err != nil {
				t.Fatal(err)
			}
			until(t, tab, "a kernel that is ready", f.ready, 2*time.Minute)
			test(t, tab, f)
		})
	}
}

func (f frontEnd) nthCell(i int) string {
	return fmt.Sprintf("document.querySelectorAll('%s')[%d]", f.cell, i)
}

// enter puts the cursor into a cell, run runs it and goes to the next.
func (f frontEnd) enter(t *testing.T, tab context.Context, i int) {
	t.Helper()
	click(t, tab, f.nthCell(i)+".querySelector('"+f.editor+"')")
	until(t, tab, "the cursor in the cell", f.nthCell(i)+".contains(document.activeElement)", 10*time.Second)
}

func (f frontEnd) run(t *testing.T, tab context.Context, i int) {
	t.Helper()
	f.enter(t, tab, i)
	press(t, tab, kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift))
}

// TestBrowserFrontEnds uses the mouse and the keyboard in each interface of Jupyter: a cell runs and shows words, a picture and
// a slider, which moves, and Tab completes.
func TestBrowserFrontEnds(t *testing.T) {
	inFrontEnds(t, smallNotebook, nil, func(t *testing.T, tab context.Context, f frontEnd) {
		cell := f.nthCell(0)
		f.run(t, tab, 0)
		until(t, tab, "what the cell shows", `(c => c.querySelector('strong')?.textContent === '42' && [...c.querySelectorAll('img')].filter(i => i.naturalWidth > 100).length === 2)(`+cell+`)`, 2*time.Minute)
		evaluate(t, tab, `window.before = `+cell+`.querySelector('[id^=explore_] img').src; true`)
		click(t, tab, cell+`.querySelector('[id^=explore_] input')`)
		press(t, tab, kb.ArrowRight)
		until(t, tab, "the slider's other picture", cell+`.querySelector('[id^=explore_] img').src !== window.before`, 10*time.Second)
		f.enter(t, tab, 1)
		press(t, tab, kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl))
		completions := `(text => text.includes('HasPrefix') && text.includes('HasSuffix'))([...document.querySelectorAll('` + f.completions + `')].map(e => e.textContent).join())`
		for range 5 { // the interfaces drop an answer that comes late, and a person asks again
			press(t, tab, kb.Tab)
			if poll(tab, completions, 12*time.Second) == nil {
				return
			}
		}
		until(t, tab, "completions", completions, time.Second)
	})
}

// click clicks the middle of an element with the mouse, as soon as it does not move and nothing is before it.
func click(t *testing.T, tab context.Context, element string) {
	t.Helper()
	until(t, tab, "something to click: "+element, `(e => {
		if (!e) return false;
		e.scrollIntoView({block: 'center'});
		const r = e.getBoundingClientRect(), before = e.before;
		e.before = r.top;
		return before === r.top && e.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2));
	})(`+element+`)`, time.Minute)
	x, y := place(t, tab, element, 0.5, 0.5)
	if err := chromedp.Do(tab, chromedp.MouseClickXY(x, y)); err != nil {
		t.Fatal(err)
	}
}

// place is where in the window a point of an element is, given in shares of its width and height.
func place(t *testing.T, tab context.Context, element string, right, down float64) (x, y float64) {
	t.Helper()
	at, err := chromedp.Run(tab, chromedp.Evaluate[[]float64](fmt.Sprintf(
		`(r => [r.left + r.width * %g, r.top + r.height * %g])(%s.getBoundingClientRect())`, right, down, element)))
	if err != nil {
		t.Fatal(err)
	}
	return at[0], at[1]
}

func press(t *testing.T, tab context.Context, keys string, how ...chromedp.KeyOption) {
	t.Helper()
	if err := chromedp.Do(tab, chromedp.KeyEvent(keys, how...)); err != nil {
		t.Fatal(err)
	}
}
