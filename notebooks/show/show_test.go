package show

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/training"
)

// TestMain runs the program of a cell when a test started it as one.
func TestMain(m *testing.M) {
	if cell := cells[os.Getenv("SHOW_TEST_CELL")]; cell != nil {
		cell()
		return
	}
	os.Exit(m.Run())
}

var cells = map[string]func(){
	"fails": func() {
		defer Done()
		_ = Must(os.Open("/no/such/file"))
	},
	"panics": func() {
		defer Done()
		panic("a bug")
	},
	"good": func() {
		defer Done()
		Note("all is %s", "well")
	},
	"trains": func() {
		defer Done()
		Must(Train(testJob()))
		Note("trained")
	},
}

// testJob takes a second.
func testJob() training.Job {
	set := dataset.Glyphs(500, 1, 1, 1).Train
	return training.Job{Arch: "F8/2 G16 F11 G16", Images: Images(set), Init: dcgmm.Init{Seed: 1}, Config: dcgmm.Config{Epochs: 60, Seed: 1, Workers: 1}}
}

// cell starts a cell's program.
func startCell(t *testing.T, name, cache string) (*exec.Cmd, *strings.Builder) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "SHOW_TEST_CELL="+name, "DCGMM_NOTEBOOK_CACHE="+cache)
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &said
}

func TestCellsEndAsTheyShould(t *testing.T) {
	for name, want := range map[string]struct {
		code int
		says string
	}{"good": {0, "all is well\n"}, "fails": {1, "error: open /no/such/file"}, "panics": {2, "a bug"}} {
		c, said := startCell(t, name, t.TempDir())
		err := c.Wait()
		if code := c.ProcessState.ExitCode(); code != want.code || !strings.Contains(said.String(), want.says) {
			t.Errorf("%s: %v: %s", name, err, said)
		}
		if name == "fails" && strings.Contains(said.String(), "goroutine") {
			t.Errorf("an error is shown with a stack: %s", said)
		}
	}
}

// interruptTraining interrupts a cell that trains, and returns the file of what it kept. The lock beside the checkpoint
// says that the training begins. A cell that was too early or too late to be interrupted is started again and gets
// twice the time.
func interruptTraining(t *testing.T, cache string) string {
	t.Helper()
	var said *strings.Builder
	for wait := 50 * time.Millisecond; wait < 5*time.Second; wait *= 2 {
		var c *exec.Cmd
		c, said = startCell(t, "trains", cache)
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for locks := 0; locks == 0 && len(ended) == 0; time.Sleep(5 * time.Millisecond) {
			locks = len(inCache(t, cache, "*.lock"))
		}
		time.Sleep(wait)
		_ = c.Process.Signal(os.Interrupt)
		<-ended // the exit code says it
		partial := inCache(t, cache, "*.partial")
		if len(partial) == 0 {
			for _, file := range inCache(t, cache, "*") {
				_ = os.Remove(file) // a whole training
			}
			continue
		}
		if c.ProcessState.ExitCode() != 1 || len(partial) != 1 || !strings.Contains(said.String(), "Run the cell again to go on") {
			t.Fatalf("exit code %d, kept %v: %s", c.ProcessState.ExitCode(), partial, said)
		}
		return partial[0]
	}
	t.Fatalf("no training was kept: %s", said)
	return ""
}

