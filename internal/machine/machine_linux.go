package machine

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func cpuName() string { return procField("/proc/cpuinfo", "model name") }

func totalMemory() uint64 { return procKB("/proc/meminfo", "MemTotal") }

// peak is VmHWM, the high-water mark of the resident size; writing 5 to clear_refs resets it (proc(5)).
func peak() uint64 { return procKB("/proc/self/status", "VmHWM") }

func resetPeak() {
	// Without this right the mark stays that of the whole process: still an upper bound.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// CPUTime is what all threads of the process have used so far.
func CPUTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func procKB(path, field string) uint64 {
	kb, err := strconv.ParseUint(strings.TrimSuffix(procField(path, field), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// procField is the value of the first line "field : value".
func procField(path, field string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
