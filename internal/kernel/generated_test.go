package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The committed assembly must be what the generators write.
func TestAssemblyIsGenerated(t *testing.T) {
	dir := t.TempDir()
	avo := []string{"./gen", "-out", filepath.Join(dir, "kernel_amd64.s"), "-stubs", filepath.Join(dir, "kernel_amd64.go"), "-pkg", "kernel"}
	for _, args := range [][]string{avo, {"./gen/neon", "-out", dir}} {
		cmd := exec.Command("go", append([]string{"run"}, args...)...)
		cmd.Env = append(os.Environ(), "GOOS=", "GOARCH=") // the generators run here, also where the test is emulated
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	for _, name := range []string{"kernel_amd64.s", "kernel_amd64.go", "tables_amd64.go", "kernel_arm64.s", "kernel_arm64.go", "tables_arm64.go",
		"gen/neon/check/check_arm64.s", "gen/neon/check/check_arm64.go"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if stripCommand(got) != stripCommand(want) {
			t.Errorf("%s is not what its generator writes: run go generate ./internal/kernel", name)
		}
	}
}

// stripCommand drops the first line, which names the output's path.
func stripCommand(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return string(rest)
}

// A processor with AVX2 alone has 16 vector registers and none for masks. The generator takes more of them without a
// word when a kernel needs them, in instructions that such a processor does not have.
func TestAVX2KernelsUseNoRegistersOfAVX512(t *testing.T) {
	text, err := os.ReadFile("kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	wide := regexp.MustCompile(`\b(Z\d+|[XY](1[6-9]|2\d|3[01])|K[0-7])\b`)
	kernels := 0
	for _, function := range strings.Split(string(text), "\nTEXT ")[1:] {
		name, body, _ := strings.Cut(function, "\n")
		if !strings.Contains(name, "AVX2") {
			continue
		}
		kernels++
		if found := wide.FindString(body); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
	if kernels < 50 {
		t.Errorf("only %d kernels for AVX2 found in the file", kernels)
	}
}
