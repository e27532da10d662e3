package cell

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"deepgmm"
	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/internal/kernel"
)

// Kind is the way a model is fitted.
type Kind string

// The families of models that are compared, and references, which are no models.
const (
	KMeans Kind = "k-means" // k-means++, then Lloyd
	EM     Kind = "em"      // flat diagonal GMM by k-means++, then EM
	PCA    Kind = "pca"     // flat GMM with full covariances in the space of principal components, by k-means++, then EM
	SGD    Kind = "sgd"     // a network, flat or deep, by SGD

	Nearest Kind = "nearest" // the distance to the nearest training image: a reference for outliers, without clusters

	TrainingImages Kind = "training images" // what a perfect generator would draw
	TrainingMeans  Kind = "training means"  // the mean image of every class
	Noise          Kind = "noise"           // uniform in [0, 1]
)

// generates reports whether the kind is a reference for generated images only.
func (k Kind) generates() bool { return k == TrainingImages || k == TrainingMeans || k == Noise }

// Model is one of those that are compared.
type Model struct {
	Name string `json:"-"` // in tables
	Kind Kind

	K        int     `json:",omitempty"` // k-means, EM, PCA
	NInit    int     `json:",omitempty"` // k-means, EM, PCA: starts
	MaxIter  int     `json:",omitempty"` // k-means, EM, PCA: iterations of a start
	RegCovar float64 `json:",omitempty"` // EM: added to every variance
	Dims     int     `json:",omitempty"` // PCA: principal components
	Floor    float64 `json:",omitempty"` // PCA: least variance in a direction, see eval.PCAGMMConfig

	Arch  string       `json:",omitempty"` // SGD
	Init  dcgmm.Init   `json:",omitzero"`  // SGD; the seed is the Spec's
	Train dcgmm.Config `json:",omitzero"`  // SGD; the seed is the Spec's
}

// Inpaints reports whether missing pixels are filled in with what the model draws with: the marginals of as many
// factors as PCA has would take minutes.
func (m Model) Inpaints() bool { return m.Kind != PCA }

// NoClass is the LeaveOut of a Spec that trains on all classes.
const NoClass = -1

// Split is the part of the data set a model is measured on.
type Split string

// Hyper-parameters are chosen on Valid; Test is for the final figures only.
const (
	Valid Split = "valid"
	Test  Split = "test"
)

// Spec says all that a cell's result depends on, besides data and code.
type Spec struct {
	Data     string // name of the data set
	Images   int    // that many from the front of the training split; 0: all
	LeaveOut int    // class missing in training, the outlier of the task; or NoClass
	Also     []int  `json:",omitempty"` // with LeaveOut: further classes that are missing, outliers like it
	On       Split
	Seed     uint64
	Model    Model
	Drawing  *Drawing `json:",omitempty"` // not nil: what the model generates is measured, not how it clusters
	Moments  bool     `json:",omitempty"` // of a network: pictures of its components are kept all along the training
}

// Drawing says how the generative side of a model is measured.
type Drawing struct {
	Samples      int       // images that are generated and compared with real ones
	Trials       int       // images for each setting of sampling that is tried on the validation images
	Temperatures []float64 // that are tried
	Iterations   []int     // of sharpening, that are tried at the best of these, for the first layer and for the top one
	Redraw       []float64 `json:",omitempty"` // powers of rounds of redrawing, tried beside none where patches overlap
	Average      bool      `json:",omitempty"` // patches that overlap are averaged: see dcgmm.Sampling
	Inpaint      int       // images with missing pixels
	PerClass     int       // class-conditional samples of every class
	Epochs       int       // of the classifier

	Shown       int  `json:",omitempty"` // images that pictures of samples have; 0: 30, and references none
	SamplesOnly bool `json:",omitempty"` // nothing but samples is measured: Inpaint, PerClass and Epochs do not count
}

// String names the cell for people.
func (s Spec) String() string {
	task := "all classes"
	switch {
	case s.Drawing != nil:
		task = "drawing"
	case len(s.Also) > 0:
		task = fmt.Sprintf("without classes %s", strings.Trim(fmt.Sprint(s.leftOut()), "[]"))
	case s.LeaveOut != NoClass:
		task = fmt.Sprintf("without class %d", s.LeaveOut)
	}
	return fmt.Sprintf("%s, %s, %s, seed %d", s.Data, s.Model.Name, task, s.Seed)
}

// Key is the hex SHA-256 of the spec, the data, the version of the code's bits and the kind of kernels: SIMD versions
// agree with each other to the bit, portable code differs in the last ones.
func (s Spec) Key(data *dataset.Data) string {
	h, source := sha256.New(), deepgmm.TrainingSource
	if s.paints() {
		source = deepgmm.Source
	}
	fmt.Fprintf(h, "%s\n%s\n%s\nportable kernels: %t\n", s.text(), data.Hash, source, kernel.CPU() == "portable")
	return hex.EncodeToString(h.Sum(nil))
}

// paints reports whether missing pixels are filled in and images are varied.
func (s Spec) paints() bool { return s.Drawing != nil && !s.Drawing.SamplesOnly }

func (s Spec) text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("cell: Key: " + err.Error()) // NaN in a configuration
	}
	return text
}

// same reports whether two specs agree in all but names.
func (s Spec) same(o Spec) bool { return bytes.Equal(s.text(), o.text()) }

// training is the spec of the cell that trains the model whose generated images are measured.
func (s Spec) training() Spec {
	s.Drawing = nil
	return s
}

// trainingImages selects what the spec trains on.
func (s Spec) trainingImages(data *dataset.Data) *dataset.Set {
	set := data.Train
	if s.Images > 0 {
		set = set.Head(s.Images)
	}
	for _, c := range s.leftOut() {
		set = set.WithoutClass(c)
	}
	return set
}

// leftOut are the classes that are missing in training.
func (s Spec) leftOut() []int {
	if s.LeaveOut == NoClass {
		return nil
	}
	return append([]int{s.LeaveOut}, s.Also...)
}

// unseen are the images that the model is measured on.
func (s Spec) unseen(data *dataset.Data) *dataset.Set {
	if s.On == Valid {
		return data.Valid
	}
	return data.Test
}
