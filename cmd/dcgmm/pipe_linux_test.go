package main

import (
	"context"
	"strings"
	"syscall"
	"testing"
)

// A pipe that nobody writes to, or an endless device, in the place of a file is an error at once, whatever the file is
// for.
func TestPipesInThePlaceOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"p.json", "p.dcgmm", "m.dcgmm.partial"} {
		if err := syscall.Mkfifo(name, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"train --set glyphs --config p.json": "p.json: it is a pipe",
		"info p.dcgmm":                       "p.dcgmm: it is a pipe",
		"eval p.dcgmm --set glyphs":          "p.dcgmm: it is a pipe",
		"info /dev/zero":                     "/dev/zero: it is a device",
		"info .":                             ".: it is a folder",
		"train --set glyphs --arch=F28 --arch=G2 --limit 9 --out m.dcgmm": "m.dcgmm.partial",
	} {
		if _, _, err := command(t, context.Background(), strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("dcgmm %s: %v, want %q", args, err, want)
		}
	}
}
