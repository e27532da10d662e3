//go:build !unix

package atomicfile

import "os"

// makePipe makes what else is no regular file: there are no named pipes.
func makePipe(path string) error { return os.Symlink(os.DevNull, path) }
