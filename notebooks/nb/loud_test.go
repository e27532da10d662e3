package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestShellCommandsSayWhenTheyFail(t *testing.T) {
	for source, want := range map[text]text{
		"!true":                       "!true" + complain,
		"x := 1\n!*go mod tidy\ny()":  "x := 1\n!*go mod tidy" + complain + "\ny()",
		"!cd a && \\\n  ./b\n!c":      "!cd a && \\\n  ./b" + complain + "\n!c" + complain,
		"if a != b {\n\t!ok\n}":       "if a != b {\n\t!ok\n}",
		"%%\nfmt.Println(!ok)\n!echo": "%%\nfmt.Println(!ok)\n!echo" + complain,
		"%%bash\n! grep a b":          "%%bash\n! grep a b",
	} {
		if got := loud(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}

// A shell takes it as it is meant.
func TestComplaint(t *testing.T) {
	for command, want := range map[string]string{"true": "", "sh -c 'exit 7'": "exit status 7", "true && false": "exit status 1", "false; echo": ""} {
		var said strings.Builder
		c := exec.Command("sh", "-c", command+complain)
		c.Stderr = &said
		if err := c.Run(); err != nil || !strings.Contains(said.String(), want) || (want == "") != (said.Len() == 0) {
			t.Errorf("%s: %v, %q, want %q", command, err, &said, want)
		}
	}
}
