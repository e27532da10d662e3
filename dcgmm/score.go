package dcgmm

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"deepgmm/internal/kernel"
	"deepgmm/internal/parallel"
)

// Evaluation holds what a network says about N images.
type Evaluation struct {
	Layers []LayerScores
	// Cluster is the most responsible component of the top layer for every image (model.md §5); nil
	// if the top layer has more than one position.
	Cluster []int
}

// LayerScores are the image scores of one layer (model.md §3, score of an image; §4). High means likely.
type LayerScores struct {
	Name string
	Max  []float64 // N, mean over the positions of max_k ℓ_k
	LSE  []float64 // N, mean over the positions of log Σ_k exp ℓ_k, the log-likelihood
	Min  []float64 // N, log-likelihood of the least likely position
	Tail []float64 // N, mean log-likelihood of the ⌈P/10⌉ least likely positions
	Wins []int64   // K, vectors won by each component
}

// Evaluate scores and clusters images. workers is the number of goroutines, 0 for
// GOMAXPROCS; it does not change the result. The error is the context's, or says that the
// images do not fit the network, are too large for the kernels, or have scores that are not finite.
func (n *Network) Evaluate(ctx context.Context, images Images, workers int) (*Evaluation, error) {
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	if err := n.checkBlock("scoring", 1); err != nil {
		return nil, err
	}
	N := images.Len()
	ev := &Evaluation{}
	for _, pl := range n.layers {
		f := func() []float64 { return make([]float64, N) }
		ev.Layers = append(ev.Layers, LayerScores{Name: pl.Name(), Max: f(), LSE: f(), Min: f(), Tail: f(), Wins: make([]int64, pl.K())})
	}
	top := n.layers[len(n.layers)-1]
	if top.P() == 1 {
		ev.Cluster = make([]int, N)
	}
	blocks, err := n.eachBlock(ctx, images, workers, func(b *block, first int) error { return b.evaluate(ev, first) })
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		for i, w := range b.wins {
			for k, v := range w { // integers: the order of the additions does not matter
				ev.Layers[i].Wins[k] += v
			}
		}
	}
	return ev, nil
}

// block is one worker's pass through the network with its scratch.
type block struct {
	*pass
	ctx             context.Context // of the call that it works for
	l, r, sum, best []float32
	out             []float32     // K×n: what the highest layer of a pass hands on
	handed          outputScratch // of layers that hand on something else than responsibilities
	arg             []int32
	places          []float64 // P×n, in Evaluate: log-likelihoods of the positions of a layer
	wins            [][]int64
	missing         *missing // nil: all pixels of the images are known
	kept            []any    // what this worker made for a sharpening or in-painting, for its next block
}

// eachBlock runs visit for consecutive groups of images, each loaded into the block of
// its worker, and returns the blocks that were used.
func (n *Network) eachBlock(ctx context.Context, images Images, workers int, visit func(b *block, first int) error) ([]*block, error) {
	var used []*block
	err := n.eachGroup(ctx, "scoring", images.Len(), workers, &used, func(b *block, first, count int) error {
		b.loadImages(images, first, count)
		return visit(b, first)
	})
	return used, err
}

// eachGroup runs visit for groups of consecutive numbers below N, each with the block of its worker, and
// returns the first group's error. used, if not nil, gets the blocks.
func (n *Network) eachGroup(ctx context.Context, what string, N, workers int, used *[]*block, visit func(b *block, first, count int) error) error {
	lanes := n.lanes()
	blocks := make([]*block, n.workers(workers))
	err := eachTask(ctx, what, (N+lanes-1)/lanes, len(blocks), func(task, worker int) error {
		if blocks[worker] == nil {
			blocks[worker] = n.newBlock()
		}
		b, first := blocks[worker], task*lanes
		b.ctx, b.valid = ctx, min(lanes, N-first)
		return visit(b, first, b.valid)
	})
	if used != nil {
		*used = slices.DeleteFunc(blocks, func(b *block) bool { return b == nil })
	}
	return err
}

