package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "f"), filepath.Join(dir, "l")
	if err := errors.Join(os.WriteFile(path, []byte("12345"), 0o666), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, link} {
		if text, err := Read(p, 5); err != nil || string(text) != "12345" {
			t.Errorf("%s: %q, %v", p, text, err)
		}
	}
	if _, err := Read(path, 4); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "4 bytes") {
		t.Errorf("a longer file: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none"), 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A pipe without a writer, at which reading would wait for ever, and an endless device are refused at once.
func TestOthersAreRefused(t *testing.T) {
	dir, err := os.MkdirTemp("", "regular") // t.TempDir is too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	others := map[string]string{dir: "a folder"}
	pipe, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "socket")
	if err := mkfifo(pipe); err == nil {
		others[pipe] = "a pipe"
		link := filepath.Join(dir, "link")
		if err := os.Symlink(pipe, link); err != nil {
			t.Fatal(err)
		}
		others[link] = "a pipe"
	}
	if l, err := net.Listen("unix", socket); err == nil {
		defer l.Close()
		others[socket] = "a socket"
	}
	for _, device := range []string{"/dev/zero", "/dev/tty", "/dev/stdin"} {
		if info, err := os.Stat(device); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
			others[device] = "a "
		}
	}
	for path, kind := range others {
		text, err := Read(path, 10)
		if err == nil || !strings.Contains(err.Error(), path) || path != "/dev/tty" && !strings.Contains(err.Error(), "it is "+kind) {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
}
