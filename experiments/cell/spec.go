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

// The three families of models that are compared, no model at all, and what the generated images of models are compared with.
const (
	KMeans Kind = "k-means" // k-means++, then Lloyd
	EM     Kind = "em"      // flat diagonal GMM by k-means++, then EM
	SGD    Kind = "sgd"     // a network, flat or deep, by SGD

	Nearest Kind = "nearest" // the distance to the nearest training image: a reference for outliers, without clusters

	TrainingImages Kind = "training images" // what a perfect generator would draw
	TrainingMeans  Kind = "training means"  // the mean image of every class
	Noise          Kind = "noise"           // uniform in [0, 1]
)

// Model is one of the rivals.
type Model struct {
	Name string `json:"-"` // in tables
	Kind Kind

	K        int     `json:",omitempty"` // k-means, EM
	NInit    int     `json:",omitempty"` // k-means, EM: starts
	MaxIter  int     `json:",omitempty"` // k-means, EM: iterations of a start
	RegCovar float64 `json:",omitempty"` // EM: added to every variance

	Arch  string       `json:",omitempty"` // SGD
	Init  dcgmm.Init   `json:",omitzero"`  // SGD; the seed is the Spec's
	Train dcgmm.Config `json:",omitzero"`  // SGD; the seed is the Spec's
}

// NoClass is the LeaveOut of a Spec that trains on all classes.
const NoClass = -1

// Split is the part of the data set a model is judged on.
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
	Drawing  *Drawing `json:",omitempty"` // not nil: what the model draws is judged, not how it clusters
}

// Drawing says how the generative side of a model is judged.
type Drawing struct {
	Samples      int       // images that are drawn and compared with the judged ones
	Trials       int       // images drawn for each setting of sampling that is tried on the validation images
	Temperatures []float64 // that are tried
	Iterations   []int     // of sharpening, that are tried at each temperature, for the first layer and for the top one
	Inpaint      int       // images with missing pixels
	PerClass     int       // class-conditional samples of every class
	Epochs       int       // of the classifier

	SamplesOnly bool `json:",omitempty"` // nothing but samples is judged: Inpaint, PerClass and Epochs count for nothing
}

// String names the cell for people.
func (s Spec) String() string {
	task := "all classes"
	if s.LeaveOut != NoClass {
		task = fmt.Sprintf("without class %d", s.LeaveOut)
	}
	if len(s.Also) > 0 {
		task = fmt.Sprintf("without classes %s", strings.Trim(fmt.Sprint(s.leftOut()), "[]"))
	}
	if s.Drawing != nil {
		task = "drawing"
	}
	return fmt.Sprintf("%s, %s, %s, seed %d", s.Data, s.Model.Name, task, s.Seed)
}

// Key is the hex SHA-256 of the spec, the data, the code and the kind of kernels: SIMD
// versions agree with each other to the bit, portable code differs in the last ones.
func (s Spec) Key(data *dataset.Data) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("cell: Key: " + err.Error()) // NaN in a configuration
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\nportable kernels: %t\n", text, data.Hash, deepgmm.Source, kernel.CPU() == "portable")
	return hex.EncodeToString(h.Sum(nil))
}

// same reports whether two specs agree in all but names.
func (s Spec) same(o Spec) bool {
	a, err1 := json.Marshal(s)
	b, err2 := json.Marshal(o)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
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

func (s Spec) judged(data *dataset.Data) *dataset.Set {
	if s.On == Valid {
		return data.Valid
	}
	return data.Test
}
