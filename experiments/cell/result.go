package cell

// Result is what was measured of one cell. Fields that do not apply are zero or nil.
type Result struct {
	Spec Spec

	Layers  []Layer // of the model, from the images up; one for flat models
	Params  int     // trained numbers
	MFLOPs  float64 // multiplications and additions to score one image, 10⁶
	Images  int     // it was trained on
	Epochs  int     // passes over them; k-means and EM: iterations
	Seconds float64 // of fitting, wall clock
	CPU     float64 // seconds of all threads, fitting
	PeakMB  float64 // largest resident size of the process while fitting, 0 if unknown
	Notes   []string

	LogLik   *float64  // mean log-likelihood of the judged images of known classes, nats; nil if the model is no mixture of whole images
	Clusters *Clusters // of the judged images of known classes; nil if the model gives no single cluster
	Outliers []Outlier // one for each score; nil without a class left out
	Curve    []Point   // of the training, models trained by SGD
	Alphabet []Sheet   // the model's components as pictures, one sheet a layer
	Extremes []Sheet   // most and least likely judged images, with their scores as captions

	Drawn *Drawn `json:",omitempty"` // of a Spec with Drawing

	network string // hex SHA-256 of the trained network's file in the store; "": none is there
}

// Layer is one mixture layer.
type Layer struct {
	Name   string
	H, W   int     // positions
	D, K   int     // dimension, components
	Params int     // trained numbers
	Used   float64 // share of components that win at least 1 % of their fair share of the training vectors
}

// Clusters are figures of merit of a clustering.
type Clusters struct {
	Purity, NMI, ARI, Accuracy      float64
	DaviesBouldin, Dunn, Silhouette *float64 // on the first ValidityImages of the judged images; nil if not computed
}

// ValidityImages is the size of the subset for figures that compare all pairs of images.
const ValidityImages = 5000

// Outlier is how well one score separates the known classes from the one left out.
type Outlier struct {
	Score string // "top", "combined", "layer 1", … of model.md §4; see MainScore
	AUC   float64
	ROC   []ROC `json:",omitempty"` // finer for MainScore than for others
}

// ROC is one point of a curve.
type ROC struct{ FPR, TPR float64 }

// MainScore is the score a model is compared by: the log-likelihood of the top layer, of
// a flat mixture its own, for k-means the negative squared distance to the nearest centre, or training image.
const MainScore = "top"

// Point is the state of a training, averaged over the steps since the point before.
type Point struct {
	Epoch  float64
	Layers []LayerPoint
}

// LayerPoint is the state of one layer; all zero while it waits.
type LayerPoint struct {
	Loss    float64 // annealed log-likelihood of a vector, nats
	Tau     float64 // annealing width
	Used    float64 // share of components in use
	Revived int     `json:",omitempty"` // components that were revived since the point before
}

// Sheet is N pictures of one size in rows.
type Sheet struct {
	Caption  string
	Cols     int
	H, W, C  int
	Pix      []byte   // N×H×W×C, 0 black, 255 white; base64 in JSON
	Captions []string `json:",omitempty"` // of single pictures
}

// OutlierAUC returns the AUC of a score, ok false if there is none.
func (r *Result) OutlierAUC(score string) (auc float64, ok bool) {
	for _, o := range r.Outliers {
		if o.Score == score {
			return o.AUC, true
		}
	}
	return 0, false
}
