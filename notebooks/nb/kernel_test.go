package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// kernelEnv is Jupyter with the kernel of this checkout. Tests of the kernel need Python and, for the first time, the
// network: make test-notebooks sets DCGMM_KERNEL=required and runs them.
func kernelEnv(t *testing.T) *env {
	t.Helper()
	if os.Getenv("DCGMM_KERNEL") != "required" {
		t.Skip("DCGMM_KERNEL is not set; make test-notebooks runs this test")
	}
	root := rootOf(t)
	e := &env{root: root, home: filepath.Join(root, ".cache", "jupyter"), out: io.Discard}
	if err := e.setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// client is a program of jupyter_client, as editors use it: testdata/client.py.
type client struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

// reply has what any of the client's verbs returns.
type reply struct {
	Failed  string
	PID     int
	Cells   []executed
	Status  string
	Matches []string
	Found   bool
	Data    map[string]string
	Type    string
	Content map[string]any
}

// executed is a cell with its status: ok, error or aborted.
type executed struct {
	Status, Error string
	Outputs       []struct {
		Type    string
		Content map[string]any
	}
}

// printed is the text of standard output or error, with the words of shown Markdown.
func (c executed) printed() string {
	var all strings.Builder
	for _, o := range c.Outputs {
		if text, ok := o.Content["text"].(string); ok {
			all.WriteString(text)
		}
		if data, ok := o.Content["data"].(map[string]any); ok {
			fmt.Fprintln(&all, data["text/markdown"])
		}
	}
	return all.String()
}

// startClient starts a kernel in a folder. When the test ends it is shut down.
func startClient(t *testing.T, e *env, vars ...string) *client {
	t.Helper()
	python := filepath.Join(filepath.Dir(e.jupyter), "python")
	if _, err := os.Stat(python); err != nil {
		python = "python3" // of the Jupyter that is installed
	}
	cmd := e.command(context.WithoutCancel(t.Context()), e.root, python, filepath.Join("notebooks", "nb", "testdata", "client.py"))
	cmd.Env = append(append(cmd.Env, "DCGMM_NOTEBOOK=smoke", "DCGMM_NOTEBOOK_CACHE="+t.TempDir()), vars...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		c.do("shutdown", map[string]any{"now": false})
		_ = in.Close()
		_ = cmd.Wait()
	})
	c.do("start", map[string]any{"cwd": t.TempDir()})
	return c
}

func (c *client) do(verb string, args map[string]any) reply {
	c.t.Helper()
	request := map[string]any{"verb": verb}
	for k, v := range args {
		request[k] = v
	}
	if err := json.NewEncoder(c.in).Encode(request); err != nil {
		c.t.Fatal(err)
	}
	line, err := c.out.ReadBytes('\n')
	var r reply
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil || r.Failed != "" {
		c.t.Fatalf("%s: %v %s", verb, err, r.Failed)
	}
	return r
}

const patience = 300 // seconds, for a slow machine with an empty build cache

func (c *client) send(code string) { c.do("send", map[string]any{"code": code}) }

func (c *client) wait() []executed { return c.do("wait", map[string]any{"timeout": patience}).Cells }

func (c *client) run(code string) executed {
	c.t.Helper()
	c.send(code)
	return c.wait()[0]
}

// at asks about the end of a code, or about the place before which it is cut.
func (c *client) at(verb, before, after string) reply {
	c.t.Helper()
	start := time.Now()
	r := c.do(verb, map[string]any{"code": before + after, "pos": len([]rune(before)), "timeout": patience})
	c.t.Logf("%s %q: %.1f s", verb, before[max(0, len(before)-20):], time.Since(start).Seconds())
	return r
}

func TestKernelCompletesAndInspects(t *testing.T) {
	c := startClient(t, kernelEnv(t))
	const imports = "import (\n\t\"deepgmm/dcgmm\"\n\t\"deepgmm/notebooks/show\"\n)\n%%\n"
	for _, q := range []struct{ code, want string }{
		{imports + "show.Pict", "Pictures"}, {imports + "var n *dcgmm.Network\nn.Resp", "Responsibilities"},
		{imports + "// Ümläute\nshow.Explo", "ExploreMasks"}, {"%%\nstrings.HasP", "HasPrefix"},
	} {
		if r := c.at("complete", q.code, ""); r.Status != "ok" || !slices.Contains(r.Matches, q.want) {
			t.Errorf("%q is completed with %q (%s)", q.code, r.Matches, r.Status)
		}
	}
	// What an earlier cell declares is known.
	if got := c.run("// answer is found by computing.\nfunc answerToAll() int { return 42 }"); got.Status != "ok" {
		t.Fatal(got)
	}
	if r := c.at("complete", "%%\nx := answerT", ""); !slices.Contains(r.Matches, "answerToAll") {
		t.Errorf("completed with %q", r.Matches)
	}
	if r := c.at("inspect", imports+"dcgmm.Ne", `w("F8/2 G4", dcgmm.Shape{}, dcgmm.Init{})`); !strings.Contains(r.Data["text/markdown"], "New makes a network") {
		t.Errorf("dcgmm.New is %+v", r.Data)
	}
}

