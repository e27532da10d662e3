package dcgmm

import "deepgmm/internal/kernel"

// scoring is what one worker needs for the scores of n lanes, and what it finds.
type scoring struct {
	l, r, sum, best []float32
	arg             []int32
	out             []float32     // K×n: what the highest layer of a pass hands on
	handed          outputScratch // of layers that hand on something else than responsibilities
}

func (n *Network) newScoring(lanes int) scoring {
	widest, rows, channels, plain := 0, 0, 0, true
	for _, l := range n.layers {
		widest, rows = max(widest, l.K()), max(rows, l.gmm.family.rows())
		channels, plain = max(channels, l.channels()), plain && l.plain()
	}
	f := func(n int) []float32 { return make([]float32, n) }
	s := scoring{l: f(rows * lanes), r: f(widest * lanes), sum: f(lanes), best: f(lanes), arg: make([]int32, lanes)}
	if !plain { // tempering, smoothing or factors
		s.out, s.handed = f(channels*lanes), outputScratch{f(widest * lanes), f(widest * mixLanes), f(lanes), f(lanes)}
	}
	return s
}

// respond takes the log-scores l of n lanes of a parameter set to winners, responsibilities r and what the layer hands
// on, out, which is written to to unless that is nil. It reports whether the valid lanes are finite.
func (s *scoring) respond(to []float32, pl *layer, set, n, valid int) (r, out []float32, ok bool) {
	kernel.Best(s.best, s.arg, s.l, pl.Out.C, n)
	r, out = s.r[:pl.Out.C*n], s.out
	if to != nil {
		out = to
	}
	if pl.plain() {
		if to != nil {
			r = to
		}
		out = r
	}
	kernel.Softmax(r, s.sum, s.l, s.best, pl.Out.C, n)
	ok = finite(s.best[:valid]) && finite(s.sum[:valid])
	if !pl.plain() {
		pl.write(out, handed{s.l, s.best, n, set}, s.handed)
		ok = ok && finite(s.handed.sum[:valid])
	}
	return r, out, ok
}
