package tune

import (
	"math"
	"slices"
	"testing"

	"deepgmm/dataset"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

func sizes(rungs []Rung) []int {
	var n []int
	for _, r := range rungs {
		n = append(n, r.Candidates)
	}
	return n
}

func TestHalving(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{200: {200, 29, 5, 2}, 12: {12, 2, 2, 2}, 2: {2, 2, 2, 2}, 1400: {1400, 200, 29, 5}, 22: {22, 4, 2, 2}} {
		for _, task := range configs.Tasks() {
			if got := sizes(ladder(task, configs.Deep, n, 1, 50000, 10000)); len(got) != len(ladders[task]) || !slices.Equal(got, want[:len(got)]) {
				t.Errorf("%s, %d candidates: %v, want %v", task, n, got, want)
			}
		}
	}
	rungs := ladder(configs.Clustering, configs.Deep, 200, 1, 50000, 10000)
	for _, c := range []struct{ from, n, want int }{{0, 200, 0}, {1, 29, 1}, {0, 20, 1}, {0, 4, 2}, {0, 3, 2}, {0, 2, 3}, {0, 13, 1}, {3, 4, 3}} {
		if got := next(rungs, c.from, c.n); got != c.want {
			t.Errorf("%d candidates climb from rung %d to %d, want %d", c.n, c.from, got, c.want)
		}
	}
}

// The paper's architectures all have all images before one of them is dropped.
func TestPaperArchitecturesClimb(t *testing.T) {
	t.Parallel()
	plain := len(candidates(configs.Clustering, configs.Plain, 7, 1))
	for task, want := range map[configs.Task][]int{configs.Clustering: {7, 7, 7, 2}, configs.Outliers: {7, 7, 2}, configs.Drawing: {7, 7, 2}} {
		rungs := ladder(task, configs.Plain, plain, 1, 50000, 10000)
		if got := sizes(rungs); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", task, got, want)
		}
		if first := rungs[next(rungs, 0, plain)]; first.Images != 50000 {
			t.Errorf("%s: begins with %d images", task, first.Images)
		}
	}
	if got := sizes(ladder(configs.Clustering, configs.Plain, 200, 1, 50000, 10000)); !slices.Equal(got, []int{200, 29, 8, 2}) {
		t.Errorf("many candidates: %v", got)
	}
}

func TestBudgetScalesImages(t *testing.T) {
	t.Parallel()
	full := ladder(configs.Outliers, configs.Deep, 200, 1, 50000, 10000)
	if last := full[len(full)-1]; !last.Pairs || last.Valid != 10000 || last.Images != 50000 {
		t.Errorf("last rung %+v", last)
	}
	half := ladder(configs.Outliers, configs.Deep, 200, 0.5, 50000, 10000)
	for i := range half {
		if half[i].Images != full[i].Images/2 || half[i].Valid != full[i].Valid/2 || half[i].Epochs != full[i].Epochs {
			t.Errorf("rung %d: %+v and %+v", i+1, half[i], full[i])
		}
	}
	large := ladder(configs.Clustering, configs.Deep, 200, 100, 50000, 10000)
	if large[0].Images != 50000 || large[0].Valid != 10000 {
		t.Errorf("more images than there are: %+v", large[0])
	}
	if few := ladder(configs.Outliers, configs.Deep, 2, 0.005, 500, 300); few[0].Images != minImages {
		t.Errorf("%+v", few)
	}
}

// Rungs do not fall: more of everything on the way up.
func TestLaddersRise(t *testing.T) {
	t.Parallel()
	for task := range ladders {
		rungs := ladder(task, configs.Deep, 200, 1, 50000, 10000)
		for i := 1; i < len(rungs); i++ {
			a, b := rungs[i-1], rungs[i]
			if b.Images < a.Images || b.Valid < a.Valid || b.Epochs < a.Epochs || b.Seeds < a.Seeds || (a.Drawing == nil) != (b.Drawing == nil) {
				t.Errorf("%s: %+v, then %+v", task, a, b)
			}
		}
	}
}

// Trainings of the same candidate for clustering and for drawing are the same cells.
func TestClusteringAndDrawingShareTrainings(t *testing.T) {
	t.Parallel()
	a, b := ladder(configs.Clustering, configs.Deep, 200, 1, 50000, 10000), ladder(configs.Drawing, configs.Deep, 200, 1, 50000, 10000)
	if a = a[1:]; len(a) != len(b) {
		t.Fatalf("%d and %d rungs", len(a), len(b))
	}
	for i := range a {
		a[i].Candidates, b[i].Candidates, b[i].Drawing = 0, 0, nil
		if a[i] != b[i] {
			t.Errorf("rung %d of drawing: %+v and %+v", i+1, a[i], b[i])
		}
	}
}

