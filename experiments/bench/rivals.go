package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/experiments/report"
)

// duel is work that we and a peer do, on the same arrays from the same start.
type duel struct {
	work, peer string // in the table
	kind       string // name of the peer's task
	task       task
	ours       subject
	checked    int     // units that both sides do before their results are compared
	turn       int     // units of a turn; 0: as many as the clock needs
	threads    int     // of the peer
	allowed    float64 // how far results may be apart, relative to the largest value of their kind

	// results are what we have computed, in the order of the peer's. Those that are not compared are nil, of skipped
	// values.
	results func() [][]float32
	skipped int
}

// rivals makes table B3: the same work by what a user would pick instead.
func (b *bench) rivals(ctx context.Context) (report.Table, error) {
	cores := runtime.GOMAXPROCS(0)
	t := report.Table{ID: "B3-rivals", Title: fmt.Sprintf("B3. The same work by others, %d cores each", cores),
		Columns: []report.Column{{Name: "work"}, {Name: "deepgmm", Unit: "ms", Decimals: 2}, {Name: "peer"},
			{Name: "peer's time", Unit: "ms", Decimals: 2}, {Name: "peer over deepgmm", Unit: "×", Decimals: 2},
			{Name: "results differ by"}}}
	d, err := dataset.Load(ctx, "mnist", b.Data)
	if err != nil {
		b.say("%v", err)
		d = dataset.Glyphs(epochImages, 1, 1, 1)
		t.Notice = d.Notice
	}
	images := dcgmm.Images{Shape: dcgmm.Shape{H: 28, W: 28, C: 1}, Pix: d.Train.Pix}
	t.Note = fmt.Sprintf("%s, %d images; steps of %d images. Medians of %d turns; the ratio is that of neighbouring turns. "+
		"Both sides start from the same parameters, and their results after some units of work are compared: the largest "+
		"difference, relative to the largest value of its kind. JAX's scan: steps in one compiled program, without dispatch "+
		"between them. Both of JAX give their parameters' memory to the next step. EM and k-means: iterations 2 to %d of a fit.",
		d.Name, images.Len(), batch, rounds, 1+timedFit)
	for _, r := range []struct {
		duel  func(context.Context, dcgmm.Images, string) (duel, error)
		peers []string // tasks; the fastest is shown
	}{
		{steps, []string{"numpy-step"}}, {steps, []string{"jax-step"}}, {steps, []string{"jax-scan"}}, {em, []string{"sklearn-em"}},
		{kmeans, []string{"sklearn-kmeans-lloyd", "sklearn-kmeans-elkan"}},
	} {
		var row []report.Value
		fastest := math.Inf(1)
		for _, kind := range r.peers {
			d, err := r.duel(ctx, images, kind)
			if err != nil {
				return t, err
			}
			d.threads, d.allowed = cores, 1e-3
			b.say("B3: %s, %s", d.work, d.peer)
			c, apart, err := b.fight(ctx, d)
			if err != nil {
				return t, err
			}
			if c.b < fastest {
				fastest = c.b
				row = []report.Value{report.Text(d.work), report.Num(1000 * c.a), report.Text(d.peer), report.Num(1000 * c.b),
					report.Num(c.ratio), report.Text(fmt.Sprintf("%.0e", apart))}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// fight compares the results of both sides, and then their times.
func (b *bench) fight(ctx context.Context, d duel) (c comparison, apart float64, err error) {
	theirs, err := b.startPeer(ctx, d.kind, d.task, d.threads)
	if err != nil {
		return c, 0, err
	}
	defer theirs.stop()
	for _, s := range []subject{d.ours, theirs.run} {
		if _, err := s(d.checked); err != nil {
			return c, 0, err
		}
	}
	if apart, err = d.compare(theirs); err != nil {
		return c, 0, err
	}
	if d.turn == 0 {
		c, err = versus(ctx, d.ours, theirs.run)
	} else {
		c, err = takeTurns(ctx, d.ours, theirs.run, d.turn, d.turn)
	}
	return c, apart, err
}

// compare says how far the results of both sides are apart.
func (d duel) compare(theirs *peer) (apart float64, err error) {
	ours := d.results()
	n := 0
	for _, kind := range ours {
		n += len(kind)
		if kind == nil {
			n += d.skipped
		}
	}
	got, err := theirs.result(n)
	if err != nil {
		return 0, err
	}
	for _, kind := range ours {
		if kind == nil {
			got = got[d.skipped:]
			continue
		}
		apart = max(apart, farthest(kind, got[:len(kind)]))
		got = got[len(kind):]
	}
	if apart > d.allowed {
		return 0, fmt.Errorf("peer %s: its results differ from ours by %.1e of the largest value, more than %.0e: "+
			"one of the two is wrong", theirs.name, apart, d.allowed)
	}
	return apart, nil
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

// checkedSteps are done by both sides before their parameters are compared.
const checkedSteps = 10

// steps are training steps, from the parameters of a network that has begun to learn.
func steps(ctx context.Context, images dcgmm.Images, kind string) (d duel, err error) {
	few := dcgmm.Images{Shape: images.Shape, Pix: images.Pix[:batch*images.Shape.Size()]} // one batch: its order does not matter
	s, err := newStepper(ctx, comparedArch, few, 0)
	if err != nil {
		return d, err
	}
	if _, err := s.run(20 * reportEvery); err != nil { // equal means would make winners a matter of rounding
		return d, err
	}
	net, c := s.tr.Network(), s.tr.Config()
	d = duel{work: "training step, `" + comparedArch + "`", kind: kind, task: newTask(), checked: checkedSteps,
		peer: map[string]string{"numpy-step": "NumPy (OpenBLAS)", "jax-step": "JAX (XLA, jit), step by step",
			"jax-scan": "JAX (XLA, jit), scan over steps"}[kind]}
	t := &d.task
	t.Rate, t.RatePrecRoot, t.RateLogits, t.MinPrecRoot, t.MaxPrecRoot = c.Rate, c.RatePrecRoot, c.RateLogits, 1e-3, net.MaxPrecRoot()
	for i, l := range net.Arch().Layers {
		g := net.Layer(i)
		t.Layers = append(t.Layers, layerSpec{l.Fold.H, l.Fold.StrideH, g.K})
		t.add(fmt.Sprintf("mu%d", i), g.Mu, g.K, g.D)
		t.add(fmt.Sprintf("s%d", i), g.PrecRoot, g.K, g.D)
		t.add(fmt.Sprintf("logits%d", i), g.Logits, g.K)
		t.add(fmt.Sprintf("G%d", i), annealingMatrix(g.K), g.K, g.K)
	}
	t.put("images", "u8", few.Pix, few.Len(), 28, 28, 1)
	ours, err := resume(ctx, net, few, 0)
	if err != nil {
		return d, err
	}
	d.ours = ours.run
	d.results = func() (all [][]float32) {
		net := ours.tr.Network()
		for i := range net.Layers() {
			all = append(all, net.Layer(i).Mu, net.Layer(i).PrecRoot, net.Layer(i).Logits)
		}
		return all
	}
	return d, nil
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

const (
	classicalK = 49
	regCovar   = 1e-3
	checkedFit = 3 // iterations
)

// timedFit is the iterations after the first, the same ones of both sides: where work is skipped, later ones take less
// time. Tests have fewer.
var timedFit = 10

// iterations is a subject whose unit is one iteration of a fit: the cost of starting is taken off, as for the peers.
func iterations(fit func(n int) error) subject {
	return func(n int) (float64, error) {
		once, err := repeated(func() error { return fit(1) })(1)
		if err != nil {
			return 0, err
		}
		all, err := repeated(func() error { return fit(1 + n) })(1)
		return all - once, err
	}
}

// em is iterations of EM. Both sides begin where a fit of theirs begins by default: at the clusters of k-means.
func em(ctx context.Context, images dcgmm.Images, kind string) (duel, error) {
	X := matrix(images)
	clusters, err := eval.FitKMeansFrom(ctx, X, randomRows(X, 3), eval.KMeansConfig{K: classicalK, MaxIter: 10, Tol: -1})
	if err != nil {
		return duel{}, err
	}
	start := eval.GMMFromLabels(X, clusters.Labels, classicalK, regCovar)
	d := duel{work: fmt.Sprintf("EM iteration, K = %d", classicalK), peer: "scikit-learn", kind: kind, task: newTask(),
		checked: checkedFit, turn: timedFit, skipped: classicalK * X.D}
	d.task.RegCovar = regCovar
	d.task.add("x", X.X, X.N, X.D)
	d.task.add("weights", start.Weights, classicalK)
	d.task.add("means", start.Means, classicalK, X.D)
	d.task.add("variances", start.Variances, classicalK, X.D)
	var fitted *eval.GMMFit
	d.ours = iterations(func(n int) (err error) {
		fitted, err = eval.FitGMMFrom(ctx, X, start, eval.GMMConfig{K: classicalK, RegCovar: regCovar, MaxIter: n, Tol: -1})
		return err
	})
	d.results = func() [][]float32 { // the variances follow from the others
		return [][]float32{fitted.Weights, fitted.Means, nil, {float32(fitted.LogLikelihood[checkedFit])}}
	}
	return d, nil
}

// kmeans is Lloyd's iterations; scikit-learn has two algorithms for them.
func kmeans(ctx context.Context, images dcgmm.Images, kind string) (duel, error) {
	X := matrix(images)
	centers := randomRows(X, 4)
	d := duel{work: fmt.Sprintf("k-means iteration, K = %d", classicalK), kind: kind, task: newTask(), checked: checkedFit,
		turn: timedFit, peer: "scikit-learn, " + kind[len("sklearn-kmeans-"):]}
	d.task.add("x", X.X, X.N, X.D)
	d.task.add("centers", centers, classicalK, X.D)
	var fitted *eval.KMeans
	d.ours = iterations(func(n int) (err error) {
		fitted, err = eval.FitKMeansFrom(ctx, X, centers, eval.KMeansConfig{K: classicalK, MaxIter: n, Tol: -1})
		return err
	})
	d.results = func() [][]float32 { return [][]float32{fitted.Centers, {float32(fitted.Inertia)}} }
	return d, nil
}

// matrix is the images as rows of float32.
func matrix(images dcgmm.Images) eval.Matrix {
	m := eval.Matrix{N: images.Len(), D: images.Shape.Size(), X: make([]float32, len(images.Pix))}
	for i, v := range images.Pix {
		m.X[i] = float32(v) / 255
	}
	return m
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
