// Package machine describes the computer a result was made on and what the
// process used of it. What an operating system does not tell is zero or empty.
package machine

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/cpu"

	"deepgmm/internal/kernel"
)

// Info is what a reader needs to judge times and memory.
type Info struct {
	OS, Arch string
	CPU      string   // the processor's name
	Cores    int      // that the process may use
	MemoryMB int      // of the machine, 2²⁰ bytes
	Features []string // of the processor, those that matter to the kernels
	Kernels  string   // the version of them in use: avx512, avx2, neon or portable
	Go       string
}

// Describe looks at the machine.
func Describe() Info {
	i := Info{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		CPU: cpuName(), MemoryMB: int(totalMemory() >> 20), Kernels: kernel.CPU(), Go: runtime.Version()}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F},
		{"avx512dq", cpu.X86.HasAVX512DQ}, {"avx512vl", cpu.X86.HasAVX512VL}, {"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			i.Features = append(i.Features, f.name)
		}
	}
	return i
}

// ResetPeak gives freed memory back to the system and starts a new measurement of the peak.
func ResetPeak() {
	debug.FreeOSMemory()
	resetPeak()
}

// PeakMB is the largest resident size since ResetPeak in 2²⁰ bytes, 0 where unknown.
func PeakMB() float64 { return float64(peak()) / (1 << 20) }
