package dcgmm

import (
	"context"
	"fmt"
	"math"
)

// Classifier is a linear layer with softmax on the responsibilities of a mixture layer (model.md §8): it makes of a
// network that knows no labels one that classifies, and draws images of a class.
type Classifier struct {
	Layer   int // whose responsibilities it sees, counted from 0
	Classes int
	W       []float32 // Classes×P·K
	Bias    []float32 // Classes
}

// SetClassifier makes a classifier part of the network, and of its checkpoints; nil removes it. It panics if
// the classifier does not fit.
func (n *Network) SetClassifier(c *Classifier) {
	if c != nil {
		if err := c.check(n); err != nil {
			panic("dcgmm: SetClassifier: " + err.Error())
		}
	}
	n.classifier = c
}

// Classifier returns the classifier that is part of the network, nil if there is none.
func (n *Network) Classifier() *Classifier { return n.classifier }

// maxClasses bounds a classifier: far above any use.
const maxClasses = 1 << 12

func (c *Classifier) check(n *Network) error {
	if c.Layer < 0 || c.Layer >= len(n.layers) || c.Classes < 2 || c.Classes > maxClasses {
		return fmt.Errorf("a classifier of %d classes on layer %d does not fit a network of %d layers", c.Classes, c.Layer+1, len(n.layers))
	}
	if size := n.layers[c.Layer].Handed().Size(); len(c.W) != c.Classes*size || len(c.Bias) != c.Classes {
		return fmt.Errorf("a classifier with %d weights and %d biases does not fit %d responsibilities of layer %d", len(c.W), len(c.Bias), size, c.Layer+1)
	}
	for _, v := range [][]float32{c.W, c.Bias} {
		for _, x := range v {
			if x-x != 0 {
				return fmt.Errorf("a weight of the classifier is not finite")
			}
		}
	}
	return nil
}

// Classify returns the most likely class of every image and its probability. The error is the context's, or says that
// the images do not fit or have scores that are not finite, or that the network has no classifier.
func (n *Network) Classify(ctx context.Context, images Images, workers int) (classes []int, probability []float64, err error) {
	c := n.classifier
	if c == nil {
		return nil, nil, fmt.Errorf("the network %q has no classifier: train one first", n.arch)
	}
	if err := n.checkImages(images); err != nil {
		return nil, nil, err
	}
	if err := n.checkBlock("classification", 1); err != nil {
		return nil, nil, err
	}
	classes, probability = make([]int, images.Len()), make([]float64, images.Len())
	err = n.eachGroup(ctx, "classification", images.Len(), workers, nil, func(b *block, first, count int) error {
		b.loadImages(images, first, count)
		features, err := b.active(c.Layer)
		if err != nil {
			return err
		}
		for i, f := range features {
			p := c.probabilities(make([]float64, c.Classes), f)
			for k, v := range p {
				if v > p[classes[first+i]] {
					classes[first+i] = k
				}
			}
			probability[first+i] = p[classes[first+i]]
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return classes, probability, nil
}

// Signal turns a class into weights for sampling from the classifier's layer, P×K: how likely component k is of an
// image of the class. By Bayes' rule that is π_k·p(class | k); with one position it is exact for responsibilities that
// are all 0 or
// 1. It panics if there is no such class, or the network is not the classifier's.
func (c *Classifier) Signal(n *Network, class int) []float64 {
	if err := c.check(n); err != nil || class < 0 || class >= c.Classes {
		panic(fmt.Sprintf("dcgmm: Signal: class %d of %d: %v", class, c.Classes, err))
	}
	pl, K := n.layers[c.Layer], n.layers[c.Layer].K()
	out := make([]float64, pl.P()*K)
	p := make([]float64, c.Classes)
	for pos := range pl.P() {
		pi := n.layers[c.Layer].gmm.Weights(pl.set(pos))
		for k := range K {
			c.probabilities(p, pl.alone(pos, k))
			out[pos*K+k] = pi[k] * p[class]
		}
	}
	return out
}

// alone are the features of a position where component k has all the responsibility.
func (p *layer) alone(pos, k int) (features []feature) {
	K := p.channels()
	if p.grid == nil {
		return []feature{{int32(pos*K + k), 1}}
	}
	for j := range K {
		if v := p.grid.At(j, k); v >= leastFeature {
			features = append(features, feature{int32(pos*K + j), float32(v)})
		}
	}
	return features
}

// A feature is a responsibility that is not negligible, or a factor handed on.
type feature struct {
	at int32 // pos·K + k
	r  float32
}

// leastFeature is where a responsibility becomes negligible: most are.
const leastFeature = 1e-3

// active takes the loaded images up to a layer and lists their features.
func (b *block) active(layer int) ([][]feature, error) {
	features := make([][]feature, b.valid)
	K := b.net.layers[layer].channels()
	err := b.forward(0, layer, func(i, pos int, _, r []float32) {
		if i != layer {
			return
		}
		for k := range K {
			for j, v := range r[k*b.n:][:b.valid] {
				if max(v, -v) >= leastFeature {
					features[j] = append(features[j], feature{int32(pos*K + k), v})
				}
			}
		}
	})
	return features, err
}

// probabilities are softmax(W·r + bias), by class.
func (c *Classifier) probabilities(p []float64, features []feature) []float64 {
	size := len(c.W) / c.Classes
	top := math.Inf(-1)
	for k := range p {
		w := c.W[k*size:][:size]
		sum := float64(c.Bias[k])
		for _, f := range features {
			sum += float64(float64(w[f.at]) * float64(f.r))
		}
		p[k] = sum
		top = max(top, sum)
	}
	var total float64
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		total += p[k]
	}
	for k := range p {
		p[k] /= total
	}
	return p
}
