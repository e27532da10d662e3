package eval

import (
	"context"

	"deepgmm/internal/kernel"
)

// empty is the number of centres without rows.
func (r *lloydRun) empty() (empty int) {
	for _, n := range r.counts {
		if n == 0 {
			empty++
		}
	}
	return empty
}

// reseed gives every centre without rows the row that is farthest from its
// own centre. It takes no centre's last row, and no row that already lies on
// its centre: nothing would be gained. The update makes that row the centre, so bounds stay bounds.
func (r *lloydRun) reseed(ctx context.Context) error {
	if r.empty() == 0 {
		return nil
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	for k, n := range r.counts {
		if n > 0 {
			continue
		}
		far := -1
		for i, d := range r.dist {
			if d > 0 && r.counts[r.m.Labels[i]] > 1 && (far < 0 || d > r.dist[far]) {
				far = i
			}
		}
		if far < 0 {
			return nil
		}
		from := r.m.Labels[far]
		kernel.SubtractRow(r.sums[from*r.X.D:(from+1)*r.X.D], r.X.Row(far))
		kernel.AddRow(r.sums[k*r.X.D:(k+1)*r.X.D], r.X.Row(far))
		r.counts[from]--
		r.counts[k]++
		r.m.Labels[far], r.dist[far] = k, 0
	}
	return nil
}
