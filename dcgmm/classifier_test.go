package dcgmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func mustTrainClassifier(t testing.TB, net *Network, im Images, labels []uint8, c ClassifierConfig) *Classifier {
	t.Helper()
	tr, err := NewClassifierTrainer(net, im, labels, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return net.Classifier()
}

// crossEntropy is the mean of −log p_label over images with the given responsibilities, size values each, in float64.
func crossEntropy(W, bias []float64, resp []float32, labels []uint8) (mean float64) {
	size := len(W) / len(bias)
	for i, y := range labels {
		logits := slices.Clone(bias)
		for k := range logits {
			for j, r := range resp[i*size:][:size] {
				if r >= leastFeature { // smaller ones are left out
					logits[k] += W[k*size+j] * float64(r)
				}
			}
		}
		mean -= math.Log(softmaxOf(logits)[y]) / float64(len(labels))
	}
	return mean
}

// One step subtracts the gradient of the mean cross-entropy, times the rate over the number of positions.
func TestClassifierStepIsTheGradient(t *testing.T) {
	net, err := New("F3x2/2x1 G4 F2x3 G5", Shape{H: 7, W: 5, C: 3}, Init{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	gentle(net, &oracle{[]*oracleLayer{{k: 4}, {k: 5}}}, 61)
	im, _ := randomImages(45, net.arch.Input, 62)
	r := rand.New(rand.NewPCG(63, 1))
	all := make([]uint8, 45)
	for i := range all {
		all[i] = uint8(r.IntN(3))
	}
	const n, rate = 37, 6.0 // not a multiple of the lanes
	for layer := range 2 {
		tr, err := NewClassifierTrainer(net, im, all, ClassifierConfig{Layer: layer, Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		c := net.Classifier()
		if c.Classes != 3 || len(c.Bias) != 3 {
			t.Fatalf("%d classes for labels 0 to 2", c.Classes)
		}
		for _, v := range [][]float32{c.W, c.Bias} {
			for j := range v {
				v[j] = r.Float32() - 0.5
			}
		}
		resp, err := net.Responsibilities(context.Background(), im, layer, 1)
		if err != nil {
			t.Fatal(err)
		}
		size := len(c.W) / 3
		var batch []int32
		var labels []uint8
		var seen []float32
		for _, i := range r.Perm(45)[:n] {
			batch, labels = append(batch, int32(i)), append(labels, all[i])
			seen = append(seen, resp[i*size:][:size]...)
		}
		W, bias := wide(c.W), wide(c.Bias)
		loss := func() float64 { return crossEntropy(W, bias, seen, labels) }
		if got, want := tr.Learn(batch), loss(); !close4(got, want, 0.1) {
			t.Errorf("layer %d: cross-entropy %v, oracle %v", layer, got, want)
		}
		checked := 0
		for _, p := range []struct {
			what  string
			after []float32
			v     []float64
		}{{"W", c.W, W}, {"bias", c.Bias, bias}} {
			var got, fds []float64
			for j := range p.v {
				const h = 1e-5
				x := p.v[j]
				p.v[j] = x + h
				up := loss()
				p.v[j] = x - h
				down := loss()
				p.v[j] = x
				fds = append(fds, (up-down)/(2*h))
				got = append(got, -(float64(p.after[j])-x)*float64(net.layers[layer].P())/rate)
			}
			largest := slices.Max(fds)
			if largest < 1e-3 {
				t.Fatalf("layer %d: all derivatives by %s are 0, nothing was checked", layer, p.what)
			}
			for j, fd := range fds {
				if !close4(got[j], fd, largest) && math.Abs(got[j]-fd) > 1e-6 {
					t.Errorf("layer %d: ∂%s[%d] = %v, finite difference %v", layer, p.what, j, got[j], fd)
				}
				checked++
			}
		}
		if checked != 3*(size+1) {
			t.Errorf("%d derivatives checked", checked)
		}
	}
}

// accuracy is the share of images whose class is their label.
func accuracy(t *testing.T, net *Network, im Images, labels []uint8) float64 {
	t.Helper()
	classes, p, err := net.Classify(context.Background(), im, 3)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, c := range classes {
		if c == int(labels[i]) {
			right++
		}
		if !(p[i] >= 1/float64(net.Classifier().Classes)-1e-9 && p[i] <= 1) {
			t.Fatalf("probability %v of the most likely class", p[i])
		}
	}
	return float64(right) / float64(len(classes))
}

func TestClassifierLearnsBars(t *testing.T) {
	im, labels := barImages(1000, 64)
	test, testLabels := barImages(500, 65)
	for layer := range 2 {
		net := copyOf(t, trained(t, deepBars))
		tr, err := NewClassifierTrainer(net, im, labels, ClassifierConfig{Layer: layer, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		var shares, losses []float64
		if err := tr.Run(context.Background(), func(share, loss float64) error {
			shares, losses = append(shares, share), append(losses, loss)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(shares) != "[0.2 0.4 0.6 0.8 1]" || !(losses[0] < math.Ln2) || !(losses[4] < losses[0]) {
			t.Errorf("layer %d: reports %v, cross-entropies %v", layer, shares, losses)
		}
		if a := accuracy(t, net, test, testLabels); a < 0.95 {
			t.Errorf("layer %d: accuracy %v", layer, a)
		}
	}
}

// With weights log p(class | k), Signal is Bayes' rule: p(k | class) ∝ π_k p(class | k), from a table of both.
func TestSignalIsBayesRule(t *testing.T) {
	net, err := New("F2x3 G3", Shape{H: 2, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	pi := []float64{0.5, 0.2, 0.3}
	given := [][]float64{{0.7, 0.1, 0.25}, {0.3, 0.9, 0.75}} // p(class | k)
	c := &Classifier{Classes: 2, W: make([]float32, 6), Bias: []float32{0.3, 0.3}}
	for k := range 3 {
		net.Layer(0).Logits[k] = float32(math.Log(pi[k]) + 1)
		for class := range 2 {
			c.W[class*3+k] = float32(math.Log(given[class][k]))
		}
	}
	net.Refresh()
	// p(0) = 0.35 + 0.02 + 0.075 = 0.445: 0.35/0.445, 0.02/0.445, 0.075/0.445; p(1) = 0.15 + 0.18 + 0.225 = 0.555.
	for class, want := range [][]float64{{0.78652, 0.04494, 0.16854}, {0.27027, 0.32432, 0.40541}} {
		signal := c.Signal(net, class)
		total := signal[0] + signal[1] + signal[2]
		if len(signal) != 3 || math.Abs(total-[]float64{0.445, 0.555}[class]) > 1e-6 {
			t.Errorf("class %d: signal %v", class, signal)
		}
		for k, w := range want {
			if got := signal[k] / total; math.Abs(got-w) > 1e-5 {
				t.Errorf("p(%d | class %d) = %v, want %v", k, class, got, w)
			}
		}
	}
	// With several positions, and parameters of their own, every position has its weights.
	net, err = New("F2x1 I2", Shape{H: 2, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Layer(0).Logits, []float32{0, 0, 0, float32(math.Log(3)), 0, 0})
	net.Refresh()
	ln4 := float32(math.Log(4))
	c = &Classifier{Classes: 2, W: []float32{ln4, 0, 0, 0, 0, ln4 /**/, 0, 0, 0, 0, 0, 0}, Bias: make([]float32, 2)}
	for k, want := range []float64{0.4, 0.25, 0.125, 0.375, 0.25, 0.4} {
		if got := c.Signal(net, 0)[k]; math.Abs(got-want) > 1e-6 {
			t.Errorf("signal %d is %v, want %v", k, got, want)
		}
	}
}

// spread is the variance of the row sums and of the column sums of an 8×8 image.
func spread(v []float32) (rows, columns float64) {
	var r, c [8]float64
	for i, x := range v {
		r[i/8] += float64(x)
		c[i%8] += float64(x)
	}
	_, dr := meanAndDeviation(r[:])
	_, dc := meanAndDeviation(c[:])
	return dr, dc
}

// used lists the components of a layer that win vectors. The others have nothing to show, but keep part of their first
// weight.
func used(t *testing.T, net *Network, im Images, layer int) (components []int) {
	t.Helper()
	ev, err := net.Evaluate(context.Background(), im, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range ev.Layers[layer].Wins {
		if w > 0 {
			components = append(components, k)
		}
	}
	return components
}

func TestSamplesOfAClassAreOfTheClass(t *testing.T) {
	im, labels := barImages(1000, 66)
	for _, arch := range []string{deepBars, "F8 G12"} {
		net := copyOf(t, trained(t, arch))
		top := net.Layers() - 1
		c := mustTrainClassifier(t, net, im, labels, ClassifierConfig{Layer: top, Epochs: 20, Seed: 1})
		for class := range 2 {
			const n = 200
			values := mustSample(t, net, top, 0, n, Sampling{Seed: 1, Weights: c.Signal(net, class), Components: used(t, net, im, top), Noise: []float64{0.2}})
			right := 0
			for i := range n {
				if rows, columns := spread(values[i*64:][:64]); rows > columns == (class == 0) {
					right++
				}
			}
			if right < n*9/10 {
				t.Errorf("%s: %d of %d samples of class %d are of it", arch, right, n, class)
			}
		}
	}
}

func TestWorkersDoNotChangeAClassifier(t *testing.T) {
	im, labels := barImages(230, 67)
	for layer := range 2 {
		var want *Classifier
		for _, workers := range []int{1, 3, 16} {
			net := copyOf(t, trained(t, deepBars))
			c := mustTrainClassifier(t, net, im, labels, ClassifierConfig{Layer: layer, BatchSize: 70, Epochs: 3, Workers: workers})
			if want == nil {
				want = c
			}
			if !slices.Equal(c.W, want.W) || !slices.Equal(c.Bias, want.Bias) {
				t.Errorf("layer %d: %d workers give other weights than 1", layer, workers)
			}
		}
		if slices.Max(want.W) == 0 {
			t.Error("nothing was learnt")
		}
	}
}

// A new training goes on with the classifier of the same layer and classes, and only with that.
func TestAClassifierIsTrainedFurther(t *testing.T) {
	im, labels := barImages(100, 68)
	net := copyOf(t, trained(t, deepBars))
	first := mustTrainClassifier(t, net, im, labels, ClassifierConfig{Layer: 1, Epochs: 1})
	before := slices.Clone(first.W)
	if again := mustTrainClassifier(t, net, im, labels, ClassifierConfig{Layer: 1, Epochs: 1}); again != first || slices.Equal(again.W, before) {
		t.Error("the classifier was not trained further")
	}
	for _, c := range []ClassifierConfig{{Layer: 0}, {Layer: 0, Classes: 7}} {
		old := net.Classifier()
		if _, err := NewClassifierTrainer(net, im, labels, c); err != nil {
			t.Fatal(err)
		}
		now := net.Classifier()
		if now == old || slices.Max(now.W) != 0 || len(now.W) != now.Classes*36*9 || now.Classes != max(2, c.Classes) {
			t.Errorf("%+v: classifier of %d classes on layer %d", c, now.Classes, now.Layer)
		}
	}
}

// A classifier beside the mixtures learns from their steps and leaves their bits alone.
func TestBesideTheMixtures(t *testing.T) {
	im, labels := barImages(600, 69)
	training := func() *Trainer {
		net, err := New(deepBars, im.Shape, Init{Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := NewTrainer(net, im, Config{Epochs: 40, Seed: 2, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	alone, pair := training(), training()
	c, err := NewClassifierTrainer(pair.Network(), im, labels, ClassifierConfig{Layer: 0, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	pair.Beside(c)
	for _, tr := range []*Trainer{alone, pair} {
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, l := range alone.Network().layers {
		for j, p := range l.gmm.family.parameters() {
			if !slices.Equal(p.v, pair.Network().layers[i].gmm.family.parameters()[j].v) {
				t.Errorf("layer %d: parameters of kind %d have other bits beside a classifier", i, j)
			}
		}
	}
	test, testLabels := barImages(300, 70)
	if a := accuracy(t, pair.Network(), test, testLabels); a < 0.9 {
		t.Errorf("accuracy %v", a)
	}
	fewer, _ := barImages(599, 69)
	shorter, err := NewClassifierTrainer(pair.Network(), fewer, labels[:599], ClassifierConfig{})
	if err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "Beside: the classifier is not of the network and images", func() { alone.Beside(c) })
	mustPanic(t, "Beside: the classifier is not of the network and images", func() { pair.Beside(shorter) })
}

func TestBadClassifiers(t *testing.T) {
	net, err := New("F2 G3 F3x2 G4", Shape{H: 4, W: 3, C: 1}, Init{})
	if err != nil {
		t.Fatal(err)
	}
	im, _ := randomImages(5, net.arch.Input, 71)
	labels := []uint8{0, 1, 2, 1, 0}
	for _, c := range []struct {
		labels []uint8
		c      ClassifierConfig
		want   string
	}{
		{labels[:4], ClassifierConfig{}, "4 labels for 5 images"},
		{nil, ClassifierConfig{}, "0 labels for 5 images"},
		{labels, ClassifierConfig{Classes: 2}, "label 2 of image 2; there are 2 classes"},
		{labels, ClassifierConfig{Layer: 2}, "ClassifierConfig.Layer is 2; the network has the layers 0 to 1"},
		{labels, ClassifierConfig{Layer: -1}, "ClassifierConfig.Layer is -1"},
		{make([]uint8, 5), ClassifierConfig{Classes: 1}, "Classes 1,"},
		{labels, ClassifierConfig{Classes: 1 << 20}, "Classes 1048576,"},
		{labels, ClassifierConfig{Epochs: -1}, "Epochs -1,"},
		{labels, ClassifierConfig{BatchSize: -1}, "BatchSize -1 and"},
		{labels, ClassifierConfig{Rate: -1}, "Rate -1 must"},
		{labels, ClassifierConfig{Rate: math.NaN()}, "Rate NaN must"},
		{labels, ClassifierConfig{Rate: math.Inf(1)}, "Rate +Inf must"},
	} {
		if _, err := NewClassifierTrainer(net, im, c.labels, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.c, err, c.want)
		}
	}
	if net.Classifier() != nil {
		t.Error("an error left a classifier")
	}
	if _, err := NewClassifierTrainer(net, Images{Shape: Shape{H: 3, W: 4, C: 1}, Pix: im.Pix}, labels, ClassifierConfig{}); err == nil || !strings.Contains(err.Error(), "the images are 3×4×1") {
		t.Errorf("images of another shape: %v", err)
	}
	if _, _, err := net.Classify(context.Background(), im, 1); err == nil || !strings.Contains(err.Error(), "has no classifier: train one first") {
		t.Errorf("Classify: %v", err)
	}
	tr, err := NewClassifierTrainer(net, im, labels, ClassifierConfig{Layer: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := tr.Run(ctx, nil); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "classifier stopped in epoch 1 of 5") {
		t.Errorf("cancelled: %v", err)
	}
	stop := errors.New("enough")
	if err := tr.Run(context.Background(), func(float64, float64) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the hook's error became %v", err)
	}
	if _, _, err := net.Classify(ctx, im, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Classify, cancelled: %v", err)
	}
	for want, call := range map[string]func(){
		"Signal: class 3 of 3":                 func() { net.Classifier().Signal(net, 3) },
		"Signal: class -1 of 3":                func() { net.Classifier().Signal(net, -1) },
		"a classifier of 3 classes on layer 4": func() { net.SetClassifier(&Classifier{Layer: 3, Classes: 3}) },
		"a classifier of 1 classes on layer 1": func() { net.SetClassifier(&Classifier{Classes: 1}) },
		"with 8 weights and 2 biases": func() {
			net.SetClassifier(&Classifier{Layer: 0, Classes: 2, W: make([]float32, 8), Bias: make([]float32, 2)})
		},
		"a weight of the classifier is not fin": func() {
			net.SetClassifier(&Classifier{Layer: 1, Classes: 2, W: make([]float32, 8), Bias: []float32{0, float32(math.NaN())}})
		},
	} {
		mustPanic(t, want, call)
	}
	net.SetClassifier(nil)
	if net.Classifier() != nil {
		t.Error("the classifier was not removed")
	}
}

// savedClassifier is a small network with a classifier and its checkpoint.
func savedClassifier(t testing.TB) (*Network, []byte) {
	t.Helper()
	net, err := New("F3/2 G4 F3 A3:5", Shape{H: 7, W: 7, C: 1}, Init{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(72, 1))
	c := &Classifier{Layer: 0, Classes: 3, W: make([]float32, 3*9*4), Bias: make([]float32, 3)}
	for _, v := range [][]float32{c.W, c.Bias} {
		for j := range v {
			v[j] = r.Float32() - 0.5
		}
	}
	net.SetClassifier(c)
	var b bytes.Buffer
	if err := net.Save(&b); err != nil {
		t.Fatal(err)
	}
	return net, b.Bytes()
}

func TestCheckpointsHoldAClassifier(t *testing.T) {
	net, text := savedClassifier(t)
	ck, err := Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	a, b := ck.Network.Classifier(), net.Classifier()
	if a.Layer != b.Layer || a.Classes != b.Classes || !slices.Equal(a.W, b.W) || !slices.Equal(a.Bias, b.Bias) {
		t.Errorf("saved %+v, loaded %+v", b, a)
	}
	im, _ := randomImages(9, net.arch.Input, 73)
	want, _, err := net.Classify(context.Background(), im, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := ck.Network.Classify(context.Background(), im, 1); err != nil || !slices.Equal(got, want) {
		t.Errorf("classes %v before, %v after loading; error %v", want, got, err)
	}
	// In the middle of a training, too.
	bars, labels := barImages(60, 74)
	barNet, err := New("F8 G4", bars.Shape, Init{})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(barNet, bars, Config{Epochs: 2, BatchSize: 20})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewClassifierTrainer(barNet, bars, labels, ClassifierConfig{})
	if err != nil {
		t.Fatal(err)
	}
	tr.Beside(c)
	tr.startPool()
	for range 3 {
		if err := tr.runStep(); err != nil {
			t.Fatal(err)
		}
	}
	tr.stopPool()
	saved := wholeState(t, tr)
	if ck, err = Load(bytes.NewReader(saved)); err != nil {
		t.Fatal(err)
	}
	resumed, err := ck.Resume(bars, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = NewClassifierTrainer(ck.Network, bars, labels, ClassifierConfig{}); err != nil {
		t.Fatal(err)
	}
	resumed.Beside(c)
	for _, tr := range []*Trainer{tr, resumed} {
		if err := tr.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(wholeState(t, tr), wholeState(t, resumed)) {
		t.Error("resumed beside its classifier, a training ends with other bits")
	}
}

// withVersion is a checkpoint that says it has another version, with a right checksum.
func withVersion(text []byte, version uint32) []byte {
	out := bytes.Clone(text)
	binary.LittleEndian.PutUint32(out[8:], version)
	return resealed(out)
}

// Version 1 had no classifiers, version 2 no optimizers; otherwise they are today's.
func TestFirstVersionsAreLoaded(t *testing.T) {
	tr, text := savedTraining(t)
	ck, err := Load(bytes.NewReader(withVersion(text, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if ck.Network.Classifier() != nil {
		t.Error("a checkpoint without a classifier has one")
	}
	resumed, err := ck.Resume(tr.images, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(wholeState(t, resumed), text) {
		t.Error("loaded and saved, a checkpoint of version 1 is not the same in today's")
	}
	for _, version := range []uint32{0, checkpointVersion + 1, 1 << 31} {
		if _, err := Load(bytes.NewReader(withVersion(text, version))); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("version %d, this program reads versions up to %d", version, checkpointVersion)) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

func TestDamagedClassifiersAreRefused(t *testing.T) {
	_, text := savedClassifier(t)
	header := func(change func(c map[string]any)) []byte {
		return withHeader(t, text, func(h map[string]any) { change(h["Classifier"].(map[string]any)) })
	}
	nan := bytes.Clone(text)
	binary.LittleEndian.PutUint32(nan[len(nan)-4-4*3:], 0x7fc00000) // the first bias
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"layer":         {header(func(c map[string]any) { c["Layer"] = 2 }), "a classifier of 3 classes on layer 3 of 2"},
		"no layer":      {header(func(c map[string]any) { c["Layer"] = -1 }), "damaged: a classifier of 3 classes"},
		"another layer": {header(func(c map[string]any) { c["Layer"] = 1 }), "checksum does not match"},
		"one class":     {header(func(c map[string]any) { c["Classes"] = 1 }), "a classifier of 1 classes"},
		"no class":      {header(func(c map[string]any) { delete(c, "Classes") }), "a classifier of 0 classes"},
		"giant":         {header(func(c map[string]any) { c["Classes"] = 1 << 40 }), "a classifier of 1099511627776 classes"},
		"more classes":  {header(func(c map[string]any) { c["Classes"] = 4000 }), "truncated"},
		"fewer classes": {header(func(c map[string]any) { c["Classes"] = 2 }), "checksum does not match"},
		"unknown field": {header(func(c map[string]any) { c["Labels"] = 2 }), "damaged: header"},
		"none":          {withHeader(t, text, func(h map[string]any) { delete(h, "Classifier") }), "checksum does not match"},
		"NaN":           {resealed(nan), "a weight of the classifier is not finite"},
		"half":          {text[:len(text)-40], "truncated"},
	} {
		ck, err := Load(bytes.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || ck != nil {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}
