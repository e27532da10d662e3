// Package show is what a notebook cell talks to: it displays tables, figures and images, shows how long work is
// getting on, finds the data, and stops cleanly when the kernel is interrupted. It is the only package that knows of
// the notebook; everything it shows comes from the same code that writes results/. Outside of a notebook it prints text.
//
// # The story
//
// Each cell is a program of its own: declarations live on in later cells, values do not. So a cell begins with
// Done (cell.go), which sees to it that nothing it showed is lost, gets its data (data.go) and its trained models
// (train.go: from a cache, or trained live and kept), and shows what it found: Table, Lines, Pictures (figures.go)
// of sheets of small images (sheet.go, maps.go, clusters.go), or words with Note (display.go). winners.go follows an image on its way up,
// moments.go a training, bound.go compares its loss with the log-likelihood; masks.go and drawn.go hide, fill in and judge drawings. Cells (cells.go,
// cell_tables.go) computes what the pipeline does; Results (results.go, redraw.go) finds what it left. Expected (expected.go) shows an error on purpose.
// Fill (folder.go) makes a folder of files and removes nothing that it did not make; Shell (shell.go) runs commands. ReadPictures and ArchFor
// (pictures.go) are for pictures of any size.
//
//	%%
//	defer show.Done()
//	data := show.Must(show.Data("mnist"))
//	net := show.Must(show.Train(training.Job{Arch: "F8/2 G49 F11 G49", Images: show.Images(data.Train)}))
//	show.Pictures("What the components stand for", show.Prototypes(net, 0), show.Prototypes(net, 1))
//
// With DCGMM_NOTEBOOK=smoke in the environment the data are few generated glyphs, and Setting chooses small settings:
// the notebooks' test.
package show
