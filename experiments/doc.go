// Package experiments runs the comparison of deep and flat mixtures and writes its results.
//
// # The story
//
// A Tier (tier.go) is a list of cells: data set × model × task × seed. Reproduce
// (reproduce.go) loads the data, lets package cell compute every cell that is not in the
// cache yet, and turns all results into tables (tables.go), verdicts on claims (claims.go, by the rules of docs/claims.md), figures (figures.go), a
// page of everything (page.go) and a manifest (manifest.go), through package report. The cells may be spread over machines
// (shard.go, merge.go, slurm.go); Diff (diff.go) compares two results. Paper (paper.go) writes paper.md and the
// results in the README from the tables on disk, so that no number is typed by hand.
//
// Everything meets here: the model, its rivals, the data and the reports do not know each other.
package experiments
