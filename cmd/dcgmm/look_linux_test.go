package main

import (
	"strings"
	"testing"
)

// Pictures may have names that are no UTF-8, or too long with a number before them: their heat maps have others.
func TestHeatMapsOfAnyName(t *testing.T) {
	tiles(t)
	picture := string(bytesOf(t, "new/00.png"))
	for _, name := range []string{strings.Repeat("\xff\xfe", 60), "a\xffb", strings.Repeat("😀", 62), "x" + strings.Repeat("猫", 80), strings.Repeat("l", 251), "line\nbreak", " "} {
		writeText(t, "odd/"+name+".png", picture)
	}
	succeed(t, strings.Fields("score t.dcgmm --images odd --heat heat --top 0 --sheet sheets/")...)
	if got := names(t, "heat"); len(got) != 7 {
		t.Errorf("there are %q", got)
	}
	for _, name := range names(t, "heat") {
		if decoded(t, "heat/"+name); strings.ToValidUTF8(name, "") != name || strings.Contains(name, "\x00") {
			t.Errorf("a map is called %q", name)
		}
	}
}
