// Package cell computes one cell of an experiment: one model, trained on one data set from one seed for one task, and
// everything that is measured of it.
//
// # Overview
//
// A Spec (spec.go) says all that the result depends on. Run (run.go) takes the data set, selects the training images,
// fits the model (fit_flat.go: k-means, EM and nearest images; fit_pca.go: EM in the space of principal components; fit_network.go: every model trained by SGD, flat or
// deep), measures it and returns a Result of plain numbers (result.go, generated.go). What is measured is two tables:
// of what a model makes of images that it has not seen (measure.go), and of the images that it generates (sampler.go).
// A Store (store.go) keeps results in a folder under the key of Spec, data and version, and with them whatever an
// interrupted training needs to go on.
package cell
