//go:build !linux

package machine

import "time"

func cpuName() string     { return "" }
func totalMemory() uint64 { return 0 }
func peak() uint64        { return 0 }
func resetPeak()          {}

// CPUTime is what all threads of the process have used so far; unknown here.
func CPUTime() time.Duration { return 0 }
