package tune

import (
	"slices"
	"testing"

	"deepgmm/experiments/configs"
)

// Every rung for outliers meets every class as an outlier, equally often, so that no candidate wins by the class that
// was drawn.
func TestEveryRungForOutliersMeetsAllClasses(t *testing.T) {
	t.Parallel()
	for i, r := range ladder(configs.Outliers, configs.Deep, 200, 1, 50000, 10000) {
		_, out := repeats(r, 1, 10)
		times := make([]int, 10)
		for _, group := range out {
			if r.Halves > 0 && len(group) != 5 {
				t.Errorf("rung %d leaves out %v", i+1, group)
			}
			for _, c := range group {
				times[c]++
			}
		}
		if slices.Min(times) < 1 || slices.Min(times) != slices.Max(times) {
			t.Errorf("rung %d leaves classes out %v times", i+1, times)
		}
	}
	_, out := repeats(Rung{Halves: 2}, 1, 10)
	slices.Sort(out[0])
	slices.Sort(out[2])
	if slices.Equal(out[0], out[2]) {
		t.Errorf("both ways to halve the classes are the same: %v", out)
	}
}
