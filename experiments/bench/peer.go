package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// task is what a peer (bench/peers/peer.py) is given: arrays and settings.
type task struct {
	Arrays                                                   map[string]arraySpec
	Layers                                                   []layerSpec `json:",omitempty"`
	Rate, RatePrecRoot, RateLogits, MinPrecRoot, MaxPrecRoot float64
	RegCovar                                                 float64
	content                                                  map[string][]byte
}

type arraySpec struct {
	Type  string // "f32" or "u8"
	Shape []int
}

type layerSpec struct{ Patch, Stride, K int }

func newTask() task { return task{Arrays: map[string]arraySpec{}, content: map[string][]byte{}} }

func (t task) add(name string, v []float32, shape ...int) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	t.put(name, "f32", b, shape...)
}

func (t task) put(name, kind string, content []byte, shape ...int) {
	t.Arrays[name], t.content[name+"."+kind] = arraySpec{kind, shape}, content
}

func (t task) write(dir string) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	for name, content := range t.content {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "task.json"), text, 0o666)
}

// peer is a running process of bench/peers/peer.py.
type peer struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
	dir    string
}

// startPeer starts a task on a number of threads and waits until it is ready.
func (b *bench) startPeer(ctx context.Context, name string, t task, threads int) (*peer, error) {
	dir, err := os.MkdirTemp("", "deepgmm-peer-")
	if err != nil {
		return nil, err
	}
	p := &peer{name: name, dir: dir, cmd: exec.CommandContext(ctx, b.Python, b.Script, name, dir)}
	n := fmt.Sprint(threads)
	p.cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+n, "OPENBLAS_NUM_THREADS="+n, "MKL_NUM_THREADS="+n, "PYTHONDONTWRITEBYTECODE=1")
	p.cmd.Stderr = &p.errors
	p.cmd.WaitDelay = time.Second
	if err := t.write(dir); err != nil {
		return nil, p.fail(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, p.fail(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, p.fail(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, p.fail(fmt.Errorf("%w; `make bench-peers` installs what is needed", err))
	}
	if err := p.expect("ready"); err != nil {
		return nil, err
	}
	return p, nil
}

// fail ends the process, removes the arrays and names the peer.
func (p *peer) fail(err error) error {
	if p.cmd.Process != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // for its last words
	}
	_ = os.RemoveAll(p.dir) // in the system's folder for temporary files
	said := strings.TrimSpace(p.errors.String())
	if i := strings.LastIndexByte(said, '\n'); i >= 0 {
		said = said[i+1:]
	}
	if said != "" {
		return fmt.Errorf("peer %s: %w: %s", p.name, err, said)
	}
	return fmt.Errorf("peer %s: %w", p.name, err)
}

func (p *peer) line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", p.fail(fmt.Errorf("ended: %w", err))
	}
	return strings.TrimSpace(line), nil
}

func (p *peer) expect(word string) error {
	line, err := p.line()
	if err == nil && line != word {
		return p.fail(fmt.Errorf("said %q instead of %q", line, word))
	}
	return err
}

// run is the peer as a subject.
func (p *peer) run(n int) (float64, error) {
	if _, err := fmt.Fprintf(p.in, "run %d\n", n); err != nil {
		return 0, p.fail(err)
	}
	line, err := p.line()
	if err != nil {
		return 0, err
	}
	var answer struct{ Seconds float64 }
	if err := json.Unmarshal([]byte(line), &answer); err != nil {
		return 0, p.fail(fmt.Errorf("said %q: %w", line, err))
	}
	return answer.Seconds, nil
}

// result returns the n values that the peer has computed.
func (p *peer) result(n int) ([]float32, error) {
	if _, err := fmt.Fprintln(p.in, "result"); err != nil {
		return nil, p.fail(err)
	}
	if err := p.expect("written"); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "result.f32"))
	if err != nil {
		return nil, p.fail(err)
	}
	if len(text) != 4*n {
		return nil, p.fail(fmt.Errorf("computed %d values instead of %d", len(text)/4, n))
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(text[4*i:]))
	}
	return v, nil
}

// stop ends the process.
func (p *peer) stop() {
	_ = p.in.Close() // at the end of its input it leaves
	_ = p.cmd.Wait()
	_ = os.RemoveAll(p.dir)
}
