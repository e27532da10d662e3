package dcgmm

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Restarts (model.md §3): a component that wins hardly any vectors takes over half of one that wins many.

// Components are restarted while the annealing width is below restartTau, where a winner no longer carries its
// neighbours on the torus along (a direct one has e⁻² of its weight), and in the first restartShare of a layer's steps,
// so that what was restarted has time to learn.
const (
	restartTau   = 0.5
	restartShare = 0.8
)

// restart looks at what was won in the window that ends, and returns how many components of a layer it restarted. Its
// random numbers depend on the seed, the step and the layer only.
func (t *Trainer) restart(layer int) (restarted int) {
	l, from := t.learners[layer], t.firstStep(layer)
	full := t.windowAt >= from && t.step-t.windowAt >= t.cfg.Window // or what was won is few vectors
	late := float64(t.step-from) > restartShare*float64(t.Steps()-from)
	if l.wonBySet == nil || !full || late || l.ann.Tau >= restartTau {
		return 0
	}
	g := t.net.layers[layer].gmm
	r := rand.New(rand.NewPCG(t.cfg.Seed^uint64(t.step)<<32, streamRestart+uint64(layer)<<32))
	for set := range g.Sets {
		dead, heavy := pairUp(l.wonBySet[set*l.K:][:l.K], t.cfg.Restart)
		for i, k := range dead {
			g.split(set, heavy[i], k, r)
			l.optimizer.split(g.Sets, set, l.K, heavy[i], k)
		}
		restarted += len(dead)
	}
	if restarted > 0 {
		g.family.refresh()
		l.forgetLogs()
	}
	return restarted
}

// pairUp returns the components that won less than a share of their fair share, the least used first, and for each
// another one that won more than its fair share, the most used first. Each is split once: if there are too few of them,
// the rest has to wait.
func pairUp(wins []int64, share float64) (dead, heavy []int) {
	var total int64
	for _, w := range wins {
		total += w
	}
	fair := float64(total) / float64(len(wins))
	for k, w := range wins {
		switch v := float64(w); {
		case v < share*fair:
			dead = append(dead, k)
		case v > fair:
			heavy = append(heavy, k)
		}
	}
	slices.SortStableFunc(dead, func(a, b int) int { return cmp.Compare(wins[a], wins[b]) })
	slices.SortStableFunc(heavy, func(a, b int) int { return cmp.Compare(wins[b], wins[a]) })
	n := min(len(dead), len(heavy))
	return dead[:n], heavy[:n]
}
