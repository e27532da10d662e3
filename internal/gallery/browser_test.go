package gallery

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab is a page in a headless Chromium.
type tab struct {
	*testing.T
	ctx     context.Context
	console *console
}

// openPage opens a page in a browser. DCGMM_BROWSER=required fails where there is none.
func openPage(t *testing.T, p *Page) tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	switch {
	case path == "" && os.Getenv("DCGMM_BROWSER") == "required":
		t.Fatal("there is no chromium; on Debian: apt-get install chromium")
	case path == "":
		t.Skip("there is no chromium; on Debian: apt-get install chromium")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(mustWrite(t, p)), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1300, 1000), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	c := &console{}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			c.add(m.String())
		}
	}()
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	return tab{t, ctx, c}
}

// console is what the browser said.
type console struct {
	mu   sync.Mutex
	said []string
}

func (c *console) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, text)
}

// said is everything up to now: a mark that the page logs has come through.
func (t tab) said() string {
	t.Helper()
	const mark = "this is the end"
	t.do(`console.log('` + mark + `')`)
	for range 1000 {
		t.console.mu.Lock()
		all := strings.Join(t.console.said, "\n")
		t.console.mu.Unlock()
		if before, _, ok := strings.Cut(all, mark); ok {
			return before
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the console does not answer")
	return ""
}

// is checks that an expression has a value.
func is[V comparable](t tab, script string, want V) {
	t.Helper()
	if got, err := chromedp.Run(t.ctx, chromedp.Evaluate[V](script)); err != nil || got != want {
		t.Errorf("%s is %v, want %v; %v", script, got, want, err)
	}
}

// do runs a statement.
func (t tab) do(script string) {
	t.Helper()
	if _, err := chromedp.Run(t.ctx, chromedp.Evaluate[chromedp.Void](script+"; true")); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// until waits for an expression to be true.
func (t tab) until(script string) {
	t.Helper()
	if _, err := chromedp.Run(t.ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		t.Fatalf("%s does not come true: %v", script, err)
	}
}

// click clicks with the mouse on the first element of a selector.
func (t tab) click(selector string) {
	t.Helper()
	if err := chromedp.Do(t.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		t.Fatalf("click on %s: %v", selector, err)
	}
}

// names are those of the first rows of the table.
func (t tab) names(n int) []string {
	t.Helper()
	got, err := chromedp.Run(t.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('#table td.name:nth-child(2)')].map(e => e.textContent)`))
	if err != nil {
		t.Fatal(err)
	}
	return got[:min(n, len(got))]
}

// The page works in a browser: it shows, sorts, searches, filters and opens pictures, without an error, and hostile
// names are words. With DCGMM_SCREENSHOT=FILE.png it leaves a picture.
func TestPageInBrowser(t *testing.T) {
	const n = 250
	p := hostilePage(n)
	copy(p.Images.Percentile[16:20], []float64{0, 90, 99.96, 100})
	page := openPage(t, p)
	page.until(`document.querySelectorAll('#table tbody tr').length >= 100`)
	is(page, `document.querySelector('h1').textContent`, hostile[0])
	is(page, `document.querySelector('#overview dt').textContent + document.querySelector('#overview dd').textContent`, hostile[1]+hostile[2])
	if got := page.names(len(hostile)); !slices.Equal(got, hostile) {
		t.Errorf("the names are %q", got)
	}

	// Thumbnails are drawn when they are in sight, each with its own picture.
	page.until(`document.querySelector('#oddest-cards canvas').dataset.drawn === 'yes'`)
	is(page, `document.querySelectorAll('#oddest-cards .pic').length`, 20)
	is(page, `document.querySelectorAll('#oddest-cards .pic.flagged').length`, 5)
	is(page, `document.querySelectorAll('#oddest-cards .pair canvas').length`, 20+10)
	is(page, `[...document.querySelectorAll('#place-cards .words')].map(e => e.textContent).join()`, "35. picture 34.pngheat 120,28. picture 27.pngheat 120")
	is(page, `[...document.querySelectorAll('#oddest-cards .words')].slice(-4).map(e => e.textContent.split('png')[1]).join()`,
		"odder than all usual ones,more normal than 90 % of the usual,more normal than 100 % of the usual,more normal than all usual ones")
	is(page, `document.querySelector('#table tbody tr:last-child canvas').dataset.drawn === undefined`, true)
	is(page, `(() => { const c = [...document.querySelectorAll('#oddest-cards .pair')][1].querySelector('canvas'); const d = c.getContext('2d').getImageData(10, 6, 1, 1).data; `+
		`return Math.abs(d[0] - 40) < 8 && d[1] < 8 && Math.abs(d[2] - 90) < 8; })()`, true)

	// Sorting, up and down; names with numbers in their order.
	page.click(`#table th:nth-child(2) button`)
	is(page, `document.querySelector('#table th[aria-sort]').textContent + document.querySelector('#table th[aria-sort]').ariaSort`, "fileascending")
	page.click(`#table th:nth-child(2) button`)
	is(page, `document.querySelector('#table th[aria-sort]').ariaSort`, "descending")
	page.click(`#table th:nth-child(4) button`)
	page.click(`#table th:nth-child(4) button`)
	if got := page.names(2); !slices.Equal(got, []string{"folder/picture 249.png", "folder/picture 248.png"}) {
		t.Errorf("by falling score: %q", got)
	}

	// Search, flags, clusters, and all again; more rows come on demand.
	page.click("#search")
	if err := chromedp.Do(page.ctx, chromedp.SendKeys(chromedp.CSS("#search"), "PICTURE 24")); err != nil {
		t.Fatal(err)
	}
	is(page, `document.getElementById('count').textContent`, "11 of 250 pictures")
	is(page, `document.getElementById('more').hidden`, true)
	page.click("#reset")
	is(page, `document.getElementById('count').textContent + document.getElementById('search').value`, "250 of 250 pictures")
	page.do(`document.getElementById('filter-flag').value = 'flagged'; document.getElementById('filter-flag').dispatchEvent(new Event('change'))`)
	is(page, `document.querySelectorAll('#table tbody tr.flagged').length + ' of ' + document.querySelectorAll('#table tbody tr').length`, "5 of 5")
	page.click("#cluster-list .cluster:nth-child(2) button.link")
	is(page, `document.getElementById('count').textContent + document.getElementById('filter-cluster').value + document.getElementById('filter-flag').value`, "83 of 250 pictures1")
	page.click("#reset")
	page.do(`document.getElementById('more').scrollIntoView()`)
	page.until(`document.querySelectorAll('#table tbody tr').length >= 200`)
	page.until(`document.querySelector('#table tbody tr:nth-child(150) canvas') !== null`)

	// Bars of the histogram hold all pictures and show theirs.
	is(page, `[...document.querySelectorAll('#histogram title')].reduce((sum, e) => sum + parseInt(e.textContent), 0)`, n)
	page.click("#histogram rect.hit")
	is(page, `document.getElementById('count').textContent`, "11 of 250 pictures with scores from -1 to 0.0375")
	is(page, `document.querySelector('#histogram title').textContent`, "11 pictures, 5 flagged, scores -1 to 0.0375")

	// A picture opens with what is known of it, and its duplicates.
	page.click("#oddest-cards .pic")
	is(page, `document.getElementById('detail').open`, true)
	is(page, `document.querySelector('#detail-table td:nth-child(2)').textContent`, hostile[0])
	is(page, `document.querySelectorAll('#detail-like .pic').length`, 2)
	page.until(`[...document.querySelectorAll('#detail-pictures canvas')].filter(c => c.dataset.drawn).length === 2`)
	page.click("#close")
	is(page, `document.getElementById('detail').open`, false)
	is(page, `[...document.querySelectorAll('#duplicate-list .group')].map(g => g.querySelectorAll('.pic').length).join()`, "3,2")

	// The map, with dots and pictures, says what is under the mouse.
	page.until(`document.getElementById('map-canvas').dataset.drawn === 'dots'`)
	for i := range 5 {
		page.do(`document.getElementById('map-colour').value = '` + string(rune('0'+i)) + `'; document.getElementById('map-colour').dispatchEvent(new Event('change'))`)
	}
	page.do(`const c = document.getElementById('map-canvas'); c.scrollIntoView(); const b = c.getBoundingClientRect();
		c.dispatchEvent(new MouseEvent('mousemove', {clientX: b.left + 24 * b.width / 1100, clientY: b.bottom - 24 * b.height / 640}))`)
	is(page, `document.getElementById('map-tip').hidden`, false)
	is(page, `document.querySelector('#map-tip span').textContent.endsWith('rank 1')`, true)
	page.click("#map-pictures")
	page.until(`document.getElementById('map-canvas').dataset.drawn === 'pictures'`)
	if path := os.Getenv("DCGMM_SCREENSHOT"); path != "" {
		page.do(`window.scrollTo(0, 0)`)
		if png, err := chromedp.Run(page.ctx, chromedp.FullScreenshot(100)); err != nil || os.WriteFile(path, png, 0o666) != nil {
			t.Error(err)
		}
	}

	is(page, `window.pwned === undefined`, true)
	is(page, `document.querySelectorAll('script').length + ' ' + document.querySelectorAll('img, iframe, object, embed, link, b b, a:not([href^="#"])').length`, "2 0")
	if said := page.said(); said != "" && said != "log: " {
		t.Errorf("the browser said: %s", said)
	}
}

// What a name might bring along does not run: the browser says that the policy is against it.
func TestPolicyInBrowser(t *testing.T) {
	page := openPage(t, hostilePage(40))
	page.until(`document.querySelectorAll('#table tbody tr').length === 40`)
	page.do(`document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.pwned = 1'}))`)
	page.do(`document.querySelector('h1').setAttribute('onclick', 'window.pwned = 1'); document.querySelector('h1').click()`)
	page.do(`document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x.png'}))`)
	is(page, `window.pwned === undefined`, true)
	var kinds []string
	said := page.said()
	for _, kind := range []string{"inline script", "inline event handler", "x.png"} {
		if strings.Contains(said, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) != 3 || !strings.Contains(said, "Content Security Policy") {
		t.Errorf("the browser is against %v: %s", kinds, said)
	}
}
