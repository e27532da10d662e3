package dcgmm

import (
	"math/rand/v2"

	"deepgmm/internal/kernel"
	"deepgmm/internal/parallel"
)

// Trainer trains a network on a set of images. It is not safe for concurrent use.
type Trainer struct {
	net    *Network
	images Images // those in memory: all, or those of a batch
	count  int    // all images
	feed   *feed  // nil: all are in memory
	cfg    Config
	step   int // finished steps

	pass     *pass
	learners []*learner
	order    []int32 // of the images in the epoch under way
	epoch    int     // whose order it is
	windowAt int     // step at which the window of progress reports began
	sums     []float64

	beside *ClassifierTrainer // nil: none
	early  *earlyEnd          // nil: the training goes to its last step

	pool    *parallel.Pool
	scratch []*scratch
	phases  phases
}

// phases are the parallel parts of a training step as functions of (task, worker),
// made once so that a step allocates nothing, with what they work on at the moment.
type phases struct {
	batch []int32
	layer int
	pool  int
	M     []float64

	load, pooling, wide, scorePart, position, update func(task, worker int)
	collect, derive                                  func(task, worker int)
	updates                                          []updateTask
	logDet, pi                                       []float64
}

// newTrainer prepares a training on count images.
func newTrainer(net *Network, images Images, count int, c Config) *Trainer {
	n := kernel.Pad(c.BatchSize)
	t := &Trainer{net: net, images: images, count: count, cfg: c, epoch: -1, order: make([]int32, count),
		pass: newPass(net, n), sums: make([]float64, net.Layers())}
	t.pass.valid = c.BatchSize
	widest := 0
	for i, l := range net.layers {
		t.learners = append(t.learners, newLearner(net, i, n, &c))
		widest = max(widest, l.K())
	}
	t.phases = phases{M: make([]float64, net.Layers()), logDet: make([]float64, widest), pi: make([]float64, widest),
		load:    t.taskLoad,
		pooling: func(y, _ int) { t.pass.pool(t.phases.layer, t.phases.pool, y) },
		wide:    t.taskWide, scorePart: t.taskScorePart, position: t.taskPosition, update: t.taskUpdate,
		collect: func(task, worker int) { t.learners[t.phases.layer].stats.collect(t.pass, t.scratch[worker], task) },
		derive:  func(task, _ int) { t.learners[t.phases.layer].stats.derive(task) }}
	for i, l := range t.learners {
		for set := range l.gmm.Sets {
			for chunk := range l.chunks() {
				t.phases.updates = append(t.phases.updates, updateTask{i, set, chunk})
			}
		}
	}
	return t
}

func (t *Trainer) startPool() {
	t.pool = parallel.New(t.cfg.Workers)
	for len(t.scratch) < t.pool.N {
		t.scratch = append(t.scratch, newScratch(t.learners, t.pass.n))
	}
}

func (t *Trainer) stopPool() { t.pool.Stop() }

// forward computes the maps, winners and sums of the given number of layers.
func (t *Trainer) forward(layers int) {
	p := &t.phases
	t.pool.Each(t.net.arch.Input.H, p.load)
	for i, l := range t.learners[:layers] {
		p.layer = i
		for j, pool := range t.net.layers[i].Pools {
			p.pool = j
			t.pool.Each(pool.Out.H, p.pooling)
		}
		if l.wide {
			t.pool.Each(l.tasks(), p.wide)
			continue
		}
		t.pool.Each(l.P*l.parts, p.scorePart)
		t.pool.Each(l.P, p.position)
		if t.learning(i) {
			t.pool.Each(l.stats.tasks(), p.collect)
		}
	}
}

func (t *Trainer) learning(layer int) bool { return t.step >= t.firstStep(layer) }

// tasks is the number of groups of positions of a wide layer.
func (l *learner) tasks() int {
	if l.shards == l.P {
		return l.P // parameters of their own: every position has its sums
	}
	return l.shards
}

func (t *Trainer) taskLoad(y, _ int) { t.pass.load(t.images, t.phases.batch, y) }

// taskWide does everything for one group of positions: a block of log-scores is used while it is in cache.
func (t *Trainer) taskWide(task, worker int) {
	i := t.phases.layer
	l, s, p := t.learners[i], t.scratch[worker], t.pass
	last, learning := i == len(t.learners)-1, t.learning(i)
	for pos := l.firstPosition(task); pos < l.firstPosition(task+1); pos++ {
		l.gmm.family.score(s.l, p.vectors(i, pos))
		t.finishPosition(l, s, pos, s.l, s.arg, last, learning)
		if learning {
			l.count(task, s.arg[:p.valid])
			l.accumulate(p, task, pos, s.arg)
			l.stats.add(p, s, task, pos)
		}
	}
}

