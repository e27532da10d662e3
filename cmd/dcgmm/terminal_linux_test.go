package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal is a new terminal, and what shows its text.
func terminal(t *testing.T) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	var number, unlock int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Skipf("a terminal cannot be opened here: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty, screen
}

// Names of pictures in the lines of classify: a terminal must not obey them, a program must find the files by them.
func TestNamesOnATerminal(t *testing.T) {
	const evil = "pictures/\x1b[31mred\n.png"
	tty, screen := terminal(t)
	if _, err := fmt.Fprintln(tty, nameFor(tty, evil)); err != nil {
		t.Fatal(err)
	}
	shown := make([]byte, 100)
	n, err := screen.Read(shown)
	if text := strings.TrimSpace(string(shown[:n])); err != nil || text != `pictures/\x1b[31mred\n.png` {
		t.Errorf("the terminal got %q, %v", text, err)
	}
	file, err := os.Create(t.TempDir() + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if name := nameFor(file, evil); name != evil {
		t.Errorf("a file gets %q", name)
	}
}

// On a terminal one sees how reading gets on, from the first picture.
func TestReadingIsShown(t *testing.T) {
	ownFolder(t)
	tty, screen := terminal(t)
	if err := run(t.Context(), append([]string{"train", "--images", "p", "--size", "4x4"}, quick...), tty, tty); err != nil {
		t.Fatal(err)
	}
	var shown []byte
	for !strings.Contains(string(shown), "trained on") {
		part := make([]byte, 4096)
		n, err := screen.Read(part)
		if shown = append(shown, part[:n]...); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"looking at 24 pictures of p  ", "reading 24 pictures of p  ", " %  "} {
		if !strings.Contains(string(shown), want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
}
