// Package training trains a network and keeps it on disk, so that an interruption costs nothing.
//
// # Overview
//
// A Loop (loop.go) does the steps of a training and keeps it, wherever its owner wants it kept: now and then, and when
// its context ends. A Job (job.go) is a training whose result is a checkpoint: what is needed to go on is beside it
// (keeper.go), and the next Run of the same job goes on, to the same bits. A job with other settings is refused, with
// the settings that differ (settings.go). Save and Load (file.go) write and read checkpoints, whole or not at all.
package training
