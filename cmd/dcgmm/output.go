package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// outputFlags say where images go.
type outputFlags struct {
	forceFlag
	paths   []string
	columns int
}

const outputHelp = `By its ending, --out is a grid (.png, at most 1024 images), raw float32 values N×H×W×C in [0,1] (.npy), IDX bytes (.idx, -ubyte, or in gzip .gz), or a folder of
single pictures (/ at the end), new or empty. It may be repeated. Files are written whole or not at all, and one that is there is only replaced with --force.`

func (o *outputFlags) add(f *pflag.FlagSet, name string) {
	f.StringArrayVar(&o.paths, "out", []string{name}, "`file` or folder to write: .png, .npy, .idx, -ubyte, .gz or a folder/; may be repeated")
	o.forceFlag.add(f)
	f.IntVar(&o.columns, "columns", 0, "images a row of a grid; 0: about as many as rows")
}

// output opens one output, lets inner make the images and keeps the output if both succeed.
type output func(inner func(dataset.Sink) error) error

// open checks the outputs before any work is done.
func (o *outputFlags) open(n int, shape dcgmm.Shape) ([]output, error) {
	var all []output
	for _, path := range o.paths {
		out, err := o.one(path, n, shape)
		if err != nil {
			return nil, fmt.Errorf("--out %s: %w", path, err)
		}
		if strings.HasSuffix(path, "/") {
			err = o.checkFolder("out", path)
		} else {
			err = o.checkFile("out", path)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return all, nil
}

func (o *outputFlags) one(path string, n int, s dcgmm.Shape) (output, error) {
	folder := strings.HasSuffix(path, "/")
	grid := strings.HasSuffix(path, ".png")
	if (folder || grid) && s.C != 1 && s.C != 3 {
		return nil, fmt.Errorf("images of %v are neither gray nor of three colours: no PNG shows them; write .npy or .idx", s)
	}
	if info, err := os.Stat(path); !folder && err == nil && info.IsDir() {
		return nil, errors.New("it is a folder; for a folder of pictures end it with /")
	}
	switch {
	case folder:
		return o.pictureFolder(path, n, s), nil
	case grid:
		return o.gridFile(path, n, s)
	case strings.HasSuffix(path, ".npy"):
		return o.streamFile(path, func(w io.Writer) (dataset.Sink, error) { return dataset.StreamNPY(w, n, s.H, s.W, s.C) }), nil
	case strings.HasSuffix(path, ".gz"), strings.HasSuffix(path, ".idx"), strings.HasSuffix(path, "-ubyte"):
		if _, err := dataset.StreamIDX(io.Discard, n, s.H, s.W, s.C); err != nil {
			return nil, err
		}
		return o.streamFile(path, func(w io.Writer) (dataset.Sink, error) { return dataset.StreamIDX(w, n, s.H, s.W, s.C) }), nil
	}
	return nil, errors.New("unknown ending; choose .png (a grid), .npy (float32), .idx, -ubyte or .gz (IDX), or / at the end for a folder of PNG files")
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

func (n *noting) Write(p []byte) (int, error) {
	k, err := n.w.Write(p)
	if err != nil {
		n.err = err
	}
	return k, err
}

func (r *forceFlag) streamFile(path string, start func(io.Writer) (dataset.Sink, error)) output {
	return func(inner func(dataset.Sink) error) error {
		return r.within(path, func(w io.Writer) error {
			if !strings.HasSuffix(path, ".gz") {
				return through(w, start, inner)
			}
			z := gzip.NewWriter(w)
			if err := through(z, start, inner); err != nil {
				return err
			}
			return z.Close()
		})
	}
}

func through(w io.Writer, start func(io.Writer) (dataset.Sink, error), inner func(dataset.Sink) error) error {
	sink, err := start(w)
	if err != nil {
		return err
	}
	return inner(sink)
}
