package tune

import (
	"fmt"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// fixed are the candidates of a family that do not depend on luck: those found by hand, and those that had been used
// before there was a search, with the settings they had ("before" in the log: their epochs, MaxPrecRoot 8, else
// defaults).
func fixed(task configs.Task, f configs.Family) (all []candidate) {
	before := func(epochs int, archs ...string) {
		for _, arch := range archs {
			c := emptyCandidate(f, arch)
			c.Model.Train.Epochs, c.Model.Init.MaxPrecRoot = epochs, 8
			c.set(f, func(int) value { return value{"before", func(*cell.Model) {}} })
			all = append(all, c)
		}
	}
	switch f {
	case configs.Deep:
		for _, h := range byHand {
			for _, arch := range h.archs {
				if h.clusters || task != configs.Clustering {
					all = append(all, newCandidate(f, arch, byTable(h.settings)))
				}
			}
		}
		before(8, usedBefore...)
	case configs.Plain:
		all = published(task)
	case configs.SGD:
		before(15, flatArch)
	case configs.MFA:
		for _, settings := range flatByHand {
			c := newCandidate(f, "", byTable(settings)) // the architecture is among its settings
			if task != configs.Clustering || configs.ArchOf(c.Model).Top().K() == topK {
				all = append(all, c)
			}
		}
		before(15, fmt.Sprintf("F28 A%d:4", topK))
	}
	return all
}

// published are the deep architectures of the paper's authors with their settings ("published" in the log) and as many
// epochs, up to theirs, as a candidate can afford.
func published(task configs.Task) (all []candidate) {
	for _, p := range configs.PaperArchs() {
		if !configs.ArchOf(cell.Model{Arch: p.Arch}).Deep() {
			continue
		}
		for _, epochs := range []int{configs.PaperEpochs, 40, 18} {
			c := emptyCandidate(configs.Plain, p.Arch)
			c.Model.Train.Epochs = epochs
			c.set(configs.Plain, func(int) value { return value{"published", func(*cell.Model) {}} })
			if c.affordable(task, configs.Plain) {
				all = append(all, c)
				break
			}
		}
	}
	return all
}

// byTable gives the rows of space the values that a table has for them.
func byTable(table map[string]string) func(i int) value {
	return func(i int) value {
		v, ok := space[i].value(table[space[i].name])
		if !ok {
			panic("tune: settings found by hand have no value of " + space[i].name)
		}
		return v
	}
}
