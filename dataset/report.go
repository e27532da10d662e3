package dataset

import (
	"fmt"
	"strings"
)

// Report says how pictures were read, and what was left out.
type Report struct {
	Dir          string
	Files        int            // pictures that were looked at, the bad ones too
	Bad          []BadFile      // that were left out
	Skipped      map[string]int // how many files that are no pictures, by their ending, or "hidden"
	Empty, Loops []string       // sub-folders without pictures, and links back to a folder that they are in
	Colour, Grey int            // pictures that became images, of each kind
	Reshaped     int            // how many of them are of other proportions than the wanted ones
	Turned       int            // how many of them were turned as their orientation tag says
	view         view           // how all are seen
	chosen       bool           // whether the number of channels is that of the pictures, not the caller's
}

func newReport(dir string) *Report { return &Report{Dir: dir, Skipped: map[string]int{}} }

// others says what is in a folder that has no pictures.
func (r *Report) others() string {
	if len(r.Skipped) == 0 {
		return ""
	}
	return fmt.Sprintf(" (there are other files: %s)", tally(r.Skipped))
}

// maxSaid bounds the names in a line for people.
const maxSaid = 5

// Notes are what somebody should know who wanted all of the folder, each on a line of its own; there are none if all is
// as expected. Names in them are the world's.
func (r *Report) Notes() []string {
	var notes []string
	add := func(format string, args ...any) { notes = append(notes, r.Dir+": "+fmt.Sprintf(format, args...)) }
	if len(r.Bad) > 0 {
		add("left out %d of %d pictures: %s", len(r.Bad), r.Files, Kinds(r.Bad))
	}
	if len(r.Skipped) > 0 {
		add("skipped other files: %s", tally(r.Skipped))
	}
	if len(r.Empty) > 0 {
		add("%s without pictures: %s", number(len(r.Empty), "sub-folder"), some(r.Empty))
	}
	if len(r.Loops) > 0 {
		add("%s back to a folder above, not followed: %s", number(len(r.Loops), "link"), some(r.Loops))
	}
	all := r.Colour + r.Grey
	switch {
	case r.chosen && r.Colour > 0 && r.Grey > 0:
		add("%s in colour, %d in gray: all are read in colour (in gray with --size %dx%dG)", number(r.Colour, "picture"), r.Grey, r.view.h, r.view.w)
	case r.chosen && r.Colour > 0:
		add("%s, read in colour (in gray with --size %dx%dG)", number(all, "picture"), r.view.h, r.view.w)
	case r.view.c == 3 && r.Colour == 0 && all > 0:
		add("all %d pictures are gray, but are read in colour", all)
	case r.view.c == 1 && r.Colour > 0:
		add("%d of %d pictures are in colour, but are read in gray", r.Colour, all)
	}
	if r.Turned > 0 {
		add("%s turned upright, as their orientation tags say", number(r.Turned, "picture"))
	}
	if r.Reshaped > 0 {
		what := map[Fit]string{Crop: "are cropped to their middle", Pad: "are padded with the background"}[r.view.fit]
		if what == "" {
			what = "are stretched; --fit crop or --fit pad keeps their proportions"
		}
		add("%d of %d pictures have other proportions than %d×%d and %s", r.Reshaped, all, r.view.h, r.view.w, what)
	}
	return notes
}

// number is "1 link" or "2 links".
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// some names a few of many.
func some(names []string) string {
	if len(names) > maxSaid {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxSaid], ", "), len(names)-maxSaid)
	}
	return strings.Join(names, ", ")
}
