package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"deepgmm"
)

func TestVersionSaysWhatResultsDependOn(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--version"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dcgmm: commit ", deepgmm.Source, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, "kernels "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
}
