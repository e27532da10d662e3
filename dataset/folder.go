package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFolderSide is the largest height and width that ReadFolder scales to.
const maxFolderSide = 1024

// picture is a file of a folder that is to be read.
type picture struct {
	path  string
	class uint8
}

// ReadFolder reads the PNG and JPEG files of dir, scaled to h×w pixels of c channels: 1 is grey (ITU-R 601 luma), 3
// is red, green, blue. Either the pictures are in dir itself, then the Set has no labels; or in one sub-folder for
// each class, then ClassNames has the names of the sub-folders in the order of their bytes ("10" before "2"). Within
// a class the pictures are in the order of their names. Name is that of dir.
//
// A picture of h×w pixels is taken as it is; others are scaled by Catmull-Rom interpolation in floating point, so
// that on another kind of CPU a value may differ by one. Proportions are not kept, what is transparent becomes black,
// and orientation tags are not obeyed. Names that start with a dot are passed over, links are followed.
//
// An error names the file and the remedy. Refused are: files of other kinds, damaged ones, pictures above 16,384
// pixels a side or 64 Mi pixels in all (known before they are unpacked) or so narrow that to widen them takes much
// more memory than they do, pipes and devices, pictures beside sub-folders, sub-folders that are empty or nested,
// more than 256 of them, and more than 2 GiB in all. It panics unless h and w are in [1,1024] and c is 1 or 3.
func ReadFolder(dir string, h, w, c int) (*Set, error) {
	return ReadFolderContext(context.Background(), dir, h, w, c)
}

// ReadFolderContext is ReadFolder for folders so large that one may lose patience: it ends soon after ctx, with an
// error that wraps the cause.
func ReadFolderContext(ctx context.Context, dir string, h, w, c int) (*Set, error) {
	checkScale("ReadFolder", h, w, c)
	s, err := readFolder(ctx, dir, h, w, c)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return s, nil
}

func readFolder(ctx context.Context, dir string, h, w, c int) (*Set, error) {
	full, err := filepath.Abs(dir) // "." has no name
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give a full path", dir, err)
	}
	pictures, classes, err := listFolder(dir)
	if err != nil {
		return nil, err
	}
	n, size := len(pictures), h*w*c
	if int64(n) > maxPayload/int64(size) {
		return nil, fmt.Errorf("%s: %d pictures of %d bytes are above %d in all; choose a smaller size or fewer pictures", dir, n, size, int64(maxPayload))
	}
	s := &Set{Name: filepath.Base(full), N: n, H: h, W: w, C: c, Pix: make([]uint8, n*size)}
	if classes != nil {
		s.Classes, s.ClassNames, s.Labels = len(classes), classes, make([]uint8, n)
	}
	for i, p := range pictures {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: interrupted after %d of %d pictures: %w", dir, i, n, context.Cause(ctx))
		}
		if err := readPicture(s.Image(i), p.path, h, w, c); err != nil {
			return nil, err
		}
		if classes != nil {
			s.Labels[i] = p.class
		}
	}
	return s, nil
}

// listFolder finds the pictures of dir; classes is nil if they are in dir itself.
func listFolder(dir string) (pictures []picture, classes []string, err error) {
	files, folders, err := visible(dir)
	switch {
	case err != nil:
		return nil, nil, err
	case len(folders) == 0:
		pictures, err = picturesOf(dir, files, 0)
		return pictures, nil, err
	case len(files) > 0:
		return nil, nil, fmt.Errorf("%s: is beside the folder %s; keep the pictures either in one folder or in one sub-folder for each class",
			filepath.Join(dir, files[0]), folders[0])
	case len(folders) > 256:
		return nil, nil, fmt.Errorf("%s: %d sub-folders, but there are at most 256 classes; put fewer there", dir, len(folders))
	}
	for class, name := range folders {
		folder := filepath.Join(dir, name)
		files, nested, err := visible(folder)
		if err != nil {
			return nil, nil, err
		}
		if len(nested) > 0 {
			return nil, nil, fmt.Errorf("%s: a folder within a class; move its pictures up into %s", filepath.Join(folder, nested[0]), folder)
		}
		more, err := picturesOf(folder, files, uint8(class))
		if err != nil {
			return nil, nil, err
		}
		pictures = append(pictures, more...)
	}
	return pictures, folders, nil
}

// visible lists what is in dir and not hidden, sorted by name.
func visible(dir string) (files, folders []string, err error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, nil, fmt.Errorf("%w; give a folder of PNG or JPEG files that can be read", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // follows links
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%w; mend or remove it", err)
		case info.IsDir():
			folders = append(folders, e.Name())
		case info.Mode().IsRegular():
			files = append(files, e.Name())
		default: // a pipe would block
			return nil, nil, fmt.Errorf("%s: neither a file nor a folder; remove it", path)
		}
	}
	return files, folders, nil
}

// picturesOf checks the kinds of files and that there are some.
func picturesOf(folder string, files []string, class uint8) ([]picture, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no pictures; put PNG or JPEG files into it, or remove it", folder)
	}
	pictures := make([]picture, 0, len(files))
	for _, name := range files {
		path := filepath.Join(folder, name)
		if !slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name))) {
			return nil, fmt.Errorf("%s: format: only .png, .jpg and .jpeg are read; convert it to PNG, or remove it", path)
		}
		pictures = append(pictures, picture{path, class})
	}
	return pictures, nil
}
