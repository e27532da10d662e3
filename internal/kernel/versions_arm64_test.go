//go:build arm64 && !purego

package kernel

// eachVersion runs f with both versions.
func eachVersion(f func(name string)) {
	was := active
	defer func() { active = was }()
	for _, active = range []version{portable, useNEON} {
		f(active.String())
	}
}
