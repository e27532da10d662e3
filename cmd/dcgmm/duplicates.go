package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"text/tabwriter"

	"deepgmm/dcgmm"
	"deepgmm/eval"
	"deepgmm/internal/escape"
)

// nearDistance is the distance up to which images count as nearly the same: see dcgmm.Network.Codes.
const nearDistance = 0.1

// duplicate says of an image which other one it is like.
type duplicate struct {
	Group    int     `json:"group"`    // from 1
	Of       string  `json:"of"`       // path of the nearest image
	Distance float64 `json:"distance"` // of the codes; 1: as far as two images of the calibration are from each other
	Exact    bool    `json:"exact"`    // has the same pixels
	at       int     // number of that image
}

// cells are those of a CSV file, empty for nil.
func (d *duplicate) cells(w io.Writer) []string {
	if d == nil {
		return make([]string, 4)
	}
	of := escape.Cell(nameFor(w, d.Of))
	return []string{strconv.Itoa(d.Group), of, exact(d.Distance), strconv.FormatBool(d.Exact)}
}

// findDuplicates gives the rows their duplicates: images with the same pixels, and those whose codes are near each
// other. A shift by a pixel changes codes much; so those of the shifted images are compared, too. A distance that is not
// fixed is made less for images of one pattern.
func (j *judged) findDuplicates(ctx context.Context, distance float64, fixed bool) error {
	firsts, links := sameImages(images(j.set))
	near, err := j.nearImages(ctx, firsts, distance)
	if err != nil {
		return err
	}
	if !fixed {
		near, distance = withoutPattern(near, len(firsts), distance)
	}
	j.distance = distance
	exact := len(links)
	for _, l := range near {
		links = append(links, eval.Link{I: firsts[l.I], J: firsts[l.J], Distance: l.Distance})
	}
	j.groups = eval.Groups(j.set.N, links)
	for g, members := range j.groups {
		for _, i := range members {
			j.rows[i].Duplicate = &duplicate{Group: g + 1, at: -1}
			j.links++
		}
	}
	for at, l := range links { // the nearest first
		for _, pair := range [][2]int{{l.I, l.J}, {l.J, l.I}} {
			if d := j.rows[pair[0]].Duplicate; d.at < 0 {
				d.at, d.Of, d.Distance, d.Exact = pair[1], j.rows[pair[1]].Path, l.Distance, at < exact
			}
		}
	}
	return nil
}

// A group of so many images, and of such a share of all, is of images that are alike by nature, such as walls of bricks.
const (
	patternImages = 20
	patternShare  = 0.1
)

// withoutPattern leaves only links of up to a third of the median length within the largest group, where that is too
// large to be one of duplicates; the distance is up to which links are left. links are those of eval.Links, within
// distance.
func withoutPattern(links []eval.Link, images int, distance float64) ([]eval.Link, float64) {
	groups := eval.Groups(images, links)
	if len(groups) == 0 {
		return links, distance
	}
	largest := slices.MaxFunc(groups, func(a, b []int) int { return len(a) - len(b) })
	if len(largest) <= max(patternImages, int(patternShare*float64(images))) {
		return links, distance
	}
	var lengths []float64
	for _, l := range links { // the nearest first
		if slices.Contains(largest, l.I) {
			lengths = append(lengths, l.Distance)
		}
	}
	limit := lengths[len(lengths)/2] / 3
	return slices.DeleteFunc(links, func(l eval.Link) bool { return l.Distance > limit }), limit
}

// sameImages are the first ones of every kind, and links from them to those with the same pixels.
func sameImages(im dcgmm.Images) (firsts []int, links []eval.Link) {
	seen, size := map[string]int{}, im.Shape.Size()
	for i := range im.Len() {
		pix := string(im.Pix[i*size:][:size])
		if first, ok := seen[pix]; ok {
			links = append(links, eval.Link{I: first, J: i})
			continue
		}
		seen[pix] = i
		firsts = append(firsts, i)
	}
	return firsts, links
}

