package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Data is one data set, split. Train is all training images but the last ones, Valid those last ones (10,000 for the
// published sets), Test the test images. Train and Valid may share memory.
type Data struct {
	Name               string
	Train, Valid, Test *Set
	Hash               string // hex SHA-256 over shapes, pixels and labels of the three
	Notice             string // what a reader of results must know, else ""
	Where              string // the folder it was read from, or "generated"
}

// Join makes a data set of two parts of own images. It has no test images.
func Join(name string, train, valid *Set) *Data {
	return &Data{Name: name, Train: train, Valid: valid, Hash: hashSets(train, valid), Where: train.Dir}
}

// ErrNotFound is in the error of Load when a data set is in no folder and could not be downloaded
// either. Files that are there but damaged are another error.
var ErrNotFound = errors.New("not found")

// Options says where Load looks. The zero value searches ./data and the cache folder and does not use the network.
type Options struct {
	Dirs     []string            // searched first, in order; empty ones are passed over
	CacheDir string              // default: deepgmm in os.UserCacheDir
	Download bool                // fetch what is not found into CacheDir
	Mirrors  map[string][]string // by name of the set, instead of the publishers' folders
	Progress io.Writer           // for the state of downloads; nil: silent

	stall time.Duration // give a mirror up that in this time sends less than least bytes; default 30 s
	least int64         // default 128 KiB
}

// Load returns "mnist", "fashion-mnist" or "glyphs" (generated: 6,000, 1,000 and 2,000 images).
//
// The published sets are searched in opt.Dirs, ./data and the cache folder, in this order. A folder has the set if
// DIR/NAME, or DIR itself, holds the four files under their published names, plain or as .gz. Every file is compared
// with the publisher's SHA-256 before use. Incomplete or damaged files in DIR/NAME are an error that names them, but
// a damaged file in the cache folder is fetched again.
func Load(ctx context.Context, name string, opt Options) (*Data, error) {
	if name == "glyphs" {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("dataset: glyphs: %w", err)
		}
		d := *glyphs()
		d.Train, d.Valid, d.Test = d.Train.Head(d.Train.N), d.Valid.Head(d.Valid.N), d.Test.Head(d.Test.N)
		return &d, nil
	}
	return load(ctx, known, name, opt)
}

// glyphs are those of Load, drawn once: nobody may write to their memory.
var glyphs = sync.OnceValue(func() *Data { return Glyphs(6000, 1000, 2000, 1) })

func load(ctx context.Context, sources []source, name string, opt Options) (*Data, error) {
	l := &loader{opt: opt, sources: sources}
	var names []string
	for i := range sources {
		names = append(names, sources[i].name)
		if sources[i].name == name {
			l.src = &sources[i]
		}
	}
	if l.src == nil {
		return nil, fmt.Errorf("dataset: %q is not a data set; choose %s or glyphs", name, strings.Join(names, ", "))
	}
	arrays, where, err := l.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", name, err)
	}
	d, err := l.src.split(arrays)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s in %s: %w; fetch the files again", name, where, err)
	}
	d.Where = where
	return d, nil
}

// loader is one call of load.
type loader struct {
	src     *source
	sources []source
	opt     Options
	cache   string    // folder of the set in the cache folder
	have    [4]*array // good files found in the cache folder
	mirror  int       // the mirror that answered last
	notes   []string  // where the set was not found, and why
}

func (l *loader) find(ctx context.Context) ([4]*array, string, error) {
	for _, p := range l.places() {
		if err := ctx.Err(); err != nil {
			return l.have, "", err
		}
		arrays, where, err := l.look(p)
		if where != "" || err != nil {
			return arrays, where, err
		}
	}
	if l.opt.Download && l.cache != "" {
		err := l.fetch(ctx)
		return l.have, l.cache, err
	}
	return l.have, "", fmt.Errorf("%w: %s; nothing was downloaded; %s, or let them be downloaded", ErrNotFound, strings.Join(l.notes, ", "), l.remedy())
}

// place is a folder to search.
type place struct {
	dir   string
	level level
}

type level int

const (
	explicit level = iota // the user named it
	local                 // ./data: may hold anything besides NAME/
	cached                // ours
)

func (l *loader) places() []place {
	var places []place
	for _, d := range l.opt.Dirs {
		if d != "" {
			places = append(places, place{d, explicit})
		}
	}
	places = append(places, place{"data", local})
	cache := l.opt.CacheDir
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			l.note("no cache folder: %v", err)
			return places
		}
		cache = filepath.Join(base, "deepgmm")
	}
	l.cache = filepath.Join(cache, l.src.name)
	return append(places, place{cache, cached})
}

func (l *loader) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

func (l *loader) mirrors() []string {
	if m := l.opt.Mirrors[l.src.name]; len(m) > 0 {
		return m
	}
	return l.src.mirrors
}

// remedy ends every message that leaves the user without data.
func (l *loader) remedy() string {
	return fmt.Sprintf("put the four files %s.gz … %s.gz (published at %s) into DIR/%s and give --data DIR",
		l.src.files[0].name, l.src.files[3].name, strings.Join(l.mirrors(), " and "), l.src.name)
}

// isSum tells a whole but different file from a damaged one.
func isSum(err error) (*sumError, bool) {
	var s *sumError
	return s, errors.As(err, &s)
}
