package dcgmm

import "fmt"

// NotFiniteError says that numbers of a layer went out of the range of float32, where parameters are finite but
// extreme.
type NotFiniteError struct {
	Layer int    // counted from 0
	Name  string // its words in the architecture
	What  string // "scores of images", "scores of components" or "values"
}

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("the %s of layer %d (%s) are not finite: its parameters are extreme; use another checkpoint or train again", e.What, e.Layer+1, e.Name)
}

func (n *Network) notFinite(what string, layer int) error {
	return &NotFiniteError{layer, n.layers[layer].Name(), what}
}

// finite reports whether no value is NaN or Inf.
func finite[F float32 | float64](v []F) bool {
	var bad F
	for _, x := range v {
		bad += x - x // NaN of NaN and Inf, else 0
	}
	return bad == 0
}
