//go:build !(amd64 || arm64) || purego

package kernel

// CPU names the version of the kernels in use: "avx512", "avx2" or "portable".
func CPU() string { return "portable" }

// Every kernel has one version.
var (
	scoreBlock     = scoreGo
	linearBlock    = linearGo
	bestOf         = bestGo
	topOf          = topGo
	mix            = mixGo
	circulant      = circulantGo
	softmax        = softmaxGo
	accumulate     = accumulateGo
	transpose      = transposeGo
	fma            = fmaGo
	addRow         = addRowGo
	subtractRow    = subtractRowGo
	maxInto        = maxIntoGo
	distance       = distanceGo
	distances      = distancesGo
	scoreRow       = scoreRowGo
	within         = withinGo
	addMoments     = addMomentsGo
	addSquares     = addSquaresGo
	gather         = gatherGo
	addOuter       = addOuterGo
	factorGradient = factorGradientGo
	gradient       = gradientGo
	pull           = pullGo
	softmaxSlope   = softmaxSlopeGo
	moveWhereEqual = moveWhereEqualGo
	reweigh        = reweighGo
)

// These are called directly: through a variable, what is given would escape to the heap.

func ascend(mu, r, X, Q, fs, fm []float32, b *blockStep) { ascendGo(mu, r, X, Q, fs, fm, b) }
func ascendFactors(f []float32, ldf int, c FactorStep, bad *[Lanes]float32) {
	ascendFactorsGo(f, ldf, c, bad)
}
func adam(v, g, m, q []float32, c AdamStep)            { adamGo(v, g, m, q, c) }
func dot(sums *[Lanes]float32, a, b []float32)         { dotGo(sums, a, b) }
func scaleDot(sums *[Lanes]float32, w, s, b []float32) { scaleDotGo(sums, w, s, b) }
func pixels(dst []float32, n int, src []byte, off *[Lanes]int, width int) {
	pixelsGo(dst, n, src, off, width)
}
func try(dst []float32, t *Trial, rows, n int)      { tryGo(dst, t, rows, n) }
func take(x, g []float32, a *Accepted, rows, n int) { takeGo(x, g, a, rows, n) }

func prefetch([]float32) {}
