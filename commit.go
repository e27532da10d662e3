package deepgmm

import (
	"os/exec"
	"strings"
)

// Commit is that of the repository around the working directory, and whether files other than
// results, and what is generated from them, differ from it. Without git, or outside of a
// repository, the commit is empty.
func Commit() (commit string, dirty bool) {
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "", false
	}
	status, err := exec.Command("git", "status", "--porcelain", "--", ":/", ":(top,exclude)results", ":(top,exclude)paper.md", ":(top,exclude)README.md").Output()
	return strings.TrimSpace(string(head)), err != nil || len(status) > 0
}
