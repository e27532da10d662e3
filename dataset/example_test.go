package dataset_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"deepgmm/dataset"
	"deepgmm/internal/atomicfile"
)

func ExampleLoad() {
	data, err := dataset.Load(context.Background(), "glyphs", dataset.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(data.Train.N, data.Valid.N, data.Test.N)
	fmt.Println(data.Notice)
	nine := data.Train.WithoutClass(4)
	fmt.Printf("%d images of %d×%d pixels without the digit 4\n", nine.N, nine.H, nine.W)
	// Output:
	// 6000 1000 2000
	// generated glyphs, not MNIST
	// 5400 images of 28×28 pixels without the digit 4
}

func ExampleReadIDX() {
	// Two images of one row and three columns, and their classes.
	images := []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60}
	labels := []byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 0}
	s, err := dataset.ReadIDX(bytes.NewReader(images), bytes.NewReader(labels))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Image(1), "has class", s.Labels[1], "of", s.Classes)

	_, err = dataset.ReadIDX(bytes.NewReader(images[:20]), bytes.NewReader(labels))
	fmt.Println(err)
	// Output:
	// [40 50 60] has class 0 of 2
	// dataset: images: data: the file is truncated, it ends after 4 of the declared 6 bytes: unexpected EOF; write the IDX data again
}

func ExampleWriteIDX() {
	one := &dataset.Set{N: 1, H: 1, W: 2, C: 1, Pix: []uint8{7, 9}}
	var file bytes.Buffer
	if err := dataset.WriteIDX(&file, nil, one); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", file.Bytes())
	// Output: 00 00 08 03 00 00 00 01 00 00 00 01 00 00 00 02 07 09
}

// Pictures in memory become a set that a model can be trained on, and its images are pictures again.
func ExampleFromImages() {
	red := image.NewRGBA(image.Rect(0, 0, 2, 1))
	red.Set(0, 0, color.RGBA{R: 200, A: 255})
	grey := image.NewGray(image.Rect(0, 0, 4, 2)) // is scaled
	s := dataset.FromImages([]image.Image{red, grey}, 1, 2, 3)
	fmt.Println(s.N, "images of", s.H, "×", s.W, "×", s.C, "pixels:", s.Pix)
	fmt.Println(s.Picture(0).At(0, 0), s.Picture(1).Bounds())
	// Output:
	// 2 images of 1 × 2 × 3 pixels: [200 0 0 0 0 0 0 0 0 0 0 0]
	// {200 0 0 255} (0,0)-(2,1)
}

// A folder with a damaged file, read all the same, and then as if it were larger than memory.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for _, path := range []string{"cat/2020/1.png", "cat/2.png", "dog/1.png", "dog/torn.png"} {
		err := atomicfile.Write(filepath.Join(dir, path), func(w io.Writer) error {
			if path == "dog/torn.png" {
				return nil // an empty file
			}
			return png.Encode(w, image.NewGray(image.Rect(0, 0, 40, 30)))
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	ctx := context.Background()
	how := dataset.Reading{H: 28, W: 28, Fit: dataset.Crop, SkipBad: true}
	s, report, err := dataset.Read(ctx, dir, how)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.N, s.Labels, s.ClassNames, filepath.ToSlash(s.Files[0].Path), s.Files[0].H, s.Files[0].W)
	fmt.Println("left out:", dataset.Kinds(report.Bad))

	folder, err := dataset.OpenFolder(ctx, dir, how, dataset.Caching{Memory: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer folder.Close()
	batch := make([]uint8, 2*28*28)
	fmt.Println(folder.Len(), folder.Read(ctx, batch, []int{2, 0}))
	// Output:
	// 3 [0 0 1] [cat dog] cat/2.png 30 40
	// left out: 1 empty
	// 3 <nil>
}

// Pictures of one's own, in one sub-folder for each class.
func ExampleReadFolder() {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for _, path := range []string{"cat/1.png", "cat/2.png", "dog/1.png"} {
		err := atomicfile.Write(filepath.Join(dir, path), func(w io.Writer) error {
			return png.Encode(w, image.NewGray(image.Rect(0, 0, 40, 30)))
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	s, err := dataset.ReadFolder(dir, 28, 28, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.N, s.Labels, s.ClassNames)
	// Output: 3 [0 0 1] [cat dog]
}
