package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowser opens the first notebook in JupyterLab in a headless Chromium, runs all cells and sees the live training,
// the curve of the objective and the grid of prototypes appear. DCGMM_BROWSER=if-there runs it where there is Chromium, required
// fails without; with DCGMM_SCREENSHOT=FILE.png it leaves a picture of the page.
func TestBrowser(t *testing.T) {
	ctx, e, tab := browser(t)
	source, err := os.ReadFile(filepath.Join(e.root, "notebooks", "01_quickstart.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	url := startLab(t, ctx, e, source)
	runAll(t, tab, url)
	if path := os.Getenv("DCGMM_SCREENSHOT"); path != "" {
		// The training, in the middle of the page, and the menus.
		aside := `document.querySelector('.jp-SideBar .lm-TabBar-tab.lm-mod-current')?.click(); [...document.querySelectorAll('.jp-CodeCell')].find(c => c.textContent.includes('show.Train(')).scrollIntoView({block: 'start'}); true`
		if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](aside), chromedp.Sleep(2*time.Second)); err != nil {
			t.Fatal(err)
		}
		screenshot(t, tab, path)
	}
}

// browser sets up Jupyter and Chromium, or skips the test.
func browser(t *testing.T) (ctx context.Context, e *env, tab context.Context) {
	mode := os.Getenv("DCGMM_BROWSER")
	if mode != "if-there" && mode != "required" {
		t.Skip("DCGMM_BROWSER is not set; make test-notebooks runs this test")
	}
	chromium := findChromium()
	if chromium == "" && mode == "required" {
		t.Fatal("there is no chromium; on Debian: apt-get install chromium")
	}
	if chromium == "" {
		t.Skip("there is no chromium; on Debian: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	e = &env{root: root, home: filepath.Join(root, ".cache", "jupyter"), out: io.Discard}
	if err := e.setup(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, e, startChromium(t, ctx, chromium)
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// startLab serves a copy of a notebook, with more arguments for the server, and returns the address of its page.
func startLab(t *testing.T, ctx context.Context, e *env, source []byte, more ...string) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notebook.ipynb"), withoutOutputs(t, source, dir), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{e.ui, "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--allow-root", "--ServerApp.root_dir=" + dir, "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"}
	c := e.command(ctx, dir, e.jupyter, append(args, more...)...)
	data := os.Getenv("DCGMM_NOTEBOOK")
	if data == "" {
		data = "smoke"
	}
	// The first settings of a user; and all cells are in the page, not only those in sight.
	settings := filepath.Join(t.TempDir(), "lab", "settings")
	if err := (&env{home: filepath.Dir(filepath.Dir(settings))}).settings(); err != nil {
		t.Fatal(err)
	}
	if err := writeIfChanged(filepath.Join(settings, "@jupyterlab", "notebook-extension", "tracker.jupyterlab-settings"), []byte(`{"windowingMode": "none"}`)); err != nil {
		t.Fatal(err)
	}
	c.Env = append(c.Env, "JUPYTERLAB_SETTINGS_DIR="+settings, "DCGMM_NOTEBOOK="+data, "DCGMM_NOTEBOOK_CACHE="+t.TempDir())
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // an interrupt would ask for confirmation
		_ = c.Wait()                          // it shuts its kernels down; c.WaitDelay bounds it
	})
	lines := bufio.NewScanner(stderr)
	address := regexp.MustCompile(`(http://127\.0\.0\.1:\d+/(?:.*/)?)(?:lab|tree)?\?(token=\w+)`)
	for lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go func() {
				for lines.Scan() {
					t.Log(lines.Text()) // shown if the test fails
				}
			}()
			return m[1] + "lab/tree/notebook.ipynb?reset&" + m[2]
		}
	}
	t.Fatal("JupyterLab did not start")
	return ""
}

// withoutOutputs makes sure that what the page shows was made now.
func withoutOutputs(t *testing.T, source []byte, dir string) []byte {
	path := filepath.Join(dir, "source.ipynb")
	if err := os.WriteFile(path, source, 0o666); err != nil {
		t.Fatal(err)
	}
	nb, err := readNotebook(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	nb.clean()
	for _, c := range nb.Cells {
		if c.Type == "code" {
			c.Outputs, c.Count = []*output{}, json.RawMessage("null")
		}
	}
	b, err := nb.bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func startChromium(t *testing.T, ctx context.Context, path string) context.Context {
	alloc, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1300, 1500),
		chromedp.Flag("headless", true), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(stop)
	tab, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	return tab
}

// until runs JavaScript in the page until it is true.
func until(t *testing.T, tab context.Context, what, script string, timeout time.Duration) {
	t.Helper()
	if err := poll(tab, script, timeout); err != nil {
		page := filepath.Join(t.ArtifactDir(), "page.png") // kept by go test -artifacts
		screenshot(t, tab, page)
		t.Fatalf("%s did not appear: %v; with -artifacts, %s shows the page", what, err, page)
	}
}

func poll(tab context.Context, script string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(tab, timeout)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(timeout)))
	return err
}

// panel is the notebook in the page.
const panel = `[...(window.jupyterapp?.shell.widgets('main') ?? [])].find(w => w.sessionContext)`

const isConnected = panel + `?.sessionContext?.session?.kernel?.connectionStatus === 'connected'`

// runAll opens a notebook and runs all cells.
func runAll(t *testing.T, tab context.Context, url string) {
	open(t, tab, url)
	// What is live comes and goes: an observer remembers it.
	evaluate(t, tab, `window.live = 0; new MutationObserver(() => { if (document.querySelector('.jp-OutputArea .live progress') && document.querySelector('.jp-OutputArea .live polyline')) window.live++ }).observe(document.body, {childList: true, subtree: true}); true`)
	command(t, tab, "notebook:run-all-cells")
	until(t, tab, "the live display of the training", `window.live > 0`, 30*time.Second)
	// The cell that trains leaves the curve of the objective, the next one the grid of prototypes.
	for what, words := range map[string]string{"the curve of the objective": "show.Train(", "the grid of prototypes": "show.Prototypes("} {
		until(t, tab, what, `[...document.querySelectorAll('.jp-CodeCell')].some(c => c.textContent.includes('`+words+`') && [...c.querySelectorAll('.jp-OutputArea-output img')].some(i => i.naturalWidth > 400))`, 3*time.Minute)
	}
	until(t, tab, "the end of the last cell", allNumbered, 5*time.Minute)
}

// allNumbered is true when all cells have run.
const allNumbered = `[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].every(e => /\[\d+\]/.test(e.textContent))`

// open waits for a notebook and its kernel.
func open(t *testing.T, tab context.Context, url string) {
	t.Helper()
	if _, err := chromedp.Run(tab, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	until(t, tab, "the notebook", `document.querySelectorAll('.jp-CodeCell').length > 1`, 2*time.Minute)
	until(t, tab, "a connected kernel", isConnected, time.Minute)
}

func evaluate(t *testing.T, tab context.Context, script string) {
	t.Helper()
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Fatal(err)
	}
}

// command does what a menu does, on the notebook that is in front.
func command(t *testing.T, tab context.Context, name string) {
	t.Helper()
	evaluate(t, tab, `jupyterapp.shell.activateById(`+panel+`.id); setTimeout(() => jupyterapp.commands.execute('`+name+`'), 500); true`)
}

func screenshot(t *testing.T, tab context.Context, path string) {
	png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, png, 0o666)
	}
	if err != nil {
		t.Log(err)
	}
}
