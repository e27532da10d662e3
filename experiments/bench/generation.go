package bench

import (
	"context"
	"fmt"
	"runtime"

	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
)

// Architectures that generate: the one of the project's sharpened samples, one of small patches, one without pooling.
// Tests have a smaller one.
var generating = []string{"F8/1 G49 M F11 G49", "F3/1 G64 M F13 G49", "F8/2 G49 F11 G49"}

const (
	sharpenedImages    = 64
	sharpenIterations  = 20
	generatedImages    = 256
	fullIterations     = 300 // of the experiments
	generationTraining = 2000
)

// generation makes table B4: sharpening, sampling and in-painting on all cores.
func (b *bench) generation(ctx context.Context) (report.Table, error) {
	cores := runtime.GOMAXPROCS(0)
	t := report.Table{ID: "B4-generation", Title: fmt.Sprintf("B4. Generating on %d cores", cores),
		Columns: []report.Column{{Name: "architecture"}, {Name: "floor of an iteration", Unit: "MFLOP/image", Decimals: 2},
			{Name: "sharpening", Unit: "image·iterations/s"},
			{Name: fmt.Sprintf("sharpening, %d iterations", fullIterations), Unit: "images/s", Decimals: 1},
			{Name: "arithmetic of the floor", Unit: "GFLOP/s"}, {Name: "time over the floor", Unit: "×", Decimals: 2, Better: -1},
			{Name: fmt.Sprintf("%d cores over one", cores), Unit: "×", Decimals: 2}, {Name: "sampling", Unit: "images/s"},
			{Name: "in-painting", Unit: "images/s"}},
		Note: fmt.Sprintf("After a short training on generated images of 28×28 pixels. Sharpening: %d images for the top layer, "+
			"gradients of all layers. Floor: the time at the peak of all cores, measured in turns, of 8·P·K·D operations a layer: "+
			"log-scores, and as many for their derivative by the input; components without a share of a vector are left out of "+
			"the latter, so less than the floor is done. Sampling: from the top layer. In-painting: the lower half of images, "+
			"3 rounds.", sharpenedImages)}
	images := noise(digit, generationTraining)
	return t, b.eachRow(&t, generating, func(i int) ([]float64, error) { return generationRow(ctx, generating[i], images, cores) })
}

// generator is a trained network with what it starts from.
type generator struct {
	ctx    context.Context
	net    *dcgmm.Network
	images dcgmm.Images
	top    int
}

func newGenerator(ctx context.Context, arch string, images dcgmm.Images, workers int) (*generator, error) {
	net, err := dcgmm.New(arch, images.Shape, dcgmm.Init{Seed: 1})
	if err != nil {
		return nil, err
	}
	tr, err := dcgmm.NewTrainer(net, images, dcgmm.Config{Epochs: 10, Seed: 1, Workers: workers})
	if err != nil {
		return nil, err
	}
	return &generator{ctx, net, images, net.Layers() - 1}, tr.Run(ctx, nil)
}

// sharpening is a subject whose unit is the line search of some images; it returns how many image·iterations a unit
// has.
func (g *generator) sharpening(workers int) (subject, float64, error) {
	values := make([]float32, sharpenedImages*g.images.Shape.Size())
	for i := range values {
		values[i] = float32(g.images.Pix[i]) / 255
	}
	sharpen := func() (*dcgmm.Sharpened, error) {
		how := dcgmm.Sharpening{Target: g.top, Iterations: sharpenIterations, Tolerance: 1e-12}
		return g.net.Sharpen(g.ctx, values, how, workers)
	}
	s, err := sharpen()
	if err != nil {
		return nil, 0, err
	}
	if s.Lower > 0 || s.Raised == 0 {
		return nil, 0, fmt.Errorf("wrong result: %d steps raised an objective and %d lowered it", s.Raised, s.Lower)
	}
	steps := 0
	for _, t := range s.Trace {
		steps += len(t) // the gradient of the start counts as well
	}
	return repeated(func() error { _, err := sharpen(); return err }), float64(steps), nil
}

func (g *generator) sampling(workers int) subject {
	return repeated(func() error {
		_, err := g.net.Sample(g.ctx, g.top, 0, generatedImages, dcgmm.Sampling{Workers: workers})
		return err
	})
}

func (g *generator) inpainting(workers int) subject {
	in := g.images.Shape
	some := dcgmm.Images{Shape: in, Pix: g.images.Pix[:generatedImages*in.Size()], Missing: make([]bool, in.H*in.W)}
	for i := len(some.Missing) / 2; i < len(some.Missing); i++ {
		some.Missing[i] = true
	}
	return repeated(func() error {
		_, err := g.net.Inpaint(g.ctx, some, dcgmm.Inpainting{Sampling: dcgmm.Sampling{Workers: workers}})
		return err
	})
}

// floor is the arithmetic of an image and iteration, in 10⁹ operations.
func (g *generator) floor() float64 { return 2 * g.net.Arch().FLOPs() / 1e9 }

func generationRow(ctx context.Context, arch string, images dcgmm.Images, cores int) ([]float64, error) {
	g, err := newGenerator(ctx, arch, images, cores)
	if err != nil {
		return nil, err
	}
	all, steps, err := g.sharpening(cores)
	if err != nil {
		return nil, err
	}
	one, _, err := g.sharpening(1)
	if err != nil {
		return nil, err
	}
	c, err := each(ctx, [2]subject{peak(cores), all}, [2]subject{all, one}, [2]subject{g.sampling(cores), g.inpainting(cores)})
	if err != nil {
		return nil, err
	}
	floor, both, made := c[0], c[1], c[2]
	rate := steps / floor.b
	return []float64{1000 * g.floor(), rate, rate / fullIterations, rate * g.floor(), floor.ratio / (steps * g.floor()),
		both.ratio, generatedImages / made.a, generatedImages / made.b}, nil
}
