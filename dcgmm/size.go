package dcgmm

import (
	"fmt"
	"math"
	"math/bits"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
	"deepgmm/internal/parallel"
)

// Sizes are counted in values, most of them float32, before anything is allocated, and do not wrap.

const (
	// mostValues is what a call may work with, or return: 16 GiB.
	mostValues = 1 << 32
	// roomy is how many values one worker's maps have before it takes fewer images at a time, and four times as many
	// are what the maps of all workers have before fewer of them work.
	roomy = 1 << 26
)

// product multiplies numbers that are not negative; where it gets too large it is the largest there is.
func product(factors ...int) int {
	p := uint64(1)
	for _, f := range factors {
		over, low := bits.Mul64(p, uint64(f))
		if p = low; over != 0 || low > math.MaxInt {
			return math.MaxInt
		}
	}
	return int(p)
}

// total adds numbers that are not negative; a sum that is too large becomes the largest there is.
func total(terms ...int) (sum int) {
	for _, t := range terms {
		if sum > math.MaxInt-t {
			return math.MaxInt
		}
		sum += t
	}
	return sum
}

func count(n int) string {
	if n == math.MaxInt {
		return "over 2⁶³"
	}
	return fmt.Sprint(n)
}

// mapSize is the number of values of a layer's maps, for one image.
func mapSize(p *arch.Layer) int {
	size := p.Padded.Size()
	for _, pool := range p.Pools {
		size = total(size, pool.In.Size())
	}
	return size
}

// blockSize is about the number of values that a worker needs to take n images through a layer: maps, log-scores with
// projections, and the scores of all positions.
func blockSize(p *arch.Layer, n int) int {
	return product(n, total(mapSize(p), total(2*p.K(), p.Rows()), 2*p.P()))
}

// blockSize is that of all layers, and the layer that needs most.
func (n *Network) blockSize(lanes int) (size, layer int) {
	most := 0
	for i := range n.arch.Layers {
		s := blockSize(&n.arch.Layers[i], lanes)
		if size = total(size, s); s > most {
			most, layer = s, i
		}
	}
	return size, layer
}

// inferenceLanes is the number of images that one worker takes through the
// network together, unless they are large: enough for the kernels' widest tiles, few enough that maps stay near the
// caches.
const inferenceLanes = 32

// lanes is how many images a worker takes through the network together: fewer if they are large.
func (n *Network) lanes() int {
	if size, _ := n.blockSize(inferenceLanes); size > roomy {
		return kernel.Lanes
	}
	return inferenceLanes
}

// checkBlock refuses an operation whose workers need a number of times a block each, if not even one can have that.
func (n *Network) checkBlock(what string, times int) error {
	lanes := n.lanes()
	size, layer := n.blockSize(lanes)
	if size = product(size, times); size > mostValues {
		return fmt.Errorf("%s: %d images at a time, the fewest, need %s values, most of them in layer %d (%s), over 2³²; use smaller images, larger strides or fewer components",
			what, lanes, count(size), layer+1, n.arch.Layers[layer].Name())
	}
	return nil
}

// workers is how many of the wanted workers have blocks at the same time.
func (n *Network) workers(wanted int) int {
	size, _ := n.blockSize(n.lanes())
	return max(1, min(parallel.Count(wanted), 4*roomy/size))
}

// checkResult refuses a result of N times size values.
func checkResult(what string, N, size int) error {
	if values := product(N, size); values > mostValues {
		return fmt.Errorf("%s: %d results of %d values are %s in all, over 2³²; ask for fewer at a time", what, N, size, count(values))
	}
	return nil
}

// checkTraining refuses batches whose offsets overflow the kernels' 32 bits, or that need too much memory.
func (n *Network) checkTraining(c *Config) error {
	lanes := kernel.Pad(c.BatchSize)
	all := 0
	for i, p := range n.layers {
		if product(max(p.Padded.Size(), kernel.Pad(p.D())), lanes) >= 1<<31 {
			return fmt.Errorf("training: a batch of %d images makes a map of %v values each for layer %d (%s), over 2³¹ in all: use smaller batches", c.BatchSize, p.Padded, i+1, p.Name())
		}
		size := n.learnerSize(i, lanes, c)
		if all = total(all, size); all > mostValues {
			return fmt.Errorf("training: a batch of %d images needs %s values up to layer %d (%s), over 2³²: use smaller batches, or fewer components or factors", c.BatchSize, count(all), i+1, p.Name())
		}
	}
	return nil
}

// learnerSize is about the number of values that a training needs for a layer beside its parameters.
func (n *Network) learnerSize(layer, lanes int, c *Config) int {
	p, chunk := &n.arch.Layers[layer], n.layers[layer].gmm.chunk()
	rows, K, ld := p.Rows(), p.K(), kernel.Pad(p.D())
	per := rows / K // rows of sums of a component, beside one
	averages := product(c.Optimizer.averages(), p.Params())
	scratch := total(product(rows, lanes), product(2*mixLanes, K), product(2+2*per, K+1, min(ld, chunk)))
	size := total(product(mapSize(p), lanes), averages, product(parallel.Count(c.Workers), scratch))
	if P := p.P(); P < fewPositions {
		parts := min(mostParts, (p.D()+chunk-1)/chunk)
		return total(size, product(P, parts+3, rows, lanes))
	}
	shards := positionShards
	if p.PerPosition {
		shards = p.Sets()
	}
	return total(size, product(shards, 1+per, K+1, ld), product(1+per, K, lanes))
}
