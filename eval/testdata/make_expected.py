"""Writes expected.json: inputs with fixed seeds, and what scikit-learn and SciPy make of them.

Run: python -m venv v && v/bin/pip install -r requirements.txt && v/bin/python make_expected.py
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.cluster import contingency_matrix
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore", category=ConvergenceWarning)


def floats(a):
    """Rounds to 4 decimals, then to float32: the shortest decimals that Go reads as the same float32."""
    return np.round(np.asarray(a, dtype=np.float64), 4).astype(np.float32).astype(np.float64)


def short(a):
    """Prints float32 values with few digits."""
    return [float(np.format_float_positional(np.float32(v), unique=True)) for v in np.ravel(a)]


def blobs(rng, n, d, k, spread):
    """k groups in [0, 1]^d, as pixels would be."""
    centers = rng.uniform(0.2, 0.8, (k, d))
    label = rng.integers(0, k, n)
    return floats(np.clip(centers[label] + spread * rng.standard_normal((n, d)), 0, 1)), label


def labels_case(name, classes, clusters):
    table = contingency_matrix(classes, clusters)
    rows, cols = linear_sum_assignment(-table)
    n = len(classes)
    return {
        "name": name,
        "classes": [int(v) for v in classes],
        "clusters": [int(v) for v in clusters],
        "purity": float(table.max(axis=0).sum() / n),
        "nmi": float(metrics.normalized_mutual_info_score(classes, clusters)),
        "ari": float(metrics.adjusted_rand_score(classes, clusters)),
        "accuracy": float(table[rows, cols].sum() / n),
    }


def labels():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 5, 150)
    noisy = np.where(rng.random(150) < 0.3, rng.integers(0, 5, 150), (y + 2) % 5)
    split = 2 * y + rng.integers(0, 2, 150)
    return [
        labels_case("independent", y, rng.integers(0, 5, 150)),
        labels_case("renamed with noise", y, noisy),
        labels_case("equal", y, 7 - 3 * y),
        labels_case("one cluster", y, np.zeros(150, int)),
        labels_case("one class", np.zeros(40, int), rng.integers(0, 3, 40)),
        labels_case("one of each", np.zeros(9, int), np.zeros(9, int)),
        labels_case("all distinct", y[:40], np.arange(40)),
        labels_case("both distinct", np.arange(12), np.arange(12)[::-1]),
        labels_case("more clusters than classes", y, split),
        labels_case("more clusters, noisy", y, np.where(rng.random(150) < 0.4, rng.integers(0, 10, 150), split)),
        labels_case("more classes than clusters", y, y // 2),
        labels_case("worse than chance", np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])),
        labels_case("single item", np.array([3]), np.array([-1])),
    ]


def auc_case(name, inliers, outliers):
    inliers, outliers = floats(inliers), floats(outliers)
    y = np.r_[np.ones(len(inliers)), np.zeros(len(outliers))]
    s = np.r_[inliers, outliers]
    fpr, tpr, thresholds = metrics.roc_curve(y, s, drop_intermediate=False)
    return {
        "name": name,
        "inliers": short(inliers),
        "outliers": short(outliers),
        "auc": float(metrics.roc_auc_score(y, s)),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": short(thresholds[1:]),  # the first one is infinite
    }


def auc():
    rng = np.random.default_rng(2)
    return [
        auc_case("continuous", rng.normal(1, 1, 60), rng.normal(0, 1, 35)),
        auc_case("ties", rng.integers(0, 6, 80), rng.integers(-2, 5, 50)),
        auc_case("all tied", np.full(7, 0.5), np.full(3, 0.5)),
        auc_case("perfect", [3, 4, 5], [1, 2, 2.5]),
        auc_case("inverted", [1, 2], [3, 4, 4]),
        auc_case("single", [1], [1]),
    ]


def validity_case(name, x, label):
    d = cdist(x, x)
    same = label[:, None] == label[None, :]
    return {
        "name": name,
        "n": len(x),
        "d": x.shape[1],
        "x": short(x),
        "labels": [int(v) for v in label],
        "davies_bouldin": float(metrics.davies_bouldin_score(x, label)),
        "silhouette": float(metrics.silhouette_score(x, label)),
        "dunn": float(d[~same].min() / d[same].max()),
    }


def validity():
    rng = np.random.default_rng(3)
    x, y = blobs(rng, 150, 7, 4, 0.08)
    lone = y.copy()
    lone[5] = 9  # a cluster of one row
    line, two = floats(rng.random((40, 1))), rng.integers(0, 2, 40)
    return [
        validity_case("blobs", x, y),
        validity_case("wrong labels", x, rng.integers(0, 3, 150)),
        validity_case("a row alone", x, lone),
        validity_case("one column", line, two),
    ]


def kmeans():
    rng = np.random.default_rng(4)
    out = []
    for n, d, k, spread, iterations in [(300, 9, 5, 0.15, 1), (300, 9, 5, 0.15, 4), (300, 9, 5, 0.15, 300), (200, 1, 7, 0.1, 300), (90, 21, 1, 0.1, 300)]:
        x, _ = blobs(rng, n, d, k, spread)
        start = x[rng.choice(n, k, replace=False)]
        m = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(x)
        out.append({
            "n": n, "d": d, "k": k, "x": short(x), "start": short(start), "iterations": iterations,
            "inertia": float(m.inertia_), "centers": m.cluster_centers_.ravel().tolist(), "labels": m.labels_.tolist(),
        })
    return out


def gmm():
    rng = np.random.default_rng(5)
    out = []
    for n, d, k, spread, reg, iterations in [(250, 6, 4, 0.12, 1e-6, 1), (250, 6, 4, 0.12, 1e-6, 20), (200, 17, 3, 0.2, 1e-3, 10), (150, 1, 2, 0.1, 1e-2, 7), (100, 5, 1, 0.1, 1e-6, 2)]:
        x, _ = blobs(rng, n, d, k, spread)
        x[:, 0] = 0  # a pixel that never changes
        means = x[rng.choice(n, k, replace=False)]
        weights = floats(rng.dirichlet(np.full(k, 5.0)))
        weights[-1] += 1 - weights.sum()
        variances = floats(rng.uniform(0.02, 0.1, (k, d)))
        m = GaussianMixture(
            k, covariance_type="diag", tol=0, reg_covar=reg, max_iter=iterations, n_init=1,
            weights_init=weights, means_init=means, precisions_init=1 / variances,
        ).fit(x)
        out.append({
            "n": n, "d": d, "k": k, "x": short(x), "reg": reg, "iterations": iterations,
            "start": {"weights": short(weights), "means": short(means), "variances": short(variances)},
            "weights": m.weights_.tolist(), "means": m.means_.ravel().tolist(), "variances": m.covariances_.ravel().tolist(),
            "lower_bound": float(m.lower_bound_),  # of the parameters before the last M-step
            "log_prob": m.score_samples(x).tolist(), "labels": m.predict(x).tolist(),
        })
    return out


def quantiles():
    rng = np.random.default_rng(6)
    values = np.sort(floats(rng.normal(size=11)))
    p = [0, 0.025, 0.31, 0.5, 0.975, 1]
    return {"values": short(values), "p": p, "q": np.quantile(np.array(short(values)), p).tolist()}


def main():
    data = {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "labels": labels(),
        "auc": auc(),
        "validity": validity(),
        "kmeans": kmeans(),
        "gmm": gmm(),
        "quantiles": quantiles(),
    }
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