// A cell that fails is an error, which names the cell and its line.
func TestKernelErrors(t *testing.T) {
	c := startClient(t, kernelEnv(t))
	if got := c.run("// third panics for i > 2.\nfunc third(i int) int {\n\treturn []int{1, 2, 3}[i]\n}\n\n%%\nfmt.Println(third(2))"); got.Status != "ok" || got.printed() != "3\n" {
		t.Fatal(got)
	}
	const show = "import \"deepgmm/notebooks/show\"\n%%\n"
	for _, q := range []struct{ code, want string }{
		{"%%\nfmt.Println(\"before\")\nthird(3)", "cell [1] line 3: panic: runtime error: index out of range [3] with length 3"},
		{"%%\nx := 1\npanic(fmt.Sprint(\"x is \", x))", "cell [3] line 3: panic: x is 1"},
		{show + "defer show.Done()\nshow.Note(\"a\")\nshow.Must(os.Open(\"/no/file\"))", "cell [4] line 5: error: open /no/file: no such file or directory"},
		{show + "show.Must(os.Open(\"/no/file\"))", "cell [5] line 3: panic: error: open /no/file: no such file or directory"},
		{show + "defer show.Done()\nvar m map[int]int\nm[1] = 2", "cell [6] line 5: panic: assignment to entry in nil map"},
		{"%%\nos.Exit(3)", "cell [7]: exit status 3"},
		{"%%\nvar y int = z", "cell [8] line 2: declared and not used: y\ncell [8] line 2: undefined: z"},
		{"!exit 7", "executing special commands in cell: the shell command !exit 7: exit status 7"},
	} {
		got := c.run(q.code)
		if got.Status != "error" || !strings.HasPrefix(got.Error, q.want) {
			t.Errorf("%q ends with %s: %q, want %q", q.code, got.Status, got.Error, q.want)
		}
		if said := got.printed(); strings.Contains(said, "0x3") && strings.Contains(said, "failure") {
			t.Errorf("%q prints an address: %s", q.code, said)
		}
	}
	// Cells that were sent with it do not run, those after it do.
	c.send("%%\ntime.Sleep(time.Second)\npanic(\"first\")")
	c.send("%%\nfmt.Println(\"second\")")
	all := c.wait()
	if all[0].Status != "error" || all[1].Status != "aborted" || len(all[1].Outputs) != 0 {
		t.Errorf("cells sent together end with %+v", all)
	}
	if got := c.run("%%\nfmt.Println(third(0))"); got.printed() != "1\n" {
		t.Errorf("after errors: %+v", got)
	}
}

// The stop button ends a training, which goes on when the cell is run again; a restart forgets declarations and keeps
// trainings.
func TestKernelStopsAndRestarts(t *testing.T) {
	c := startClient(t, kernelEnv(t))
	imports := "import (\n\t\"deepgmm/dcgmm\"\n\t\"deepgmm/notebooks/show\"\n)\n"
	train := `%%
defer show.Done()
data := show.Must(show.Data("glyphs"))
config := dcgmm.Config{Epochs: 3000, Seed: 1, Workers: 1}
net := show.Must(show.Train(show.Job{Arch: "F8/2 G9 F11 G9", Images: show.Images(data.Train.Head(200)), Init: dcgmm.Init{Seed: 1}, Config: config}))
show.Note("trained %s", net.Arch())`
	c.send(imports + "func mine() {}\n\n" + train)
	var live string
	for !strings.Contains(live, "components in use") {
		o := c.do("output", map[string]any{"timeout": patience})
		if data, ok := o.Content["data"].(map[string]any); ok {
			live, _ = data["text/html"].(string)
		}
		if o.Type == "error" {
			t.Fatal(o.Content)
		}
	}
	for _, want := range []string{"τ ", "loss of layer 1", "<polyline"} {
		if !strings.Contains(live, want) {
			t.Errorf("the live display has no %q: %s", want, live)
		}
	}
	c.do("interrupt", nil)
	stopped := c.wait()[0]
	if stopped.Status != "error" || !strings.Contains(stopped.Error, "interrupted: ") || !strings.Contains(stopped.printed(), "Run the cell again to go on") {
		t.Fatalf("stopped: %s %q, %s", stopped.Status, stopped.Error, stopped.printed())
	}
	c.do("restart", nil)
	if got := c.run(imports + train); got.Status != "ok" || !strings.Contains(got.printed(), "trained F8/2") {
		t.Errorf("run again: %s %q", got.Status, got.Error)
	}
	c.do("restart", nil)
	if got := c.run("%%\nmine()"); got.Status != "error" || !strings.Contains(got.Error, "cell [1] line 2: undefined: mine") {
		t.Errorf("declarations outlive a restart: %s %q", got.Status, got.Error)
	}
}

