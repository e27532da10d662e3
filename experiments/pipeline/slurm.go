package pipeline

import (
	"deepgmm/experiments/suite"
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

// maxMinutes of a task: a year.
const maxMinutes = 366 * 24 * 60

// Script writes a shell script for a login node: it submits an array job with a task for each shard, and a job that depends on it, merges the caches and
// writes tables and figures. A task that is stopped, by SIGTERM before a time limit or a preemption, or with its node, keeps what it has finished
// and the training under way; Slurm puts it into the queue again and it goes on from there.
func (s Slurm) Script(w io.Writer) error {
	for name, word := range map[string]string{"program": s.Program, "folder": s.Folder, "results": s.Results, "data": s.Data} {
		if strings.ContainsAny(word, "'\n") {
			return fmt.Errorf("slurm: the %s %q has a quote or a line break in its name", name, word)
		}
	}
	if _, err := suite.TierByName(s.Tier); err != nil {
		return fmt.Errorf("slurm: %w", err)
	}
	for _, n := range []struct {
		flag     string
		is, most int
	}{{"shards", s.Shards, suite.MaxShards}, {"cores", s.Cores, maxWorkers}, {"minutes", s.Minutes, maxMinutes}} {
		if n.is < 1 || n.is > n.most {
			return fmt.Errorf("slurm: --%s is %d; it must be between 1 and %d", n.flag, n.is, n.most)
		}
	}
	return template.Must(template.New("slurm").Parse(slurmTemplate)).Execute(w, s)
}
