package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deepgmm/dcgmm"
)

// TestMain: the test binary is also a peer, so that the protocol is tested without Python.
func TestMain(m *testing.M) {
	if kind := os.Getenv("DEEPGMM_TEST_PEER"); kind != "" {
		actPeer(kind, os.Args[2], os.Args[3])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func actPeer(kind, name, dir string) {
	if kind == "dies" {
		fmt.Fprintln(os.Stderr, "Traceback\nModuleNotFoundError: No module named 'numpy'")
		os.Exit(1)
	}
	run, result := func(int) error { return nil }, func() []float32 { return []float32{1, 2.5} }
	if kind == "go" || kind == "wrong" {
		run, result = goPeer{dir: dir}.start(name)
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var n int
		switch order := in.Text(); {
		case kind == "mumbles":
			fmt.Println("what?")
		case strings.HasPrefix(order, "run "):
			if _, err := fmt.Sscanf(order, "run %d", &n); err != nil {
				panic(err)
			}
			if err := run(n); err != nil {
				panic(err)
			}
			fmt.Println(`{"seconds": 0.5}`)
		default:
			var b []byte
			for _, v := range result() {
				if kind == "wrong" {
					v *= 1.5
				}
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			if err := os.WriteFile(filepath.Join(dir, "result.f32"), b, 0o666); err != nil {
				panic(err)
			}
			fmt.Println("written")
		}
	}
}

func startTestPeer(t *testing.T, kind string) (*peer, error) {
	t.Helper()
	t.Setenv("DEEPGMM_TEST_PEER", kind)
	b := &bench{Options{Python: os.Args[0], Script: "script", Log: new(bytes.Buffer)}}
	tk := newTask()
	tk.add("x", []float32{1, 2, 3}, 3, 1)
	return b.startPeer(context.Background(), "test", tk, 1)
}

func TestPeerProtocol(t *testing.T) {
	p, err := startTestPeer(t, "works")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := p.run(3); err != nil || s != 0.5 {
		t.Errorf("run: %v, %v", s, err)
	}
	if v, err := p.result(2); err != nil || v[1] != 2.5 {
		t.Errorf("result: %v, %v", v, err)
	}
	if _, err := p.result(3); err == nil || !strings.Contains(err.Error(), "peer test: computed 2 values instead of 3") {
		t.Errorf("another size: %v", err)
	}
	p.stop()
	if _, err := os.Stat(p.dir); err == nil {
		t.Error("the arrays are still there")
	}
}

func TestPeerFailuresAreTold(t *testing.T) {
	if _, err := startTestPeer(t, "dies"); err == nil || !strings.Contains(err.Error(), "No module named 'numpy'") {
		t.Errorf("dead: %v", err)
	}
	p, err := startTestPeer(t, "mumbles")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if _, err := p.run(1); err == nil || !strings.Contains(err.Error(), `said "what?"`) {
		t.Errorf("mumbling: %v", err)
	}
	b := &bench{Options{Python: filepath.Join(t.TempDir(), "python")}}
	if _, err := b.startPeer(context.Background(), "test", newTask(), 1); err == nil || !strings.Contains(err.Error(), "make bench-peers") {
		t.Errorf("no interpreter: %v", err)
	}
}

func TestVersusTakesTurns(t *testing.T) {
	var order strings.Builder
	fake := func(name string, perUnit float64) subject {
		return func(n int) (float64, error) {
			order.WriteString(name)
			return perUnit * float64(n), nil
		}
	}
	c, err := versus(context.Background(), fake("a", 0.001), fake("b", 0.004))
	if err != nil || math.Abs(c.a-0.001) > 1e-12 || math.Abs(c.b-0.004) > 1e-12 || math.Abs(c.ratio-4) > 1e-9 {
		t.Errorf("%+v, %v", c, err)
	}
	if want := strings.Repeat("ab", rounds); !strings.HasSuffix(order.String(), want) {
		t.Errorf("order %s does not end in %s", order.String(), want)
	}
	boom := errors.New("boom")
	if _, err := versus(context.Background(), fake("a", 1), func(int) (float64, error) { return 0, boom }); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := versus(ctx, fake("a", 1), fake("b", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if m := median([]float64{3, 1, 10, 2}); m != 2.5 {
		t.Errorf("median %v", m)
	}
}

// The problems that are measured give right results, and the check finds wrong ones.
func TestScoreProblemIsChecked(t *testing.T) {
	p := newScoreProblem(9, 5)
	p.run()
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	p.w.C[3] += 0.1
	if err := p.check(); err == nil || !strings.Contains(err.Error(), "wrong result") {
		t.Errorf("a wrong constant is not seen: %v", err)
	}
}

func TestStepperCountsSteps(t *testing.T) {
	s, err := newStepper(context.Background(), "F14/14 G4 F2 G4", noise(digit, 500), 2)
	if err != nil {
		t.Fatal(err)
	}
	if seconds, err := s.run(25); err != nil || seconds <= 0 || s.tr.Step() != 30 {
		t.Errorf("25 steps: %v s, step %d, %v", seconds, s.tr.Step(), err)
	}
	if g, want := s.gflop(), 4*float64(4*196*4+16*4)*batch/1e9; math.Abs(g-want) > 1e-12 {
		t.Errorf("%v GFLOP a step, want %v", g, want)
	}
	for _, m := range architectures {
		if _, err := dcgmm.New(m.arch, m.in, dcgmm.Init{}); err != nil {
			t.Error(err)
		}
	}
}

// Steps allocate nothing, and what is counted is theirs, without reports.
func TestAllocatedMemoryIsThatOfSteps(t *testing.T) {
	s, err := newStepper(context.Background(), "F14/14 A4:2 U F2 A4:2", noise(digit, 5000), 1)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.allocates(); err != nil || math.Abs(n) >= 1 { // the names of layers in reports share blocks of 16 bytes
		t.Errorf("%v bytes a step, %v", n, err)
	}
	if n, err := s.allocated(5); err != nil || n <= 0 {
		t.Errorf("%v bytes for 5 steps and a report, %v", n, err)
	}
}

// Factors learn from the first step on, and the floor counts their linear forms.
func TestFactorsHaveJoined(t *testing.T) {
	s, err := newStepper(context.Background(), "F14/14 A4:2 U F2 A4:3", noise(digit, 500), 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(reportEvery); err != nil {
		t.Fatal(err)
	}
	for i := range s.tr.Network().Layers() {
		if f := s.tr.Network().Layer(i).Factors; !slices.ContainsFunc(f, func(v float32) bool { return v != 0 }) {
			t.Errorf("layer %d has no factors", i+1)
		}
	}
	D := 4 * (1 + 2) * 4 // of the second layer: 2×2 positions of responsibilities and factors
	if g, want := s.gflop(), float64((4+2*2)*4*4*196+(4+2*3)*4*D)*batch/1e9; math.Abs(g-want) > 1e-12 {
		t.Errorf("%v GFLOP a step, want %v", g, want)
	}
}

func TestGeneratorCountsItsWork(t *testing.T) {
	g, err := newGenerator(context.Background(), "F14/14 G4 F2 G4", noise(digit, 300), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := g.floor(), 8*float64(4*196*4+16*4)/1e9; math.Abs(got-want) > 1e-15 {
		t.Errorf("floor of %v GFLOP, want %v", got, want)
	}
	run, steps, err := g.sharpening(2)
	if err != nil || steps <= sharpenedImages || steps > sharpenedImages*(sharpenIterations+1) {
		t.Fatalf("%v image·iterations, %v", steps, err)
	}
	for name, s := range map[string]subject{"sharpening": run, "sampling": g.sampling(1), "in-painting": g.inpainting(1)} {
		if seconds, err := s(2); err != nil || seconds <= 0 {
			t.Errorf("%s: %v s, %v", name, seconds, err)
		}
	}
	for _, arch := range generating {
		if _, err := dcgmm.New(arch, dcgmm.Shape{H: 28, W: 28, C: 1}, dcgmm.Init{}); err != nil {
			t.Error(err)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	g.ctx = cancelled
	if _, err := g.sampling(1)(1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
