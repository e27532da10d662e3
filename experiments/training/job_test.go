package training

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

func testJob(dir string) Job {
	im := dcgmm.Images{Shape: dcgmm.Shape{H: 6, W: 7, C: 1}, Pix: make([]uint8, 60*6*7)}
	for i := range im.Pix {
		im.Pix[i] = uint8(i * i * 31)
	}
	return Job{Arch: "F3/1 G6 F4x5 G4", Images: im, Init: dcgmm.Init{Seed: 5}, Config: dcgmm.Config{Epochs: 60, BatchSize: 10, Seed: 5}, Out: filepath.Join(dir, "m")}
}

func run(t *testing.T, j Job) []byte {
	t.Helper()
	if _, err := j.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return bytesOf(t, j.Out)
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// holds says which files are beside one another.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}

var errStop = errors.New("stop")

// stop ends a training at its first report from a step on, and leaves a partial.
func stop(t *testing.T, j Job, step int) {
	t.Helper()
	_, err := j.Run(context.Background(), func(p dcgmm.Progress) error {
		if p.Step >= step {
			return errStop
		}
		return nil
	})
	if !errors.Is(err, errStop) || !errors.Is(err, ErrKept) || !strings.Contains(err.Error(), j.Partial()) {
		t.Fatalf("stopped with %v", err)
	}
}

// An interrupted training goes on with its own settings only, and the error names those that are others, but no
// consequences.
func TestOtherSettingsAreRefused(t *testing.T) {
	j := testJob(t.TempDir())
	whole := run(t, testJob(t.TempDir()))
	stop(t, j, 100)
	kept := bytesOf(t, j.Partial())
	for want, change := range map[string]func(*Job){
		"Seed 5, not 6":                                 func(j *Job) { j.Config.Seed = 6 },
		"Rate 0.011, not 0.005":                         func(j *Job) { j.Config.Rate = 0.005 },
		"Epochs 60, not 3":                              func(j *Job) { j.Config.Epochs = 3 },
		"BatchSize 10, not 60":                          func(j *Job) { j.Config.BatchSize = 100 },
		"Wait [], not [0 0.5]":                          func(j *Job) { j.Config.Wait = []float64{0, 0.5} },
		"Optimizer sgd, not adam":                       func(j *Job) { j.Config.Optimizer = dcgmm.Adam },
		"Init.MaxPrecRoot 4.4721360206604, not 3":       func(j *Job) { j.Init.MaxPrecRoot = 3 },
		`Arch "F3/1 G6 F4x5 G4", not "F3/1 G6 F4x5 G9"`: func(j *Job) { j.Arch = "F3/1 G6 F4x5 G9" },
		"Images others, not these 60 of 6×7×1": func(j *Job) {
			j.Images.Pix = slices.Clone(j.Images.Pix)
			j.Images.Pix[9]++
		},
		"Images others, not these 59 of 6×7×1, Seed 5, not 6": func(j *Job) {
			j.Images.Pix = j.Images.Pix[42:]
			j.Config.Seed = 6
		},
		"Epochs 60, not 3, Seed 5, not 6, Rate 0.011, not 0.1": func(j *Job) { j.Config.Epochs, j.Config.Seed, j.Config.Rate = 3, 6, 0.1 },
	} {
		other := j
		change(&other)
		_, err := other.Run(context.Background(), func(dcgmm.Progress) error { t.Error("trains"); return nil })
		var differ *SettingsError
		if !errors.As(err, &differ) || !strings.Contains(err.Error(), "other settings: "+strings.Split(want, "4.47")[0]) || !strings.Contains(err.Error(), "Fresh") {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if n := strings.Count(want, ", not "); len(differ.Differ) != n {
			t.Errorf("%s: %d differences, want %d: %v", want, len(differ.Differ), n, err)
		}
		if !bytes.Equal(kept, bytesOf(t, j.Partial())) {
			t.Fatalf("%s: the kept training has changed", want)
		}
	}
	// The same by other words.
	same := j
	same.Arch, same.Config.Workers, same.Config.Wait, same.Config.Rate, same.Config.Schedule = " F3/1  G6 F4x5 G4", 3, []float64{0}, 0.011, dcgmm.Adaptive
	if !bytes.Equal(run(t, same), whole) {
		t.Error("the resumed training gives another model")
	}
	holds(t, filepath.Dir(j.Out), "m")
}

// A job with a scorer writes it, whether its training was interrupted or not, to the same bits. What a process has
// written that was killed before it could remove what it kept is known as its own.
func TestJobsWithScorers(t *testing.T) {
	j := testJob(t.TempDir())
	j.Scorer = true
	whole := run(t, j)
	if c, err := Load(j.Out); err != nil || c.Network.Scorer() == nil {
		t.Errorf("no scorer: %v", err)
	}
	other := j
	other.Out = filepath.Join(t.TempDir(), "m")
	stop(t, other, 100)
	other.Config.Workers = 3
	if !bytes.Equal(run(t, other), whole) {
		t.Error("the resumed training gives another model")
	}
	killed := j
	killed.Out = filepath.Join(t.TempDir(), "m")
	stop(t, killed, 360) // at its last step
	if err := os.WriteFile(killed.Out, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	run(t, killed)
	holds(t, filepath.Dir(killed.Out), "m")
}

// A scorer is calibrated with the images that are held out, else with those of the training.
func TestJobsCalibrate(t *testing.T) {
	for held, want := range map[int]dcgmm.Calibration{0: {Images: 60}, 20: {Images: 20, HeldOut: true}} {
		j := testJob(t.TempDir())
		j.Scorer = true
		if held > 0 {
			j.HeldOut = dcgmm.Images{Shape: j.Images.Shape, Pix: j.Images.Pix[:held*42]}
		}
		run(t, j)
		c, err := Load(j.Out)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Network.Scorer().Calibration; got == nil || got.Images != want.Images || got.HeldOut != want.HeldOut {
			t.Errorf("%d held out: %+v", held, got)
		}
	}
}

// Fresh leaves an interrupted training alone until there is something to keep of the new one.
func TestFresh(t *testing.T) {
	j := testJob(t.TempDir())
	stop(t, j, 100)
	kept := bytesOf(t, j.Partial())
	j.Fresh, j.Config.Seed = true, 6
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.Run(ended, nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrKept) {
		t.Errorf("before the first step: %v", err)
	}
	if !bytes.Equal(kept, bytesOf(t, j.Partial())) {
		t.Error("the kept training was lost before there was another")
	}
	stop(t, j, 50)
	if c, err := Load(j.Partial()); err != nil {
		t.Error(err)
	} else if c, step, ok := c.Training(); !ok || c.Seed != 6 || step >= 100 {
		t.Errorf("kept is step %d of seed %d", step, c.Seed)
	}
	run(t, j)
	holds(t, filepath.Dir(j.Out), "m")
}

// Fresh does not replace what is no interrupted training.
func TestFreshSparesOtherFiles(t *testing.T) {
	j := testJob(t.TempDir())
	j.Fresh = true
	if err := os.WriteFile(j.Partial(), []byte("my own notes, which are longer than a header"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Run(context.Background(), nil); !errors.Is(err, dcgmm.ErrNotCheckpoint) || !strings.Contains(err.Error(), j.Partial()) {
		t.Errorf("error %v", err)
	}
	if got := bytesOf(t, j.Partial()); !bytes.HasPrefix(got, []byte("my own notes")) {
		t.Errorf("it is %q", got)
	}
}

// A finished model is replaced only on demand.
func TestFinishedModelStays(t *testing.T) {
	j := testJob(t.TempDir())
	run(t, j)
	other := j
	other.Config.Seed = 6
	if _, err := other.Run(context.Background(), nil); !errors.Is(err, fs.ErrExist) || !errors.Is(other.Check(), fs.ErrExist) {
		t.Errorf("over a finished model: %v", err)
	}
	holds(t, filepath.Dir(j.Out), "m")
	other.Replace = true
	run(t, other)
}

// A process that is killed between the last two acts, writing the model and removing the partial, leaves both. The next
// one finishes that.
func TestKilledBeforeThePartialWasRemoved(t *testing.T) {
	j := testJob(t.TempDir())
	dir := filepath.Dir(j.Out)
	stop(t, j, 0)
	early := bytesOf(t, j.Partial())
	stop(t, j, 360)
	last := bytesOf(t, j.Partial())
	whole := run(t, j)
	put := func(partial, out []byte) {
		if err := errors.Join(os.WriteFile(j.Partial(), partial, 0o666), os.WriteFile(j.Out, out, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	put(last, whole)
	if !bytes.Equal(run(t, j), whole) {
		t.Error("another model")
	}
	holds(t, dir, "m")
	for name, partial := range map[string][]byte{"early": early, "last": last} { // with another model it is a mistake
		put(partial, []byte("theirs"))
		if _, err := j.Run(context.Background(), nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		if string(bytesOf(t, j.Out)) != "theirs" || !bytes.Equal(bytesOf(t, j.Partial()), partial) {
			t.Errorf("%s: something was lost", name)
		}
	}
	j.Replace = true
	if !bytes.Equal(run(t, j), whole) {
		t.Error("another model")
	}
	holds(t, dir, "m")
}

// While a training runs no other has its file.
func TestOneTrainingAFile(t *testing.T) {
	j := testJob(t.TempDir())
	var err error
	_, first := j.Run(context.Background(), func(p dcgmm.Progress) error {
		if p.Step == p.Steps {
			_, err = j.Run(context.Background(), func(dcgmm.Progress) error { t.Error("trains"); return nil })
		}
		return nil
	})
	if first != nil || !errors.Is(err, atomicfile.ErrLocked) || !strings.Contains(err.Error(), j.Out+": another run is writing it: wait for it to end") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the first: %v, the second: %v", first, err)
	}
	holds(t, filepath.Dir(j.Out), "m")
}

// Where nothing can be written there is no training.
func TestRefusedBeforeTheTraining(t *testing.T) {
	dir := t.TempDir()
	j := testJob(dir)
	if err := errors.Join(os.WriteFile(j.Out, nil, 0o666), os.Mkdir(filepath.Join(dir, "folder"), 0o777)); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{j.Out + "/x": "not a directory", "/proc/x": "no such file", filepath.Join(dir, "folder"): "it is a folder", os.DevNull: "not a regular file"} {
		j.Out = out
		_, err := j.Run(context.Background(), func(dcgmm.Progress) error { t.Error("trains"); return nil })
		if err == nil || !strings.HasPrefix(err.Error(), "write "+out) || !strings.Contains(err.Error(), want) || j.Check() == nil {
			t.Errorf("%s: %v", out, err)
		}
	}
	holds(t, dir, "folder", "m")
}

// often makes every report an occasion to keep the training.
func often(t *testing.T) {
	before := saveEvery
	saveEvery = 0
	t.Cleanup(func() { saveEvery = before })
}

// A training that cannot be kept for a time goes on, says so once, and is kept again later.
func TestFailedAutosave(t *testing.T) {
	often(t)
	whole := run(t, testJob(t.TempDir()))
	base := t.TempDir()
	j := testJob(filepath.Join(base, "a"))
	aside, dir := filepath.Join(base, "b"), filepath.Dir(j.Out)
	var warnings []string
	j.Warn = func(err error) { warnings = append(warnings, err.Error()) }
	reports := 0
	_, err := j.Run(context.Background(), func(p dcgmm.Progress) error {
		var err error
		switch reports++; reports {
		case 3: // the folder goes away
			err = errors.Join(os.Rename(dir, aside), os.WriteFile(dir, nil, 0o666))
		case 6: // and comes back
			err = errors.Join(os.Remove(dir), os.Rename(aside, dir))
		case 8:
			c, loadErr := Load(j.Partial())
			if loadErr != nil {
				return loadErr
			}
			if _, step, ok := c.Training(); !ok || step == 0 || step >= p.Step {
				t.Errorf("after step %d, %d is kept", p.Step, step)
			}
		}
		return err
	})
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "the training goes on") || !strings.Contains(warnings[0], "until then "+j.Partial()+" has it after step ") {
		t.Errorf("ended with %v; warnings: %q", err, warnings)
	}
	if !bytes.Equal(bytesOf(t, j.Out), whole) {
		t.Error("another model")
	}
	holds(t, dir, "m")
}

// What cannot be kept at the end is said as it is.
func TestFailuresAtTheEnd(t *testing.T) {
	base := t.TempDir()
	j := testJob(filepath.Join(base, "a"))
	dir := filepath.Dir(j.Out)
	gone := func() error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o666)) }
	_, err := j.Run(context.Background(), func(p dcgmm.Progress) error { return errors.Join(gone(), errStop) })
	if !errors.Is(err, errStop) || errors.Is(err, ErrKept) || !strings.Contains(err.Error(), "what was trained could not be kept and is lost: write "+j.Partial()) {
		t.Errorf("stopped: %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err = j.Run(context.Background(), func(p dcgmm.Progress) error {
		if p.Step == p.Steps {
			return gone()
		}
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), "write "+j.Out) || !strings.Contains(err.Error(), "is lost: write "+j.Partial()) {
		t.Errorf("at the end: %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	// Only the model cannot be written: the training is kept, and the next run does no step.
	_, err = j.Run(context.Background(), func(p dcgmm.Progress) error {
		if p.Step == p.Steps {
			return os.Mkdir(j.Out, 0o777)
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "the finished training is in "+j.Partial()) {
		t.Errorf("at the end: %v", err)
	}
	if err := os.Remove(j.Out); err != nil {
		t.Fatal(err)
	}
	var seen []dcgmm.Progress
	if _, err := j.Run(context.Background(), func(p dcgmm.Progress) error { seen = append(seen, p); return nil }); err != nil || len(seen) != 1 || seen[0].Step != seen[0].Steps || len(seen[0].Layers) != 2 {
		t.Errorf("%v, reports %v", err, seen)
	}
	if !bytes.Equal(bytesOf(t, j.Out), run(t, testJob(t.TempDir()))) {
		t.Error("another model")
	}
	holds(t, dir, "m")
}

// TestMain lets a test start a process that trains, and keeps the training at every report.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TRAINING_TEST_DIR"); dir != "" {
		saveEvery = 0
		if _, err := testJob(dir).Run(context.Background(), func(dcgmm.Progress) error { time.Sleep(time.Millisecond); return nil }); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Where no training could be kept, none begins; what somebody else puts there meanwhile stays.
func TestPartialIsNobodyElses(t *testing.T) {
	j := testJob(t.TempDir())
	if err := os.Mkdir(j.Partial(), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, j.Fresh = range []bool{false, true} {
		if err := j.Check(); err == nil || !strings.Contains(err.Error(), j.Partial()+": it is a folder") || !strings.Contains(err.Error(), "move the folder away") {
			t.Errorf("a folder: %v", err)
		}
		_, err := j.Run(context.Background(), func(dcgmm.Progress) error { t.Error("it trains"); return errStop })
		if err == nil {
			t.Error("a folder: no error")
		}
	}
	holds(t, filepath.Dir(j.Out), "m.partial")
	if err := os.Remove(j.Partial()); err != nil {
		t.Fatal(err)
	}

	j.Fresh = false
	put := func() error { return os.WriteFile(j.Partial(), []byte("mine"), 0o666) }
	_, err := j.Run(context.Background(), func(dcgmm.Progress) error { return errors.Join(put(), errStop) })
	if !errors.Is(err, errStop) || errors.Is(err, ErrKept) || string(bytesOf(t, j.Partial())) != "mine" {
		t.Errorf("stopped: %v; the file holds %q", err, bytesOf(t, j.Partial()))
	}
	if err := os.Remove(j.Partial()); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Run(context.Background(), func(dcgmm.Progress) error { return put() }); err != nil || string(bytesOf(t, j.Partial())) != "mine" {
		t.Errorf("at the end: %v", err)
	}
	holds(t, filepath.Dir(j.Out), "m", "m.partial")
}

// Names under which nothing can be kept are found before the training.
func TestNamesOfModels(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{
		"": "the name is empty; give",
		filepath.Join(dir, strings.Repeat("m", 250)): "the name is too long; choose a shorter one",
		filepath.Join(dir, "f", "m"):                 "one of its folders is a file; choose another name",
	} {
		if err := (Job{Out: out}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", out, err)
		}
	}
	holds(t, dir, "f")
}