func inCache(t *testing.T, cache, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An interrupt keeps the training, and the next run of the cell goes on to the bits of one without a break.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	cache := t.TempDir()
	partial := interruptTraining(t, cache)
	t.Setenv("DCGMM_NOTEBOOK_CACHE", cache)
	net, err := Train(testJob())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Train(testJob()) // from the cache
	if err != nil {
		t.Fatal(err)
	}
	resumed, err := readHistory(strings.TrimSuffix(partial, ".partial"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	whole, err := Train(testJob())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(net.Layer(1).Mu, whole.Layer(1).Mu) || !slices.Equal(again.Layer(1).Mu, whole.Layer(1).Mu) {
		t.Error("the networks differ")
	}
	history, err := readHistory(filepath.Join(Cache(), key(testJob())+".dcgmm"))
	if err != nil || !reflect.DeepEqual(history, resumed) {
		t.Errorf("the curves differ (%v): %d and %d points", err, len(history), len(resumed))
	}
}

func TestKeysTellTrainingsApart(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*training.Job){
		"as it is": func(*training.Job) {}, "architecture": func(j *training.Job) { j.Arch = "F28 G4" }, "seed": func(j *training.Job) { j.Init.Seed = 2 },
		"epochs": func(j *training.Job) { j.Config.Epochs++ }, "a pixel": func(j *training.Job) { j.Images.Pix = slices.Clone(j.Images.Pix); j.Images.Pix[7]++ },
	} {
		j := testJob()
		change(&j)
		if other, ok := seen[key(j)]; ok {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[key(j)] = name
	}
	j := testJob()
	j.Config.Workers = 7
	if seen[key(j)] != "as it is" {
		t.Error("the key depends on the number of workers")
	}
}

func TestLiveDisplayIsThrottledAndLasts(t *testing.T) {
	synctest.Test(t, liveDisplay) // its clock stands while something is computed
}

func liveDisplay(t *testing.T) {
	var shown []string
	p := &Progress{title: "a < b", start: time.Now(), show: func(s string) { shown = append(shown, s) }}
	p.Add("loss", 0, 1)
	p.Add("loss", 0.5, 3)
	for range 450 {
		p.Set(0.5, "epoch 1")
		time.Sleep(time.Millisecond)
	}
	if len(shown) != 5 {
		t.Errorf("%d updates in 0.45 s", len(shown))
	}
	for _, want := range []string{"a &lt; b", `value="0.5000"`, "50 %", "left", "epoch 1", `points="4.0,136.0 210.0,4.0"`, "loss: 3"} {
		if !strings.Contains(shown[0], want) {
			t.Errorf("no %s in %s", want, shown[0])
		}
	}
	p.Close("<b>done</b>")
	n := len(shown)
	p.Set(1, "late")
	if len(shown) != n || !strings.HasPrefix(shown[n-1], `<b>done</b><span class="timing"> · took`) {
		t.Errorf("at last: %v", shown[n-1:])
	}
}

func TestSheetsShowWhatIsThere(t *testing.T) {
	s := dcgmm.Shape{H: 1, W: 2, C: 1}
	heat := Heat("τ", 1, 2, 1, []float64{-1, 1, 3, 0}, "a", "b")
	if want := []byte{0, 128, 255, 64}; !slices.Equal(heat.Pix, want) || heat.Caption != "τ (black -1.0, white 3.0)" || heat.Cols != 2 {
		t.Errorf("heat is %+v", heat)
	}
	out := dcgmm.Shape{H: 1, W: 2, C: 3}
	if got := Maps([]float32{0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, out, 1, 2, 0); !slices.Equal(got, []float64{3, 6, 1, 4}) {
		t.Errorf("maps are %v", got)
	}
	pieces, rows, cols := Patches(dcgmm.Shape{H: 2, W: 4, C: 1}, []uint8{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2)
	if rows != 1 || cols != 2 || !slices.Equal(pieces, []uint8{1, 2, 5, 6, 3, 4, 7, 8}) {
		t.Errorf("patches are %v in %d×%d", pieces, rows, cols)
	}
	masked := Masked(dcgmm.Images{Shape: s, Pix: []uint8{255, 255, 0, 0}, Missing: []bool{true, false}})
	if !slices.Equal(masked, []float32{missingGray, 1, missingGray, 0}) {
		t.Errorf("masked is %v", masked)
	}
	if got := SideBySide(s, []float32{1, 2, 3, 4}, []float32{5, 6, 7, 8}); !slices.Equal(got, []float32{1, 2, 5, 6, 3, 4, 7, 8}) {
		t.Errorf("side by side is %v", got)
	}
	set := &dataset.Set{N: 3, H: 1, W: 1, C: 1, Pix: []uint8{7, 8, 9}, Labels: []uint8{0, 1, 1}, Classes: 2, ClassNames: []string{"cat", "dog"}}
	ends := Extremes(set, []float64{5, 9, 1}, 2)
	if !slices.Equal(ends[0].Captions, []string{"dog: 9", "cat: 5"}) || !slices.Equal(ends[1].Pix, []uint8{9, 7}) {
		t.Errorf("extremes are %+v", ends)
	}
	groups := Clusters(set, []int{5, 3, 3}, 9, 1)
	if len(groups) != 2 || groups[0].Caption != "cluster 3, 2 images" || !slices.Equal(groups[0].Pix, []uint8{8}) || groups[1].Caption != "cluster 5, 1 images" {
		t.Errorf("clusters are %+v", groups)
	}
	sheet := SetSheet("", 0, set)
	if !slices.Equal(sheet.Captions, []string{"cat", "dog", "dog"}) || sheet.Cols != 2 {
		t.Errorf("the set is %+v", sheet)
	}
	net, err := dcgmm.New("F5/1 G4", dcgmm.Shape{H: 8, W: 9, C: 1}, dcgmm.Init{})
	if err != nil {
		t.Fatal(err)
	}
	if p := Prototypes(net, 0); p.H != 5 || p.W != 5 || len(p.Pix) != 4*25 || p.Cols != 2 {
		t.Errorf("prototypes are %d of %d×%d", len(p.Pix), p.H, p.W)
	}
}

func TestCallersBugsPanic(t *testing.T) {
	s := dcgmm.Shape{H: 2, W: 2, C: 1}
	for name, f := range map[string]func(){
		"part of an image": func() { Sheet("", 1, s, make([]float32, 5)) },
		"component":        func() { Maps(make([]float32, 4), s, 0, 1) },
		"patch too large":  func() { Patches(s, make([]uint8, 4), 3, 1, 1) },
		"mask":             func() { Masked(dcgmm.Images{Shape: s, Pix: make([]uint8, 8), Missing: make([]bool, 3)}) },
		"unequal kinds":    func() { SideBySide(s, make([]float32, 4), make([]float32, 8)) },
		"clusters":         func() { Clusters(&dataset.Set{N: 2}, nil, 1, 1) },
		"scores":           func() { Extremes(&dataset.Set{N: 2}, nil, 1) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "show: ") {
					t.Errorf("%s: %v", name, r)
				}
			}()
			f()
		}()
	}
}

func TestSmokeDataAreFewAndMarked(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK", "smoke")
	data, err := Data("mnist")
	if err != nil || data.Train.N > 2000 || !data.Train.Generated || notice == "" {
		t.Errorf("%v, notice %q", err, notice)
	}
	if Setting(9, 2) != 2 {
		t.Error("Setting is not small")
	}
	notice = ""
	t.Setenv("DCGMM_NOTEBOOK", "")
	if Setting(9, 2) != 9 {
		t.Error("Setting is not real")
	}
}

func TestExplanationsSayWhatToDo(t *testing.T) {
	if s := explain(fmt.Errorf("step 3: %w", context.Canceled)); !strings.Contains(s, "Run the cell again") {
		t.Error(s)
	}
	if s := explain(errors.New("no disk")); s != "error: no disk" {
		t.Error(s)
	}
}

// A cell whose training another notebook does waits for it, and takes what that leaves.
func TestTrainingOfAnotherNotebook(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("DCGMM_NOTEBOOK_CACHE", cache)
	c, said := startCell(t, "trains", cache)
	for len(inCache(t, cache, ".*.lock")) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	net, err := Train(testJob())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err, said)
	}
	other, err := training.Load(inCache(t, cache, "*.dcgmm")[0])
	if err != nil || !slices.Equal(other.Network.Layer(1).Mu, net.Layer(1).Mu) {
		t.Errorf("%v; the networks differ", err)
	}
}
