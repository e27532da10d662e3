package cell

import (
	"context"
	"errors"
	"slices"
)

// shownClusters are the most clusters that are shown: more are too small to be seen.
const shownClusters = 100

// showMembers shows the first unseen image of each cluster, and counts classes.
func (r *Result) showMembers(_ context.Context, u *unseen) error {
	if u.cluster == nil || r.Spec.LeaveOut != NoClass {
		return nil
	}
	K := r.Layers[len(r.Layers)-1].K
	if K > shownClusters {
		return nil
	}
	size := u.set.H * u.set.W * u.set.C
	m := &Members{Sheet: Sheet{Cols: columns(K), H: u.set.H, W: u.set.W, C: u.set.C, Pix: make([]byte, K*size)},
		Images: make([]int, K), Majority: make([]int, K), Class: make([]int, K)}
	counts := make([]int, K*u.set.Classes)
	for i, k := range u.cluster {
		if m.Images[k] == 0 {
			copy(m.Pix[k*size:], u.set.Image(i))
		}
		m.Images[k]++
		counts[k*u.set.Classes+int(u.set.Labels[i])]++
	}
	for k := range K {
		of := counts[k*u.set.Classes:][:u.set.Classes]
		m.Majority[k] = slices.Max(of)
		m.Class[k] = slices.Index(of, m.Majority[k])
		if m.Images[k] == 0 {
			m.Class[k] = -1
		}
	}
	r.Members = m
	return nil
}

// validate says what of m contradicts itself; nil is nothing.
func (m *Members) validate() error {
	if m == nil {
		return nil
	}
	if err := m.Sheet.validate(); err != nil {
		return err
	}
	if n := len(m.Images); len(m.Majority) != n || len(m.Class) != n || n*m.H*m.W*m.C != len(m.Pix) {
		return errors.New("its clusters and their pictures do not agree")
	}
	return nil
}
