package training

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A process that saves all the time is killed again and again, at other moments: nothing is left but the same model.
func TestKilledAgainAndAgain(t *testing.T) {
	want := run(t, testJob(t.TempDir()))
	for round := range 4 {
		dir := t.TempDir()
		killed := 0
		for life := 10 * time.Millisecond; ; life += time.Duration(4+3*round) * time.Millisecond {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), "TRAINING_TEST_DIR="+dir)
			var said bytes.Buffer
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(life, func() { _ = c.Process.Kill() })
			err := c.Wait()
			timer.Stop()
			if err == nil || strings.Contains(said.String(), "m: file already exists") { // it was killed when all was done
				break
			}
			if said.Len() > 0 {
				t.Fatalf("after %d kills: %s", killed, said.String())
			}
			killed++
		}
		if killed == 0 {
			t.Error("it was never killed")
		}
		if !bytes.Equal(bytesOf(t, filepath.Join(dir, "m")), want) {
			t.Errorf("after %d kills the model is another one", killed)
		}
		holds(t, dir, "m")
	}
}
