package tune

import (
	"math/rand/v2"

	"deepgmm/experiments/configs"
)

// Half of the candidates are drawn from the whole space. The others are bred, in two generations, from the best that
// the first rung has seen so far: the space of deep models is so large that chance alone hardly meets a good
// architecture together with good settings.

// minBred is how many candidates there must be for breeding to be worth it.
const minBred = 20

// generations are the numbers of candidates that are drawn, and bred after that, of n.
func generations(n int) []int {
	if n < minBred {
		return []int{n}
	}
	return []int{n - 2*(n/4), n / 4, n / 4}
}

// Parents are the best tenth of those that were tried, but this many at least.
const (
	parentShare = 10
	minParents  = 4
)

// parents of the next generation, from the ranked trials of a rung.
func (s *search) parents(ranked []*trial) []candidate {
	return s.best(ranked, max(minParents, len(ranked)/parentShare))
}

// Shares of children with another architecture than their parent, and of settings drawn anew.
const (
	mutateShare = 0.5
	redrawShare = 0.125
)

// breed makes n children that are no models of known: the architecture of a parent, or one that differs in one thing;
// every setting of that parent or of another, or a new one. They are fewer if there are not so many.
func breed(task configs.Task, f configs.Family, n int, from, known []candidate, r *rand.Rand) []candidate {
	seen := map[string]bool{}
	for _, c := range known {
		seen[c.key()] = true
	}
	var children []candidate
	for tries := 0; len(from) > 0 && len(children) < n && tries < draws*n; tries++ {
		a, b := pick(r, from), pick(r, from)
		arch := ""
		if f.IsDeep() {
			if arch = a.Model.Arch; r.Float64() < mutateShare {
				arch = grammars[f].mutateArch(r, arch, componentsOf(task))
			}
		}
		c := newCandidate(f, arch, func(i int) value {
			parent := a
			if r.IntN(2) == 0 {
				parent = b
			}
			v, ok := space[i].value(parent.Chosen[i])
			if !ok || r.Float64() < redrawShare { // a parent without it, or with a value that is not in the table
				return pick(r, space[i].of(task, f))
			}
			return v
		})
		if key := c.key(); !seen[key] && c.affordable(task, f) {
			seen[key] = true
			c.ID, c.Parent = len(known)+len(children)+1, a.ID
			children = append(children, c)
		}
	}
	return children
}