// Two notebooks of one checkout at a time have declarations of their own, and share what is kept.
func TestKernelsOfOneCheckout(t *testing.T) {
	e, cache := kernelEnv(t), t.TempDir()
	one, two := startClient(t, e, "DCGMM_NOTEBOOK_CACHE="+cache), startClient(t, e, "DCGMM_NOTEBOOK_CACHE="+cache)
	for c, number := range map[*client]string{one: "1", two: "2"} {
		c.send("import (\n\t\"deepgmm/dcgmm\"\n\t\"deepgmm/notebooks/show\"\n)\n\nfunc me() int { return " + number + " }\n\n" + `%%
defer show.Done()
images := show.Images(show.Must(show.Data("glyphs")).Train.Head(200))
show.Must(show.Train(show.Job{Arch: "F8/2 G9 F11 G9", Images: images, Config: dcgmm.Config{Epochs: ` + number + `0, Seed: 1}}))`)
	}
	for _, c := range []*client{one, two} {
		if got := c.wait()[0]; got.Status != "ok" {
			t.Errorf("%s: %s", got.Error, got.printed())
		}
	}
	if a, b := one.run("%%\nfmt.Println(me())"), two.run("%%\nfmt.Println(me())"); a.printed() != "1\n" || b.printed() != "2\n" {
		t.Errorf("they print %q and %q", a.printed(), b.printed())
	}
	if got, err := filepath.Glob(filepath.Join(cache, "*.dcgmm")); err != nil || len(got) != 2 {
		t.Errorf("they leave %v (%v)", got, err)
	}
}

// No gopls outlives its kernel, whether that ends by itself or is killed.
func TestKernelLeavesNoProcess(t *testing.T) {
	e := kernelEnv(t)
	for _, now := range []bool{false, true} {
		c := startClient(t, e)
		c.at("complete", "%%\nstrings.HasP", "")
		mine := goplsOf(t, e)
		if len(mine) == 0 {
			t.Fatal("there is no gopls")
		}
		c.do("shutdown", map[string]any{"now": now})
		deadline := time.Now().Add(time.Minute)
		for len(goplsOf(t, e)) > 0 && time.Now().Before(deadline) {
			time.Sleep(100 * time.Millisecond)
		}
		if left := goplsOf(t, e); len(left) > 0 {
			t.Errorf("shut down now: %t, and there still are %q", now, left)
		}
	}
}

// goplsOf lists the processes of this checkout's gopls that are alive.
func goplsOf(t *testing.T, e *env) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "stat,args").Output()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Collect(strings.Lines(string(out))), func(line string) bool {
		return strings.HasPrefix(line, "Z") || !strings.Contains(line, e.path("bin", "gopls"))
	})
}

// The line that make notebook-kernel prints works when it is pasted in another folder, for a checkout whose name has a
// space, a quote and letters beyond ASCII; a notebook that fails fails it, and its later cells do not run.
func TestKernelOfThePastedLine(t *testing.T) {
	e := kernelEnv(t)
	root := filepath.Join(t.TempDir(), "Jörg's Ordner 数")
	copyCheckout(t, e.root, root)
	there := &env{root: root, home: filepath.Join(root, ".cache", "jupyter"), out: new(bytes.Buffer)}
	t.Setenv("PATH", filepath.Dir(e.jupyter)+":"+os.Getenv("PATH")) // this Jupyter is the one that is installed
	if err := os.MkdirAll(there.path("gopls"), 0o777); err != nil { // a cache, so that it is not filled
		t.Fatal(err)
	}
	if err := there.setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := there.ready(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	line := there.pasted("00_template.ipynb")
	if said := fmt.Sprint(there.out); !strings.Contains(said, "\n  "+line+"\n") {
		t.Fatalf("it prints %s", said)
	}
	if said, err := paste(t, line); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, said)
	}
	nb, err := readNotebook(filepath.Join(root, ".cache", "executed", "00_template.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	nb.clean()
	if err := check(nb, root); err != nil {
		t.Error(err)
	}
	writeFile(t, filepath.Join(root, "notebooks", "fails.ipynb"), `{"cells": [
		{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "%%\nfmt.Println(1)\npanic(\"on purpose\")"},
		{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "!touch \"$DCGMM_ROOT/it-ran\""}],
		"metadata": {"kernelspec": {"display_name": "Go (gonb)", "language": "go", "name": "gonb"}}, "nbformat": 4, "nbformat_minor": 4}`)
	said, err := paste(t, there.pasted("fails.ipynb"))
	if err == nil || !strings.Contains(said, "cell [1] line 3: panic: on purpose") {
		t.Errorf("a notebook that fails: %v\n%s", err, said)
	}
	if _, err := os.Stat(filepath.Join(root, "it-ran")); err == nil {
		t.Error("a cell after it ran")
	}
}

// paste runs a line in a shell, in a folder that is not the checkout, with little but a path in its environment.
func paste(t *testing.T, line string) (said string, err error) {
	c := exec.CommandContext(t.Context(), "sh", "-c", line)
	c.Dir, c.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DCGMM_NOTEBOOK=smoke", "PYTHONWARNINGS=ignore"}
	out, err := c.CombinedOutput()
	return string(out), err
}

// copyCheckout copies what is in the repository.
func copyCheckout(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if d.IsDir() && (name == ".git" || name == ".cache" || name == "results" || name == "data") {
			return filepath.SkipDir
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o666)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