// shifts by a pixel, down and to the right, of which the others are the opposites: a is b shifted up if b is a shifted
// down.
var shifts = [][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}}

// nearImages are links of some of the images, by their numbers among these; distances are in units of the calibration.
func (j *judged) nearImages(ctx context.Context, some []int, distance float64) ([]eval.Link, error) {
	im := images(j.set.Subset(some))
	codes, D, err := j.Network.Codes(ctx, im, j.workers)
	if err != nil {
		return nil, err
	}
	unit, err := j.codeUnit(ctx)
	if err != nil {
		return nil, err
	}
	X := eval.Matrix{N: len(some), D: D, X: codes}
	links, err := eval.Links(ctx, X, j.shifted(ctx, im), distance*unit, j.workers)
	for i := range links {
		links[i].Distance /= unit
	}
	return links, err
}

// codeUnit is the distance between two images of the calibration, or if that does not have it, of the given ones.
func (j *judged) codeUnit(ctx context.Context) (float64, error) {
	if unit := j.scorer.Calibration.CodeUnit; unit > 0 {
		return unit, nil
	}
	unit, err := j.Network.CodeUnit(ctx, images(j.set), j.workers)
	if unit == 0 {
		unit = 1 // all are the same
	}
	return unit, err
}

// shifted are the codes of the images after each of the shifts.
func (j *judged) shifted(ctx context.Context, im dcgmm.Images) iter.Seq2[eval.Matrix, error] {
	return func(yield func(eval.Matrix, error) bool) {
		for _, by := range shifts {
			moved := dcgmm.Images{Shape: im.Shape, Pix: make([]uint8, 0, len(im.Pix))}
			for pix := range slices.Chunk(im.Pix, im.Shape.Size()) {
				moved.Pix = appendShifted(moved.Pix, pix, im.Shape, by)
			}
			codes, D, err := j.Network.Codes(ctx, moved, j.workers)
			if !yield(eval.Matrix{N: im.Len(), D: max(1, D), X: codes}, err) {
				return
			}
		}
	}
}

// appendShifted appends an image that is shifted down and to the right; its border is repeated.
func appendShifted(dst, pix []uint8, s dcgmm.Shape, by [2]int) []uint8 {
	for y := range s.H {
		from := min(max(y-by[0], 0), s.H-1)
		for x := range s.W {
			at := (from*s.W + min(max(x-by[1], 0), s.W-1)) * s.C
			dst = append(dst, pix[at:at+s.C]...)
		}
	}
	return dst
}

// groups is so many groups, in words.
func groups(n int) string {
	if n == 1 {
		return "1 group"
	}
	return fmt.Sprintf("%d groups", n)
}

// printDuplicates prints the first groups, a line an image; of top 0, all.
func (j *judged) printDuplicates(w io.Writer, top int) error {
	if len(j.groups) == 0 {
		return say(w, "duplicates: none within %.3g; distance 1 is that of two usual images, on average", j.distance)
	}
	err := say(w, "duplicates: %d images in %s, within %.3g; distance 1 is that of two usual images, on average", j.links, groups(len(j.groups)), j.distance)
	if err != nil {
		return err
	}
	shown := j.groups
	if top > 0 {
		shown = shown[:min(top, len(shown))]
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "group\tdistance\timage\tlike")
	for g, members := range shown {
		for _, i := range members {
			d := j.rows[i].Duplicate
			distance := "exact"
			if !d.Exact {
				distance = fmt.Sprintf("%.3f", d.Distance)
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", g+1, distance, escape.Line(j.rows[i].Path), escape.Line(d.Of))
		}
	}
	if more := len(j.groups) - len(shown); more > 0 {
		fmt.Fprintf(t, "and %d more groups: --top 0 prints them, --csv FILE writes all\n", more)
	}
	return t.Flush()
}
