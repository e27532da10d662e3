package cell

import "deepgmm/eval"

// Drawn is what was measured of the images that a model generates. Of references, which are no models, only Raw,
// Classes.RecognisedRaw and, of the training means, Inpainted are there.
type Drawn struct {
	Raw, Sharp *eval.Generative // samples of the best setting without sharpening, and of the best with it
	Trials     []Trial          // settings that were tried on the validation images
	// Of Trials, those with the least Fréchet distance there: without sharpening, and with it. Sharpening is tried with
	// the noise of the former.
	Plain, Chosen int
	LineSearch    *LineSearch `json:"Climb"` // sharpening of the measured samples
	Inpainted     []Inpainted // by mask
	Classes       *Classes
	Pictures      map[string]Sheet
	Trace         []TracePoint // objective during the sharpening of Pictures["strip"], mean over its images
}

// Names of pictures.
const (
	PictureRaw     = "raw"
	PictureSharp   = "sharp"
	PictureCalm    = "calm" // at the highest temperature, sharpened: less variety, less noise, whatever the distance
	PictureStrip   = "strip"
	PictureClasses = "classes"
	PictureVary    = "variants"
)

// Trial is one setting of sampling.
type Trial struct {
	Temperature        float64
	Lowest             int       `json:",omitempty"` // layers that draw noise, from the images up; 0: all
	Redraw             []float64 `json:",omitempty"` // powers of rounds of redrawing
	Target, Iterations int       // of sharpening: layer counted from 1; 0, 0: none
	Frechet            float64   // to the validation images
}

// LineSearch counts the steps of sharpening.
type LineSearch struct {
	Steps, Raised, Lowered int     // all; that raised the objective; that ended below where they began
	Before, After          float64 // objective, mean over the samples
}

// TracePoint is the state of sharpening after some iterations.
type TracePoint struct {
	Iteration int
	Objective float64
}

// Inpainted are the errors of missing pixels, mean squares of values in [0, 1], over the images with a mask.
type Inpainted struct {
	Mask string
	// Missing pixels marginalised, or taken for black; of the training means: the mean image, twice.
	Marginal, ZeroFill eval.Interval
	Picture            Sheet // original, masked, marginalised, zero-filled; none for references
}

// Classes is what a classifier on the top layer makes of the model.
type Classes struct {
	Accuracy float64 // on unseen images
	// Shares of class-conditional samples that an independent classifier (the nearest training images) takes for the
	// class that was wanted, without sharpening and with it.
	RecognisedRaw, RecognisedSharp eval.Interval
}
