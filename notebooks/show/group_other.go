//go:build !unix

package show

import "os/exec"

// asGroup leaves a command as it is: where there are no groups of processes, an interrupt ends the command alone.
func asGroup(*exec.Cmd) {}
