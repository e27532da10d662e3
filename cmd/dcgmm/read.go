package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/internal/escape"
)

// readFlags say how the images of --images are read.
type readFlags struct {
	fit, background, labels string
	noClasses, skipBad      bool
	asIs                    bool                       // images of a file keep their size: none was asked for
	list                    []string                   // what standard input said: it can be read once only
	refuse                  func(paths []string) error // if an output would take the place of one
}

func (r *readFlags) add(f *pflag.FlagSet) {
	f.StringVar(&r.fit, "fit", string(dataset.Stretch), "of pictures with other proportions: stretch, crop (to the middle) or pad (with the background)")
	f.StringVar(&r.background, "background", defaultBackground, "`colour` behind what is transparent or padded: black, white, gray or #rrggbb")
	f.BoolVar(&r.skipBad, "skip-bad", false, "leave out pictures of --images that cannot be read, and say how many and why")
	f.BoolVar(&r.noClasses, "no-classes", false, "the sub-folders of --images are no classes")
	f.StringVar(&r.labels, "labels", "", "IDX `file` with the classes of a file of --images")
	r.refuse = func(paths []string) error { return refuseOutputs(f, inputFiles(paths)) }
}

const defaultBackground = "black"

// unused refuses what is for --images only.
func (r *readFlags) unused() error {
	for name, given := range map[string]bool{"labels": r.labels != "", "skip-bad": r.skipBad, "no-classes": r.noClasses,
		"fit": r.fit != string(dataset.Stretch), "background": r.background != defaultBackground} {
		if given {
			return fmt.Errorf("--%s is for --images; omit it", name)
		}
	}
	return nil
}

// read reads what --images names, and says what is worth knowing of it.
func (r *readFlags) read(ctx context.Context, log io.Writer, path string, how dataset.Reading) (*dataset.Set, error) {
	how, err := r.complete(how)
	if err != nil {
		return nil, err
	}
	if r.asIs && isFile(path) {
		how.H, how.W = 0, 0
	}
	set, report, err := r.readPath(ctx, path, how)
	if err != nil {
		return nil, listBad(log, err)
	}
	tell(log, report)
	return set, nil
}

// complete says how the flags want pictures to be read.
func (r *readFlags) complete(how dataset.Reading) (dataset.Reading, error) {
	var err error
	if how.Fit, err = dataset.ParseFit(r.fit); err != nil {
		return how, fmt.Errorf("--fit: %s", strings.TrimPrefix(err.Error(), "dataset: "))
	}
	if how.Background, err = dataset.ParseColour(r.background); err != nil {
		return how, fmt.Errorf("--background: %s", strings.TrimPrefix(err.Error(), "dataset: "))
	}
	how.SkipBad, how.NoClasses = r.skipBad, r.noClasses
	return how, nil
}

// tell says what is worth knowing of pictures that were read.
func tell(log io.Writer, report *dataset.Report) {
	for _, note := range report.Notes() {
		fmt.Fprintf(log, "note: %s\n", escape.Short(note))
	}
	sayBad(log, "left out", report.Bad[:min(len(report.Bad), maxBad)])
	if more := len(report.Bad) - maxBad; more > 0 {
		fmt.Fprintf(log, "left out: and %d more\n", more)
	}
}

// readPath reads a folder, a file, or the files of the list on standard input.
func (r *readFlags) readPath(ctx context.Context, path string, how dataset.Reading) (*dataset.Set, *dataset.Report, error) {
	if path != "-" {
		return dataset.ReadPath(ctx, path, r.labels, how)
	}
	if r.labels != "" {
		return nil, nil, errors.New("--labels is for a file of images, not for a list of paths")
	}
	if r.list == nil {
		var err error
		if r.list, err = dataset.ReadList(ctx, os.Stdin); err != nil {
			return nil, nil, err
		}
		if err := r.refuse(r.list); err != nil {
			return nil, nil, err
		}
	}
	return dataset.ReadFiles(ctx, "standard input", r.list, how)
}

// maxBad bounds the files that are named though the command goes on.
const maxBad = 20

// listBad prints all bad files, a line each, if an error is of several; of one it says all itself.
func listBad(log io.Writer, err error) error {
	var bad *dataset.BadFilesError
	if !errors.As(err, &bad) || len(bad.Bad) < 2 {
		return err
	}
	sayBad(log, "bad", bad.Bad)
	return fmt.Errorf("%d of %d pictures of %s cannot be read (%s), they are listed above: %s",
		len(bad.Bad), bad.Files, bad.Dir, dataset.Kinds(bad.Bad), bad.Remedy())
}

func sayBad(log io.Writer, what string, bad []dataset.BadFile) {
	for _, b := range bad {
		fmt.Fprintf(log, "%s: %s\n", what, escape.Short(b.Path+": "+b.Reason))
	}
}

// isFile reports whether path is a regular file, or a link to one.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
