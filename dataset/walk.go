package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pictureEndings are those of files that are taken for pictures; what is in them decides how they are read.
var pictureEndings = []string{".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// PictureEndings are those of files in folders that are taken for pictures, small letters and with the dot.
func PictureEndings() []string { return slices.Clone(pictureEndings) }

// sideFolders hold thumbnails and the like that programs leave among pictures.
var sideFolders = []string{"__MACOSX", "@eaDir", "$RECYCLE.BIN"}

// maxListed bounds the files that are listed, which take some 300 bytes of memory each.
const maxListed = 10_000_000

// picture is a file that is to be read.
type picture struct {
	rel, path string // within the folder, and for opening it
	class     uint8
	header
}

// walker lists what is below a folder.
type walker struct {
	ctx      context.Context
	root     string
	pictures []picture
	report   *Report
	listed   int
}

// walk lists the folder rel of the root and those in it, by name. above are it and those that it is in, for a link may
// lead back to one of them.
func (k *walker) walk(rel string, above []fs.FileInfo) error {
	entries, err := os.ReadDir(filepath.Join(k.root, rel)) // sorted
	if rel == "" && err != nil {
		return fmt.Errorf("%w; give a folder of PNG or JPEG files that can be read", err)
	}
	if err != nil { // entries are the first ones
		k.bad(rel, err)
	}
	before := len(k.pictures) + len(k.report.Bad)
	empty := len(k.report.Empty)
	for _, e := range entries {
		if k.listed%1024 == 1023 && k.ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted while it was listed: %w", k.root, context.Cause(k.ctx))
		}
		if k.listed++; k.listed > maxListed {
			return fmt.Errorf("%s: more than %d files; give a folder with fewer", k.root, maxListed)
		}
		if err := k.see(filepath.Join(rel, e.Name()), e, above); err != nil {
			return err
		}
	}
	if rel != "" && len(k.pictures)+len(k.report.Bad) == before {
		k.report.Empty = append(k.report.Empty[:empty], rel) // in place of those within it
	}
	return nil
}

// see looks at one entry of a folder.
func (k *walker) see(rel string, e fs.DirEntry, above []fs.FileInfo) error {
	ending := strings.ToLower(filepath.Ext(rel))
	isPicture := slices.Contains(pictureEndings, ending)
	switch {
	case strings.HasPrefix(e.Name(), "."):
		k.report.Skipped["hidden"]++
		return nil
	case e.IsDir() && slices.Contains(sideFolders, e.Name()):
		k.report.Skipped[e.Name()]++
		return nil
	}
	mode := e.Type()
	var info fs.FileInfo
	if mode.IsDir() || mode&fs.ModeSymlink != 0 {
		var err error
		if info, err = os.Stat(filepath.Join(k.root, rel)); err != nil { // follows links
			if isPicture || ending == "" {
				k.bad(rel, err)
			} else {
				k.skip(ending)
			}
			return nil
		}
		mode = info.Mode()
	}
	switch {
	case mode.IsDir() && slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }):
		k.report.Loops = append(k.report.Loops, rel)
	case mode.IsDir():
		return k.walk(rel, append(slices.Clip(above), info))
	case !isPicture:
		k.skip(ending)
	case mode.IsRegular():
		k.pictures = append(k.pictures, picture{rel: rel, path: filepath.Join(k.root, rel)})
	default: // a pipe would block
		k.bad(rel, &flaw{notAFile, errors.New("neither a file nor a folder"), "remove it"})
	}
	return nil
}

func (k *walker) skip(ending string) {
	if ending == "" {
		ending = "without an ending"
	}
	k.report.Skipped[ending]++
}

func (k *walker) bad(rel string, err error) {
	k.report.Bad = append(k.report.Bad, badFile(filepath.Join(k.root, rel), err))
}

// listFolder finds the pictures below dir; classes are the folders right in dir that have some, nil if none have or
// they are not asked for.
func listFolder(ctx context.Context, dir string, classless bool) (pictures []picture, classes []string, report *Report, err error) {
	k := walker{ctx: ctx, root: dir, report: newReport(dir)}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w; give a folder of PNG or JPEG files that can be read", err)
	}
	if err := k.walk("", []fs.FileInfo{info}); err != nil {
		return nil, nil, nil, err
	}
	if len(k.pictures)+len(k.report.Bad) == 0 {
		return nil, nil, nil, fmt.Errorf("%s: no pictures; put PNG or JPEG files into it, or remove it%s", dir, k.report.others())
	}
	if !classless {
		classes, err = k.classes()
	}
	return k.pictures, classes, k.report, err
}

// classes are the folders right in the root, in the order of their pictures. A picture beside them is bad.
func (k *walker) classes() ([]string, error) {
	var classes []string
	first := func(p picture) string {
		folder, _, nested := strings.Cut(p.rel, string(filepath.Separator))
		if !nested {
			return ""
		}
		return folder
	}
	for _, p := range k.pictures {
		if folder := first(p); folder != "" && (classes == nil || classes[len(classes)-1] != folder) {
			classes = append(classes, folder)
		}
	}
	if classes == nil {
		return nil, nil
	}
	if len(classes) > 256 {
		return nil, fmt.Errorf("%s: %d sub-folders, but there are at most 256 classes; put fewer there, or read them without classes (--no-classes)", k.root, len(classes))
	}
	inClass := k.pictures[:0]
	class := -1
	for _, p := range k.pictures {
		folder := first(p)
		if folder == "" {
			k.bad(p.rel, &flaw{noClass, fmt.Errorf("in no class: it is beside the folder %s", classes[0]),
				"keep the pictures either in one folder or in one sub-folder for each class, or read all without classes (--no-classes)"})
			continue
		}
		if class < 0 || classes[class] != folder {
			class++
		}
		p.class = uint8(class)
		inClass = append(inClass, p)
	}
	k.pictures = inClass
	return classes, nil
}
