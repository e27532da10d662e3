package training

import (
	"fmt"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/regular"
)

// Save writes a network's checkpoint to path, whole or not at all, in a folder that is made if it is missing.
// The error names the file and, for a full disk or a missing permission, the remedy.
func Save(path string, net *dcgmm.Network) error { return atomicfile.Write(path, net.Save) }

// Load reads a checkpoint that Save, a Job or the command line wrote. The error names the file and what is wrong with
// it. Pipes and devices are refused.
func Load(path string) (*dcgmm.Checkpoint, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := dcgmm.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}
