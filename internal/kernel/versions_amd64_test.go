//go:build amd64 && !purego

package kernel

// eachVersion runs f with every version this CPU has.
func eachVersion(f func(name string)) {
	was := active
	defer func() { active = was }()
	for v := portable; v <= best(); v++ {
		active = v
		f(v.String())
	}
}
