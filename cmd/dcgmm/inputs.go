package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deepgmm/dataset"
)

// inputs are the flags of all commands that name what is read: a file, or a folder, and then the endings of those in
// it that are read.
var inputs = map[string][]string{
	"images": dataset.PictureEndings(), "old": dataset.PictureEndings(), "labels": nil, "mask": nil, "config": nil,
	"results": {".json"}, "cache": {".json"},
}

// outputs are those that name files or folders to write. A folder gets files that end with .png.
var outputs = []string{"out", "csv", "json", "jsonl", "sheet", "heat", "trace", "recommend"}

// input is a file, or a folder with files of some endings that are read.
type input struct {
	path    string
	endings []string
}

// checkInputs refuses, before any work is done, outputs in the place of what a command reads. A model may take its own
// place, where the command says how: with a classifier, or when it has learned on.
func checkInputs(c *cobra.Command, args []string) error {
	var read []input
	if c.Name() != "classify" {
		read = inputFiles(args)
	}
	for name, endings := range inputs {
		if f := c.Flags().Lookup(name); f != nil && f.Value.Type() == "string" && f.Value.String() != "" {
			read = append(read, input{f.Value.String(), endings})
		}
	}
	return refuseOutputs(c.Flags(), read)
}

// inputFiles are inputs that are no folders.
func inputFiles(paths []string) (all []input) {
	for _, path := range paths {
		all = append(all, input{path: path})
	}
	return all
}

// refuseOutputs refuses the first output in the flags that would take the place of what is read.
func refuseOutputs(f *pflag.FlagSet, read []input) error {
	for _, name := range outputs {
		flag := f.Lookup(name)
		if flag == nil || !slices.Contains([]string{"string", "stringArray"}, flag.Value.Type()) {
			continue
		}
		for _, path := range valuesOf(flag) {
			out, err := os.Stat(path)
			if err != nil { // there is nothing to lose
				continue
			}
			if slices.ContainsFunc(read, func(in input) bool { return in.lostTo(path, out) }) {
				return fmt.Errorf("--%s %s: this command reads it; choose another name", name, path)
			}
		}
	}
	return nil
}

// lostTo reports whether writing to a path, where something is, may replace the input, or a file in it.
func (in input) lostTo(path string, out fs.FileInfo) bool {
	info, err := os.Stat(in.path)
	switch {
	case err != nil:
		return false
	case !info.IsDir() && out.IsDir():
		return ending(in.path) == ".png" && isFolder(filepath.Dir(in.path), out)
	case !info.IsDir():
		return os.SameFile(info, out)
	case !out.IsDir():
		return slices.Contains(in.endings, ending(path)) && within(filepath.Dir(path), info)
	}
	return slices.Contains(in.endings, ".png") && hasPNG(path) && within(path, info)
}

func ending(path string) string { return strings.ToLower(filepath.Ext(path)) }

func isFolder(path string, folder fs.FileInfo) bool {
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, folder)
}

// within reports whether a path is that of a folder or of one in it, however deep.
func within(path string, folder fs.FileInfo) bool {
	path, err := filepath.EvalSymlinks(path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return false
	}
	for !isFolder(path, folder) {
		up := filepath.Dir(path)
		if up == path {
			return false
		}
		path = up
	}
	return true
}

func hasPNG(folder string) bool {
	entries, _ := os.ReadDir(folder) // of one that cannot be read none can be replaced
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return ending(e.Name()) == ".png" })
}
