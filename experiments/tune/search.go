package tune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// search is one way up the ladder: of one family, for one task on one data set.
type search struct {
	task   configs.Task
	family configs.Family
	data   *dataset.Data
	seed   uint64
	rungs  []Rung
	plans  []int       // numbers of candidates: drawn at first, then bred
	drawn  []candidate // so far
	name   string      // its id
	pool   *pool

	trials   []*trial // in the order of the log: rung by rung, the best first
	computed int      // cells that were not in the store
	cells    int
	cost     float64 // GFLOP of all cells
	winner   *trial  // nil: unfinished, or no candidate has metrics
}

// trial is a candidate on a rung.
type trial struct {
	Candidate candidate
	Rung      int // from 1
	Rank      int // on the rung, from 1
	Kept      bool
	Cost      float64   // GFLOP
	Note      string    // why it has no metrics; "": it has
	Metrics   []float64 // as in criterion.metrics
	choice
}

func newSearch(t configs.Task, f configs.Family, data *dataset.Data, o Options, p *pool) *search {
	s := &search{task: t, family: f, data: data, seed: o.Seed, pool: p, drawn: candidates(t, f, o.Candidates, o.Seed),
		rungs: ladder(t, f, o.Candidates, o.Budget, data.Train.N, data.Valid.N)}
	if o.Own != nil {
		stretch(t, s.rungs, o.Budget)
	}
	if s.plans = []int{len(s.drawn)}; len(s.drawn) == o.Candidates { // else the space is exhausted
		s.plans = generations(o.Candidates)
		s.drawn = s.drawn[:s.plans[0]]
	}
	s.name = s.id()
	return s
}

// planned is the number of all candidates.
func (s *search) planned() (n int) {
	for _, g := range s.plans {
		n += g
	}
	return n
}

// id names a search by everything that its result depends on, before anything is bred.
func (s *search) id() string {
	var models []cell.Model
	for _, c := range s.drawn {
		models = append(models, c.Model)
	}
	text, err := json.Marshal(struct {
		Task   configs.Task
		Family configs.Family
		Data   string
		Seed   uint64
		Rungs  []Rung
		Plans  []int
		Models []cell.Model
		Source string
	}{s.task, s.family, s.data.Hash, s.seed, s.rungs, s.plans, models, deepgmm.TrainingSource})
	if err != nil {
		panic("tune: id: " + err.Error()) // NaN in a ladder
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// run goes up the ladder. progress is told the share that is behind, in [0, 1].
func (s *search) run(ctx context.Context, progress func(share float64, note string)) error {
	alive := s.drawn
	total := s.plan()
	var behind float64
	try := func(i int, some []candidate) ([]*trial, error) {
		share := s.rungCost(i, len(some)) / total
		trials, err := s.rung(ctx, i, some, func(done float64, note string) { progress(behind+share*done, note) })
		behind += share
		return trials, err
	}
	first := next(s.rungs, 0, s.planned())
	for i := first; ; i = next(s.rungs, i+1, len(alive)) {
		trials, err := try(i, alive)
		if err != nil {
			return err
		}
		if i == first {
			r := familyRand(s.family, s.seed+1<<32)
			for _, n := range s.plans[1:] {
				children := breed(s.task, s.family, n, s.parents(trials), s.drawn, r)
				s.drawn = append(s.drawn, children...)
				more, err := try(i, children)
				if err != nil {
					return err
				}
				trials = append(trials, more...)
				rank(s.task, trials)
			}
		}
		s.trials = append(s.trials, trials...)
		if i == len(s.rungs)-1 {
			if len(trials) > 0 && trials[0].Note == "" {
				trials[0].Kept, s.winner = true, trials[0]
			}
			return nil
		}
		alive = s.best(trials, s.rungs[i+1].Candidates)
		for _, t := range trials {
			t.Kept = slices.ContainsFunc(alive, func(c candidate) bool { return c.ID == t.Candidate.ID })
		}
		if len(alive) == 0 {
			return nil // every model failed; the log says why
		}
	}
}

// variety is the inverse of the share of places that deep models of one architecture may take.
const variety = 8

// best are the first n candidates of a ranked rung that have metrics; of deep ones, an architecture has a few places at
// most.
func (s *search) best(ranked []*trial, n int) []candidate {
	places := n
	if s.family.IsDeep() {
		places = max(1, n/variety)
	}
	taken := map[string]int{}
	var found []candidate
	for _, t := range ranked {
		c := t.Candidate
		if len(found) < n && t.Note == "" && taken[c.Model.Arch] < places {
			taken[c.Model.Arch]++
			found = append(found, c)
		}
	}
	return found
}

// rung tries candidates on rung i and ranks them.
func (s *search) rung(ctx context.Context, i int, alive []candidate, done func(share float64, note string)) ([]*trial, error) {
	r := s.rungs[i]
	data := view(s.data, r.Valid)
	var jobs []*job
	var trials []*trial
	var of []*trial // of jobs
	var total float64
	for _, c := range alive {
		t := &trial{Candidate: c, Rung: i + 1}
		trials = append(trials, t)
		for _, spec := range s.specs(c, r) {
			j := &job{spec: spec, cost: c.cost(spec, passes(c, r), r.trained(), data.Valid.N)}
			t.Cost += j.cost
			jobs, of = append(jobs, j), append(of, t)
		}
		total += t.Cost
	}
	note := func(cost float64, what string) {
		done(min(cost/total, 1), fmt.Sprintf("%s, rung %d: %s", s.family, i+1, what))
	}
	computed, err := s.pool.run(ctx, jobs, data, note)
	s.computed += computed
	if err != nil {
		return nil, err
	}
	s.cells, s.cost = s.cells+len(jobs), s.cost+total
	results := map[*trial][]*cell.Result{}
	for n, j := range jobs {
		if j.failed != nil {
			of[n].Note = j.failed.Error()
			continue
		}
		results[of[n]] = append(results[of[n]], j.result)
	}
	for _, t := range trials {
		if t.Note == "" {
			t.measure(s.task, s.family, results[t])
		}
	}
	rank(s.task, trials)
	return trials, nil
}

// rungCost is what n candidates of mean cost are expected to take on rung i, in GFLOP.
func (s *search) rungCost(i, n int) float64 {
	r := s.rungs[i]
	var sum float64
	for _, c := range s.drawn {
		specs := s.specs(c, r)
		sum += float64(len(specs)) * c.cost(specs[0], passes(c, r), r.trained(), r.Valid)
	}
	return sum * float64(n) / float64(len(s.drawn))
}

// plan is the expected cost of the whole way up, in GFLOP.
func (s *search) plan() float64 {
	var total float64
	n := s.planned()
	for i := next(s.rungs, 0, n); ; i = next(s.rungs, i+1, n) {
		total += s.rungCost(i, n)
		if i == len(s.rungs)-1 {
			return total
		}
		n = min(n, s.rungs[i+1].Candidates)
	}
}