// All families get the same rungs, seeds and classes, and no cell is judged on test images or could be.
func TestEqualBudgetsOnValidationImages(t *testing.T) {
	t.Parallel()
	data := dataset.Glyphs(300, 220, 50, 1)
	if v := view(data, 210); v.Test != nil || v.Valid.N != 210 || v.Hash == data.Hash || data.Test == nil || v.Hash == view(data, 220).Hash {
		t.Errorf("view %+v", v)
	}
	type budget struct {
		images, out int
		seed        uint64
	}
	for _, task := range configs.Tasks() {
		var want [][]budget
		for _, f := range configs.Families() {
			s := newSearch(task, f, data, Options{Candidates: 5, Budget: 1, Seed: 4}, nil)
			var got [][]budget
			for _, r := range s.rungs {
				var cells []budget
				for _, spec := range s.specs(s.drawn[0], r) {
					if spec.On != cell.Valid {
						t.Fatalf("%s, %s: judged on %s", task, f, spec.On)
					}
					if spec.Seed < 1000 {
						t.Errorf("seed %d may be one of the final experiments", spec.Seed)
					}
					cells = append(cells, budget{spec.Images, spec.LeaveOut, spec.Seed})
				}
				got = append(got, cells)
			}
			if want == nil {
				want = got
			}
			if !slices.EqualFunc(got, want, slices.Equal[[]budget]) {
				t.Errorf("%s, %s: %v, another family has %v", task, f, got, want)
			}
		}
	}
}

func TestEpochsOfARung(t *testing.T) {
	t.Parallel()
	c := candidate{Passes: 25}
	c.Model.Kind, c.Model.Train.Epochs = cell.SGD, 25
	if a, b := passes(c, Rung{Epochs: 0.5}), passes(c, Rung{Epochs: 0.01}); a != 13 || b != 1 {
		t.Errorf("%v and %v epochs of 25", a, b)
	}
	c.Model.Kind = cell.EM
	if p := passes(c, Rung{Epochs: 0.5}); p != 25 {
		t.Errorf("EM is cut short: %v passes", p)
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	trials := func() []*trial {
		var all []*trial
		for i, m := range [][]float64{{0.5, 0}, {0.7, 0.1}, {0.7, 0.2}, {0.7, 0.2}, nil, {math.NaN(), 0}} {
			all = append(all, &trial{Candidate: candidate{ID: i + 1}, Metrics: m})
		}
		all[4].Note = "failed"
		return all
	}
	for task, want := range map[configs.Task][]int{configs.Clustering: {3, 4, 2, 1, 6, 5}, configs.Drawing: {1, 3, 4, 2, 6, 5}} {
		all := trials()
		rank(task, all)
		var got []int
		for _, tr := range all {
			got = append(got, tr.Candidate.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", task, got, want)
		}
		if alive := (&search{}).best(all, 6); len(alive) != 5 || slices.ContainsFunc(alive, func(c candidate) bool { return c.ID == 5 }) {
			t.Errorf("%s: %d go on, with the one that failed: %v", task, len(alive), alive)
		}
	}
}

// Few own images get as many steps as a rung means: epochs are for the published sets.
func TestFewImagesGetMorePasses(t *testing.T) {
	rungs := ladder(configs.Clustering, configs.Deep, 200, 1, 1000, 250)
	stretch(configs.Clustering, rungs, 1)
	for i, want := range []int{8, 20, 50, 50} {
		if rungs[i].Passes != want || rungs[i].Images != 1000 {
			t.Errorf("rung %d: %d passes of %d images, want %d", i, rungs[i].Passes, rungs[i].Images, want)
		}
	}
	var c candidate
	c.Model.Train.Epochs = 12
	if got := epochs(c, rungs[0]); got != 96 {
		t.Errorf("%d epochs", got)
	}
	many := ladder(configs.Clustering, configs.Deep, 200, 1, publishedImages, 10000)
	stretch(configs.Clustering, many, 1)
	for i, r := range many {
		if r.Passes != 0 {
			t.Errorf("rung %d of a published set: %d passes", i, r.Passes)
		}
	}
}
