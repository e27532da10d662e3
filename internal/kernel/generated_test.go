package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The committed assembly must be what the generator writes.
func TestAssemblyIsGenerated(t *testing.T) {
	dir := t.TempDir()
	files := []string{"kernel_amd64.s", "kernel_amd64.go"}
	cmd := exec.Command("go", "run", "./gen", "-out", filepath.Join(dir, files[0]), "-stubs", filepath.Join(dir, files[1]), "-pkg", "kernel")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	for _, name := range files {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if stripCommand(got) != stripCommand(want) {
			t.Errorf("%s is not what ./gen writes: run go generate ./internal/kernel", name)
		}
	}
}

// stripCommand drops the first line, which names the output's path.
func stripCommand(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return string(rest)
}
