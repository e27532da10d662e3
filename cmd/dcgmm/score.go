package main

import (
	"cmp"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// scoreFlags are the arguments of score.
type scoreFlags struct {
	imageFlags
	memoryFlag
	tableFlags
	ruleFlags
	lookFlags
	top int
}

func scoreCommand() *cobra.Command {
	var s scoreFlags
	c := onModel(&cobra.Command{Use: "score", Short: "Say of every image how odd it is, and its cluster"}, s.run)
	c.Long = `Say of every image how odd it is: its score (high: as the model expects it), its rank among the images (1: the oddest),
the percentage of the calibration images with a lower score, its cluster, the log-likelihood of every layer, and of models
with a classifier the most probable class. The table has the oddest images first, the files have all in their order.

A model that was made by train has scores and their calibration. It is made with the images of --hold-out, or without that
flag with the training images, which are likelier to the model than new ones: then more new images are flagged than the
threshold says. --calibrate takes the given images instead; a model without scores gets them from these, too.

The recommended score, calibrated places, is the mean of the scores that are corrected for how rough an image is, each in
units of its spread over the calibration images, or how odd an image is in its oddest places, if that is worse. Models whose
layers all see whole images have no places; of them it is calibrated, the worst of the corrected scores. eval --outlier compares all
scores. Flagged as low are images below the score that 1 % of the calibration images do not reach, or with --contamination a
share of the given images, rounded up; images of equal score are flagged together. With fewer than a hundred calibration
images, percentiles and the threshold are rough.
--two-sided also flags images that are too normal, as of a camera that loses contrast, as high. The threshold then is that
of half the share on either side, and ranks count the distance from the median of the calibration images on both sides, in
units of the distance from it to their 5 % and 95 % quantiles.

In the maps of --heat yellow begins where the log-likelihood is 1.5 times as far below the usual one at its place as in the
worst 5 % of the calibration images, red is 30 times and more. --duplicates compares all pairs, by codes that survive a little
brightness, JPEG and a shift by a pixel. dcgmm report shows all that as a page; docs/own-images.md explains it.`
	c.Example = `  dcgmm score photos.dcgmm --images new
  dcgmm score photos.dcgmm --images new --contamination 0.02 --csv odd.csv
  dcgmm score photos.dcgmm --images new --duplicates --sheet sheet.png --heat where/
  dcgmm score photos.dcgmm --images new --score top --two-sided --jsonl - | head`
	f := c.Flags()
	s.addLimited(f, "test", 0)
	s.memoryFlag.add(f, "")
	s.tableFlags.add(f)
	f.StringVar(&s.jsonl, "jsonl", "",
		"`file` to write with a JSON object for every image on a line of its own; -: standard output")
	s.ruleFlags.add(f)
	s.lookFlags.add(f)
	f.IntVar(&s.top, "top", 20, "how many of the oddest the table, the sheet and the heat maps have; 0: all")
	return c
}

// run scores the images, prints the table and writes the files.
func (s *scoreFlags) run(c *cobra.Command, m *model) error {
	rule, err := s.rule(c, m)
	if err != nil {
		return err
	}
	if err := cmp.Or(s.tableFlags.check(), s.lookFlags.check(m, &s.forceFlag)); err != nil {
		return err
	}
	log := c.ErrOrStderr()
	bytes, err := s.bytes()
	if err != nil {
		return err
	}
	if bytes > 0 && (s.sheet != "" || s.heat != "" || s.duplicates) {
		return errors.New("--sheet, --heat and --duplicates want all images in memory: omit --memory, or score a smaller folder for them")
	}
	set, err := s.loadPictures(c.Context(), log, m, bytes)
	if err != nil {
		return err
	}
	defer set.close(log)
	j, err := s.judge(c, m, set, rule)
	if err != nil {
		return err
	}
	if s.duplicates {
		if err := j.findDuplicates(c.Context(), s.distance, c.Flags().Changed("distance")); err != nil {
			return err
		}
	}
	layers := j.Network.Layers()
	files := map[string]func(io.Writer) error{
		"csv":   func(w io.Writer) error { return writeCSV(w, scoreColumns(w, j.rows, layers, s.duplicates)) },
		"json":  func(w io.Writer) error { return writeJSON(w, j.rule.document(j.path, nameAll(w, j.rows))) },
		"jsonl": func(w io.Writer) error { return writeLines(w, nameAll(w, j.rows)) },
	}
	if err := s.write(files); err != nil {
		return err
	}
	if err := s.draw(c, j, &s.forceFlag, s.top); err != nil {
		return err
	}
	if err := s.tell(c, j); err != nil {
		return err
	}
	return s.print(c.OutOrStdout(), files)
}

// tell prints the results for people, where standard output is a file's to standard error.
func (s *scoreFlags) tell(c *cobra.Command, j *judged) error {
	out, people, r, all := c.OutOrStdout(), c.OutOrStdout(), j.rule, j.rows
	if s.onStandardOutput() {
		people = c.ErrOrStderr()
	}
	if err := say(people, "%s", r.words(all, s.calibrate)); err != nil {
		return err
	}
	if !s.onStandardOutput() {
		if err := printOddest(out, all, s.top); err != nil {
			return err
		}
	}
	if s.duplicates {
		return j.printDuplicates(people, s.top)
	}
	return nil
}
