// Package check runs every instruction that ../ writes as a number, on an arm64 processor, and compares it with Go.
package check