// eachTask runs the tasks of an operation that can be stopped, and returns the first one's error.
func eachTask(ctx context.Context, what string, tasks, workers int, run func(task, worker int) error) error {
	t := parallel.New(max(1, min(parallel.Count(workers), tasks)))
	defer t.Stop()
	errs := make([]error, tasks)
	t.Each(tasks, func(task, worker int) {
		if errs[task] = ctx.Err(); errs[task] == nil {
			errs[task] = run(task, worker)
		}
	})
	for _, err := range errs {
		if ctx.Err() != nil {
			return fmt.Errorf("%s stopped: %w", what, context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// loadImages loads count consecutive images.
func (b *block) loadImages(images Images, first, count int) {
	idx := b.arg[:count]
	for i := range idx {
		idx[i] = int32(first + i)
	}
	for y := range b.net.arch.Input.H {
		b.load(images, idx, y)
	}
	if images.Missing == nil {
		b.missing = nil
		return
	}
	if b.missing == nil {
		b.missing = b.net.newMissing(b.n)
	}
	b.missing.load(images, first, count)
}

func (n *Network) checkLayer(name string, layer int) {
	if layer < 0 || layer >= len(n.layers) {
		panic(fmt.Sprintf("dcgmm: %s: layer %d of a network of %d layers", name, layer, len(n.layers)))
	}
}

func (n *Network) newBlock() *block {
	widest, rows := 0, 0
	for _, l := range n.layers {
		widest, rows = max(widest, l.K()), max(rows, l.gmm.family.rows())
	}
	L := n.lanes()
	b := &block{pass: newPass(n, L), ctx: context.Background(), l: make([]float32, rows*L), r: make([]float32, widest*L),
		sum: make([]float32, L), best: make([]float32, L), arg: make([]int32, L)}
	b.makeOutput(widest)
	for _, l := range n.layers {
		b.wins = append(b.wins, make([]int64, l.K()))
	}
	return b
}

// makeOutput makes the scratch of tempering and smoothing, if a layer needs it.
func (b *block) makeOutput(widest int) {
	channels := 0
	for _, pl := range b.net.layers {
		channels = max(channels, pl.channels())
	}
	for _, pl := range b.net.layers {
		if !pl.plain() && b.out == nil {
			f := func(n int) []float32 { return make([]float32, n) }
			b.out, b.handed = f(channels*b.n), outputScratch{f(widest * b.n), f(widest * mixLanes), f(b.n), f(b.n)}
		}
	}
}

// forward takes the loaded images from the input of one layer up to another and shows every position's log-scores b.l
// and, both K×lanes as they are, responsibilities r and what the layer hands on, out: the same, unless it tempers or
// smooths. b.best and b.arg are as of kernel.Best and b.sum as of kernel.Softmax. It ends with an error where a score
// is not finite, or when b.ctx does.
func (b *block) forward(from, upTo int, see func(layer, pos int, r, out []float32)) error {
	for i := from; i <= upTo; i++ {
		pl := b.net.layers[i]
		if err := b.poolAll(i); err != nil {
			return err
		}
		for pos := range pl.P() {
			if pos%pl.Out.W == 0 && b.ctx.Err() != nil {
				return b.ctx.Err()
			}
			b.scoreAt(i, pos)
			kernel.Best(b.best, b.arg, b.l, pl.Out.C, b.n)
			r, out := b.r[:pl.Out.C*b.n], b.out
			if i < len(b.maps)-1 {
				out = b.maps[i+1][0].at(pos/pl.Out.W, pos%pl.Out.W)
			}
			if pl.plain() {
				if i < len(b.maps)-1 {
					r = out
				}
				out = r
			}
			kernel.Softmax(r, b.sum, b.l, b.best, pl.Out.C, b.n)
			ok := finite(b.best[:b.valid]) && finite(b.sum[:b.valid])
			if !pl.plain() {
				pl.write(out, handed{b.l, b.best, b.n, pl.set(pos)}, b.handed)
				ok = ok && finite(b.handed.sum[:b.valid])
			}
			if !ok {
				return b.net.notFinite("scores of images", i)
			}
			see(i, pos, r, out)
		}
	}
	return nil
}

// poolAll fills the maps of a layer's poolings. It ends with an error when b.ctx does.
func (b *block) poolAll(layer int) error {
	for j, pool := range b.net.layers[layer].Pools {
		for y := range pool.Out.H {
			if b.ctx.Err() != nil {
				return b.ctx.Err()
			}
			b.pool(layer, j, y)
		}
	}
	return nil
}

// scoreAt computes the log-scores of a position into b.l, of the observed pixels where some are missing.
func (b *block) scoreAt(layer, pos int) {
	v := b.vectors(layer, pos)
	if layer == 0 && b.missing != nil {
		b.missing.score(b.l, v, pos)
		return
	}
	b.net.layers[layer].gmm.family.score(b.l, v)
}

// evaluate fills the images first… of ev and counts the wins of every layer's components.
func (b *block) evaluate(ev *Evaluation, first int) error {
	if b.places == nil {
		b.places = make([]float64, b.n*b.net.mostPositions())
	}
	return b.forward(0, len(b.net.layers)-1, func(layer, pos int, _, _ []float32) {
		pl, out := b.net.layers[layer], &ev.Layers[layer]
		P := float64(pl.Out.H * pl.Out.W)
		for i := range b.valid {
			best := float64(b.best[i])
			lse := best + math.Log(float64(b.sum[i])) // Σ e^ℓ = e^best·sum
			out.Max[first+i] += best / P
			out.LSE[first+i] += lse / P
			b.places[i*int(P)+pos] = lse
			b.wins[layer][b.arg[i]]++
			if layer == len(b.net.layers)-1 && ev.Cluster != nil {
				ev.Cluster[first+i] = int(b.arg[i])
			}
			if places := b.places[i*int(P):][:int(P)]; pos == len(places)-1 {
				out.Min[first+i], out.Tail[first+i] = slices.Min(places), lowestMean(places, (len(places)+9)/10)
			}
		}
	})
}

// winsBySet are the vectors won by the components of the top layer, Sets×K.
func (n *Network) winsBySet(ctx context.Context, images Images, workers int) ([]atomic.Int64, error) {
	if err := n.checkBlock("scoring", 1); err != nil {
		return nil, err
	}
	top := len(n.layers) - 1
	pl := n.layers[top]
	wins := make([]atomic.Int64, pl.gmm.Sets*pl.K()) // integers: the order of the additions does not matter
	_, err := n.eachBlock(ctx, images, workers, func(b *block, _ int) error {
		return b.forward(0, top, func(layer, pos int, _, _ []float32) {
			if layer == top {
				for _, k := range b.arg[:b.valid] {
					wins[pl.set(pos)*pl.K()+int(k)].Add(1)
				}
			}
		})
	})
	return wins, err
}

// mostPositions is the largest P.
func (n *Network) mostPositions() (P int) {
	for _, pl := range n.layers {
		P = max(P, pl.P())
	}
	return P
}

// LogScores returns ℓ of one layer, N×H'×W'×K row-major (model.md §3).
func (n *Network) LogScores(ctx context.Context, images Images, layer, workers int) ([]float32, error) {
	return n.layerOutput(ctx, images, layer, false, workers)
}

// Responsibilities returns what one layer hands on, N×H'×W'×K row-major: r = softmax ℓ (model.md §3), tempered and
// smoothed if the architecture says so; with the word U N×H'×W'×K(1+L), the factors' posterior means, times r, behind
// the responsibilities.
func (n *Network) Responsibilities(ctx context.Context, images Images, layer, workers int) ([]float32, error) {
	return n.layerOutput(ctx, images, layer, true, workers)
}

// layerOutput collects a layer's log-scores, or what it hands on.
func (n *Network) layerOutput(ctx context.Context, images Images, layer int, output bool, workers int) ([]float32, error) {
	if err := n.checkImages(images); err != nil {
		return nil, err
	}
	n.checkLayer("Responsibilities", layer)
	shape := n.layers[layer].Out
	if output {
		shape = n.layers[layer].Handed()
	}
	if err := checkResult("responsibilities", images.Len(), shape.Size()); err != nil {
		return nil, err
	}
	if err := n.checkBlock("scoring", 1); err != nil {
		return nil, err
	}
	out := make([]float32, images.Len()*shape.Size())
	_, err := n.eachBlock(ctx, images, workers, func(b *block, first int) error {
		err := b.forward(0, layer, func(i, pos int, _, handed []float32) {
			if i != layer {
				return
			}
			if !output {
				handed = b.l
			}
			kernel.Transpose(out[first*shape.Size()+pos*shape.C:], shape.Size(), handed, b.n, shape.C, b.valid)
		})
		if err == nil && !finite(out[first*shape.Size():][:b.valid*shape.Size()]) {
			err = n.notFinite("scores of components", layer)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