// firstPosition is the first position of a group.
func (l *learner) firstPosition(task int) int { return (task*l.P + l.tasks() - 1) / l.tasks() }

// finishPosition takes the log-scores of a position to winners, objective and the next layer's input.
func (t *Trainer) finishPosition(l *learner, s *scratch, pos int, scores []float32, arg []int32, last, learning bool) {
	if learning {
		l.objective[pos] = l.winners(s, arg, scores, t.pass.n, t.pass.valid)
	} else {
		kernel.Best(s.best, arg, scores, l.K, t.pass.n)
	}
	if !last {
		t.pass.emit(l.layer, pos, scores, s.best, outputScratch{soft: scores, tmp: s.tmp, best: s.best, sum: s.sum})
	}
}

// taskScorePart computes one part of the log-scores of one position.
func (t *Trainer) taskScorePart(task, _ int) {
	l := t.learners[t.phases.layer]
	d0, d1 := l.partSpan(task % l.parts)
	size := l.gmm.family.rows() * t.pass.n
	l.gmm.family.scorePart(l.part[task*size:][:size], t.pass.vectors(l.layer, task/l.parts), d0, d1)
}

// taskPosition sums the parts of a position in their order and finishes it.
func (t *Trainer) taskPosition(pos, worker int) {
	i, n := t.phases.layer, t.pass.n
	l := t.learners[i]
	family := l.gmm.family
	size := family.rows() * n
	scores := l.l[pos*size:][:size]
	kernel.Mix(kernel.Grid{V: scores}, kernel.Grid{V: l.part[pos*l.parts*size:], Row: size}, 1, l.ones, 1, l.parts, family.used()*n)
	family.addUp(scores, n)
	t.finishPosition(l, t.scratch[worker], pos, scores, l.arg[pos*n:][:n], i == len(t.learners)-1, t.learning(i))
}

// learn updates the parameters of the layers that learn.
func (t *Trainer) learn(layers int) {
	p := &t.phases
	cool := t.cooled()
	for i, l := range t.learners[:layers] {
		if t.learning(i) {
			l.rate = l.ann.Rate * cool
			p.M[i] = l.mixCounts(t.pass.n, t.pass.valid)
			if l.optimizer != nil {
				l.optimizer.begin(!l.gmm.family.waits())
			}
			l.stats.mix()
		}
	}
	t.pool.Each(len(p.updates), p.update)
	for i, l := range t.learners[:layers] {
		if t.learning(i) {
			p.layer = i
			t.pool.Each(l.stats.derived(), p.derive)
			l.finish(&t.cfg, p.M[i], p.logDet[:l.K], p.pi[:l.K])
		}
	}
}

func (t *Trainer) taskUpdate(task, worker int) {
	u := t.phases.updates[task]
	if t.learning(u.layer) {
		t.learners[u.layer].learn(t.pass, t.scratch[worker], &t.cfg, u, t.phases.M[u.layer])
	}
}

// Steps returns the number of steps of the whole training: those that are planned, or, when it has ended early, those
// that it took.
func (t *Trainer) Steps() int {
	if t.early.ended() {
		return t.early.Checked
	}
	return t.Planned()
}

// cooled is the factor of the learning rates in the step under way: 1, and in the last share CoolDown of the steps on a
// line that reaches 0 after the last one.
func (t *Trainer) cooled() float64 {
	steps := t.Steps()
	if span := t.cfg.CoolDown * float64(steps); float64(steps-t.step) < span {
		return float64(steps-t.step) / span
	}
	return 1
}

func (t *Trainer) perEpoch() int {
	t.made()
	return t.count / t.cfg.BatchSize
}

// made is the network in training. It panics for a zero value.
func (t *Trainer) made() *Network {
	return made(t.net, "Trainer", "NewTrainer, NewTrainerFrom, Resume or ResumeFrom")
}

// firstStep is the step from which a layer learns.
func (t *Trainer) firstStep(layer int) int {
	return int(t.cfg.wait(layer) * float64(t.Steps()))
}

// lateStep is the step from which the late parameters of a layer learn.
func (t *Trainer) lateStep(layer int) int {
	from := t.firstStep(layer)
	wait := t.cfg.FactorWait
	if t.net.layers[layer].Up {
		wait = t.cfg.HandedWait
	}
	return from + int(wait*float64(t.Steps()-from))
}

// joinLate starts the late parameters of a layer when their time has come: with small random values, of a generator of
// their own, so that it does not matter whether the training was interrupted.
func (t *Trainer) joinLate(layer int) {
	if !t.learning(layer) {
		return
	}
	if f := t.net.layers[layer].gmm.family; f.waits() && t.step >= t.lateStep(layer) {
		f.join(rand.New(rand.NewPCG(t.cfg.Seed, streamFactors+uint64(layer)<<32)))
	}
	t.learners[layer].stats.prepare()
}
