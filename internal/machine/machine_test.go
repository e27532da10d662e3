package machine

import (
	"runtime"
	"slices"
	"testing"
)

func TestDescribe(t *testing.T) {
	i := Describe()
	if i.Cores < 1 || i.Go != runtime.Version() || i.OS != runtime.GOOS {
		t.Errorf("Describe() = %+v", i)
	}
	if !slices.Contains([]string{"avx512", "avx2", "neon", "portable"}, i.Kernels) {
		t.Errorf("kernels %q", i.Kernels)
	}
}

// The peak must follow a large allocation up, and a reset down again.
func TestPeakFollowsAllocation(t *testing.T) {
	ResetPeak()
	before := PeakMB()
	if runtime.GOOS != "linux" {
		if before != 0 {
			t.Errorf("peak %v MB on a system where it is unknown", before)
		}
		return
	}
	const size = 128 << 20
	b := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		b[i] = 1
	}
	with := PeakMB()
	if with < before+120 {
		t.Errorf("peak %v MB after, %v MB before touching 128 MB", with, before)
	}
	runtime.KeepAlive(b)
	b = nil
	ResetPeak()
	if after := PeakMB(); after > with-100 {
		t.Errorf("peak %v MB after a reset, %v MB before", after, with)
	}
	if CPUTime() <= 0 {
		t.Error("no CPU time")
	}
}
