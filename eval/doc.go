// Package eval evaluates models: classical rivals to compare with, and metrics of clusters, outliers and generated
// images.
//
// It knows nothing of the deep model, so what it says about it comes from a second, independent body of code. Data is a
// Matrix of N rows of D float32 values, for images the pixels in [0, 1]; every reduction is float64.
//
// # The story
//
// A model is trained on images. Three rivals see the same images: k-means (FitKMeans), a flat Gaussian mixture with
// diagonal covariances, started from k-means and trained by EM (FitGMM), and one with full covariances in the space of
// the first principal components (FitPCAGMM). All use the float32 engine of the deep model for their distances and
// log-scores, over all cores, in fixed parts of rows that are reduced in order: a result has the same bits for any
// number of workers.
//
// Each model says to which cluster a test image belongs. NewContingency crosses that with the true classes and gives
// Purity, NMI, ARI and Accuracy; ClusterValidity looks at the geometry alone. Each model also scores how well an
// image fits (high = inlier); AUC and ROC say how well the scores separate known images from those of a class left
// out. Bootstrap, BootstrapPaired and CrossedBootstrap turn the values of several seeds and classes into a mean with
// an interval.
//
// A model also generates images. FitGenerative looks once at real ones, and its Evaluate compares any others with
// them: whether they are as sharp (GradientEnergy), lie where real images lie (Manifold: precision, density) and
// wherever these lie (recall, coverage), and whether they are distributed alike, by their moments (Frechet, in the
// space of a PCA), in clusters (Bins: NDB) and as a whole (MMD). No single metric suffices: the means of clusters
// have a perfect precision, images drowned in noise still a high recall. So every table has rows of real images, of
// noise and of means. Each metric has an interval from resampling images. KNN says what class an image shows. The
// flat rivals sample, too (GMM.Sample, PCAGMM.Sample), and GMM.Conditional fills in missing pixels by their exact mean.
//
// # Symbols
//
// N rows, D values a row, K clusters or components, μ means, σ² variances, π weights, r responsibilities, ε the floor
// added to variances (RegCovar); m, C mean and covariance of a sample, H×W×C an image.
//
// # Where the definitions come from
//
// What is not here is cited where it is defined.
//
//   - k-means: Lloyd, “Least squares quantization in PCM”, IEEE Trans. Inf. Theory 28(2), 1982.
//   - k-means++ with several candidates a step: Arthur & Vassilvitskii, “k-means++: the
//     advantages of careful seeding”, SODA 2007, §5 (greedy variant).
//   - EM: Dempster, Laird & Rubin, J. Royal Stat. Soc. B 39(1), 1977; its lower bound as in
//     Neal & Hinton, “A view of the EM algorithm that justifies incremental, sparse, and
//     other variants”, 1998. Initial values, floors and stopping as in scikit-learn.
//   - purity: Manning, Raghavan & Schütze, “Introduction to Information Retrieval”, §16.3.
//   - NMI, arithmetic mean of the entropies: Vinh, Epps & Bailey, JMLR 11, 2010.
//   - ARI: Hubert & Arabie, “Comparing partitions”, J. Classification 2, 1985.
//   - accuracy under the best one-to-one matching: Kuhn, Naval Res. Logistics 2, 1955; the
//     shortest augmenting paths of Jonker & Volgenant, Computing 38, 1987.
//   - AUC as a rank statistic: Hanley & McNeil, Radiology 143, 1982.
//   - Davies–Bouldin: IEEE Trans. Pattern Anal. Mach. Intell. 1(2), 1979.
//   - Dunn, with single linkage over diameter: J. Cybernetics 3(3), 1973.
//   - silhouette: Rousseeuw, J. Comput. Appl. Math. 20, 1987.
//   - percentile intervals: Efron & Tibshirani, “An Introduction to the Bootstrap”, 1993, §13.
//
// The tests compare with scikit-learn, SciPy and NumPy; testdata/make_expected.py
// and testdata/make_generative.py made the expected values.
package eval
