// Package escape makes words that somebody else chose (names of files, classes and data sets, texts of tables) harmless
// where they are written: on a terminal, and in a file that a spreadsheet opens.
package escape

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is s on one line as a terminal may show it: control characters (among them line breaks and ESC), those that turn
// the direction of writing, other invisible ones and bytes that are no UTF-8 are written as in Go: \n, \x1b, \u202e.
// Two that letters and pictures of several code points need, the joiner and the non-joiner, stay.
func Line(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			quoted := fmt.Sprintf("%+q", r) // 'x' in single quotes
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// longest is how many bytes Short leaves of a line, about: more than what this program says has with paths of usual
// length.
const longest = 2000

// Short is Line of words of any length: the middle of a very long line is left out.
func Short(s string) string {
	if s = Line(s); len(s) <= longest {
		return s
	}
	begin, end := s[:longest/2], s[len(s)-longest/2:]
	return strings.ToValidUTF8(begin, "") + " … " + strings.ToValidUTF8(end, "")
}

func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != nonJoiner && r != joiner && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Cell is s as a cell of words in a CSV file. What a spreadsheet would take for a formula gets an apostrophe in
// front, and so that Uncell can undo it, what has apostrophes and then a formula gets one more. Numbers are not to go
// through it: -0.5 is none.
func Cell(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

// Uncell is what Cell was given.
func Uncell(s string) string {
	if after, ok := strings.CutPrefix(s, "'"); ok && formula(after) {
		return after
	}
	return s
}

// formula reports whether s, after any apostrophes, begins as a formula does; also in full width, as East Asian
// versions of spreadsheets read it. Sources: OWASP, "CSV Injection".
func formula(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}
