package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"deepgmm/dataset"
	"deepgmm/eval"
	"deepgmm/internal/escape"
	"deepgmm/internal/gallery"
)

// reportFlags are the arguments of report.
type reportFlags struct {
	imageFlags
	ruleFlags
	lookFlags
	forceFlag
	out string
}

func reportCommand() *cobra.Command {
	var r reportFlags
	c := onModel(&cobra.Command{Use: "report", Short: "Write a page to look at: the oddest images and where they are odd, clusters, duplicates, a map"}, r.run)
	c.Long = `Write an HTML page with what the model says of the images: an overview, the oddest ones with maps of where they are odd,
the scores with the threshold, every cluster with its prototype, duplicates, a map on which images that look alike are near each
other, and a table of all that can be sorted and searched. It is one file that loads nothing and can be sent to others; names of
files and classes in it are shown as they are and do nothing. Scores, flags and --calibrate are those of dcgmm score.`
	c.Example = `  dcgmm report photos.dcgmm --images photos --out report.html
  dcgmm report photos.dcgmm --images new --contamination 0.02 --out new.html`
	f := c.Flags()
	r.addLimited(f, "test", 0)
	r.ruleFlags.add(f)
	r.lookFlags.addParameters(f)
	f.StringVar(&r.out, "out", "report.html", "`file` to write")
	r.forceFlag.add(f)
	return c
}

// Of a page.
const (
	pageOddest = 24                   // pictures that are shown as the oddest
	pagePlaces = 12                   // that are odd in one place only
	oddPlace   = 2 * gallery.HeatFrom // heat of such a place, at least
	pageHeat   = 128                  // side of their heat maps, in pixels, about
)

// run judges the images and writes the page.
func (r *reportFlags) run(c *cobra.Command, m *model) error {
	rule, err := r.rule(c, m)
	if err != nil {
		return err
	}
	layer, noPlaces := r.layerOf(m)
	if noPlaces != nil && !errors.Is(noPlaces, errNoPlaces) {
		return noPlaces
	}
	if err := cmp.Or(m.showable("out"), r.checkFile("out", r.out)); err != nil {
		return err
	}
	set, err := r.loadFor(c.Context(), c.ErrOrStderr(), m)
	if err != nil {
		return err
	}
	j, err := r.judge(c, m, set, rule)
	if err != nil {
		return err
	}
	if err := j.findDuplicates(c.Context(), r.distance); err != nil {
		return err
	}
	p := j.page(r.calibrate, r.distance)
	if err := j.addMap(c.Context(), p); err != nil {
		return err
	}
	if noPlaces != nil {
		p.NoHeat = "There are no maps of where they are odd: every layer of this model sees whole images."
	} else if err := j.addHeats(c, p, layer); err != nil {
		return err
	}
	if err := r.within(r.out, p.Write); err != nil {
		return err
	}
	return say(c.OutOrStdout(), "%s: a page of %d images, %s", r.out, set.N, j.rule.words(j.rows, r.calibrate))
}

