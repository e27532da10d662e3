package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/pflag"
)

// tableFlags say in which files results go, beside or in the place of the table for people.
type tableFlags struct {
	forceFlag
	csv, json, jsonl string
}

func (t *tableFlags) add(f *pflag.FlagSet) {
	f.StringVar(&t.csv, "csv", "", "`file` to write with all rows; -: standard output, in the place of what is printed")
	f.StringVar(&t.json, "json", "", "`file` to write with the same as JSON; -: standard output")
	t.forceFlag.add(f)
}

// given are the paths by flag, those that are wanted.
func (t *tableFlags) given() (all [][2]string) {
	for _, f := range [][2]string{{"csv", t.csv}, {"json", t.json}, {"jsonl", t.jsonl}} {
		if f[1] != "" {
			all = append(all, f)
		}
	}
	return all
}

// onStandardOutput reports whether one of the files is standard output.
func (t *tableFlags) onStandardOutput() bool { return t.csv == "-" || t.json == "-" || t.jsonl == "-" }

// check checks, before any work is done, that the files can be written.
func (t *tableFlags) check() error {
	for _, f := range t.given() {
		check := t.checkFile
		if f[1] == "-" {
			check = t.claim
		}
		if err := check(f[0], f[1]); err != nil {
			return err
		}
	}
	return nil
}

// write writes the files that are wanted; by gives their content by flag. It comes before all that is printed, as
// whoever reads that may go away.
func (t *tableFlags) write(by map[string]func(io.Writer) error) error {
	for _, f := range t.given() {
		if f[1] == "-" {
			continue
		}
		if err := t.within(f[1], by[f[0]]); err != nil {
			return err
		}
	}
	return nil
}

// print is write for what goes to standard output.
func (t *tableFlags) print(stdout io.Writer, by map[string]func(io.Writer) error) error {
	for _, f := range t.given() {
		if f[1] != "-" {
			continue
		}
		if err := by[f[0]](stdout); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(w io.Writer, rows [][]string) error { return csv.NewWriter(w).WriteAll(rows) }

func writeJSON(w io.Writer, v any) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return errors.Join(e.Encode(v), b.Flush())
}
