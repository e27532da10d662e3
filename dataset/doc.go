// Package dataset brings images into memory, verified: the published MNIST and FashionMNIST files (searched for, or
// downloaded into the user's cache folder), a user's own IDX files or folder of pictures, and glyphs drawn on the
// spot for machines without a network and for tests.
//
// Images of one's own, as a program has them:
//
//	set, report, err := dataset.Read(ctx, "photos", dataset.Reading{H: 28, W: 28, SkipBad: true}) // sub-folders are classes
//	set, err := dataset.FromIDX("images.gz", "labels.gz")
//	set := dataset.FromImages(pictures, 28, 28, 3) // of a []image.Image
//	model, err := dcgmm.New("F8/2 G49 F11 G49", dcgmm.Shape{H: set.H, W: set.W, C: set.C}, dcgmm.Init{})
//	images := dcgmm.Images{Shape: model.Input(), Pix: set.Pix} // what the model trains on and evaluates
//
// Symbols: N images of H rows, W columns and C channels; pixels are uint8, row-major,
// channels last, so pixel (n, y, x, c) is Pix[((n*H+y)*W+x)*C+c].
//
// The IDX format is big-endian: a magic number (two zero bytes, the element type 0x08
// for unsigned bytes, the number of dimensions), one uint32 per dimension, the elements.
// Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
//
// Nothing that is read is trusted: the known files must have the publishers' SHA-256, other files must be exactly as
// long as their headers say, and memory is only taken for bytes that really arrived.
package dataset
