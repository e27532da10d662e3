//go:build unix

package show

import (
	"os/exec"
	"syscall"
)

// asGroup makes a command and what it starts a group: an interrupt reaches all of it.
func asGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
}
