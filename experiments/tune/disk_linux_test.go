package tune

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full disk says nothing about candidates: the search ends with an error, and the log and the winners stay as they
// are.
func TestFullDiskEndsASearch(t *testing.T) {
	t.Parallel()
	o, _ := tiny(t)
	do(t, o)
	log := read(t, o, "glyphs-clustering.csv")
	o.Cache = t.TempDir()
	if err := syscall.Mount("tmpfs", o.Cache, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(o.Cache, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(o.Cache, "full"), make([]byte, 60<<10), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") {
		t.Errorf("ended with %v", err)
	}
	if read(t, o, "glyphs-clustering.csv") != log {
		t.Error("the log was changed")
	}
}
