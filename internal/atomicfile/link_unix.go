//go:build unix

package atomicfile

import "syscall"

// noFollow keeps a lock from being taken on what a symbolic link points to.
const noFollow = syscall.O_NOFOLLOW
