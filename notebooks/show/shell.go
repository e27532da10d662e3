package show

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Shell runs a script, as one would type it in a terminal, and prints its standard output without the folders of this machine. vars such as
// "NAME=value" are added to its environment. It runs in Cache and is for commands that only read; Folder.Shell is for those
// that write. The script ends with the first command that fails; the error has what it said.
func Shell(script string, vars ...string) error { return shell(Cache(), script, vars) }

func shell(dir, script string, vars []string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	c := exec.CommandContext(Context(), "sh", "-ec", script)
	var out, said bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(os.Environ(), vars...), &out, &said
	// The script and what it started are a group: an interrupt reaches all of it.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }
	c.WaitDelay = 4 * time.Second // the kernel kills the cell after five
	err := c.Run()
	fmt.Print(withoutFolders(out.String()))
	if ctx := Context(); ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s\n%w", strings.TrimSpace(withoutFolders(said.String())), err)
	}
	return nil
}
