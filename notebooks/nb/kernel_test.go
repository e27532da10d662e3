package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

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
	for _, want := range []string{"τ ", "objective of layer 1", "<polyline"} {
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

// Two notebooks of one checkout at a time have declarations of their own, and share what is kept: one of them trains,
// the other waits for it.
func TestKernelsOfOneCheckout(t *testing.T) {
	e, cache := kernelEnv(t), t.TempDir()
	one, two := startClient(t, e, "DCGMM_NOTEBOOK_CACHE="+cache), startClient(t, e, "DCGMM_NOTEBOOK_CACHE="+cache)
	for c, number := range map[*client]string{one: "1", two: "2"} {
		c.send("import (\n\t\"deepgmm/dcgmm\"\n\t\"deepgmm/notebooks/show\"\n)\n\nfunc me() int { return " + number + " }\n\n" + `%%
defer show.Done()
images := show.Images(show.Must(show.Data("glyphs")).Train.Head(200))
show.Must(show.Train(show.Job{Arch: "F8/2 G9 F11 G9", Images: images, Config: dcgmm.Config{Epochs: 200, Seed: 1}}))`)
	}
	for _, c := range []*client{one, two} {
		if got := c.wait()[0]; got.Status != "ok" {
			t.Errorf("%s: %s", got.Error, got.printed())
		}
	}
	if a, b := one.run("%%\nfmt.Println(me())"), two.run("%%\nfmt.Println(me())"); a.printed() != "1\n" || b.printed() != "2\n" {
		t.Errorf("they print %q and %q", a.printed(), b.printed())
	}
	if got, err := filepath.Glob(filepath.Join(cache, "*.dcgmm")); err != nil || len(got) != 1 {
		t.Errorf("they leave %v (%v)", got, err)
	}
}

// No gopls outlives its kernel, whether that is shut down or killed, or the program is killed that has started it, as a
// Jupyter server may be.
func TestKernelLeavesNoProcess(t *testing.T) {
	e := kernelEnv(t)
	for how, end := range map[string]func(c *client){
		"shut down":     func(c *client) { c.do("shutdown", map[string]any{"now": false}) },
		"killed":        func(c *client) { c.do("shutdown", map[string]any{"now": true}) },
		"client killed": func(c *client) { _ = c.self.Kill(); c.self = nil },
	} {
		c := startClient(t, e)
		c.at("complete", "%%\nstrings.HasP", "")
		family := descendants(t, c.kernel)
		if len(family) < 2 {
			t.Fatalf("there is no gopls: %v", family)
		}
		end(c)
		left := family
		for deadline := time.Now().Add(time.Minute); len(left) > 0 && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			alive := processes(t)
			left = slices.DeleteFunc(slices.Clone(family), func(p int) bool { return alive[p] == 0 })
		}
		if len(left) > 0 {
			t.Errorf("%s: of the processes %v, %v stay", how, family, left)
		}
	}
}

// processes are those that are alive, with their parents.
func processes(t *testing.T) map[int]int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "pid=,ppid=,stat=").Output()
	if err != nil {
		t.Fatal(err)
	}
	parents := map[int]int{}
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		var state string
		if _, err := fmt.Sscan(line, &pid, &parent, &state); err == nil && state[0] != 'Z' {
			parents[pid] = parent
		}
	}
	return parents
}

// descendants are a process and all that it has started, directly or not.
func descendants(t *testing.T, of int) []int {
	parents, all := processes(t), []int{of}
	for i := 0; i < len(all); i++ {
		for pid, parent := range parents {
			if parent == all[i] {
				all = append(all, pid)
			}
		}
	}
	return all
}
