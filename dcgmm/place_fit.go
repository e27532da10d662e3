package dcgmm

// placeMoments are sums of the features of places, by component.
type placeMoments struct {
	layer, kinds, D int
	n               []float64 // kinds
	sum             []float64 // kinds×D
	square          []float64 // kinds×D×D, lower triangles
}

func newPlaceMoments(layer, kinds, D int) *placeMoments {
	return &placeMoments{layer, kinds, D, make([]float64, kinds), make([]float64, kinds*D), make([]float64, kinds*D*D)}
}

// add takes a place of a component; below 0, none.
func (m *placeMoments) add(kind int, v []float64) {
	if kind < 0 {
		return
	}
	D := m.D
	m.n[kind]++
	sum, square := m.sum[kind*D:][:D], m.square[kind*D*D:][:D*D]
	for i, x := range v {
		sum[i] += x
		for j, y := range v[:i+1] {
			square[i*D+j] += float64(x * y)
		}
	}
}

// density fits a Gaussian to each component: its mean and covariance, with the mean of all and the common covariance
// within components as if they were a few places of it, which is all that there is of a component without places.
func (m *placeMoments) density() placeDensity {
	D := m.D
	all, total := make([]float64, D), 0.0
	for k, n := range m.n {
		total += n
		for i := range all {
			all[i] += m.sum[k*D+i]
		}
	}
	for i := range all {
		all[i] /= max(1, total)
	}
	means, within, common := make([]float64, m.kinds*D), make([]float64, m.kinds*D*D), make([]float64, D*D)
	for k := range m.kinds {
		mean := means[k*D:][:D]
		for i := range mean {
			mean[i] = (m.sum[k*D+i] + float64(meanPrior*all[i])) / (m.n[k] + meanPrior)
		}
		m.scatter(within[k*D*D:][:D*D], k, mean)
		for i, v := range within[k*D*D:][:D*D] {
			common[i] += v / max(1, total)
		}
	}
	d := placeDensity{Layer: m.layer, Components: m.kinds, Features: D}
	cov := make([]float64, D*D)
	for k := range m.kinds {
		for i := range D {
			for j := range i + 1 {
				cov[i*D+j] = (within[(k*D+i)*D+j] + float64(placePrior*common[i*D+j])) / (m.n[k] + placePrior)
			}
			cov[i*D+i] += float64(placeRidge*common[i*D+i]) + leastSpread
		}
		cholesky(cov, D)
		invertLower(cov, D)
		for i := range D {
			d.means = append(d.means, float32(means[k*D+i]))
			for _, w := range cov[i*D:][:i+1] {
				d.roots = append(d.roots, float32(w))
			}
		}
	}
	return d
}

// scatter is Σ (v − mean)(v − mean)ᵀ over the places of a component, the lower triangle.
func (m *placeMoments) scatter(dst []float64, kind int, mean []float64) {
	D := m.D
	sum, square := m.sum[kind*D:][:D], m.square[kind*D*D:][:D*D]
	for i := range D {
		for j := range i + 1 {
			v := square[i*D+j] - float64(mean[i]*sum[j]) - float64(mean[j]*sum[i]) + float64(m.n[kind]*mean[i]*mean[j])
			if i == j {
				v = max(v, 0) // rounding
			}
			dst[i*D+j] = v
		}
	}
}
