package show

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
	"deepgmm/internal/progress"
)

// store keeps the pipeline's cells that notebooks compute.
func store() *cell.Store { return &cell.Store{Dir: filepath.Join(Cache(), "cells")} }

// Cells computes cells as the pipeline does, one after the other, with a live display, and leaves a line that says so. Results are kept
// in Cache and taken from there; when the kernel is interrupted, what was trained is kept, and the next run of the cell goes on.
// data must be the data set that the specs name.
func Cells(data *dataset.Data, specs ...cell.Spec) ([]*cell.Result, error) {
	live := NewProgress(fmt.Sprintf("%d models", len(specs)))
	var results []*cell.Result
	computed := 0
	for i, s := range specs {
		r, done, err := cell.Run(Context(), s, data, cell.Options{Store: store(), Note: func(line string) { fmt.Fprintln(os.Stderr, line) }, Progress: func(share float64, note string) {
			live.Set((float64(i)+share)/float64(len(specs)), fmt.Sprintf("%s: %s", s, note))
		}})
		if err != nil {
			live.Close("")
			return nil, err
		}
		if done {
			computed++
		}
		results = append(results, r)
	}
	timing := "all from the cache"
	if computed > 0 {
		timing = fmt.Sprintf("%d of them computed in %s", computed, progress.Duration(time.Since(live.start)))
	}
	live.close(html.EscapeString(fmt.Sprintf("%d models, trained on up to %d images, judged on %d", len(specs), mostImages(results), judged(data, specs).N)), timing)
	return results, nil
}

func mostImages(results []*cell.Result) (most int) {
	for _, r := range results {
		most = max(most, r.Images)
	}
	return most
}

func judged(data *dataset.Data, specs []cell.Spec) *dataset.Set {
	if len(specs) > 0 && specs[0].On == cell.Valid {
		return data.Valid
	}
	return data.Test
}

// CellNetwork is the trained network of a cell that Cells has computed; k-means has none. The error says which is missing.
func CellNetwork(data *dataset.Data, s cell.Spec) (*dcgmm.Network, error) {
	net, err := store().Network(s.Key(data), s)
	if err != nil {
		return nil, fmt.Errorf("the network of %s: %w; run the cell above that computes it", s, err)
	}
	return net, nil
}
