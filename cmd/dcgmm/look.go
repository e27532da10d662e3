package main

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/gallery"
)

// lookFlags say what there is to look at beside the table.
type lookFlags struct {
	sheet, heat string
	heatLayer   int
	duplicates  bool
	distance    float64
}

func (l *lookFlags) add(f *pflag.FlagSet) {
	f.StringVar(&l.sheet, "sheet", "",
		"`file.png` or folder/ to write: contact sheets of the oddest images and of every cluster with its prototype")
	f.StringVar(&l.heat, "heat", "", "`folder` to write: each of the oddest images beside a map of where it is odd")
	f.BoolVar(&l.duplicates, "duplicates", false, "also find images that are the same or nearly so")
	l.addParameters(f)
}

// addParameters adds the flags that report has, too.
func (l *lookFlags) addParameters(f *pflag.FlagSet) {
	f.IntVar(&l.heatLayer, "heat-layer", 0,
		"`layer`, from 1, that says where images are odd; 0: the lowest that sees parts of images")
	f.Float64Var(&l.distance, "distance", nearDistance,
		"of codes up to which images are nearly the same; 1 is that of two usual images, on average. Without it, "+
			"0.1, or less where images of one pattern would be a single group")
}

// check checks, before any work is done, that the model can do it and that the files can be written.
func (l *lookFlags) check(m *model, files *forceFlag) error {
	if l.sheet != "" {
		if err := m.showable("sheet"); err != nil {
			return err
		}
		check := files.checkFile
		switch {
		case strings.HasSuffix(l.sheet, "/"):
			check = files.checkFolder
		case !strings.HasSuffix(l.sheet, ".png"):
			return fmt.Errorf("--sheet %s: unknown ending; choose .png, or / at the end for a folder of sheets", l.sheet)
		}
		if err := check("sheet", l.sheet); err != nil {
			return err
		}
	}
	if l.heat == "" {
		return nil
	}
	if _, err := l.layerOf(m); err != nil {
		return err
	}
	if err := m.showable("heat"); err != nil {
		return err
	}
	return files.checkFolder("heat", l.heat)
}

// showable says why the images of a model are no pictures.
func (m *model) showable(flag string) error {
	if in := m.Network.Input(); in.C != 1 && in.C != 3 {
		return fmt.Errorf("--%s: the images of %s are %v, neither gray nor of three colours: no picture shows them; "+
			"omit the flag, or use score --csv", flag, m.path, in)
	}
	return nil
}

// errNoPlaces says that a model does not know where in an image something is.
var errNoPlaces = errors.New("every layer sees whole images, so that it cannot say where one is odd; " +
	"train with an architecture that folds patches, such as F8/2 G49 F11 G49")

// layerOf is the layer of heat maps, from 0.
func (l *lookFlags) layerOf(m *model) (int, error) {
	layers := m.Network.Arch().Layers
	lowest := 0
	for lowest < len(layers) && layers[lowest].P() == 1 {
		lowest++
	}
	if lowest == len(layers) {
		return 0, fmt.Errorf("%s: %w", m.path, errNoPlaces)
	}
	layer, err := m.layer("heat-layer", l.heatLayer, lowest)
	if err == nil && layers[layer].P() == 1 {
		err = fmt.Errorf("--heat-layer is %d, which sees whole images; choose a lower one", layer+1)
	}
	return layer, err
}

// draw writes the sheets and the heat maps.
func (l *lookFlags) draw(c *cobra.Command, j *judged, files *forceFlag, top int) error {
	if l.sheet != "" {
		if err := j.drawSheets(files, l.sheet, top); err != nil {
			return err
		}
	}
	if l.heat == "" {
		return nil
	}
	layer, err := l.layerOf(j.model)
	if err != nil {
		return err
	}
	usual, err := j.usual(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	oddest, size := j.oddest(top), j.set.H*j.set.W
	heats, err := j.Network.Heat(c.Context(), images(j.set.Subset(oddest)), layer, usual, j.workers)
	if err != nil {
		return err
	}
	err = atomicfile.WriteFolder(l.heat, files.force, func(temp string) error {
		digits := max(3, len(strconv.Itoa(len(oddest))))
		for at, i := range oddest {
			name := filepath.Join(temp, fmt.Sprintf("%0*d-%s.png", digits, at+1, fileName(j.rows[i].Path)))
			img := j.set.Picture(i)
			both := gallery.Beside(heatSide, img, gallery.Heat(img, heats[at*size:][:size]))
			if err := atomicfile.Write(name, func(w io.Writer) error { return png.Encode(w, both) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return say(c.ErrOrStderr(), "%s: the %d oddest images, beside each where it is odd; %s",
		l.heat, len(oddest), gallery.HeatWords)
}

// heatSide is the side of a picture beside its heat map, at most, in pixels; larger ones keep their size.
const heatSide = 256

// longestName is how long such a name is at most, in bytes: with number and ending less than file systems allow.
const longestName = 120

// fileName is what a file may be called after another one, which may be anywhere. The end of a long name is left out,
// with the whole of a letter that is cut.
func fileName(path string) string {
	name := strings.ToValidUTF8(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), "_")
	return strings.ToValidUTF8(name[:min(longestName, len(name))], "")
}

// oddest are the first images by rank; of top 0, all.
func (j *judged) oddest(top int) []int {
	order := make([]int, len(j.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return j.rows[a].Rank - j.rows[b].Rank })
	if top > 0 {
		order = order[:min(top, len(order))]
	}
	return order
}

// usual is what the calibration says is usual where, or if it does not, what is so of the given images.
func (j *judged) usual(ctx context.Context, log io.Writer) ([]dcgmm.Usual, error) {
	if usual := j.scorer.Calibration.Usual; usual != nil {
		return usual, nil
	}
	fmt.Fprintln(log, "note: the model does not say what is usual where: heat maps compare with the given images")
	return dcgmm.FitUsual(ctx, j.Network, images(j.set), j.workers)
}
