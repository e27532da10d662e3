package experiments

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
)

//go:embed templates/slurm.sh.tmpl
var slurmTemplate string

// Slurm says how a job script spreads a tier over machines.
type Slurm struct {
	Tier    string
	Shards  int
	Program string // path of dcgmm on the nodes
	Folder  string // shared by the nodes: caches of shards, merged cache and logs
	Results string // as Options.Results
	Data    string // folder of the data sets; empty: the nodes know
	Cores   int    // of a task
	Minutes int    // time limit of a task
	Offline bool   // do not download data
}

// Script writes a shell script for a login node: it submits an array job with a task for each shard, and a job that depends on it, merges the caches and
// writes tables and figures. A task that is stopped, by SIGTERM before a time limit or a preemption, or with its node, keeps what it has finished
// and the training under way; Slurm puts it into the queue again and it goes on from there.
func (s Slurm) Script(w io.Writer) error {
	for name, word := range map[string]string{"program": s.Program, "folder": s.Folder, "results": s.Results, "data": s.Data} {
		if strings.ContainsAny(word, "'\n") {
			return fmt.Errorf("slurm: the %s %q has a quote or a line break in its name", name, word)
		}
	}
	if s.Shards < 1 || s.Cores < 1 || s.Minutes < 1 {
		return fmt.Errorf("slurm: %d shards, %d cores, %d minutes: want at least 1 of each", s.Shards, s.Cores, s.Minutes)
	}
	return template.Must(template.New("slurm").Parse(slurmTemplate)).Execute(w, s)
}
