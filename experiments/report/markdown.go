package report

import (
	"net/url"
	"strings"

	"deepgmm/internal/escape"
)

// Inline is a text, such as one that was read from a file of results, as words within a line of Markdown: no HTML,
// links, tables or lines come of it. What stands between two single backticks is code, as in Text.
func Inline(s string) string {
	s = escape.Line(strings.TrimSpace(s))
	var b strings.Builder
	for {
		before, code, after, ok := cutCode(s)
		b.WriteString(words.Replace(before))
		if !ok {
			break
		}
		b.WriteString("`" + strings.ReplaceAll(code, "|", `\|`) + "`")
		s = after
	}
	out := b.String()
	if out != "" && strings.ContainsRune("#+-=", rune(out[0])) { // else a heading or a list begins
		out = `\` + out
	}
	return out
}

// cutCode cuts s around the first code span: single backticks with words between them. Longer runs of backticks are
// none.
func cutCode(s string) (before, code, after string, ok bool) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '`')
		if i < 0 {
			return s, "", "", false
		}
		i += at
		n := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		j := strings.IndexByte(s[i+n:], '`')
		if n == 1 && j > 0 && !strings.HasPrefix(s[i+n+j+1:], "`") {
			return s[:i], s[i+1 : i+1+j], s[i+n+j+1:], true
		}
		at = i + n
	}
}

// special are characters, and what Markdown shows as them.
var special = []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`}

// In words a bracket alone is none of a link; in those of a link it ends it.
var (
	words     = strings.NewReplacer(append([]string{"](", `\](`, "][", `\][`, "]:", `\]:`}, special...)...)
	linkWords = strings.NewReplacer(append([]string{"[", `\[`, "]", `\]`}, special...)...)
)

// link is a text that leads to a path, and more behind it.
func link(text, target, more string) string {
	path := (&url.URL{Path: target}).EscapedPath()
	return "[" + linkWords.Replace(escape.Line(text)) + "](" + strings.NewReplacer("(", "%28", ")", "%29").Replace(path) + ")" + linkWords.Replace(escape.Line(more))
}
