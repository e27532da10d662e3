package dcgmm

import (
	"fmt"
	"math"
)

// Schedule chooses how annealing proceeds (model.md §3).
type Schedule string

const (
	// Adaptive lowers τ whenever a layer's objective has stopped rising.
	Adaptive Schedule = "adaptive"
	// Fixed lowers τ exponentially with time, over the first AnnealShare of the layer's steps.
	Fixed Schedule = "fixed"
)

// Config says how to train. The zero value of every field means its default; the
// defaults are those of model.md §3.
type Config struct {
	Epochs    int    // passes over the images; 10
	BatchSize int    // images a step; 100, or all images if there are fewer
	Seed      uint64 // of the order of the images
	Workers   int    // goroutines; 0 means GOMAXPROCS. It does not change the result

	Optimizer Optimizer // SGD
	Momentum  float64   // β in [0, 1) of Momentum and Adam; 0.9
	Beta2     float64   // β₂ in (0, 1) of Adam; 0.999

	Rate, RateEnd float64 // ε at the start and its lower bound; 0.011, 0.01; Adam, in units of a parameter: 0.005, 0.001
	RateMu        float64 // λ_μ; 1
	RatePrecRoot  float64 // λ_s; 0.1, or 0.5 for a network of one layer; Adam: 1
	RateLogits    float64 // λ_ϖ; 0.2, or 0.5 for a network of one layer; Adam: 1
	RateFactors   float64 // λ_F; 10; Adam: 1

	Schedule    Schedule // Adaptive
	Tau         float64  // τ at the start; 0.25·√(2K)
	TauEnd      float64  // lower bound of τ; 0.01
	Gamma       float64  // factor of one lowering, adaptive schedule; 0.9
	Delta       float64  // relative rise of the objective that counts as flat, adaptive schedule; 0.05
	AnnealShare float64  // of a layer's steps, fixed schedule; 0.6
	Window      int      // steps over which objectives are averaged, for the adaptive schedule and for reports; 1/RateEnd, with Adam 100, or less so that a training has 50 windows

	// Restart is a share of the fair share of a component, in [0, 0.5]: one that wins less in a window takes over half
	// of one that wins more than its fair share (see docs/model.md §3, restarts); 0 restarts none.
	Restart float64 `json:"Revive"` // its name in files of before

	// Wait is the share of all steps, in [0, 1), before which a layer does not
	// learn; one value per layer, missing ones are 0.
	Wait []float64

	// FactorWait is the share of a layer's steps, in [0, 1), before which the factors of a mixture of factor
	// analysers are 0 and do not learn; 0.5. A network that has factors already goes on with them at once.
	FactorWait float64

	// HandedWait is FactorWait of layers that hand their factors up (word U); FactorWait. Layers above should wait for
	// longer.
	HandedWait float64 `json:",omitempty"`

	// CoolDown is the share of all steps, in [0, 1], at the end of a training in which the learning rates of all layers
	// fall to 0 along a line: the noise of single steps goes, which at the rate RateEnd stays in the parameters. 0: no
	// share. Progress has the rates without it.
	CoolDown float64 `json:",omitempty"`

	// FinalWeights is a step of EM for the weights of the top layer after the last step: they become the shares of
	// training vectors that its components win, plus half a vector each. Weights that are learned by steps lag behind what
	// components win, which scores hardly notice and samples do.
	FinalWeights bool `json:",omitempty"`

	// ShuffleWindow is how many images a pass over them mixes: each next one is drawn at random from so many that are
	// left and come first. What is read then lies together, for sources that are faster so; images that come class by
	// class need a window larger than the classes. 0, or as many as there are images: every order is as likely.
	ShuffleWindow int `json:",omitempty"`

	// From names the network that the training goes on from, for whoever resumes it: it does not change the result.
	From string `json:",omitempty"`
}

func (c Config) withDefaults(layers int) Config {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Epochs == 0 {
		c.Epochs = 10
	}
	if c.BatchSize == 0 {
		c.BatchSize = 100
	}
	if c.Schedule == "" {
		c.Schedule = Adaptive
	}
	if c.Optimizer == "" {
		c.Optimizer = SGD
	}
	rate, rateEnd, precRoot, logits, factors := 0.011, 0.01, 0.1, 0.2, 10.
	if layers == 1 {
		precRoot, logits = 0.5, 0.5
	}
	if c.Optimizer == Adam {
		rate, rateEnd, precRoot, logits, factors = 0.005, 0.001, 1, 1, 1
		set(&c.Beta2, 0.999)
	}
	if c.Optimizer != SGD {
		set(&c.Momentum, 0.9)
	}
	set(&c.Rate, rate)
	set(&c.RateEnd, min(rateEnd, c.Rate))
	set(&c.RateMu, 1)
	set(&c.RatePrecRoot, precRoot)
	set(&c.RateLogits, logits)
	set(&c.RateFactors, factors)
	set(&c.FactorWait, 0.5)
	set(&c.HandedWait, c.FactorWait)
	set(&c.TauEnd, 0.01)
	set(&c.Gamma, 0.9)
	set(&c.Delta, 0.05)
	set(&c.AnnealShare, 0.6)
	return c
}

