//go:build unix

package regular

import "syscall"

// noTerminal keeps a terminal that is opened by mistake from becoming that of the program.
const noTerminal = syscall.O_NOCTTY
