package main

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"deepgmm/dataset"
	"deepgmm/internal/escape"
	"deepgmm/internal/gallery"
)

// page is the page without its map and heat maps.
func (j *judged) page(given bool) *gallery.Page {
	p := &gallery.Page{Title: "Pictures of " + escape.Line(j.set.Name), Score: j.rule.name, Oddest: pageOddest,
		Thumbnail: func(i int) image.Image { return j.set.Picture(i) }}
	p.Below, p.Above = j.rule.bounds()
	p.ThresholdWords = "Flagged are " + j.rule.meaning() + "."
	p.Images = j.columns()
	for _, c := range j.clusters() {
		one := gallery.Cluster{K: c.k, At: len(p.Prototypes), Members: c.members, Words: j.folders(c.members)}
		p.Clusters = append(p.Clusters, one)
		s := dataset.Set{N: 1, H: j.set.H, W: j.set.W, C: j.set.C, Pix: j.prototype(c.k)}
		p.Prototypes = append(p.Prototypes, s.Picture(0))
	}
	for _, members := range j.groups {
		var group []gallery.Duplicate
		for _, i := range members {
			d := j.rows[i].Duplicate
			group = append(group, gallery.Duplicate{I: i, Of: d.at, Distance: d.Distance, Exact: d.Exact})
		}
		p.Groups = append(p.Groups, group)
	}
	p.DuplicateWords = fmt.Sprintf("No two pictures are the same or nearly so, at a distance of up to %.3g; "+
		"1 is that of two usual pictures, on average.", j.distance)
	if len(j.groups) > 0 {
		p.DuplicateWords = fmt.Sprintf("Pictures that are the same or nearly so: %d in %s. The distance is that to "+
			"the nearest other picture of the group; 1 is that of two usual pictures, on average, and up to %.3g counts as nearly "+
			"the same.", j.links, groups(len(j.groups)), j.distance)
	}
	p.Facts = j.facts(given, len(p.Clusters))
	return p
}

// facts are the overview.
func (j *judged) facts(given bool, clusters int) []gallery.Fact {
	in := j.Network.Input()
	colour := map[int]string{1: "gray", 3: "colour"}[in.C]
	var facts []gallery.Fact
	add := func(name, format string, values ...any) {
		facts = append(facts, gallery.Fact{Name: name, Value: fmt.Sprintf(format, values...)})
	}
	add("Pictures", "%d, seen by the model as %d×%d pixels in %s", j.set.N, in.H, in.W, colour)
	add("Model", "%s (%v)", escape.Line(j.path), j.Network.Arch())
	add("Judged by", "%s", j.rule.words(j.rows, given))
	if clusters > 0 {
		add("Clusters", "%d with pictures, of %d", clusters, j.Network.Layer(j.top()).K)
	}
	add("Duplicates", "%d pictures in %s", j.links, groups(len(j.groups)))
	if names := j.set.ClassNames; names != nil {
		add("Sub-folders", "%d", len(names))
	}
	return facts
}

// columns are the rows as the page has them.
func (j *judged) columns() (c gallery.Columns) {
	for i := range j.rows {
		r := &j.rows[i]
		c.Path, c.Score, c.Rank = append(c.Path, escape.Line(r.Path)), append(c.Score, r.Score), append(c.Rank, r.Rank)
		c.Percentile, c.Flag = append(c.Percentile, r.Percentile), append(c.Flag, r.Flag)
		if r.Cluster != nil {
			c.Cluster = append(c.Cluster, *r.Cluster)
		}
		if j.set.Labels != nil {
			c.Folder = append(c.Folder, j.folder(i))
		}
		if r.Class != nil {
			c.Class = append(c.Class, cmp.Or(escape.Line(r.ClassName), strconv.Itoa(*r.Class)))
		}
	}
	for l := range j.Network.Layers() {
		values := make([]float64, len(j.rows))
		for i := range values {
			values[i] = j.rows[i].LogLikelihood[l]
		}
		c.Layers = append(c.Layers, values)
	}
	return c
}

// folder is the class of an image by its sub-folder or label.
func (j *judged) folder(i int) string {
	if class := int(j.set.Labels[i]); class < len(j.set.ClassNames) {
		return escape.Line(j.set.ClassNames[class])
	}
	return fmt.Sprintf("class %d", j.set.Labels[i])
}

// folders says from which sub-folders most of some images are, if there are any.
func (j *judged) folders(members []int) string {
	if j.set.Labels == nil {
		return ""
	}
	var names []string
	counts := map[string]int{}
	for _, i := range members {
		name := j.folder(i)
		if counts[name] == 0 {
			names = append(names, name)
		}
		counts[name]++
	}
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	var parts []string
	for _, name := range names[:min(3, len(names))] {
		parts = append(parts, fmt.Sprintf("%.0f %% %s", 100*float64(counts[name])/float64(len(members)), name))
	}
	return strings.Join(parts, ", ")
}
