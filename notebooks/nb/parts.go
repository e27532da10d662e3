package main

import (
	"regexp"
	"strings"
)

// parts are what GoNB makes of a cell: declarations, which live on in later cells, the body of its program, shell
// scripts, and its other commands, which begin with a percent sign.
type parts struct {
	declarations, body string
	scripts, magics    []string
}

// otherLanguage matches a cell that is no Go but the text of a script or file.
var otherLanguage = regexp.MustCompile(`^(?://gonb:)?%%[a-z]`)

// split takes a cell's source apart. Lines that are no Go are empty in the Go parts, so that lines keep their numbers.
func split(source text) parts {
	var p parts
	if otherLanguage.MatchString(string(source)) {
		first, rest, _ := strings.Cut(string(source), "\n")
		p.magics = []string{strings.TrimPrefix(first, "//gonb:")}
		p.scripts = []string{rest}
		return p
	}
	var declarations, body, script strings.Builder
	into, command := &declarations, false
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSuffix(line, "\n")
		trimmed := strings.TrimPrefix(line, "//gonb:")
		switch command = command || strings.HasPrefix(trimmed, "!"); {
		case command:
			script.WriteString(strings.TrimSuffix(strings.TrimPrefix(trimmed, "!"), `\`))
			if command = strings.HasSuffix(line, `\`); !command {
				p.scripts = append(p.scripts, script.String())
				script.Reset()
			}
			line = ""
		case strings.HasPrefix(trimmed, "%"):
			if strings.HasPrefix(trimmed, "%%") || strings.HasPrefix(trimmed, "%main") {
				into = &body
				body.WriteString(strings.Repeat("\n", strings.Count(declarations.String(), "\n")))
			}
			p.magics = append(p.magics, trimmed)
			line = ""
		}
		into.WriteString(line + "\n")
	}
	p.declarations, p.body = declarations.String(), body.String()
	return p
}
