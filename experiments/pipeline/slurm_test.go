package pipeline

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

func testSlurm() Slurm {
	return Slurm{Tier: "smoke", Shards: 3, Program: "/opt/a b/dcgmm", Folder: "/shared/run", Results: "/shared/results", Data: "/data", Cores: 2, Minutes: 30, Offline: true}
}

// The script on a real Slurm: experiments/slurm/test.sh. Here: a shell can read it, and it submits what it should, by a stand-in for sbatch.
func TestSlurmScript(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	s := testSlurm()
	s.Folder = t.TempDir()
	var script bytes.Buffer
	if err := s.Script(&script); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(bash, "-euo", "pipefail", "-c", `
sbatch() { n=$((${n:-0} + 1)); echo "sbatch $*" >&2; cat >"$folder/job$(ls "$folder" | grep -c ^job)"; echo 77; }
export -f sbatch
bash -s; for j in "$folder"/job*; do bash -n "$j"; cat "$j"; done`)
	c.Env = append(c.Environ(), "folder="+s.Folder, "DCGMM_SBATCH=--partition short")
	c.Stdin = &script
	said, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{"sbatch --parsable --partition short", "--array 1-3", "--requeue", "--signal B:TERM@60", "--dependency afterok:77", "--shard \"$SLURM_ARRAY_TASK_ID/3\"",
		"array 77, merge 77", "seq 1 3", "--offline", "scontrol requeue"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
}

func TestSlurmRefusesWhatItCannotQuote(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Slurm){
		"folder":                func(s *Slurm) { s.Folder = "it's" },
		"program":               func(s *Slurm) { s.Program = "a\nb" },
		"--shards is 10001":     func(s *Slurm) { s.Shards = 10001 },
		"--cores is 4097":       func(s *Slurm) { s.Cores = 4097 },
		"--minutes is -1":       func(s *Slurm) { s.Minutes = -1 },
		"--minutes is 99999999": func(s *Slurm) { s.Minutes = 99999999 },
		"is not a tier":         func(s *Slurm) { s.Tier = "x; rm -r ~" },
		"--shards is 0":         func(s *Slurm) { s.Shards = 0 },
		"--cores is 0":          func(s *Slurm) { s.Cores = 0 },
	} {
		s := testSlurm()
		change(&s)
		if err := s.Script(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, error %v", want, err)
		}
	}
}
