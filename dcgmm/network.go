package dcgmm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"deepgmm/internal/kernel"
)

// Network is a stack of mixture layers with the folding and pooling between
// them. It is safe for concurrent use as long as nobody changes parameters.
type Network struct {
	arch        string
	in          Shape
	maxPrecRoot float32
	plans       []*plan
	gmms        []*GMM
	classifier  *Classifier // nil: none
}

// Init says how parameters start (model.md §3, defaults).
type Init struct {
	Seed        uint64
	MuRange     float64 // μ ~ U(−MuRange, MuRange); 0 means 0.1
	MaxPrecRoot float64 // s starts at, and never exceeds, this bound; 0 means √20
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
	streamRevive  = 0x72657669 // "revi"
)

// New parses an architecture such as "F8/2 G49 M F6 G36" for images of shape in and
// draws initial parameters. The error says which word is wrong, why, and what would fit.
func New(arch string, in Shape, init Init) (*Network, error) {
	plans, err := makePlans(arch, in)
	if err != nil {
		return nil, err
	}
	if init.MuRange == 0 {
		init.MuRange = 0.1
	}
	if init.MaxPrecRoot == 0 {
		init.MaxPrecRoot = defaultMaxPrecRoot
	}
	if !(init.MuRange > 0) || !(init.MaxPrecRoot > minPrecRoot) || math.IsInf(init.MuRange, 0) || init.MaxPrecRoot > kernel.MaxRoot {
		return nil, fmt.Errorf("Init: MuRange %g must be positive and finite, MaxPrecRoot %g between %g and %g", init.MuRange, init.MaxPrecRoot, float64(minPrecRoot), float64(kernel.MaxRoot))
	}
	n := &Network{arch: strings.Join(strings.Fields(arch), " "), in: in, maxPrecRoot: float32(init.MaxPrecRoot), plans: plans}
	r := rand.New(rand.NewPCG(init.Seed, streamInit))
	for _, p := range plans {
		g := newGMM(p.sets(), p.out.C, p.dim())
		g.addFactors(p.l)
		g.randomise(r, float32(init.MuRange), n.maxPrecRoot)
		n.gmms = append(n.gmms, g)
	}
	return n, nil
}

// Arch returns the architecture in its text form.
func (n *Network) Arch() string { return n.arch }

// Input returns the shape of the images.
func (n *Network) Input() Shape { return n.in }

// MaxPrecRoot returns the bound s_max of the precision roots.
func (n *Network) MaxPrecRoot() float64 { return float64(n.maxPrecRoot) }

// Layers returns the number of mixture layers, counted from 0 at the images.
func (n *Network) Layers() int { return len(n.gmms) }

// Layer returns the mixture of layer i. It panics if there is no such layer.
func (n *Network) Layer(i int) *GMM { return n.gmms[i] }

// Refresh makes the network use parameters that were changed from outside.
func (n *Network) Refresh() {
	for _, g := range n.gmms {
		g.refresh()
	}
}

// LayerInfo describes one mixture layer with the folding before it.
type LayerInfo struct {
	Name      string // its words in the architecture, "F8/2 G49"
	In, Out   Shape  // map that is folded (after pooling), map of responsibilities
	Positions int    // P
	Dim       int    // D
	K         int
	L         int // factors of a component, 0 for a diagonal covariance
	Sets      int
	Temper    float64 // T, what goes up is softmax(ℓ/T); 0: responsibilities
	Smooth    float64 // σ, and smoothed over the grid of components; 0: not
	Params    int     // trained numbers: μ, s, ϖ and F
	FLOPs     float64 // of the log-scores of one image, 4·P·K·D, and 2·P·K·L·D with factors
}

// Info describes layer i.
func (n *Network) Info(i int) LayerInfo {
	p, g := n.plans[i], n.gmms[i]
	P := p.out.H * p.out.W
	return LayerInfo{Name: p.text, In: p.in, Out: p.out, Positions: P, Dim: g.D, K: g.K, L: g.L, Sets: g.Sets, Temper: p.T, Smooth: p.Sig,
		Params: len(g.Mu) + len(g.PrecRoot) + len(g.Logits) + len(g.Factors), FLOPs: float64(4+2*g.L) * float64(P) * float64(g.K) * float64(g.D)}
}
