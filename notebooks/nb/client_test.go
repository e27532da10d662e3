package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	t      *testing.T
	in     io.Writer
	out    *bufio.Reader
	kernel int // process
	self   *os.Process
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
	c := &client{t: t, in: in, out: bufio.NewReader(out), self: cmd.Process}
	t.Cleanup(func() {
		if c.self != nil {
			c.do("shutdown", map[string]any{"now": false})
		}
		_ = in.Close()
		_ = cmd.Wait()
	})
	c.kernel = c.do("start", map[string]any{"cwd": t.TempDir()}).PID
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
