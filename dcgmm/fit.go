package dcgmm

import "context"

// The verbs of other libraries, for who wants no more of them: Fit, Score, Predict, beside Sample.

// Fit trains a network on images from its present parameters. The error is that of NewTrainer or Trainer.Run.
func (n *Network) Fit(ctx context.Context, images Images, c Config) error {
	t, err := NewTrainer(n, images, c)
	if err != nil {
		return err
	}
	return t.Run(ctx, nil)
}

// Score returns the log-likelihood of every image by the top layer, in nats, the mean over its positions (model.md §4).
// High means likely. The error is that of Evaluate.
func (n *Network) Score(ctx context.Context, images Images) ([]float64, error) {
	ev, err := n.Evaluate(ctx, images, 0)
	if err != nil {
		return nil, err
	}
	return ev.Layers[len(ev.Layers)-1].LSE, nil
}

// Predict returns the cluster of every image, the most responsible component of the top layer (model.md §5); nil if
// that has several positions. The error is that of Evaluate.
func (n *Network) Predict(ctx context.Context, images Images) ([]int, error) {
	ev, err := n.Evaluate(ctx, images, 0)
	if err != nil {
		return nil, err
	}
	return ev.Cluster, nil
}
