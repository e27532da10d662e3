"""Writes generative.json: inputs with fixed seeds, and what scikit-learn, SciPy and NumPy make of them.

Run: python -m venv v && v/bin/pip install -r requirements.txt && v/bin/python make_generative.py
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, jensenshannon, pdist
from scipy.stats import chi2_contingency, multivariate_normal
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from make_expected import blobs, floats, short


def matrix(x):
    return {"n": len(x), "d": x.shape[1], "x": short(x)}


def pca():
    rng = np.random.default_rng(11)
    out = []
    for n, d, k, dims in [(140, 13, 4, 5), (60, 7, 2, 7), (9, 21, 3, 4)]:
        x, _ = blobs(rng, n, d, k, 0.1)
        other, _ = blobs(rng, 8, d, k, 0.1)
        m = PCA(dims, svd_solver="full").fit(x)
        out.append({
            "x": matrix(x), "other": matrix(other), "dims": dims,
            "components": m.components_.ravel().tolist(), "variance": m.explained_variance_.tolist(),
            "total": float(np.trace(np.cov(x.T))), "projected": m.transform(other).ravel().tolist(),
        })
    return out


def frechet():
    rng = np.random.default_rng(12)
    out = []
    for n, m, d in [(120, 80, 6), (40, 90, 11), (7, 9, 12)]:  # the last one: singular covariances
        a, _ = blobs(rng, n, d, 3, 0.2)
        b, _ = blobs(rng, m, d, 2, 0.1)
        ca, cb, diff = np.cov(a.T), np.cov(b.T), a.mean(0) - b.mean(0)
        eps = 1e-12 * np.eye(d)  # lets sqrtm find the root of a singular product
        root = np.trace(sqrtm((ca + eps) @ (cb + eps))).real
        out.append({"a": matrix(a), "b": matrix(b), "distance": float(diff @ diff + np.trace(ca) + np.trace(cb) - 2 * root)})
    return out


def proportions():
    """The z-test for two proportions is the chi-square test of a 2×2 table without correction."""
    rng = np.random.default_rng(13)
    out = []
    for k, n, m, shift in [(20, 3000, 500, 0.0), (20, 3000, 500, 0.5), (35, 400, 900, 0.2)]:
        p = rng.dirichlet(np.full(k, 3.0))
        q = (1 - shift) * p + shift * rng.dirichlet(np.full(k, 1.0))
        a, b = rng.multinomial(n, p), rng.multinomial(m, q)
        values = []
        for x, y in zip(a, b):
            values.append(1.0 if x + y == 0 else float(chi2_contingency([[x, n - x], [y, m - y]], correction=False).pvalue))
        out.append({
            "a": a.tolist(), "b": b.tolist(), "p": values, "ndb": float(np.mean(np.array(values) < 0.05)),
            "js": float(jensenshannon(a, b) ** 2),
        })
    return out


def manifolds():
    rng = np.random.default_rng(14)
    out = []
    for n, m, d, k, spread in [(90, 70, 5, 3, 0.06), (50, 130, 9, 5, 0.12), (40, 40, 3, 1, 0.2)]:
        x, _ = blobs(rng, n, d, 4, 0.1)
        y = floats(x[rng.integers(0, n // 2, m)] + spread * rng.standard_normal((m, d)))
        rx = NearestNeighbors(n_neighbors=k).fit(x).kneighbors()[0][:, -1]
        ry = NearestNeighbors(n_neighbors=k).fit(y).kneighbors()[0][:, -1]
        dist = cdist(y, x)
        in_real = dist <= rx[None, :]
        out.append({
            "real": matrix(x), "fake": matrix(y), "k": k, "radius2": (rx**2).tolist(),
            "precision": float(in_real.any(1).mean()), "density": float(in_real.sum() / (k * m)),
            "recall": float((dist <= ry[:, None]).any(0).mean()), "coverage": float(in_real.any(0).mean()),
        })
    return out


def energy():
    rng = np.random.default_rng(15)
    out = []
    for n, h, w, c in [(6, 7, 5, 3), (4, 1, 9, 1), (3, 8, 1, 2), (2, 1, 1, 1)]:
        x = floats(rng.random((n, h, w, c)))
        total = (np.diff(x, axis=1) ** 2).sum((1, 2, 3)) + (np.diff(x, axis=2) ** 2).sum((1, 2, 3))
        out.append({"h": h, "w": w, "c": c, "x": matrix(x.reshape(n, -1)), "energy": (total / (h * w * c)).tolist()})
    return out


def mmd():
    rng = np.random.default_rng(16)
    out = []
    for n, m, d, spread in [(60, 45, 4, 0.2), (75, 75, 9, 0.1), (30, 20, 1, 0.3)]:
        x, _ = blobs(rng, n, d, 3, 0.1)
        y, _ = blobs(rng, m, d, 3, spread)
        median = float(np.quantile(pdist(x), 0.5, method="lower"))

        def k(a, b):
            d2 = cdist(a, b, "sqeuclidean")
            return sum(np.exp(-d2 / (2 * (s * median) ** 2)) for s in (0.5, 1, 2)) / 3

        def mean_off_diagonal(a):
            return (k(a, a).sum() - len(a)) / (len(a) * (len(a) - 1))

        value = mean_off_diagonal(x) + mean_off_diagonal(y) - 2 * k(x, y).mean()
        out.append({"a": matrix(x), "b": matrix(y), "median": median, "mmd2": float(value)})
    return out


def knn():
    """Votes without ties, which scikit-learn breaks in another way: one neighbour, or two classes and odd K."""
    rng = np.random.default_rng(17)
    out = []
    for n, d, classes, k in [(150, 6, 7, 1), (150, 6, 2, 5), (80, 19, 2, 9)]:
        x, y = blobs(rng, n, d, classes, 0.25)
        q, _ = blobs(rng, 60, d, classes, 0.25)
        m = KNeighborsClassifier(k).fit(x, y)
        out.append({"x": matrix(x), "labels": y.tolist(), "k": k, "queries": matrix(q), "classes": m.predict(q).tolist()})
    return out


def missing():
    rng = np.random.default_rng(18)
    out = []
    for n, d, k in [(20, 6, 4), (12, 11, 3)]:
        x = floats(rng.random((n, d)))
        mask = rng.random((n, d)) < 0.4
        mask[0], mask[1] = True, False
        weights = floats(rng.dirichlet(np.full(k, 4.0)))
        means, variances = floats(rng.random((k, d))), floats(rng.uniform(0.02, 0.2, (k, d)))
        log_prob, filled = [], []
        for row, gone in zip(x, mask):
            p = weights.copy()
            if not gone.all():
                for j in range(k):
                    p[j] *= multivariate_normal(means[j, ~gone], np.diag(variances[j, ~gone])).pdf(row[~gone])
            log_prob.append(float(np.log(p.sum())))
            filled += np.where(gone, p @ means / p.sum(), row).tolist()
        out.append({
            "x": matrix(x), "missing": mask.ravel().tolist(), "k": k,
            "weights": short(weights), "means": short(means), "variances": short(variances),
            "log_prob": log_prob, "filled": filled,
        })
    return out


def main():
    data = {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "pca": pca(),
        "frechet": frechet(),
        "proportions": proportions(),
        "manifolds": manifolds(),
        "energy": energy(),
        "mmd": mmd(),
        "knn": knn(),
        "missing": missing(),
    }
    path = pathlib.Path(__file__).with_name("generative.json")
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
