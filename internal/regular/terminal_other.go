//go:build !unix

package regular

const noTerminal = 0
