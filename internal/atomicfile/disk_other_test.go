//go:build !linux

package atomicfile

import (
	"errors"
	"testing"
)

func mountSmallDisk(string) error { return errors.ErrUnsupported }

func unmount(*testing.T, string) {}
