package dcgmm

import (
	"context"
	"fmt"
	"sync"
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
// To score images one after the other, see NewEvaluator.
func (n *Network) Evaluate(ctx context.Context, images Images, workers int) (*Evaluation, error) {
	if err := n.checkEvaluate(images); err != nil {
		return nil, err
	}
	ev := &Evaluation{}
	ev.reset(n, images.Len())
	if !n.packs(images) {
		return orNil(ev, n.eachBlock(ctx, images, workers, func(b *block, first int) error { return b.evaluate(ev, first) }))
	}
	return orNil(ev, eachTask(ctx, "scoring", 1, 1, func(int, int) error {
		p, _ := n.packings.Get().(*packing)
		if p == nil {
			p = n.newPacking()
		}
		defer n.packings.Put(p)
		return p.evaluate(ctx, ev, images)
	}))
}

func (n *Network) checkEvaluate(images Images) error {
	if err := n.checkImages(images); err != nil {
		return err
	}
	return n.checkBlock("scoring", 1)
}

// orNil is an evaluation, unless there was an error.
func orNil(ev *Evaluation, err error) (*Evaluation, error) {
	if err != nil {
		return nil, err
	}
	return ev, nil
}

// block is one worker's pass through the network with its scratch.
type block struct {
	*pass
	scoring
	reduction
	ctx   context.Context // of the call that it works for
	masks []*missing      // by layer: what is missing of its map; nil: nothing
	kept  []any           // what this worker made for a sharpening or in-painting, for its next block
}

// eachBlock runs visit for consecutive groups of images, each loaded into the block of its worker.
func (n *Network) eachBlock(ctx context.Context, images Images, workers int, visit func(b *block, first int) error) error {
	return n.eachGroup(ctx, "scoring", images.Len(), workers, &n.blocks, func(b *block, first, count int) error {
		b.loadImages(images, first, count)
		return visit(b, first)
	})
}

// eachGroup runs visit for groups of consecutive numbers below N, each with the block of its worker, and
// returns the first group's error. With a pool, blocks are taken from there and go back; what is in their maps is left
// from another call.
func (n *Network) eachGroup(ctx context.Context, what string, N, workers int, from *sync.Pool, visit func(b *block, first, count int) error) error {
	lanes := n.lanes()
	blocks := make([]*block, n.workers(workers))
	err := eachTask(ctx, what, (N+lanes-1)/lanes, len(blocks), func(task, worker int) error {
		if blocks[worker] == nil {
			blocks[worker] = n.takeBlock(from)
		}
		b, first := blocks[worker], task*lanes
		b.ctx, b.valid = ctx, min(lanes, N-first)
		return visit(b, first, b.valid)
	})
	for _, b := range blocks {
		if b != nil && from != nil {
			b.ctx, b.masks = nil, nil // masks, and marginals by the parameters of now
			from.Put(b)
		}
	}
	return err
}

// takeBlock takes a block from a pool, or makes one.
func (n *Network) takeBlock(from *sync.Pool) *block {
	if from != nil {
		if b, ok := from.Get().(*block); ok {
			return b
		}
	}
	return n.newBlock()
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
		b.masks = nil
		return
	}
	if b.masks == nil {
		b.masks = []*missing{b.net.newMissing(0, b.n)}
	}
	b.masks[0].load(images, first, count)
	b.maskAll()
}

func (n *Network) checkLayer(name string, layer int) {
	if layer < 0 || layer >= len(n.layers) {
		panic(fmt.Sprintf("dcgmm: %s: layer %d of a network of %d layers", name, layer, len(n.layers)))
	}
}

func (n *Network) newBlock() *block {
	L := n.lanes()
	return &block{pass: newPass(n, L), scoring: n.newScoring(L), reduction: n.newReduction(L), ctx: context.Background()}
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
			var to []float32
			if i < len(b.maps)-1 {
				to = b.maps[i+1][0].at(pos/pl.Out.W, pos%pl.Out.W)
			}
			r, out, ok := b.respond(to, pl, pl.set(pos), b.n, b.valid)
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

// maskAll extends what is missing of the images to all layers.
func (b *block) maskAll() {
	for i := 1; i < len(b.net.layers); i++ {
		if i == len(b.masks) {
			b.masks = append(b.masks, b.net.newMissing(i, b.n))
		}
		b.masks[i].above(b.masks[i-1])
	}
}

// scoreAt computes the log-scores of a position into b.l, of what is observed where something is missing.
func (b *block) scoreAt(layer, pos int) {
	v := b.vectors(layer, pos)
	if b.masks != nil {
		b.masks[layer].score(b.l, v, pos)
		return
	}
	b.net.layers[layer].gmm.family.score(b.l, v)
}

// evaluate fills the images first… of ev and adds the wins of every layer's components.
func (b *block) evaluate(ev *Evaluation, first int) error {
	b.begin()
	err := b.forward(0, len(b.net.layers)-1, func(layer, pos int, _, _ []float32) {
		for i := range b.valid {
			b.add(&b.scoring, i, ev, place{layer, first, i, pos})
		}
	})
	if err == nil {
		b.addWins(ev)
	}
	return err
}

// winsBySet are the vectors won by the components of the top layer, Sets×K.
func (n *Network) winsBySet(ctx context.Context, images Images, workers int) ([]atomic.Int64, error) {
	if err := n.checkBlock("scoring", 1); err != nil {
		return nil, err
	}
	top := len(n.layers) - 1
	pl := n.layers[top]
	wins := make([]atomic.Int64, pl.gmm.Sets*pl.K()) // integers: the order of the additions does not matter
	err := n.eachBlock(ctx, images, workers, func(b *block, _ int) error {
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
	name := "LogScores"
	if output {
		name = "Responsibilities"
	}
	n.checkLayer(name, layer)
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
	err := n.eachBlock(ctx, images, workers, func(b *block, first int) error {
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
