package main

import "strings"

// complain is put behind every shell command of the copy that is executed: GoNB takes no notice of a command that fails, and check
// looks at standard error.
const complain = ` || { echo "the shell command failed with exit status $?" >&2; }`

// loud is the source of a cell whose shell commands (lines that begin with an exclamation mark, continued after a backslash) say when they fail.
func loud(source text) text {
	if otherLanguage.MatchString(string(source)) {
		return source
	}
	lines := strings.Split(string(source), "\n")
	command := false
	for i, line := range lines {
		command = command || strings.HasPrefix(line, "!")
		if command && !strings.HasSuffix(line, `\`) {
			lines[i], command = line+complain, false
		}
	}
	return text(strings.Join(lines, "\n"))
}
