package eval

import "fmt"

// InpaintingErrors is how far filled-in images are from the true ones: of each of n images, the mean squared error
// over its missing pixels, 0 if it has none. truth has n×H×W×C bytes, filled as many values in [0, 1]; missing has
// H×W values for all images alike, or n×H×W. It panics if these do not fit.
func InpaintingErrors(truth []uint8, filled []float32, missing []bool, n, channels int) []float64 {
	values := len(truth) / max(1, n*channels) * channels // of an image
	possible := n >= 0 && n <= len(truth) && channels >= 1
	if !possible || values*n != len(truth) || len(filled) != len(truth) || len(missing)*channels != values && len(missing)*channels != len(truth) {
		panic(fmt.Sprintf("eval: InpaintingErrors: %d true and %d filled-in values and %d of the mask for %d images of %d channels", len(truth), len(filled), len(missing), n, channels))
	}
	errors := make([]float64, n)
	for i := range errors {
		sum, count := 0.0, 0
		for j := i * values; j < (i+1)*values; j++ {
			if IsMissing(missing, j/channels) {
				d := float64(filled[j]) - float64(truth[j])/255
				sum += float64(d * d)
				count++
			}
		}
		errors[i] = sum / float64(max(count, 1))
	}
	return errors
}

// IsMissing reports whether a pixel, counted over all images, is missing: missing has H×W values for all images
// alike, or N×H×W, or none.
func IsMissing(missing []bool, pixel int) bool {
	return len(missing) > 0 && missing[pixel%len(missing)]
}
