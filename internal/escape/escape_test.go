package escape

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"photos/ä 猫 – 1|2 \\n":                   "photos/ä 猫 – 1|2 \\n",
		"👩\u200d🔬":                               "👩\u200d🔬",
		"a\x1b[2Jb":                              `a\x1b[2Jb`,
		"\u009b31m":                              `\u009b31m`,
		"a\nb\r\tc":                              `a\nb\r\tc`,
		"a\u202egnp.exe":                         `a\u202egnp.exe`,
		"\u2066a\u2069 \u2028\ufeff\u061c":       `\u2066a\u2069 \u2028\ufeff\u061c`,
		"\xff\x1b\xc3\xef":                       `\xff\x1b\xc3\xef`,
		"\ufffd":                                 "\ufffd",
		"\x00\x7f":                               `\x00\x7f`,
		"dcgmm: \x1b]0;title\x07 and \U000e0041": `dcgmm: \x1b]0;title\a and \U000e0041`,
	} {
		if got := Line(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// A very long line loses its middle, at whole letters; one of usual length nothing.
func TestShort(t *testing.T) {
	usual := strings.Repeat("path/", 400)
	for in, want := range map[string]string{
		"": "", "a\nb": `a\nb`, usual: usual,
		"read " + strings.Repeat("x", 3_000_000) + ": give another": "read " + strings.Repeat("x", 995) + " … " + strings.Repeat("x", 986) + ": give another",
		"a" + strings.Repeat("猫", 1000):                             "a" + strings.Repeat("猫", 333) + " … " + strings.Repeat("猫", 333),
		strings.Repeat("\x1b", 1000):                                strings.Repeat(`\x1b`, 250) + " … " + strings.Repeat(`\x1b`, 250),
	} {
		if got := Short(in); got != want {
			t.Errorf("%.20q…: %s, want %s", in, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "flat": "flat", "'tis": "'tis", "a=b": "a=b", "–": "–", "−1": "−1",
		"=1+1": "'=1+1", "+1": "'+1", "-5": "'-5", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r": "'\r", "\n=1": "'\n=1", "＝1": "'＝1",
		"'=1": "''=1", "''-": "'''-", "'": "'",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever the words are, they are shown on one line, no cell of them is a formula, and a file of cells gives them
// back.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "=1", "'=1", "''x", "\x1b\n\u202e\xff", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if l := Line(s); strings.ContainsAny(l, "\x1b\n\r\u202e") || Line(l) != l {
			t.Errorf("line %q of %q", l, s)
		}
		c := Cell(s)
		if c != "" && strings.ContainsRune("=+-@\t\r\n", rune(c[0])) {
			t.Errorf("cell %q of %q", c, s)
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll([][]string{{"x", c}}); err != nil {
			t.Fatal(err)
		}
		row, err := csv.NewReader(&b).Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := Uncell(row[1]); Uncell(c) != s || got != s && !strings.Contains(s, "\r\n") { // encoding/csv reads that as \n
			t.Errorf("%q, cell %q, comes back as %q", s, c, got)
		}
	})
}
