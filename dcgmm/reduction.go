package dcgmm

import (
	"math"
	"slices"
	"sync/atomic"
)

// A reduction takes the scores of positions to those of a group of images.
type reduction struct {
	positions []int     // P by layer
	places    []float64 // images×P: log-likelihoods of the positions of a layer; nil before the first evaluation
	wins      [][]int64 // K by layer
	images    int
}

func (n *Network) newReduction(images int) reduction {
	r := reduction{images: images}
	for _, l := range n.layers {
		r.positions, r.wins = append(r.positions, l.P()), append(r.wins, make([]int64, l.K()))
	}
	return r
}

// begin starts a group of images.
func (r *reduction) begin() {
	if r.places == nil {
		r.places = make([]float64, r.images*slices.Max(r.positions))
	}
	for _, w := range r.wins {
		clear(w)
	}
}

// A place is where the vector of a lane comes from: image i of the group that begins with image first.
type place struct{ layer, first, i, pos int }

// add takes a lane to the image scores; all positions of an image and layer come, in their order.
func (r *reduction) add(s *scoring, lane int, ev *Evaluation, at place) {
	out, P, image := &ev.Layers[at.layer], r.positions[at.layer], at.first+at.i
	best, k := float64(s.best[lane]), s.arg[lane]
	lse := best + math.Log(float64(s.sum[lane])) // Σ e^ℓ = e^best·sum
	out.Max[image] += best / float64(P)
	out.LSE[image] += lse / float64(P)
	places := r.places[at.i*P:][:P]
	places[at.pos] = lse
	r.wins[at.layer][k]++
	if at.layer == len(ev.Layers)-1 && ev.Cluster != nil {
		ev.Cluster[image] = int(k)
	}
	if at.pos == P-1 {
		out.Min[image], out.Tail[image] = slices.Min(places), lowestMean(places, (P+9)/10)
	}
}

// addWins adds the wins of a group to those of all images: integers, whose order does not matter.
func (r *reduction) addWins(ev *Evaluation) {
	for i, wins := range r.wins {
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
