package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/library.md says of a module that uses this one before it has a public home: a workspace, and a replacement.
func TestModulesCanDependOnThisOne(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum")) // so that the test needs no network
	if err != nil {
		t.Fatal(err)
	}
	for name, commands := range map[string][]string{
		"workspace":   {"mod init example.org/mine", "work init . " + root, "build ./..."},
		"replacement": {"mod init example.org/mine", "mod edit -replace deepgmm=" + root + " -require deepgmm@v0.0.0", "mod tidy", "build ./..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range map[string][]byte{"main.go": program, "go.sum": sums} {
				if err := os.WriteFile(filepath.Join(dir, file), content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			for _, command := range commands {
				c := exec.Command("go", strings.Fields(command)...)
				c.Dir = dir
				c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=")
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("go %s: %v\n%s", command, err, out)
				}
			}
		})
	}
}