// page is the page without its map and heat maps.
func (j *judged) page(given bool, distance float64) *gallery.Page {
	p := &gallery.Page{Title: "Pictures of " + escape.Line(j.set.Name), Score: j.rule.name, Oddest: pageOddest, Thumbnail: func(i int) image.Image { return j.set.Picture(i) }}
	p.Below, p.Above = j.rule.bounds()
	p.ThresholdWords = "Flagged are " + j.rule.meaning() + "."
	p.Images = j.columns()
	for _, c := range j.clusters() {
		p.Clusters = append(p.Clusters, gallery.Cluster{K: c.k, At: len(p.Prototypes), Members: c.members, Words: j.folders(c.members)})
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
	p.DuplicateWords = fmt.Sprintf("No two pictures are the same or nearly so, at a distance of up to %g; 1 is that of two pictures of the training, on average.", distance)
	if len(j.groups) > 0 {
		p.DuplicateWords = fmt.Sprintf("Pictures that are the same or nearly so: %d in %d groups. The distance is that to the nearest other picture of the group; "+
			"1 is that of two pictures of the training, on average, and up to %g counts as nearly the same.", j.links, len(j.groups), distance)
	}
	p.Facts = j.facts(given, len(p.Clusters))
	return p
}

// facts are the overview.
func (j *judged) facts(given bool, clusters int) []gallery.Fact {
	in := j.Network.Input()
	colour := map[int]string{1: "gray", 3: "colour"}[in.C]
	facts := []gallery.Fact{
		{Name: "Pictures", Value: fmt.Sprintf("%d, seen by the model as %d×%d pixels in %s", j.set.N, in.H, in.W, colour)},
		{Name: "Model", Value: fmt.Sprintf("%s (%v)", escape.Line(j.path), j.Network.Arch())},
		{Name: "Judged by", Value: j.rule.words(j.rows, given)},
	}
	if clusters > 0 {
		facts = append(facts, gallery.Fact{Name: "Clusters", Value: fmt.Sprintf("%d with pictures, of %d", clusters, j.Network.Layer(j.top()).K)})
	}
	facts = append(facts, gallery.Fact{Name: "Duplicates", Value: fmt.Sprintf("%d pictures in %d groups", j.links, len(j.groups))})
	if names := j.set.ClassNames; names != nil {
		facts = append(facts, gallery.Fact{Name: "Sub-folders", Value: fmt.Sprintf("%d", len(names))})
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
			c.Class = append(c.Class, strconv.Itoa(*r.Class))
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

// addMap places the images by the first two principal components of their codes.
func (j *judged) addMap(ctx context.Context, p *gallery.Page) error {
	codes, D, err := j.Network.Codes(ctx, images(j.set), j.workers)
	if err != nil || j.set.N < 3 || D < 2 {
		return err
	}
	X := eval.Matrix{N: j.set.N, D: D, X: codes}
	pca, err := eval.FitPCA(ctx, X, 2, j.workers)
	if err != nil || pca.Total == 0 {
		return err
	}
	at := pca.Project(nil, X, j.workers)
	for i := range at.N {
		p.Images.X, p.Images.Y = append(p.Images.X, float64(at.Row(i)[0])), append(p.Images.Y, float64(at.Row(i)[1]))
	}
	p.MapShare = fmt.Sprintf("%.0f %%", 100*(pca.Variance[0]+pca.Variance[1])/pca.Total)
	return nil
}

// addHeats adds how odd every image is where it is oddest, and the heat maps of the oddest images and of those that are
// odd in one place only.
func (j *judged) addHeats(c *cobra.Command, p *gallery.Page, layer int) error {
	log := c.ErrOrStderr()
	usual, err := j.usual(c.Context(), log)
	if err != nil {
		return err
	}
	peaks := make([]float64, j.set.N)
	size := j.set.H * j.set.W
	err = inChunks(log, "heat maps", j.set.N, strideOf(j.Network.Input()), func(first, count int) error {
		heat, err := j.Network.Heat(c.Context(), part(j.set, nil, first, count), layer, usual, j.workers)
		for i := 0; err == nil && i < count; i++ {
			peaks[first+i] = float64(slices.Max(heat[i*size:][:size]))
		}
		return err
	})
	if err != nil {
		return err
	}
	oddest := j.oddest(pageOddest)
	p.Images.Peak, p.Places = peaks, oddPlaces(peaks, oddest)
	some := append(oddest, p.Places...)
	heat, err := j.Network.Heat(c.Context(), images(j.set.Subset(some)), layer, usual, j.workers)
	if err != nil {
		return err
	}
	for at, i := range some {
		picture := gallery.Heat(j.set.Picture(i), heat[at*size:][:size])
		p.Heats = append(p.Heats, gallery.HeatOf{I: i, Picture: gallery.Fit(picture, pageHeat)})
	}
	return nil
}

// oddPlaces are the images with the highest peaks that are far from usual, without those that are shown anyway.
func oddPlaces(peaks []float64, shown []int) (places []int) {
	for i, v := range peaks {
		if v > oddPlace && !slices.Contains(shown, i) {
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(peaks[b], peaks[a]) })
	return places[:min(pagePlaces, len(places))]
}
