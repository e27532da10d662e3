package dcgmm

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// Network is a stack of mixture layers with the folding and pooling between
// them. It is safe for concurrent use as long as nobody changes parameters.
type Network struct {
	arch        arch.Arch
	maxPrecRoot float32 // of the first layer
	layers      []*layer
	classifier  *Classifier // nil: none
	scorer      *Scorer     // nil: none
	classNames  []string    // nil: none

	blocks, packings sync.Pool // of *block and *packing, memory of calls that have ended
}

// Init says how parameters start (model.md §3, defaults).
type Init struct {
	Seed        uint64
	MuRange     float64 // μ ~ U(−MuRange, MuRange); 0 means 0.1
	MaxPrecRoot float64 // s starts at, and never exceeds, this bound; 0 means √20
	// UpperPrecRoot is the bound of all layers above the first; 0 means MaxPrecRoot. Where factors are handed up it says
	// how much of a code a layer leaves to noise: 1 to 3, of codes in units of the images' values.
	UpperPrecRoot float64 `json:",omitempty"`
}

// Bounds of the precision root s. The lower one keeps log s and 1/s finite; no run of ours came near it.
const (
	defaultMaxPrecRoot = 4.472135954999580 // √20
	minPrecRoot        = 1e-3
)

// Streams of randomness: each purpose draws from its own generator, so that a
// change in one does not shift another.
const (
	streamInit    = 0x696e6974 // "init"
	streamShuffle = 0x73687566 // "shuf"
	streamFactors = 0x66616374 // "fact"
	streamRestart = 0x72657669 // "revi"
)

// New makes a network for images of shape in, of an architecture such as "F8/2 G49 M F6 G36" (see arch.Parse), and
// draws initial parameters. The error says which word is wrong, why, and what would fit.
func New(architecture string, in Shape, init Init) (*Network, error) {
	a, err := arch.Parse(architecture, in)
	if err != nil {
		return nil, err
	}
	if err := init.Validate(); err != nil {
		return nil, err
	}
	init = init.withDefaults()
	n := &Network{arch: a, maxPrecRoot: float32(init.MaxPrecRoot)}
	r := rand.New(rand.NewPCG(init.Seed, streamInit))
	for i, l := range a.Layers {
		bound := n.maxPrecRoot
		if i > 0 {
			bound = float32(init.UpperPrecRoot)
		}
		g := newGMM(l, bound)
		g.randomise(r, float32(init.MuRange))
		n.layers = append(n.layers, &layer{l, newOutput(l, g.family), g})
	}
	return n, nil
}

func (init Init) withDefaults() Init {
	init.MuRange, init.MaxPrecRoot = cmp.Or(init.MuRange, 0.1), cmp.Or(init.MaxPrecRoot, defaultMaxPrecRoot)
	init.UpperPrecRoot = cmp.Or(init.UpperPrecRoot, init.MaxPrecRoot)
	return init
}

// Validate reports numbers out of range.
func (init Init) Validate() error {
	init = init.withDefaults()
	if !(init.MuRange > 0) || math.IsInf(init.MuRange, 0) {
		return fmt.Errorf("Init: MuRange %g must be positive and finite", init.MuRange)
	}
	for _, b := range []struct {
		name string
		v    float64
	}{{"MaxPrecRoot", init.MaxPrecRoot}, {"UpperPrecRoot", init.UpperPrecRoot}} {
		if !(b.v >= minPrecRoot) || b.v > kernel.MaxRoot {
			return fmt.Errorf("Init: %s %g must be between %g and %g", b.name, b.v, float64(minPrecRoot), float64(kernel.MaxRoot))
		}
	}
	return nil
}

// Arch returns the architecture with the shapes of all layers. Its String is the text form.
func (n *Network) Arch() arch.Arch { return n.arch }

// Input returns the shape of the images.
func (n *Network) Input() Shape { return n.arch.Input }

// String says what the network is: architecture, images and number of parameters.
func (n *Network) String() string {
	return fmt.Sprintf("%v for images of %v, %d parameters", n.arch, n.arch.Input, n.arch.Params())
}

// MaxPrecRoot returns the bound s_max of the precision roots of the first layer.
func (n *Network) MaxPrecRoot() float64 { return float64(n.maxPrecRoot) }

// UpperPrecRoot returns that of the layers above.
func (n *Network) UpperPrecRoot() float64 {
	layers := made(n, "Network", "New or Load").layers
	return float64(layers[len(layers)-1].gmm.maxPrecRoot)
}

// made is the network of something that has one, unless it is a zero value, which panics.
func made(n *Network, what, by string) *Network {
	if n == nil || len(n.layers) == 0 {
		panic(fmt.Sprintf("dcgmm: %s: not made by %s", what, by))
	}
	return n
}

// Layers returns the number of mixture layers, counted from 0 at the images.
func (n *Network) Layers() int { return len(n.layers) }

// Layer returns the mixture of layer i. It panics if there is no such layer.
func (n *Network) Layer(i int) *GMM {
	n.checkLayer("Layer", i)
	return n.layers[i].gmm
}

// Refresh makes the network use parameters that were changed from outside.
func (n *Network) Refresh() {
	for _, l := range n.layers {
		l.gmm.family.refresh()
	}
}
