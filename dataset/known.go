package dataset

import (
	"fmt"
	"io"
)

// source is a published data set of four files.
type source struct {
	name    string // also of its folder
	files   [4]file
	valid   int // the last training images, kept for validation
	classes int
	mirrors []string // folders of the publishers, in the order of trial
}

// file is one of a source's files; it may come plain or as name.gz.
type file struct {
	name string
	kind *kind
	size int64  // in bytes, uncompressed
	sum  string // hex SHA-256, uncompressed
}

// The order of the files in a source.
const (
	trainImages = iota
	trainLabels
	testImages
	testLabels
)

// known is every published set that Load reads. The checksums are of the uncompressed
// files: mirrors compress them differently.
var known = []source{{
	name: "mnist",
	files: mnistFiles(
		"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
		"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
		"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
		"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
	valid: 10000, classes: 10,
	mirrors: []string{
		"https://storage.googleapis.com/cvdf-datasets/mnist/",
		"https://ossci-datasets.s3.amazonaws.com/mnist/",
	},
}, {
	name: "fashion-mnist",
	files: mnistFiles(
		"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
		"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
		"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
		"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
	valid: 10000, classes: 10,
	mirrors: []string{
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
	},
}}

func mnistFiles(sums ...string) [4]file {
	return [4]file{
		trainImages: {"train-images-idx3-ubyte", imageKind, 16 + 60000*28*28, sums[trainImages]},
		trainLabels: {"train-labels-idx1-ubyte", labelKind, 8 + 60000, sums[trainLabels]},
		testImages:  {"t10k-images-idx3-ubyte", imageKind, 16 + 10000*28*28, sums[testImages]},
		testLabels:  {"t10k-labels-idx1-ubyte", labelKind, 8 + 10000, sums[testLabels]},
	}
}

// sumError says that a file is whole but not the one that was looked for.
type sumError struct{ have, want string }

func (e *sumError) Error() string {
	return fmt.Sprintf("checksum: SHA-256 of the content is %.12s…, not %.12s…", e.have, e.want)
}

// read reads f from r and compares the checksum.
func (f *file) read(r io.Reader) (*array, error) {
	a, err := readArray(r, f.kind, f.size)
	if err != nil {
		return nil, err
	}
	return a, f.verify(a)
}

func (f *file) verify(a *array) error {
	if a.sum != f.sum {
		return &sumError{a.sum, f.sum}
	}
	return nil
}

// split makes Train, Valid and Test of the four arrays; Train and Valid share memory.
func (s *source) split(a [4]*array) (*Data, error) {
	d := &Data{Name: s.name}
	train, err := s.join(a, trainImages, trainLabels)
	if err != nil {
		return nil, err
	}
	if d.Test, err = s.join(a, testImages, testLabels); err != nil {
		return nil, err
	}
	if train.N <= s.valid {
		return nil, fmt.Errorf("count: %d training images, too few to keep %d for validation", train.N, s.valid)
	}
	d.Train = train.slice(0, train.N-s.valid)
	d.Valid = train.slice(train.N-s.valid, train.N)
	d.Hash = hashSets(d.Train, d.Valid, d.Test)
	return d, nil
}

func (s *source) join(a [4]*array, images, labels int) (*Set, error) {
	set, err := join(a[images], a[labels])
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", s.files[images].name, s.files[labels].name, err)
	}
	if set.Classes > s.classes {
		return nil, fmt.Errorf("%s: label: %d is not below %d", s.files[labels].name, set.Classes-1, s.classes)
	}
	set.Name, set.Classes = s.name, s.classes
	return set, nil
}
