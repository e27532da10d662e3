package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"deepgmm"
	"deepgmm/internal/machine"
)

// commit is set by the Makefile, whose builds do not ask git.
var commit string

// version is what a report of a fault needs: the program, what its results depend on, and the machine.
func version() string {
	m := machine.Describe()
	return fmt.Sprintf("commit %s, %s, %s, %s/%s, kernels %s", cmp.Or(commit, stamped(), "unknown"), deepgmm.Source, m.Go, m.OS, m.Arch, m.Kernels)
}

// stamped is the commit that go build has seen, if it has.
func stamped() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", changed since"
		}
	}
	if revision == "" {
		return ""
	}
	return revision[:min(12, len(revision))] + changed
}
