package bench

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// goPeer does the tasks of bench/peers/peer.py in Go, from the files of a task alone.
type goPeer struct {
	dir  string
	task task
}

func (p goPeer) read(name string) []byte {
	b, err := os.ReadFile(filepath.Join(p.dir, name+"."+p.task.Arrays[name].Type))
	if err != nil {
		panic(err)
	}
	return b
}

func (p goPeer) floats(name string) []float32 {
	b := p.read(name)
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

func (p goPeer) matrix(name string) eval.Matrix {
	shape := p.task.Arrays[name].Shape
	return eval.Matrix{N: shape[0], D: shape[1], X: p.floats(name)}
}

// start returns what does n units of a task, and what the result is after that.
func (p goPeer) start(kind string) (run func(n int) error, result func() []float32) {
	text, err := os.ReadFile(filepath.Join(p.dir, "task.json"))
	if err == nil {
		err = json.Unmarshal(text, &p.task)
	}
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	switch kind {
	case "numpy-step", "jax-step", "jax-scan":
		s := p.stepper(ctx)
		return func(n int) error { _, err := s.run(n); return err }, func() (all []float32) {
			for i := range s.tr.Network().Layers() {
				g := s.tr.Network().Layer(i)
				all = append(append(append(all, g.Mu...), g.PrecRoot...), g.Logits...)
			}
			return all
		}
	case "sklearn-em":
		X, means := p.matrix("x"), p.matrix("means")
		start := &eval.GMM{K: means.N, D: means.D, Weights: p.floats("weights"), Means: means.X, Variances: p.floats("variances")}
		var fit *eval.GMMFit
		return func(n int) (err error) {
				fit, err = eval.FitGMMFrom(ctx, X, start, eval.GMMConfig{K: means.N, RegCovar: p.task.RegCovar, MaxIter: 1 + n, Tol: -1})
				return err
			}, func() []float32 {
				all := append(append(append([]float32{}, fit.Weights...), fit.Means...), fit.Variances...)
				return append(all, float32(fit.LogLikelihood[checkedFit]))
			}
	case "sklearn-kmeans-lloyd", "sklearn-kmeans-elkan":
		X, centers := p.matrix("x"), p.matrix("centers")
		var fit *eval.KMeans
		return func(n int) (err error) {
			fit, err = eval.FitKMeansFrom(ctx, X, centers.X, eval.KMeansConfig{K: centers.N, MaxIter: 1 + n, Tol: -1})
			return err
		}, func() []float32 { return append(append([]float32{}, fit.Centers...), float32(fit.Inertia)) }
	case "sklearn-outliers":
		return func(int) error { return nil }, p.outliers
	case "blas":
		return func(int) error { return nil }, p.products
	}
	panic("unknown task " + kind)
}

// stepper is a training of one batch with the parameters of the task.
func (p goPeer) stepper(ctx context.Context) *stepper {
	var words []string
	for _, l := range p.task.Layers {
		words = append(words, fmt.Sprintf("F%d/%d G%d", l.Patch, l.Stride, l.K))
	}
	in := p.task.Arrays["images"].Shape
	images := dcgmm.Images{Shape: dcgmm.Shape{H: in[1], W: in[2], C: in[3]}, Pix: p.read("images")}
	net, err := dcgmm.New(strings.Join(words, " "), images.Shape, dcgmm.Init{MaxPrecRoot: p.task.MaxPrecRoot})
	if err != nil {
		panic(err)
	}
	for i := range net.Layers() {
		g := net.Layer(i)
		copy(g.Mu, p.floats(fmt.Sprintf("mu%d", i)))
		copy(g.PrecRoot, p.floats(fmt.Sprintf("s%d", i)))
		copy(g.Logits, p.floats(fmt.Sprintf("logits%d", i)))
	}
	net.Refresh()
	s, err := resume(ctx, net, images, 1)
	if err != nil {
		panic(err)
	}
	return s
}

// outliers are six scores of the test images: brightness, darkness, and nothing.
func (p goPeer) outliers() []float32 {
	pix, N, D := p.read("test"), p.task.Arrays["test"].Shape[0], p.task.Arrays["test"].Shape[1]
	all := make([]float32, 6*N)
	for i := range N {
		v := float32(brightness(pix[i*D:][:D]))
		all[i], all[N+i] = v, -v
	}
	return all
}

// products are x·A + x²·B.
func (p goPeer) products() (all []float32) {
	x, A, B := p.matrix("x"), p.matrix("A"), p.matrix("B")
	for m := range x.N {
		for k := range A.D {
			var sum float64
			for d, v := range x.Row(m) {
				sum += float64(v) * (float64(A.Row(d)[k]) + float64(v)*float64(B.Row(d)[k]))
			}
			all = append(all, float32(sum))
		}
	}
	return all
}

// hurry makes all that is measured small, and turns short.
func hurry(t *testing.T) {
	oldRounds, oldTime, oldDims, oldK, oldArch, oldGen := rounds, turnTime, kernelDims, kernelComponents, architectures, generating
	oldCompared, oldEpoch, oldScored, oldFit, oldCost, oldFew := comparedArch, epochImages, scoredImages, timedFit, costSeries, fewImages
	t.Cleanup(func() {
		rounds, turnTime, kernelDims, kernelComponents, architectures, generating = oldRounds, oldTime, oldDims, oldK, oldArch, oldGen
		comparedArch, epochImages, scoredImages, timedFit, costSeries, fewImages = oldCompared, oldEpoch, oldScored, oldFit, oldCost, oldFew
	})
	rounds, turnTime, kernelDims, kernelComponents, timedFit = 1, 1e-4, []int{9}, []int{4}, 3
	comparedArch, epochImages, scoredImages = "F14/14 G4 F2 G9", 1000, 100
	architectures = []model{{"A", "F28 G25", digit}, {"", "F14/14 A4:2 U F2 A4:3", digit}, {"", "F16/16 G4", dcgmm.Shape{H: 32, W: 32, C: 3}}}
	generating = []string{"F14/14 G4 F2 G4"}
	fewImages = 200
	costSeries = []series{moreImages("F28 G9", 200, 400), moreComponents("F14/14 G4 F2 G%s", 4, 9)}
}

func tables(t *testing.T, peer string) (string, error) {
	t.Helper()
	hurry(t)
	t.Setenv("DEEPGMM_TEST_PEER", peer)
	dir := t.TempDir()
	var out strings.Builder
	o := Options{Results: dir, Out: &out, Log: new(strings.Builder), Data: dataset.Options{CacheDir: dir}}
	if peer != "" {
		o.Python, o.Script = os.Args[0], "script"
	}
	err := Run(context.Background(), o)
	if err != nil {
		return out.String(), err
	}
	for _, name := range []string{"B1-scores.md", "B2-training.csv", "B4-generation.md", "B7-cost.csv", "B7-figure.png", "manifest.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	return out.String(), nil
}

func TestTablesAreWritten(t *testing.T) {
	out, err := tables(t, "")
	if err != nil || !strings.Contains(out, "A: F28 G25") || strings.Contains(out, "B3.") {
		t.Errorf("%v, output:\n%s", err, out)
	}
	for _, want := range []string{"\n| A: F28 G25 ", "\n| F16/16 G4, 32×32×3 ", "\n| images N     | F28 G9      | 28×28×1 | 400 |", "\n| components K | F14/14 G4 F2 G9 | 28×28×1 | 200 |"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// A peer that does the same work is measured; every array has arrived as it was sent.
func TestRivalsAgree(t *testing.T) {
	out, err := tables(t, "go")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"OpenBLAS takes", "NumPy (OpenBLAS)", "JAX (XLA, jit), step by step", "JAX (XLA, jit), scan over steps", "EM iteration, K = 49", "scikit-learn, ", "generated glyphs"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// A peer with wrong results ends the benchmark, whatever its task.
func TestWrongRivalsAreFound(t *testing.T) {
	images := noise(digit, 300)
	hurry(t)
	t.Setenv("DEEPGMM_TEST_PEER", "wrong")
	b := &bench{Options{Python: os.Args[0], Script: "script", Log: new(strings.Builder)}}
	for kind, make := range map[string]func(context.Context, dcgmm.Images, string) (duel, error){
		"numpy-step": steps, "sklearn-em": em, "sklearn-kmeans-elkan": kmeans,
	} {
		d, err := make(context.Background(), images, kind)
		d.threads, d.allowed = 1, 1e-3
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.fight(context.Background(), d); err == nil || !strings.Contains(err.Error(), "peer "+kind) || !strings.Contains(err.Error(), "one of the two is wrong") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := b.scoreRow(context.Background(), 9, 4); err == nil || !strings.Contains(err.Error(), "peer blas: its results differ") {
		t.Errorf("blas: %v", err)
	}
	if d := farthest([]float32{1, 2}, []float32{1, float32(math.NaN())}); !math.IsInf(d, 1) {
		t.Errorf("NaN is %v from 2", d)
	}
}
