// Package tune searches for hyper-parameters, on validation images only and with the same budget for deep and flat
// models.
//
// # Overview
//
// A search is for one data set and one task. Every family of models has a space: a table of settings (space.go) and,
// for deep networks, a grammar of architectures (arch.go). Candidates are drawn from it; those whose training would
// cost too much are not (cost.go). They climb a ladder of rungs (ladder.go), successive halving after Jamieson &
// Talwalkar, “Non-stochastic best arm identification and hyperparameter optimization”, AISTATS 2016: at the first, all
// are trained on few images and measured on few; the best seventh goes on to more images, epochs, seeds and classes
// left out, until the last rung has the full budget. All families climb the same ladder, and the paper's architectures
// its upper part. What is measured of a candidate, and how candidates are ranked, is in metrics.go.
//
// A cell of the search is a cell.Spec like those of the final experiments, but On is always cell.Valid, and the data
// that cells get has no test images at all (view.go). Cells are cached under their keys, so that a search goes on where
// it was stopped (pool.go).
//
// Everything that was evaluated is logged (log.go), and the winner of each family becomes a config of package configs
// (winners.go).
package tune
