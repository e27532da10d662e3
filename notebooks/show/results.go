package show

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/pipeline"
	"deepgmm/experiments/suite"
)

// Results is the folder of the results that the paper is written from: of the largest tier in results/ of the checkout. In the quick test
// of the notebooks it is that of the tier smoke, which is computed first. The error says what to run.
func Results() (string, error) {
	if Smoke() {
		return smokeResults()
	}
	return artefact.Best(filepath.Join(Root(), "results"))
}

// smokeResults are computed by the first cell that wants them.
func smokeResults() (string, error) {
	dir := filepath.Join(reproduced(""), "results", "smoke")
	if m, err := artefact.ReadManifest(dir); err == nil && m.Source == deepgmm.Source && m.Intact(dir) {
		return dir, nil
	}
	return Reproduce("smoke", "", 0)
}

// reproduced is the folder of one Reproduce.
func reproduced(name string) string { return filepath.Join(Cache(), "reproduce", name) }

// Reproduce runs a tier of the pipeline with a live display and returns the folder of its results. Everything stays below the folder name in
// Cache, results and finished cells: another name computes all of it anew. When the kernel is interrupted, the next run of the cell goes on.
// workers is the number of goroutines, 0 for as many as processors. It panics if the name leads out of Cache.
func Reproduce(tier, name string, workers int) (string, error) {
	if name != "" && !filepath.IsLocal(name) {
		panic(fmt.Sprintf("show: Reproduce: %q is no folder within the cache", name))
	}
	t, err := suite.TierByName(tier)
	if err != nil {
		return "", err
	}
	home := reproduced(name)
	live := &lines{bar: NewProgress("tier " + tier)}
	said := new(bytes.Buffer) // of data that are not there
	dir, err := pipeline.Reproduce(Context(), t, pipeline.Options{Results: filepath.Join(home, "results"), Cache: home, Workers: workers, Out: said, Log: live,
		Data: dataset.Options{Dirs: dataFolders()}})
	live.bar.Close("")
	if err != nil {
		return "", err
	}
	if strings.Contains(said.String(), "***") {
		notice = "generated glyphs, the data were not found"
	}
	return dir, nil
}

// lines shows the last line of what is written.
type lines struct{ bar *Progress }

func (l *lines) Write(p []byte) (int, error) {
	l.bar.Set(0, strings.TrimSpace(string(p)))
	return len(p), nil
}
