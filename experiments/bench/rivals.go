package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/report"
)

// checkedSteps are done by both sides before their parameters are compared.
const checkedSteps = 10

// rivals makes table B3: the same work by what a user would pick instead.
func (b *bench) rivals(ctx context.Context) (report.Table, error) {
	cores := runtime.GOMAXPROCS(0)
	t := report.Table{ID: "B3-rivals", Title: fmt.Sprintf("B3. The same work by others, %d cores each", cores),
		Columns: []report.Column{{Name: "work"}, {Name: "deepgmm", Unit: "ms", Decimals: 2}, {Name: "peer"}, {Name: "peer's time", Unit: "ms", Decimals: 2},
			{Name: "peer over deepgmm", Unit: "×", Decimals: 2}, {Name: "results differ by"}}}
	d, err := dataset.Load(ctx, "mnist", b.Data)
	if err != nil {
		b.say("%v", err)
		d = dataset.Glyphs(epochImages, 1, 1, 1)
		t.Notice = d.Notice
	}
	images := dcgmm.Images{Shape: dcgmm.Shape{H: 28, W: 28, C: 1}, Pix: d.Train.Pix}
	t.Note = fmt.Sprintf("%s, %d images; steps of %d images. Medians of %d turns; the ratio is that of neighbouring turns. Both sides start from the same parameters, and their results after some units of work are compared: the largest difference, relative to the largest value of its kind. EM and k-means: iterations 2 to %d of a fit.", d.Name, images.Len(), batch, rounds, 1+timedFit)
	for _, r := range []func(context.Context, dcgmm.Images) (report.Value, [][]report.Value, error){b.steps, b.em, b.kmeans} {
		work, rows, err := r(ctx, images)
		if err != nil {
			return t, err
		}
		for _, row := range rows {
			t.Rows = append(t.Rows, append([]report.Value{work}, row...))
		}
	}
	return t, nil
}

// row is our time, the peer, its time, the ratio and how far results are apart.
func row(c comparison, peer string, apart float64) []report.Value {
	return []report.Value{report.Num(1000 * c.a), report.Text(peer), report.Num(1000 * c.b), report.Num(c.ratio), report.Text(fmt.Sprintf("%.0e", apart))}
}

// steps compares training steps with NumPy and JAX.
func (b *bench) steps(ctx context.Context, images dcgmm.Images) (report.Value, [][]report.Value, error) {
	work := report.Text("training step, `" + comparedArch + "`")
	few := dcgmm.Images{Shape: images.Shape, Pix: images.Pix[:batch*images.Shape.Size()]} // one batch: its order does not matter
	var rows [][]report.Value
	for _, p := range []struct{ task, name string }{{"numpy-step", "NumPy (OpenBLAS)"}, {"jax-step", "JAX (XLA, jit)"}} {
		b.say("B3: training step, %s", p.name)
		ours, theirs, err := b.startStep(ctx, p.task, few)
		if err != nil {
			return work, nil, err
		}
		defer theirs.stop()
		apart, err := compareSteps(ours, theirs)
		if err != nil {
			return work, nil, err
		}
		c, err := versus(ctx, ours.run, theirs.run)
		if err != nil {
			return work, nil, err
		}
		rows = append(rows, row(c, p.name, apart))
	}
	return work, rows, nil
}

// startStep starts both sides with the parameters of a network that has begun to learn.
func (b *bench) startStep(ctx context.Context, name string, images dcgmm.Images) (*stepper, *peer, error) {
	s, err := newStepper(ctx, comparedArch, images, 0)
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.run(20 * reportEvery); err != nil { // equal means would make winners a matter of rounding
		return nil, nil, err
	}
	net := s.tr.Network()
	c := s.tr.Config()
	t := newTask()
	t.Rate, t.RatePrecRoot, t.RateLogits, t.MinPrecRoot, t.MaxPrecRoot = c.Rate, c.RatePrecRoot, c.RateLogits, 1e-3, net.MaxPrecRoot()
	t.Layers = []layerSpec{{8, 2, 49}, {11, 1, 49}}
	for i := range net.Layers() {
		g := net.Layer(i)
		t.add(fmt.Sprintf("mu%d", i), g.Mu, g.K, g.D)
		t.add(fmt.Sprintf("s%d", i), g.PrecRoot, g.K, g.D)
		t.add(fmt.Sprintf("logits%d", i), g.Logits, g.K)
		t.add(fmt.Sprintf("G%d", i), annealingMatrix(g.K), g.K, g.K)
	}
	t.addBytes("images", images.Pix, images.Len(), 28, 28, 1)
	theirs, err := b.startPeer(ctx, name, t, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, nil, err
	}
	ours, err := resume(ctx, net, images, 0, reportEvery)
	return ours, theirs, err
}