// Validate reports the first field, after defaults, that is out of range for a network of the given number of layers.
func (c Config) Validate(layers int) error {
	c = c.withDefaults(layers)
	if c.Schedule != Adaptive && c.Schedule != Fixed {
		return fmt.Errorf("training: Config.Schedule is %q; it must be %q or %q", c.Schedule, Adaptive, Fixed)
	}
	if c.Optimizer != SGD && c.Optimizer != Momentum && c.Optimizer != Adam {
		return fmt.Errorf("training: Config.Optimizer is %q; it must be %q, %q or %q", c.Optimizer, SGD, Momentum, Adam)
	}
	if c.Optimizer == SGD && c.Momentum != 0 || c.Optimizer != Adam && c.Beta2 != 0 {
		return fmt.Errorf("training: Config.Momentum is %v and Config.Beta2 %v; Config.Optimizer %q has no use for one that is not 0", c.Momentum, c.Beta2, c.Optimizer)
	}
	if len(c.Wait) > layers {
		return fmt.Errorf("training: Config.Wait has %d values for %d layers", len(c.Wait), layers)
	}
	type field struct {
		name    string
		v       float64
		low, up float64
	}
	fields := []field{
		{"Epochs", float64(c.Epochs), 1, 1e6},
		{"BatchSize", float64(c.BatchSize), 1, 1e5},
		{"Workers", float64(c.Workers), 0, 4096},
		{"Rate", c.Rate, 1e-12, 10}, {"RateEnd", c.RateEnd, 1e-12, c.Rate},
		{"RateMu", c.RateMu, 0, 1e3}, {"RatePrecRoot", c.RatePrecRoot, 0, 1e3}, {"RateLogits", c.RateLogits, 0, 1e3},
		{"Momentum", c.Momentum, 0, 1 - 1e-6}, {"Beta2", c.Beta2, 0, 1 - 1e-6},
		{"RateFactors", c.RateFactors, 0, 1e3}, {"FactorWait", c.FactorWait, 0, 1 - 1e-9}, {"CoolDown", c.CoolDown, 0, 1}, {"HandedWait", c.HandedWait, 0, 1 - 1e-9},
		{"Tau", c.Tau, 0, 1e4}, {"TauEnd", c.TauEnd, 1e-6, 1e4},
		{"Restart", c.Restart, 0, 0.5}, {"Gamma", c.Gamma, 1e-6, 1 - 1e-9}, {"Delta", c.Delta, 1e-9, 1e3},
		{"ShuffleWindow", float64(c.ShuffleWindow), 0, math.MaxInt32}, {"AnnealShare", c.AnnealShare, 1e-6, 1}, {"Window", float64(c.Window), 0, 1e9},
	}
	for _, w := range c.Wait {
		fields = append(fields, field{"Wait", w, 0, 1 - 1e-9})
	}
	for _, f := range fields {
		if !(f.v >= f.low && f.v <= f.up) { // also catches NaN
			return fmt.Errorf("training: Config.%s is %v; it must be between %v and %v", f.name, f.v, f.low, f.up)
		}
	}
	return nil
}

// adamWindow is the window of Adam, whose ε is in other units: that of SGD by default.
const adamWindow = 100

// minWindows is the number of windows that even a short training has: enough for τ to come down.
const minWindows = 50

// fit completes the configuration for a training on a number of images.
func (c *Config) fit(images int) {
	c.BatchSize = min(c.BatchSize, images)
	if c.Window == 0 {
		steps := c.Epochs * (images / c.BatchSize)
		window := 1 / c.RateEnd // model.md §3: 1/ε∞
		if c.Optimizer == Adam {
			window = adamWindow
		}
		c.Window = max(1, min(int(math.Round(window)), steps/minWindows))
	}
}

func (c *Config) wait(layer int) float64 {
	if layer < len(c.Wait) {
		return c.Wait[layer]
	}
	return 0
}

// Optimizer is the rule by which gradients move the parameters of the mixtures (model.md §3, update).
type Optimizer string

const (
	// SGD is plain stochastic gradient ascent, θ += ε·λ_θ·∂θ. It keeps nothing.
	SGD Optimizer = "sgd"
	// Momentum follows an exponential average of gradients: m ← β·m + (1−β)·∂θ, θ += ε·λ_θ·m. In the long run a step is
	// as long as one of SGD of the same rate. It keeps one number for each parameter.
	Momentum Optimizer = "momentum"
	// Adam divides it by an average of the gradient's size [Kingma & Ba 2015, arXiv 1412.6980]: with v ← β₂·v +
	// (1−β₂)·∂θ², m̂ = m/(1−βᵗ) and v̂ = v/(1−β₂ᵗ), θ += ε·λ_θ·m̂/(√v̂ + 10⁻⁸) in step t, at most about ε·λ_θ in units
	// of θ. It keeps two numbers for each parameter.
	Adam Optimizer = "adam"
)

// averages is how many numbers an optimizer keeps for each parameter.
func (o Optimizer) averages() int {
	switch o {
	case Momentum:
		return 1
	case Adam:
		return 2
	}
	return 0
}
