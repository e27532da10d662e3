// Package configs holds the hyper-parameters that were chosen on validation images, one small file for each data set,
// task and family of models, and those of the authors (authors.json), and reads such files.
//
// A file is what `dcgmm tune` wrote: JSON with the names of the Go fields, zero values left out. Parse is strict: an
// unknown name, one in other letters (arch for Arch), one that comes twice, a value out of range or an architecture
// that does not fit is an error that names it. The files beside this one are part of the program, see All and Find.
package configs

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/experiments/cell"
	"deepgmm/internal/regular"
	"deepgmm/internal/strict"
)

// Task is what a model is chosen for.
type Task string

// The tasks, in the order of computation.
const (
	Clustering Task = "clustering"
	Outliers   Task = "outliers"
	Drawing    Task = "drawing"
)

// Tasks returns all tasks.
func Tasks() []Task { return []Task{Clustering, Outliers, Drawing} }

// Family is a kind of model that is tuned apart from the others.
type Family string

// The families. Deep networks have two mixture layers or more, so that they do not contain the flat models. Plain ones
// are deep, too, of the paper's operations alone (IsPlain).
const (
	Deep   Family = "deep"
	Plain  Family = "plain"
	SGD    Family = "sgd"    // flat diagonal mixture, by SGD
	MFA    Family = "mfa"    // flat mixture of factor analysers, by SGD
	EM     Family = "em"     // flat diagonal mixture, k-means++ and EM
	PCA    Family = "pca"    // flat mixture with full covariances in the space of principal components, k-means++ and EM
	KMeans Family = "kmeans" // k-means++ and Lloyd
)

// Families returns all families.
func Families() []Family { return []Family{Deep, Plain, SGD, MFA, EM, PCA, KMeans} }

// IsDeep reports whether models of the family have several layers of mixtures.
func (f Family) IsDeep() bool { return f == Deep || f == Plain }

// Input is the shape of the images of all published data sets.
var Input = dcgmm.Shape{H: 28, W: 28, C: 1}

// ArchOf is the architecture of a model for images of Input, the zero value of a model that is no network for them.
func ArchOf(m cell.Model) arch.Arch {
	a, _ := arch.Parse(m.Arch, Input) // what is wrong is said where the model is checked, or trained
	return a
}

// Config is a tuned model, or one of a name of its own.
type Config struct {
	Label      string `json:",omitempty"` // of one that no search chose
	Data       string `json:",omitempty"` // may be missing with a Label
	Task       Task
	Family     Family
	Model      cell.Model // without seeds: they are the experiment's
	Readout    string     `json:",omitempty"` // outliers: the score that finds them, as in cell.Result.Outliers
	Sharpening Sharpening `json:",omitzero"`  // drawing
	Search     Search     `json:",omitzero"`
}

// Sharpening of what a model draws; the zero value: none.
type Sharpening struct {
	Target     int // layer counted from 1
	Iterations int
}

// Search says where a Config comes from: its zero value, from nowhere in particular.
type Search struct {
	ID         string  // as in results/tune
	Seed       uint64  // of the search
	Candidates int     // that were drawn
	Metric     string  `json:"Merit"` // that decided
	Value      float64 // of this model on validation images
	Source     string  // deepgmm.Source
}

// Authors is the label of the architecture and settings of the paper's authors (docs/model.md, section 3), with 49
// components on top and epochs that an experiment can afford.
const Authors = "authors"

// Name is the name of the file without its ending.
func (c Config) Name() string {
	if c.Label != "" {
		return c.Label
	}
	return Name(c.Data, c.Task, c.Family)
}

// Name is that of the file for a data set, task and family, without its ending.
func Name(data string, t Task, f Family) string { return fmt.Sprintf("%s-%s-%s", data, t, f) }

// Parse reads a file's text and validates it.
func Parse(text []byte) (Config, error) {
	var c Config
	err := strict.Unmarshal(text, &c)
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	return c, nil
}

// Text is the file of a config: what Parse reads, zero values left out.
func (c Config) Text() ([]byte, error) {
	full, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", c.Name(), err)
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(full))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("config %s: %w", c.Name(), err)
	}
	short, err := json.MarshalIndent(prune(tree), "", "  ")
	return append(short, '\n'), err
}

// prune drops zero values from objects; what is left of nothing is nil.
func prune(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		if v == json.Number("0") || v == "" || v == false {
			return nil
		}
		return v
	}
	for key, inner := range object {
		if object[key] = prune(inner); object[key] == nil {
			delete(object, key)
		}
	}
	if len(object) == 0 {
		return nil
	}
	return object
}

//go:embed *.json
var files embed.FS

const suffix = ".json"

// embedded are the configs that are part of the program, by name. They are parsed once.
var embedded = sync.OnceValues(func() (map[string]Config, error) {
	names, err := fs.Glob(files, "*"+suffix)
	byName := map[string]Config{}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if c.Name()+suffix != name {
			return nil, fmt.Errorf("%s says that it is of %s", name, c.Name())
		}
		byName[c.Name()] = c
	}
	return byName, err
})

// All returns the configs that are part of the program, in the order of their names. They share memory: what slices in
// them hold is to be read, not written.
func All() ([]Config, error) {
	byName, err := embedded()
	var all []Config
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all, err
}

// ErrNotFound is in the error of Find for a name that there is no config of.
var ErrNotFound = errors.New("no such config in this program; `dcgmm tune --show` lists them")

// Find returns a config that is part of the program, by its name: Find(Name("mnist", Clustering, Deep)). All says of
// its memory.
func Find(name string) (Config, error) {
	byName, err := embedded()
	c, ok := byName[name]
	if err == nil && !ok {
		err = fmt.Errorf("%q: %w", name, ErrNotFound)
	}
	return c, err
}

// maxFile is the most bytes that a file may have: some hundred times those of the longest one here.
const maxFile = 64 << 10

// Read returns the config of a file, or the one of that name that is part of the program.
func Read(nameOrFile string) (Config, error) {
	if !strings.HasSuffix(nameOrFile, suffix) {
		return Find(nameOrFile)
	}
	text, err := regular.Read(nameOrFile, maxFile)
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	c, err := Parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", nameOrFile, err)
	}
	return c, nil
}
