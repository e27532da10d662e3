package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestMain lets a test start a process that is killed while it writes.
func TestMain(m *testing.M) {
	dir := os.Getenv("ATOMICFILE_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	wait := func(w io.Writer) error { // until the test kills
		_, _ = io.WriteString(w, "half")
		_, _ = os.Stdout.WriteString("writing")
		time.Sleep(time.Hour) // with select {} the runtime would see a deadlock, and end the process
		return nil
	}
	_, _ = LockFile(filepath.Join(dir, "f"))
	_ = WriteFolder(filepath.Join(dir, "pictures"), false, func(temp string) error {
		return errors.Join(os.WriteFile(filepath.Join(temp, "1.png"), nil, 0o666), Write(filepath.Join(temp, "2.png"), func(io.Writer) error {
			return Write(filepath.Join(dir, "f.partial"), wait)
		}))
	})
}

// What a killed process leaves is removed by the next one, and nothing else: not what is being written, not what only
// looks like it.
func TestSweepAfterKill(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "ATOMICFILE_TEST_DIR="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("writing"))); err != nil {
		t.Fatal(err)
	}
	sweep(dir) // of a process that lives nothing goes
	if left := names(t, dir); len(left) != 3 {
		t.Fatalf("while it writes there are %v, want a lock, a temporary file and a temporary folder", left)
	}
	if _, err := LockFile(filepath.Join(dir, "f")); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if left := names(t, dir); len(left) != 3 {
		t.Fatalf("the killed process left %v", left)
	}

	outside := filepath.Join(t.TempDir(), "kept")
	theirs := []string{".f.partial1234", ".f.12.dcgmm-tmp.txt", ".f.x.dcgmm-tmp", "f.1.dcgmm-tmp", ".f.partial.3.tmp"}
	for _, name := range theirs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(outside, nil, 0o666), os.Symlink(outside, filepath.Join(dir, ".f.1.dcgmm-tmp")),
		os.MkdirAll(filepath.Join(dir, ".f.2.dcgmm-tmp", "sub"), 0o777), os.WriteFile(filepath.Join(dir, ".f.2.dcgmm-tmp", "file"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	unlock, err := LockFile(filepath.Join(dir, "f")) // taken over
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "other"), text("x")); err != nil {
		t.Fatal(err)
	}
	unlock()
	want := append(theirs, "other", ".f.1.dcgmm-tmp", ".f.2.dcgmm-tmp")
	slices.Sort(want)
	if left := names(t, dir); !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	if left := names(t, filepath.Join(dir, ".f.2.dcgmm-tmp")); len(left) != 2 {
		t.Errorf("a folder that is none of ours has %v left", left)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

// Sweeping all the time takes nothing from those who write.
func TestSweepBesideWriters(t *testing.T) {
	dir := t.TempDir()
	var writers, sweeper sync.WaitGroup
	done := make(chan struct{})
	sweeper.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				sweep(dir)
			}
		}
	})
	for range 4 {
		writers.Go(func() {
			for range 100 {
				if err := Write(filepath.Join(dir, "f"), text("whole")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	sweeper.Wait()
	only(t, dir, "f", "whole")
}

func TestLockFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	unlock, err := LockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockFile(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "wait for it to end, or choose another name") {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if _, err := LockFile(filepath.Join(dir, "none", "f")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	// A file of this name that somebody keeps stays, and a link is not followed.
	lock := filepath.Join(dir, ".f.lock")
	if err := os.WriteFile(lock, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if unlock, err = LockFile(path); err != nil {
		t.Fatal(err)
	}
	unlock()
	only(t, dir, ".f.lock", "mine")
	if err := errors.Join(os.Remove(lock), os.Symlink(filepath.Join(dir, "elsewhere"), lock)); err != nil {
		t.Fatal(err)
	}
	if _, err := LockFile(path); err == nil {
		t.Error("followed a link")
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// Of many who want a lock one has it, whatever the others do to the lock file.
func TestLockFileBesideOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var wg sync.WaitGroup
	var alone sync.Mutex
	for range 4 {
		wg.Go(func() {
			for got := 0; got < 50; {
				unlock, err := LockFile(path)
				if errors.Is(err, ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if !alone.TryLock() {
					t.Error("two have the lock")
					return
				}
				runtime.Gosched()
				got++
				alone.Unlock()
				unlock()
			}
		})
	}
	wg.Wait()
}

func TestWriteFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "p")
	fill := func(text string, files ...string) func(string) error {
		return func(temp string) error {
			for _, f := range files {
				if err := os.WriteFile(filepath.Join(temp, f), []byte(text), 0o666); err != nil {
					return err
				}
			}
			return nil
		}
	}
	holds := func(want map[string]string) {
		t.Helper()
		if left := names(t, filepath.Dir(path)); !slices.Equal(left, []string{"p"}) {
			t.Errorf("beside the folder there is %v", left)
		}
		if left := names(t, path); len(left) != len(want) {
			t.Errorf("the folder has %v, want %v", left, want)
		}
		for name, text := range want {
			if got, err := os.ReadFile(filepath.Join(path, name)); err != nil || string(got) != text {
				t.Errorf("%s holds %q (%v), want %q", name, got, err, text)
			}
		}
	}
	if err := WriteFolder(path+"/", false, fill("a", "1", "2")); err != nil {
		t.Fatal(err)
	}
	first := map[string]string{"1": "a", "2": "a"}
	holds(first)
	if err := WriteFolder(path, false, fill("b", "2")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("a folder with files: %v", err)
	}
	boom := errors.New("boom")
	if err := WriteFolder(path, true, func(temp string) error { return errors.Join(fill("c", "1")(temp), boom) }); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	holds(first)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFolder(path, true, fill("d", "2", "3")); err != nil {
		t.Fatal(err)
	}
	holds(map[string]string{"1": "a", "2": "d", "3": "d"})
	for _, name := range []string{"1", "2", "3"} {
		if err := os.Remove(filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFolder(path, false, fill("e", "1")); err != nil { // an empty one is the user's, too
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder is another one (%v)", err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(path, "4"), 0o777), os.WriteFile(filepath.Join(path, "4", "x"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := WriteFolder(path, true, fill("f", "1", "4")); err == nil || !strings.Contains(err.Error(), "4: it is a folder") {
		t.Errorf("a folder in the place of a file: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(path, "1")); err != nil || string(got) != "e" {
		t.Errorf("1 holds %q (%v)", got, err)
	}
}

// A panic in the middle, or any name of the target, leaves nothing behind.
func TestPanicsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	for _, write := range []func(){
		func() { _ = Write(filepath.Join(dir, "f"), func(io.Writer) error { panic("boom") }) },
		func() {
			_ = WriteFolder(filepath.Join(dir, "p"), false, func(temp string) error {
				return errors.Join(os.WriteFile(filepath.Join(temp, "1"), nil, 0o666), Write(filepath.Join(temp, "2"), func(io.Writer) error { panic("boom") }))
			})
		},
	} {
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("no panic came out")
				}
			}()
			write()
		}()
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// Temporaries of targets with odd names are known as such, and have legal names.
func TestTemporariesOfOddNames(t *testing.T) {
	for _, name := range []string{"line\nbreak", strings.Repeat("x", 255), strings.Repeat("猫", 85)} {
		temp, err := newTemporary(filepath.Join(t.TempDir(), name), makeFile)
		if err != nil {
			t.Fatal(err)
		}
		if made := filepath.Base(temp.path); !isTemporary.MatchString(made) || !utf8.ValidString(made) {
			t.Errorf("%q is none", made)
		}
		_ = temp.file.Close()
		temp.unlock()
	}
}
