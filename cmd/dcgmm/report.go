package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"deepgmm/eval"
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
	c := onModel(&cobra.Command{Use: "report",
		Short: "Write a page to look at: the oddest images and where they are odd, clusters, duplicates, a map"}, r.run)
	c.Long = `Write an HTML page with what the model says of the images: an overview, the oddest ones with maps of where they
are odd, the scores with the threshold, every cluster with its prototype, duplicates, a map on which images that look alike
are near each other, and a table of all that can be sorted and searched. It is one file that loads nothing and can be sent
to others; names of files and classes in it do nothing. Scores, flags and --calibrate are those of dcgmm score.`
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
	j, err := r.judge(c, m, &seen{Set: set}, rule)
	if err != nil {
		return err
	}
	if err := j.findDuplicates(c.Context(), r.distance, c.Flags().Changed("distance")); err != nil {
		return err
	}
	p := j.page(r.calibrate)
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
