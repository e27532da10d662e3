// Package training trains a network and keeps it on disk, so that an interruption costs nothing.
//
// # The story
//
// A Job (job.go) says what to train on what, and where the checkpoint goes. Run trains; when its context
// ends, it leaves what is needed to go on beside the checkpoint (keeper.go), and the next Run of the same job goes on,
// to the same bits. A job with other settings is refused, with the settings that differ (settings.go). Save and Load (file.go) write and read checkpoints: whole or not at all.
package training