// annealingMatrix is G at the default τ of the start.
func annealingMatrix(K int) []float32 {
	n := dcgmm.NewNeighbourhood(K)
	n.SetWidth(0.25 * math.Sqrt(2*float64(K)))
	g := make([]float32, K*K)
	for i := range g {
		g[i] = float32(n.At(i/K, i%K))
	}
	return g
}

// compareSteps lets both sides do some steps and compares all parameters.
func compareSteps(ours *stepper, theirs *peer) (apart float64, err error) {
	if _, err := ours.run(checkedSteps); err != nil {
		return 0, err
	}
	if _, err := theirs.run(checkedSteps); err != nil {
		return 0, err
	}
	net := ours.tr.Network()
	var kinds [][]float32
	n := 0
	for i := range net.Layers() {
		g := net.Layer(i)
		kinds = append(kinds, g.Mu, g.PrecRoot, g.Logits)
		n += len(g.Mu) + len(g.PrecRoot) + len(g.Logits)
	}
	got, err := theirs.result(n)
	if err != nil {
		return 0, err
	}
	for _, k := range kinds {
		apart = max(apart, farthest(k, got[:len(k)]))
		got = got[len(k):]
	}
	return apart, tooFar(theirs.name, apart, 1e-3)
}

// farthest is the largest difference relative to the largest value.
func farthest(a, b []float32) float64 {
	var diff, size float64
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		diff, size = max(diff, d), max(size, math.Abs(float64(a[i])))
	}
	return diff / size
}

func tooFar(name string, apart, allowed float64) error {
	if apart > allowed {
		return fmt.Errorf("peer %s: its results differ from ours by %.1e of the largest value, more than %.0e: one of the two is wrong", name, apart, allowed)
	}
	return nil
}

// matrix is the images as rows of float32.
func matrix(images dcgmm.Images) eval.Matrix {
	m := eval.Matrix{N: images.Len(), D: images.Shape.Size(), X: make([]float32, len(images.Pix))}
	for i, v := range images.Pix {
		m.X[i] = float32(v) / 255
	}
	return m
}

const (
	classicalK = 49
	regCovar   = 1e-3
	checkedFit = 3  // iterations
	timedFit   = 10 // iterations after the first, the same ones of both sides: where work is skipped, later ones take less time
)

// iterations is a subject whose unit is one iteration of a fit: the cost of starting is taken off, as for the peers.
func iterations(fit func(n int) error) subject {
	return func(n int) (float64, error) {
		began := time.Now()
		if err := fit(1); err != nil {
			return 0, err
		}
		once := time.Since(began)
		began = time.Now()
		err := fit(1 + n)
		return (time.Since(began) - once).Seconds(), err
	}
}

