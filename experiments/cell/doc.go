// Package cell computes one cell of an experiment: one model, trained on one data set from
// one seed for one task, and everything that is measured of it.
//
// # The story
//
// A Spec says all that the result depends on. Run takes the data set, selects the training
// images, fits the model (fit_flat.go: k-means and EM; fit_deep.go: every model trained by
// SGD, flat or deep), judges it on images it has not seen (judge.go) and returns a Result of
// plain numbers. A Store keeps results in a folder under the hash of Spec, data and
// source code, and with them whatever an interrupted training needs to go on.
package cell
