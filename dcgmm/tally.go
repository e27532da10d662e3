package dcgmm

import (
	"math"
	"slices"
	"sync/atomic"

	"deepgmm/internal/kernel"
)

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

// A tally turns the scores of positions into those of a group of images.
type tally struct {
	positions []int     // P by layer
	places    []float64 // images×P: log-likelihoods of the positions of a layer; nil before the first evaluation
	wins      [][]int64 // K by layer
	images    int
}

func (n *Network) newTally(images int) tally {
	t := tally{images: images}
	for _, l := range n.layers {
		t.positions, t.wins = append(t.positions, l.P()), append(t.wins, make([]int64, l.K()))
	}
	return t
}

// begin starts a group of images.
func (t *tally) begin() {
	if t.places == nil {
		t.places = make([]float64, t.images*slices.Max(t.positions))
	}
	for _, w := range t.wins {
		clear(w)
	}
}

// A place is where the vector of a lane comes from: image i of the group that begins with image first.
type place struct{ layer, first, i, pos int }

// add takes a lane to the image scores; all positions of an image and layer come, in their order.
func (t *tally) add(s *scoring, lane int, ev *Evaluation, at place) {
	out, P, image := &ev.Layers[at.layer], t.positions[at.layer], at.first+at.i
	best, k := float64(s.best[lane]), s.arg[lane]
	lse := best + math.Log(float64(s.sum[lane])) // Σ e^ℓ = e^best·sum
	out.Max[image] += best / float64(P)
	out.LSE[image] += lse / float64(P)
	places := t.places[at.i*P:][:P]
	places[at.pos] = lse
	t.wins[at.layer][k]++
	if at.layer == len(ev.Layers)-1 && ev.Cluster != nil {
		ev.Cluster[image] = int(k)
	}
	if at.pos == P-1 {
		out.Min[image], out.Tail[image] = slices.Min(places), lowestMean(places, (P+9)/10)
	}
}

// addWins adds the wins of a group to those of all images: integers, whose order does not matter.
func (t *tally) addWins(ev *Evaluation) {
	for i, wins := range t.wins {
		for k, v := range wins {
			if v != 0 {
				atomic.AddInt64(&ev.Layers[i].Wins[k], v)
			}
		}
	}
}

// reset makes room for N images, in the memory of before if there is enough, with scores of 0.
func (ev *Evaluation) reset(n *Network, N int) {
	if ev.Layers == nil {
		for _, pl := range n.layers {
			ev.Layers = append(ev.Layers, LayerScores{Name: pl.Name(), Wins: make([]int64, pl.K())})
		}
	}
	for i := range ev.Layers {
		l := &ev.Layers[i]
		l.Max, l.LSE, l.Min, l.Tail = zeros(l.Max, N), zeros(l.LSE, N), zeros(l.Min, N), zeros(l.Tail, N)
		clear(l.Wins)
	}
	if n.layers[len(n.layers)-1].P() == 1 {
		ev.Cluster = zeros(ev.Cluster, N)
	}
}

// zeros is n zeros, in v if that has room.
func zeros[T int | float64](v []T, n int) []T {
	if cap(v) < n {
		return make([]T, n)
	}
	v = v[:n]
	clear(v)
	return v
}
