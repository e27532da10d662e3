package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const diff = `--- a/a/x.go
+++ b/a/x.go
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
@@ -5 +5,2 @@
-five
+5
+five and a half
--- a/new.go
+++ b/new.go
@@ -0,0 +1,2 @@
+package new
+// --- a/is not a head
`

func TestPatch(t *testing.T) {
	module := fstest.MapFS{"a/x.go": {Data: []byte("one\ntwo\nthree\nfour\nfive\nsix\n")}, "b.js": {Data: []byte("js")}, "LICENSE": {Data: []byte("MIT")}, "film.mp4": {Data: []byte("x")}}
	dir := t.TempDir()
	if err := copyPatched(dir, module, diff); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a/x.go": "one\nTWO\nthree\nfour\n5\nfive and a half\nsix\n", "b.js": "js", "LICENSE": "MIT",
		"new.go": "package new\n// --- a/is not a head\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q (%v)", name, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "film.mp4")); err == nil {
		t.Error("what is not compiled is copied")
	}
}

// A patch is of one version: what is elsewhere, or is not there, is an error and is not guessed.
func TestPatchThatDoesNotFit(t *testing.T) {
	for name, q := range map[string]struct{ text, diff, want string }{
		"other line":  {"one\n2\nthree\n", diff, "a/x.go differs from what the patch changes at line 1"},
		"moved":       {"zero\none\ntwo\nthree\nfour\nfive\n", diff, "at line 1"},
		"shorter":     {"one\ntwo\nthree\n", diff, "at line 5"},
		"no diff":     {"one\n", "hello", "line 1 is not of a unified diff"},
		"rest of one": {"one\n", "--- a/x\n+++ b/x\n one\n", "line 3 is not of a unified diff"},
		"not there":   {"one\n", strings.ReplaceAll(diff, "a/x.go", "gone.go"), "there is no gone.go"},
	} {
		err := copyPatched(t.TempDir(), fstest.MapFS{"a/x.go": {Data: []byte(q.text)}}, q.diff)
		if err == nil || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s: error is %v, want %q", name, err, q.want)
		}
	}
}

// The patch of this checkout is read, and quotes nothing but what its lines say.
func TestPatchOfGoNB(t *testing.T) {
	patches, err := parsePatch(gonbPatch)
	if err != nil || len(patches) < 10 {
		t.Errorf("%d files: %v", len(patches), err)
	}
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{"/a/b-c.d": "/a/b-c.d", "/a b": "'/a b'", "/it's": `'/it'\''s'`, "/Jörg": "'/Jörg'", "/$x": "'/$x'"} {
		if got := quote(path); got != want {
			t.Errorf("%s is quoted as %s, want %s", path, got, want)
		}
	}
}
