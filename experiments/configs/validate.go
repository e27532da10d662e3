package configs

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"deepgmm/dcgmm"
	"deepgmm/dcgmm/arch"
	"deepgmm/eval"
	"deepgmm/experiments/cell"
)

var dataName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate reports the first field that is out of range, missing or out of place.
func (c Config) Validate() error {
	switch {
	case c.Label != "" && !dataName.MatchString(c.Label):
		return fmt.Errorf("field Label is %q; it must be of lower-case letters, digits and hyphens", c.Label)
	case c.Label != "" && c.Search != Search{}:
		return fmt.Errorf("field Label is %q, of a config that no search chose; Search must be missing", c.Label)
	case (c.Label == "" || c.Data != "") && !dataName.MatchString(c.Data):
		return fmt.Errorf("field Data is %q; it must be the name of a data set, such as fashion-mnist", c.Data)
	case !slices.Contains(Tasks(), c.Task):
		return fmt.Errorf("field Task is %q; it must be one of %v", c.Task, Tasks())
	case !slices.Contains(Families(), c.Family):
		return fmt.Errorf("field Family is %q; it must be one of %v", c.Family, Families())
	case c.Model.Kind != c.Family.Kind():
		return fmt.Errorf("Model.Kind is %q; of the family %s it must be %q", c.Model.Kind, c.Family, c.Family.Kind())
	case (c.Task == Outliers) != (c.Readout != ""):
		return fmt.Errorf("field Readout is %q; the task outliers must have one, others must not", c.Readout)
	case c.Family == Plain && c.Task == Outliers && c.Readout != cell.MainScore:
		return fmt.Errorf("field Readout is %q; the family %s is read by %q, the log-likelihood of the top layer", c.Readout, Plain, cell.MainScore)
	case c.Family == KMeans && c.Task == Drawing:
		return fmt.Errorf("field Task is %s; k-means draws nothing", Drawing)
	}
	layers, err := c.validateModel()
	if err != nil {
		return err
	}
	return c.validateSharpening(layers)
}

// Kind is how the models of a family are fitted.
func (f Family) Kind() cell.Kind {
	switch f {
	case EM:
		return cell.EM
	case PCA:
		return cell.PCA
	case KMeans:
		return cell.KMeans
	}
	return cell.SGD
}

// maxStarts bounds K, NInit and MaxIter of k-means and EM: far above any use.
const maxStarts = 10000

func (c Config) validateModel() (layers int, err error) {
	m := c.Model
	if m.Kind == cell.SGD {
		return c.validateNetwork()
	}
	if m.Arch != "" || m.Init != (dcgmm.Init{}) || !reflect.ValueOf(m.Train).IsZero() {
		return 0, fmt.Errorf("fields Model.Arch, Model.Init and Model.Train are not for the family %s", c.Family)
	}
	if m.NInit > maxStarts || m.MaxIter > maxStarts || m.K > maxStarts {
		return 0, fmt.Errorf("Model.K %d, NInit %d and MaxIter %d must be at most %d", m.K, m.NInit, m.MaxIter, maxStarts)
	}
	if err := c.validateFloors(); err != nil {
		return 0, err
	}
	switch m.Kind {
	case cell.EM:
		return 1, eval.GMMConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter, RegCovar: m.RegCovar}.Validate()
	case cell.PCA:
		return 1, eval.PCAGMMConfig{Dims: m.Dims, K: m.K, Floor: m.Floor, NInit: m.NInit, MaxIter: m.MaxIter}.Validate()
	}
	return 1, eval.KMeansConfig{K: m.K, NInit: m.NInit, MaxIter: m.MaxIter}.Validate()
}

// validateFloors reports settings that belong to another family.
func (c Config) validateFloors() error {
	switch m := c.Model; {
	case m.RegCovar != 0 && c.Family != EM:
		return fmt.Errorf("Model.RegCovar is %v; it is for the family %s", m.RegCovar, EM)
	case (m.Dims != 0 || m.Floor != 0) && c.Family != PCA:
		return fmt.Errorf("Model.Dims is %d and Model.Floor %v; they are for the family %s", m.Dims, m.Floor, PCA)
	case m.Dims >= Input.Size():
		return fmt.Errorf("Model.Dims is %d; it must be below %d, the pixels of an image", m.Dims, Input.Size())
	}
	return nil
}

func (c Config) validateNetwork() (layers int, err error) {
	m := c.Model
	switch {
	case m.K != 0 || m.NInit != 0 || m.MaxIter != 0 || m.RegCovar != 0 || m.Dims != 0 || m.Floor != 0:
		return 0, fmt.Errorf("Model.K, NInit, MaxIter, RegCovar, Dims and Floor are not for the family %s", c.Family)
	case m.Init.Seed != 0 || m.Train.Seed != 0 || m.Train.Workers != 0:
		return 0, fmt.Errorf("Model.Init.Seed, Train.Seed and Train.Workers belong to an experiment, not to a config")
	}
	a, err := arch.Parse(m.Arch, Input)
	if err == nil {
		err = m.Init.Validate()
	}
	if err != nil {
		return 0, fmt.Errorf("field Model: %w", err)
	}
	if a.Deep() != c.Family.IsDeep() {
		return 0, fmt.Errorf("Model.Arch %q has %d mixture layers: not of the family %s", m.Arch, len(a.Layers), c.Family)
	}
	if c.Family == Plain && !IsPlain(m) {
		return 0, fmt.Errorf("field Model has more than the paper's operations; the family %s has words F, G, I and M, SGD, and neither restarts nor final weights", Plain)
	}
	if P := a.Top().P(); P != 1 && c.Task == Clustering {
		return 0, fmt.Errorf("Model.Arch %q has %d positions on top: no single cluster for an image", m.Arch, P)
	}
	return len(a.Layers), m.Train.Validate(len(a.Layers))
}

func (c Config) validateSharpening(layers int) error {
	s := c.Sharpening
	switch {
	case s == Sharpening{}:
		return nil
	case c.Task != Drawing:
		return fmt.Errorf("field Sharpening is for the task %s", Drawing)
	case s.Target < 1 || s.Target > layers:
		return fmt.Errorf("field Sharpening.Target is %d; it must be between 1 and %d, the layers of the model", s.Target, layers)
	case s.Iterations < 1 || s.Iterations > maxStarts:
		return fmt.Errorf("field Sharpening.Iterations is %d; it must be between 1 and %d", s.Iterations, maxStarts)
	}
	return nil
}
