package dcgmm

import (
	"context"
	"fmt"
)

// An Evaluator is Evaluate for a loop that scores one image, or some, after the other: it keeps its memory and allocates
// nothing once it has seen as many images in a call, unless pixels are missing. It works on the goroutine that calls it
// and is not safe for concurrent use; each goroutine makes one of its own. The network may be trained or, with Refresh,
// changed between calls.
type Evaluator struct {
	net  *Network
	few  *packing
	many *block // nil until there were many images
	ev   Evaluation
}

// NewEvaluator makes an evaluator of a network.
func (n *Network) NewEvaluator() *Evaluator { return &Evaluator{net: n} }

// Evaluate returns what Network.Evaluate does, to the bit, in memory that is valid until the next call. The error says
// that the images do not fit the network, are too large for the kernels, or have scores that are not finite.
func (e *Evaluator) Evaluate(images Images) (*Evaluation, error) {
	if err := made(e.net, "Evaluator", "NewEvaluator").checkEvaluate(images); err != nil {
		return nil, err
	}
	e.ev.reset(e.net, images.Len())
	if err := e.evaluate(images); err != nil {
		return nil, fmt.Errorf("scoring: %w", err)
	}
	return &e.ev, nil
}

func (e *Evaluator) evaluate(images Images) error {
	N := images.Len()
	if e.net.packs(images) {
		if e.few == nil {
			e.few = e.net.newPacking()
		}
		return e.few.evaluate(context.Background(), &e.ev, images)
	}
	if e.many == nil {
		e.many = e.net.newBlock()
	}
	b := e.many
	b.masks = nil // that of another call
	for first := 0; first < N; first += b.n {
		b.valid = min(b.n, N-first)
		b.loadImages(images, first, b.valid)
		if err := b.evaluate(&e.ev, first); err != nil {
			return err
		}
	}
	return nil
}
