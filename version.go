// Package deepgmm says which program made a result.
package deepgmm

import "strconv"

// BitsVersion counts the changes of the bits that the same configuration, data and seed give. It is part of the key of
// every cached result, so a result outlives a change of comments, names and structure, and does not outlive a change of
// its bits. TestGolden of experiments/cell fails when one of the two changes without the other, and says what to do.
const BitsVersion = 11

// trainingVersion is the last BitsVersion that changed more than what trained networks fill in and vary.
const trainingVersion = 10

// Source is BitsVersion as keys and manifests have it. Before version 1 it was a hash of the source text.
var Source = "bits " + strconv.Itoa(BitsVersion)

// TrainingSource is in the keys of what fills in no missing pixels and varies no images, so that trainings, which cost most, outlive a change
// of that alone.
var TrainingSource = "bits " + strconv.Itoa(trainingVersion)
