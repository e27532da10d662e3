package dataset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	"deepgmm/internal/regular"
)

// ReadPath is Read for whatever somebody may name: a folder of pictures, or a file of many images, IDX or NPY, plain or
// in gzip, which has no classes unless labels is the path of its IDX file of labels. With H and W of 0 the images of a
// file keep their size; those of a folder need one.
func ReadPath(ctx context.Context, path, labels string, r Reading) (*Set, *Report, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("dataset: %w; give a folder of pictures, an IDX or NPY file, or - for a list of paths", err)
	case info.IsDir() && labels != "":
		return nil, nil, fmt.Errorf("dataset: %s: labels in a file are for IDX and NPY files of images; keep pictures in one sub-folder for each class", path)
	case info.IsDir():
		return Read(ctx, path, r)
	}
	s, err := readArrays(path, labels)
	if err != nil {
		return nil, nil, named(err)
	}
	report := newReport(path)
	if s, err = r.reshape(ctx, s, report); err != nil {
		return nil, nil, named(err)
	}
	if r.Limit > 0 {
		s = s.Draw(r.Limit, r.Seed)
	}
	return s, report, nil
}

// readArrays reads an IDX or NPY file.
func readArrays(path, labels string) (*Set, error) {
	start, err := startOf(path)
	switch {
	case err != nil:
		return nil, err
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return nil, fmt.Errorf("%s: a ZIP or NPZ file; unpack it, and give its folder or its NPY file", path)
	case bytes.HasPrefix(start, []byte(magicNPY)):
		return fromNPY(path, labels)
	case len(start) >= 4 && start[0] == 0 && start[1] == 0:
		return FromIDX(path, labels)
	}
	if _, format, err := decodeConfig(bytes.NewReader(start)); err == nil || format != "" || !errors.Is(err, image.ErrFormat) {
		return nil, fmt.Errorf("%s: a single picture; give the folder that it is in, or a list of paths with -", path)
	}
	return nil, fmt.Errorf("%s: neither a folder nor an IDX or NPY file; give one of these, or - for a list of paths", path)
}

// startOf returns the first bytes of a file, those in it if it is gzip.
func startOf(path string) ([]byte, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := inflate(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; write the file again", path, err)
	}
	start := make([]byte, 512)
	n, err := io.ReadFull(r, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%s: %w; write the file again", path, err)
	}
	return start[:n], nil
}

// fromNPY reads a NumPy file of images and, unless it is empty, an IDX file of labels.
func fromNPY(path, labels string) (*Set, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return nil, err
	}
	s, err := readNPY(f, maxPayload)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.Name = strings.TrimSuffix(filepath.Base(path), ".gz")
	if labels == "" {
		return s, nil
	}
	l, err := readFile(labels, labelKind, maxPayload)
	if err != nil {
		return nil, fmt.Errorf("%w; write the file again, or name another", err)
	}
	joined, err := join(&array{dims: []int{s.N, s.H, s.W, s.C}, data: s.Pix}, l)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w; name two files that belong together", path, labels, err)
	}
	joined.Name = s.Name
	return joined, nil
}

// reshape brings the images of a file to the wanted shape, as if they were pictures.
func (r Reading) reshape(ctx context.Context, s *Set, report *Report) (*Set, error) {
	v := view{h: r.H, w: r.W, c: r.C, fit: r.Fit, background: r.Background}
	if v.h == 0 {
		v.h, v.w = s.H, s.W
	}
	if v.c == 0 {
		v.c = s.C
	}
	report.view, report.Files = v, s.N
	if v.h == s.H && v.w == s.W && v.c == s.C {
		return s, nil
	}
	switch {
	case s.C != 1 && s.C != 3:
		return nil, fmt.Errorf("%s: its images have %d channels, and only gray or three colours can be scaled; give images of %d×%d×%d", report.Dir, s.C, v.h, v.w, v.c)
	case max(s.H, s.W) > maxPictureSide || s.H*s.W > maxPicturePixels:
		return nil, fmt.Errorf("%s: its images of %d×%d pixels are too large to be scaled", report.Dir, s.H, s.W)
	case int64(s.N) > maxPayload/int64(v.size()):
		return nil, fmt.Errorf("%s: %d images of %d bytes are above %d in all; choose a smaller size or fewer images", report.Dir, s.N, v.size(), int64(maxPayload))
	}
	if err := v.suits(header{h: s.H, w: s.W, orientation: upright}); err != nil {
		return nil, fmt.Errorf("%s: %w", report.Dir, err)
	}
	if s.C == 3 {
		report.Colour = s.N
	} else {
		report.Grey = s.N
	}
	if s.H*v.w != s.W*v.h {
		report.Reshaped = s.N
	}
	t := *s
	t.H, t.W, t.C, t.Pix = v.h, v.w, v.c, make([]uint8, s.N*v.size())
	if done := inParallel(ctx, s.N, r.Workers, func(i int) { v.draw(t.Image(i), s.Picture(i), upright) }); done < s.N {
		return nil, fmt.Errorf("%s: interrupted after %d of %d images: %w", report.Dir, done, s.N, context.Cause(ctx))
	}
	return &t, nil
}

// maxList bounds a list of paths, in bytes.
const maxList = 1 << 28

// ReadList reads paths, one a line, or with NUL between them as find -print0 writes them; empty ones are passed over.
// It ends with ctx, even if nobody writes.
func ReadList(ctx context.Context, r io.Reader) ([]string, error) {
	type answer struct {
		text []byte
		err  error
	}
	all := make(chan answer, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(bufio.NewReader(r), maxList+1))
		all <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("dataset: list of paths: interrupted: %w", context.Cause(ctx))
	case a := <-all:
		if a.err != nil {
			return nil, fmt.Errorf("dataset: list of paths: %w; write it again", a.err)
		}
		if len(a.text) > maxList {
			return nil, fmt.Errorf("dataset: list of paths: above %d bytes; name fewer, or a folder", maxList)
		}
		return splitList(string(a.text)), nil
	}
}

func splitList(text string) []string {
	between := "\n"
	if strings.Contains(text, "\x00") {
		between = "\x00"
	}
	var paths []string
	for path := range strings.SplitSeq(text, between) {
		if between == "\n" {
			path = strings.TrimSuffix(path, "\r")
		}
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}
