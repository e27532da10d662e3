package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var drawNotebook = &notebook{NBFormat: 4, Cells: []*cell{
	{Type: "code", Source: `import (
	"deepgmm/dcgmm"
	"deepgmm/notebooks/show"
)

// count is how many pixels a mask hides.
func count(mask []bool) (n int) {
	for _, missing := range mask {
		if missing {
			n++
		}
	}
	return n
}

%%
defer show.Done()
set := show.Must(show.Data("glyphs")).Train.Head(300)
net := show.Must(show.Train(show.Job{Arch: "F8/2 G9 F11 G9", Images: show.Images(set), Config: dcgmm.Config{Epochs: 2, Seed: 1}}))
images := show.Images(set.Head(2))
images.Missing = show.Mask(28, 28, func(y, _ int) bool { return y < 4 })
drawn := show.Must(show.DrawMask("a mask", net, images, dcgmm.Inpainting{}))
fmt.Printf("drawn: %d, %d of them in the left image\n", count(drawn), count(drawn[:28*28]))`},
}}

// TestBrowserDrawnMask draws with the mouse what is missing, and takes a part of what was missing away: the images filled in
// follow, and the cell gets the mask. The server is behind a prefix, as of JupyterHub.
func TestBrowserDrawnMask(t *testing.T) {
	inFrontEnds(t, drawNotebook, []string{"--ServerApp.base_url=/a/prefix/"}, testDrawnMask)
}

func testDrawnMask(t *testing.T, tab context.Context, f frontEnd) {
	f.run(t, tab, 0)
	until(t, tab, "images to draw on", `document.querySelector('[id^=draw_] img')?.naturalWidth === 58 && document.querySelector('[id^=draw_] canvas').width === 58`, 4*time.Minute)
	// hidden counts the pixels of the canvas that are red, of some columns; changed those that are known and not as they
	// are in the images filled in.
	evaluate(t, tab, `{
		const levels = (e, x, w) => {
			const c = Object.assign(document.createElement('canvas'), {width: 58, height: 29}).getContext('2d');
			c.drawImage(e, 0, 0);
			return [...new Uint32Array(c.getImageData(x, 0, w, 29).data.buffer)];
		};
		const part = (what, x, w) => levels(document.querySelector('[id^=draw_] ' + what), x, w), red = v => (v & 0xffff) !== (v >> 8 & 0xffff);
		window.hidden = (x, w) => part('canvas', x, w).filter(red).length;
		window.changed = () => { const f = part('img', 0, 58); return part('canvas', 0, 58).filter((v, i) => !red(v) && v !== f[i]).length };
		window.filled = () => document.querySelector('[id^=draw_] img').src; } true`)
	until(t, tab, "the mask of the start", `hidden(0, 28) === 4 * 28 && hidden(29, 28) === 4 * 28 && changed() === 0`, 10*time.Second)

	evaluate(t, tab, `document.querySelector('[id^=draw_] canvas').scrollIntoView({block: 'center'}); window.before = filled(); true`)
	stroke(t, tab, [2]float64{38, 12}, [2]float64{50, 20})
	until(t, tab, "a stroke in the right image", `hidden(0, 28) === 4 * 28 && hidden(29, 28) > 4 * 28 + 40 && filled() !== before && changed() === 0`, 10*time.Second)

	evaluate(t, tab, `window.before = filled(); true`)
	stroke(t, tab, [2]float64{0.5, 2}, [2]float64{27.5, 2})
	until(t, tab, "the left image without a mask", `hidden(0, 28) === 0 && hidden(29, 28) > 4 * 28 + 40 && filled() !== before && changed() === 0`, 10*time.Second)

	click(t, tab, `[...document.querySelectorAll('[id^=draw_] button')].at(-1)`)
	until(t, tab, "the mask in the cell", f.nthCell(0)+`.textContent.includes('drawn: ' + hidden(0, 58) + ', 0 of them')`, time.Minute)
	until(t, tab, "that the cell has ended", `document.querySelector('[id^=draw_]').textContent.includes('The cell has ended')`, 10*time.Second)
}

// stroke moves the mouse from one point of the drawing to another, in pixels of the images, with the button held.
func stroke(t *testing.T, tab context.Context, from, to [2]float64) {
	t.Helper()
	const canvas = `document.querySelector('[id^=draw_] canvas')`
	var steps []chromedp.Action[chromedp.Void]
	for i := range 9 {
		share := float64(i) / 8
		x, y := place(t, tab, canvas, (from[0]+share*(to[0]-from[0]))/58, (from[1]+share*(to[1]-from[1]))/29)
		steps = append(steps, chromedp.MouseEvent(chromedp.MouseMoved, x, y, chromedp.ButtonLeft))
		if i == 0 {
			steps[0] = chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1))
		}
		if i == 8 {
			steps = append(steps, chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
		}
	}
	if err := chromedp.Do(tab, steps...); err != nil {
		t.Fatal(fmt.Errorf("the stroke: %w", err))
	}
}
