package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/atomicfile"
)

// outputFlags say where images go.
type outputFlags struct {
	forceFlag
	paths   []string
	columns int
}

const outputHelp = `By its ending, --out is a grid (.png, at most 1024 images), raw float32 values N×H×W×C in [0,1] (.npy), IDX bytes
(.idx, -ubyte, or in gzip .gz), or a folder of single pictures (/ at the end), new or empty. It may be repeated. Files
are written whole or not at all, and one that is there is only replaced with --force.`

func (o *outputFlags) add(f *pflag.FlagSet, name string) {
	f.StringArrayVar(&o.paths, "out", []string{name},
		"`file` or folder to write: .png, .npy, .idx, -ubyte, .gz or a folder/; may be repeated")
	o.forceFlag.add(f)
	f.IntVar(&o.columns, "columns", 0, "images a row of a grid; 0: about as many as rows")
}

// output opens one output, lets inner make the images and keeps the output if both succeed.
type output func(inner func(dataset.Sink) error) error

// open checks the outputs before any work is done.
func (o *outputFlags) open(n int, shape dcgmm.Shape) (all []output, err error) {
	for _, path := range o.paths {
		out, err := o.one(path, n, shape)
		if err != nil {
			return nil, fmt.Errorf("--out %s: %w", path, err)
		}
		check := o.checkFile
		if strings.HasSuffix(path, "/") {
			check = o.checkFolder
		}
		if err := check("out", path); err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return all, nil
}

func (o *outputFlags) one(path string, n int, s dcgmm.Shape) (output, error) {
	is := func(ending string) bool { return strings.HasSuffix(path, ending) }
	if (is("/") || is(".png")) && s.C != 1 && s.C != 3 {
		return nil, fmt.Errorf("images of %v are neither gray nor of three colours: no PNG shows them; write .npy or .idx", s)
	}
	if info, err := os.Stat(path); !is("/") && err == nil && info.IsDir() {
		return nil, errors.New("it is a folder; for a folder of pictures end it with /")
	}
	switch {
	case is("/"):
		return o.pictureFolder(path, n, s), nil
	case is(".png"):
		return o.gridFile(path, n, s)
	case is(".npy"):
		return o.stream(path, func(w io.Writer) (dataset.Sink, error) { return dataset.StreamNPY(w, n, s.H, s.W, s.C) }), nil
	case is(".gz"), is(".idx"), is("-ubyte"):
		start := func(w io.Writer) (dataset.Sink, error) { return dataset.StreamIDX(w, n, s.H, s.W, s.C) }
		_, err := start(io.Discard)
		return o.stream(path, start), err
	}
	return nil, errors.New("unknown ending; choose .png (a grid), .npy (float32), .idx, -ubyte or .gz (IDX), " +
		"or / at the end for a folder of PNG files")
}

// produce opens all outputs, one within the other, and gives work what feeds them.
func produce(outs []output, work func(dataset.Sink) error) error {
	if len(outs) == 0 {
		return work(func([]float32) error { return nil })
	}
	return outs[0](func(first dataset.Sink) error {
		return produce(outs[1:], func(rest dataset.Sink) error {
			return work(func(v []float32) error {
				if err := first(v); err != nil {
					return err
				}
				return rest(v)
			})
		})
	})
}

// within writes a file around inner work. Errors of the file's own name it, those of the work stay as they are.
func (r *forceFlag) within(path string, inner func(w io.Writer) error) error {
	var other error
	err := r.write(path, func(w io.Writer) error {
		own := &noting{w: w}
		buffered := bufio.NewWriter(own)
		if err := inner(buffered); err != nil {
			if own.err == nil {
				other = err
			}
			return err
		}
		return buffered.Flush()
	})
	if other != nil {
		return other
	}
	return err
}

// noting remembers whether a write failed.
type noting struct {
	w   io.Writer
	err error
}

func (n *noting) Write(p []byte) (k int, err error) {
	if k, err = n.w.Write(p); err != nil {
		n.err = err
	}
	return k, err
}

// stream is a file that takes values as they come, in gzip if its name says so.
func (r *forceFlag) stream(path string, start func(io.Writer) (dataset.Sink, error)) output {
	return func(inner func(dataset.Sink) error) error {
		return r.within(path, func(w io.Writer) error {
			end := func() error { return nil }
			if strings.HasSuffix(path, ".gz") {
				z := gzip.NewWriter(w)
				w, end = z, z.Close
			}
			sink, err := start(w)
			if err == nil {
				err = inner(sink)
			}
			if err != nil {
				return err
			}
			return end()
		})
	}
}

// forceFlag is the rule for all files that commands write: one that is there is only replaced with --force.
type forceFlag struct {
	force   bool
	claimed []string // by other outputs of the same command
}

func (r *forceFlag) add(f *pflag.FlagSet) {
	f.BoolVar(&r.force, "force", false, "replace files that are there already")
}

// checkFile checks, before any work is done, that a file can be written.
func (r *forceFlag) checkFile(flag, path string) error {
	if err := r.claim(flag, path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !r.force && err == nil {
		return errThere(flag, path)
	}
	return atomicfile.Check(path)
}

// checkFolder checks, before any work is done, that pictures can be written into a folder.
func (r *forceFlag) checkFolder(flag, path string) error {
	if err := r.claim(flag, path); err != nil {
		return err
	}
	switch entries, err := os.ReadDir(path); {
	case errors.Is(err, fs.ErrNotExist):
		return atomicfile.Check(filepath.Clean(path))
	case err != nil:
		return fmt.Errorf("--%s %s: %w; choose another folder", flag, path, err)
	case len(entries) > 0 && !r.force:
		return fmt.Errorf("--%s %s: the folder is not empty; choose another, or write into it with --force, "+
			"which replaces files of the same names", flag, path)
	}
	return atomicfile.Check(filepath.Join(path, "001.png"))
}

// claim refuses a path that two outputs of a command have.
func (r *forceFlag) claim(flag, path string) error {
	absolute, err := filepath.Abs(path)
	switch under := func(other string) bool {
		return strings.HasPrefix(absolute+"/", other+"/") || strings.HasPrefix(other+"/", absolute+"/")
	}; {
	case err != nil:
	case slices.Contains(r.claimed, absolute):
		err = errors.New("it is given twice")
	case slices.ContainsFunc(r.claimed, under):
		err = errors.New("one output cannot be a folder of the other; choose another name")
	}
	if err != nil {
		return fmt.Errorf("--%s %s: %w", flag, path, err)
	}
	r.claimed = append(r.claimed, absolute)
	return nil
}

// write writes a file that was checked. One that came up since then is not replaced either.
func (r *forceFlag) write(path string, write func(io.Writer) error) error {
	if r.force {
		return atomicfile.Write(path, write)
	}
	return atomicfile.WriteNew(path, write)
}

func errThere(flag, path string) error {
	return fmt.Errorf("--%s %s: it is there already; choose another name, or replace it with --force", flag, path)
}
