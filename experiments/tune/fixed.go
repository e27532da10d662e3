package tune

import (
	"fmt"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
)

// fixed are the candidates of a family that do not depend on luck: those that had been used before there was a search,
// with the settings they had ("before" in the log: their epochs, MaxPrecRoot 8, else defaults), and those found by
// hand.
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
		before(8, usedBefore...)
		for _, arch := range byHand {
			all = append(all, newCandidate(f, arch, byTable("handSettings", handSettings)))
		}
		if task != configs.Clustering {
			for _, arch := range codedByHand {
				all = append(all, newCandidate(f, arch, byTable("codedSettings", codedSettings)))
			}
		}
	case configs.Plain:
		all = published(task)
	case configs.SGD:
		before(15, flatArch)
	case configs.MFA:
		before(15, fmt.Sprintf("F28 A%d:4", topK))
		all = append(all, newCandidate(f, "", byTable("handSettings", handSettings))) // its architecture is among its settings
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
func byTable(name string, table map[string]string) func(i int) value {
	return func(i int) value {
		v, ok := space[i].value(table[space[i].name])
		if !ok {
			panic("tune: " + name + " has no value of " + space[i].name)
		}
		return v
	}
}
