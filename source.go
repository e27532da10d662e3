// Package deepgmm says which code made a result.
//
// A cached result must not survive a change of the code that made it, so the key of every
// cached result contains SourceHash, the hash of the source text carried along. Manifests have it, too, and the Commit.
package deepgmm

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

//go:embed dcgmm/*.go eval/*.go internal/kernel/*.go internal/kernel/*.s experiments/dataset/*.go experiments/cell/*.go
var source embed.FS

// SourceHash is the hex SHA-256 over the names and the text of the files (tests excepted)
// that compute results: data sets, model, metrics, baselines, kernels and the evaluation of a
// cell. What draws tables and figures is not among them.
var SourceHash = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(source, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := source.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", path, len(text))
		h.Write(text)
		return nil
	})
	if err != nil {
		panic("deepgmm: SourceHash: " + err.Error()) // an embedded file that cannot be read
	}
	return hex.EncodeToString(h.Sum(nil))
})
