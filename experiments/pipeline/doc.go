// Package pipeline computes the cells of a suite and writes its artefacts.
//
// # The story
//
// Reproduce (reproduce.go) loads the data, lets package cell compute every cell that is not in the cache yet, and writes what package
// analysis makes of all results, and the page of package paper; stamp.go says when there is nothing to do. Plan (plan.go) says how long it takes.
// The cells may be spread over machines: shards are merged (merge.go), on a cluster by Slurm (slurm.go). Diff (diff.go) compares two results.
package pipeline
