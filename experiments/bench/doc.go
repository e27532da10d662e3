// Package bench measures how fast the project is, on the machine it runs on, and writes tables of ratios.
//
// Machines are shared and noisy, so nothing is compared across runs: two subjects take turns within one run, and what
// counts is the median of the ratios of neighbouring turns (measure.go). They are compared with the peak of the
// machine, a loop of independent fused multiply-adds, and with the programs a user would pick instead, each in a
// process of its own that does the same work on the same arrays (peer.go). Every benchmark compares the numbers that
// both sides computed.
//
//	B1 kernels.go    the fused log-score kernel against the peak and against two matrix products of BLAS
//	B2 training.go   training steps and scoring of architectures against their arithmetic floor
//	B3 rivals.go     training, EM and k-means against NumPy, JAX and scikit-learn
//	B4 generation.go sharpening against its arithmetic floor, sampling and in-painting
//	B7 cost.go       time and memory of training as images, components and image sizes grow, with a figure
//
// Beside that, how well the recommended score finds defects (package textures), and three detectors of scikit-learn on
// the same files:
//
//	B5, B6 textures.go by texture, and by kind of defect
package bench
