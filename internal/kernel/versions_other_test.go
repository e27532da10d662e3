//go:build !(amd64 || arm64) || purego

package kernel

func eachVersion(f func(name string)) { f("portable") }
