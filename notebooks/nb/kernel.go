package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
)

// kernel builds the kernel and its tools from the versions in go.mod and registers it for this checkout.
func (e *env) kernel(ctx context.Context) error {
	if err := os.MkdirAll(e.path("bin"), 0o777); err != nil {
		return err
	}
	c := e.command(ctx, e.root, "go", "build", "-trimpath", "-buildvcs=false", "-o", e.path("bin")+"/", "github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build of the kernel: %w\n%s", err, out)
	}
	spec, err := json.MarshalIndent(e.spec(), "", " ")
	if err != nil {
		return err
	}
	return writeIfChanged(e.path("data", "kernels", "gonb", "kernel.json"), append(spec, '\n'))
}

// kernelSpec is Jupyter's description of a kernel.
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// spec makes cells see this checkout: the kernel compiles them in a workspace together with it, without a network. Jupyter fills
// in ${PATH}. An empty GOWORK is the default: the user's, such as off, would hide the workspace.
func (e *env) spec() kernelSpec {
	return kernelSpec{
		Argv:        []string{e.path("bin", "gonb"), "--kernel", "{connection_file}", "--raw_error", "--go_work=" + e.root, "--logtostderr=false", "--stderrthreshold=3"},
		DisplayName: "Go (gonb)", Language: "go", InterruptMode: "message",
		Env: map[string]string{"PATH": e.path("bin") + string(os.PathListSeparator) + "${PATH}", "DCGMM_ROOT": e.root, "GOWORK": "", "GOFLAGS": ""},
	}
}
