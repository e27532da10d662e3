// Package suite says what is compared, and computes nothing.
//
// # The story
//
// A Tier (tier.go) is an experiment of a certain size: data sets, seeds, classes left out and models (models.go). A Suite is
// a tier on one data set, where models that a search chose on its validation images join the others (tuned.go); compared.go says which
// of them take part in which comparison, and which stand for deep models. All that is to be computed is a list of cells (cells.go),
// with an estimate of their time (estimate.go), in one piece or dealt out to shards (shard.go).
//
// Models have ids, which programs compare; their names are only read.
package suite