// em compares iterations of EM with scikit-learn.
func (b *bench) em(ctx context.Context, images dcgmm.Images) (report.Value, [][]report.Value, error) {
	work := report.Text(fmt.Sprintf("EM iteration, K = %d", classicalK))
	b.say("B3: EM, scikit-learn")
	X := matrix(images)
	// Both sides begin where a fit of theirs begins by default: at the clusters of k-means.
	clusters, err := eval.FitKMeansFrom(ctx, X, randomRows(X, 3), eval.KMeansConfig{K: classicalK, MaxIter: 10, Tol: -1})
	if err != nil {
		return work, nil, err
	}
	start := eval.GMMFromLabels(X, clusters.Labels, classicalK, regCovar)
	t := newTask()
	t.RegCovar = regCovar
	t.add("x", X.X, X.N, X.D)
	t.add("weights", start.Weights, classicalK)
	t.add("means", start.Means, classicalK, X.D)
	t.add("variances", start.Variances, classicalK, X.D)
	theirs, err := b.startPeer(ctx, "sklearn-em", t, runtime.GOMAXPROCS(0))
	if err != nil {
		return work, nil, err
	}
	defer theirs.stop()
	var fitted *eval.GMMFit
	ours := iterations(func(n int) (err error) {
		fitted, err = eval.FitGMMFrom(ctx, X, start, eval.GMMConfig{K: classicalK, RegCovar: regCovar, MaxIter: n, Tol: -1})
		return err
	})
	if _, err := ours(checkedFit); err != nil {
		return work, nil, err
	}
	if _, err := theirs.run(checkedFit); err != nil {
		return work, nil, err
	}
	got, err := theirs.result(classicalK*(1+2*X.D) + 1)
	if err != nil {
		return work, nil, err
	}
	at := classicalK
	apart := max(farthest(fitted.Weights, got[:at]), farthest(fitted.Means, got[at:at+classicalK*X.D]),
		math.Abs(float64(got[len(got)-1])/fitted.LogLikelihood[checkedFit]-1))
	if err := tooFar(theirs.name, apart, 1e-3); err != nil {
		return work, nil, err
	}
	c, err := takeTurns(ctx, ours, theirs.run, timedFit, timedFit)
	if err != nil {
		return work, nil, err
	}
	return work, [][]report.Value{row(c, "scikit-learn", apart)}, nil
}

// randomRows are classicalK rows of X, one after another.
func randomRows(X eval.Matrix, stream uint64) []float32 {
	r := rand.New(rand.NewPCG(1, stream))
	var rows []float32
	for range classicalK {
		rows = append(rows, X.Row(r.IntN(X.N))...)
	}
	return rows
}

// kmeans compares Lloyd's iterations with those of scikit-learn's two algorithms, and shows the faster one.
func (b *bench) kmeans(ctx context.Context, images dcgmm.Images) (report.Value, [][]report.Value, error) {
	work := report.Text(fmt.Sprintf("k-means iteration, K = %d", classicalK))
	b.say("B3: k-means, scikit-learn")
	X := matrix(images)
	centers := randomRows(X, 4)
	t := newTask()
	t.add("x", X.X, X.N, X.D)
	t.add("centers", centers, classicalK, X.D)
	var shown []report.Value
	fastest := math.Inf(1)
	for _, algorithm := range []string{"lloyd", "elkan"} {
		c, apart, err := b.kmeansPeer(ctx, X, centers, t, algorithm)
		if err != nil {
			return work, nil, err
		}
		if c.b < fastest {
			fastest, shown = c.b, row(c, "scikit-learn, "+algorithm, apart)
		}
	}
	return work, [][]report.Value{shown}, nil
}

// kmeansPeer compares with one of scikit-learn's algorithms.
func (b *bench) kmeansPeer(ctx context.Context, X eval.Matrix, centers []float32, t task, algorithm string) (c comparison, apart float64, err error) {
	theirs, err := b.startPeer(ctx, "sklearn-kmeans-"+algorithm, t, runtime.GOMAXPROCS(0))
	if err != nil {
		return c, 0, err
	}
	defer theirs.stop()
	var fitted *eval.KMeans
	ours := iterations(func(n int) (err error) {
		fitted, err = eval.FitKMeansFrom(ctx, X, centers, eval.KMeansConfig{K: classicalK, MaxIter: n, Tol: -1})
		return err
	})
	if _, err := ours(checkedFit); err != nil {
		return c, 0, err
	}
	if _, err := theirs.run(checkedFit); err != nil {
		return c, 0, err
	}
	got, err := theirs.result(classicalK*X.D + 1)
	if err != nil {
		return c, 0, err
	}
	apart = max(farthest(fitted.Centers, got[:classicalK*X.D]), math.Abs(float64(got[len(got)-1])/fitted.Inertia-1))
	if err := tooFar(theirs.name, apart, 1e-3); err != nil {
		return c, 0, err
	}
	c, err = takeTurns(ctx, ours, theirs.run, timedFit, timedFit)
	return c, apart, err
}
