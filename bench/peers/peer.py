"""A peer for the benchmarks: does the same work on the same arrays as the Go side, when told to.

    python peer.py TASK FOLDER

reads FOLDER/task.json and the arrays it names, prepares (and compiles) everything, answers
"ready", and then for every line "run N" on standard input does N units of work and answers with a line of JSON:
{"seconds": …}. "result" writes what was computed to FOLDER/result.f32 and answers "written". Threads: all of the machine's,
unless OMP_NUM_THREADS says otherwise. Failures end the process with a message on standard error.
"""

import json
import pathlib
import sys
import time

import numpy as np


class Arrays:
    """The arrays of a task: little-endian, row-major."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.task = json.loads((self.folder / "task.json").read_text())

    def read(self, name):
        spec = self.task["Arrays"][name]
        kind = {"f32": np.float32, "u8": np.uint8}[spec["Type"]]
        return np.fromfile(self.folder / f"{name}.{spec['Type']}", dtype=kind).reshape(spec["Shape"])

    def write(self, values):
        np.concatenate([np.asarray(v, np.float32).ravel() for v in values]).tofile(self.folder / "result.f32")


class Layers:
    """Shapes of a network without pooling, and its constants."""

    def __init__(self, arrays):
        t = arrays.task
        self.layers = t["Layers"]  # Patch, Stride, K
        self.rate, self.rate_s, self.rate_w = t["Rate"], t["RatePrecRoot"], t["RateLogits"]
        self.low, self.high = t["MinPrecRoot"], t["MaxPrecRoot"]
        self.params = [[arrays.read(f"{p}{i}").copy() for p in ("mu", "s", "logits")] for i in range(len(self.layers))]
        self.grid = [arrays.read(f"G{i}") for i in range(len(self.layers))]


class NumPyStep:
    """A training step: sgemm of BLAS for all products, buffers made once."""

    def __init__(self, arrays):
        self.net = Layers(arrays)
        self.images = arrays.read("images")
        self.arrays = arrays

    def run(self, n):
        for _ in range(n):
            self.step()

    def step(self):
        x = self.images.astype(np.float32)
        x *= np.float32(1 / 255)
        updates = []
        for i, layer in enumerate(self.net.layers):
            x = self.forward(i, layer, x, updates)
        self.update(updates)

    def forward(self, i, layer, x, updates):
        mu, s, logits = self.net.params[i]
        f, st, K = layer["Patch"], layer["Stride"], layer["K"]
        if f == x.shape[1] == x.shape[2]:
            h = w = 1
            v = x.reshape(len(x), -1)
        else:
            view = np.lib.stride_tricks.sliding_window_view(x, (f, f), axis=(1, 2))[:, ::st, ::st]
            h, w = view.shape[1:3]
            v = view.transpose(0, 1, 2, 4, 5, 3).reshape(len(x) * h * w, -1)
        v2 = v * v
        s2 = s * s
        pi = softmax(logits)
        c = np.log(pi) + np.log(s).sum(1) - np.float32(0.5 * v.shape[1] * np.log(2 * np.pi)) - np.float32(0.5) * (s2 * mu * mu).sum(1)
        l = v @ (mu * s2).T
        l += v2 @ (np.float32(-0.5) * s2).T
        l += c
        G = self.net.grid[i]
        weights = G[(l @ G).argmax(1)]
        updates.append((weights.sum(0), weights.T @ v, weights.T @ v2, len(v), pi))
        if i + 1 == len(self.net.layers):
            return None
        l -= l.max(1, keepdims=True)
        np.exp(l, out=l)
        l /= l.sum(1, keepdims=True)
        return l.reshape(len(x), h, w, K)

    def update(self, updates):
        net = self.net
        for (mu, s, logits), (S, X, Q, M, pi) in zip(net.params, updates):
            S1 = S[:, None]
            dmu = s * s * (X - S1 * mu)
            ds = S1 / s - s * (Q - mu * (2 * X - S1 * mu))
            mu += np.float32(net.rate / M) * dmu
            s += np.float32(net.rate * net.rate_s / M) * ds
            np.clip(s, net.low, net.high, out=s)
            logits += np.float32(net.rate * net.rate_w) * (S / M - pi)

    def result(self):
        self.arrays.write([p for params in self.net.params for p in params])


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


class JAXStep:
    """The same step compiled by XLA for the CPU, parameters donated."""

    def __init__(self, arrays):
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp, self.arrays = jax, jnp, arrays
        self.net = Layers(arrays)
        self.images = jnp.asarray(arrays.read("images"))
        self.grid = [jnp.asarray(g) for g in self.net.grid]
        self.params = self.fresh()
        self.start()

    def fresh(self):
        return [[self.jnp.array(p) for p in params] for params in self.net.params]

    def start(self):
        self.compiled = self.jax.jit(self.step, donate_argnums=0)
        self.jax.block_until_ready(self.compiled(self.fresh(), self.images))

    def run(self, n):
        for _ in range(n):
            self.params = self.compiled(self.params, self.images)
        self.jax.block_until_ready(self.params)

    def step(self, params, images):
        jnp, net = self.jnp, self.net
        x = images.astype(jnp.float32) * jnp.float32(1 / 255)
        new = []
        for i, layer in enumerate(net.layers):
            mu, s, logits = params[i]
            v, h, w = self.patches(x, layer["Patch"], layer["Stride"])
            s2 = s * s
            pi = self.jax.nn.softmax(logits)
            c = jnp.log(pi) + jnp.log(s).sum(1) - 0.5 * v.shape[1] * np.log(2 * np.pi) - 0.5 * (s2 * mu * mu).sum(1)
            v2 = v * v
            l = v @ (mu * s2).T + v2 @ (-0.5 * s2).T + c
            G = self.grid[i]
            weights = G[(l @ G).argmax(1)]
            S, X, Q, M = weights.sum(0), weights.T @ v, weights.T @ v2, len(v)
            S1 = S[:, None]
            new.append([
                mu + net.rate / M * (s2 * (X - S1 * mu)),
                jnp.clip(s + net.rate * net.rate_s / M * (S1 / s - s * (Q - mu * (2 * X - S1 * mu))), net.low, net.high),
                logits + net.rate * net.rate_w * (S / M - pi),
            ])
            x = self.jax.nn.softmax(l, axis=1).reshape(len(images), h, w, layer["K"])
        return new

    def patches(self, x, f, st):
        jnp = self.jnp
        N, H, W, C = x.shape
        h, w = (H - f) // st + 1, (W - f) // st + 1
        if h == w == 1:
            return x.reshape(N, -1), 1, 1
        # Static slices, concatenated: on the CPU several times faster than a gather or a convolution with a unit kernel.
        parts = [x[:, a:a + (h - 1) * st + 1:st, b:b + (w - 1) * st + 1:st, :] for a in range(f) for b in range(f)]
        return jnp.concatenate(parts, axis=-1).reshape(N * h * w, f * f * C), h, w

    def result(self):
        self.arrays.write([p for params in self.params for p in params])


class JAXScan(JAXStep):
    """The same steps by a scan over batches: one compiled program with nothing to dispatch between them. All batches hold
    the same images, but XLA is not told and cannot move work on them out of its loop. Steps are done in whole scans."""

    steps = 10

    def start(self):
        self.batches = self.jnp.stack([self.images] * self.steps)

        def scan(params, batches):
            return self.jax.lax.scan(lambda p, images: (self.step(p, images), None), params, batches)[0]

        self.compiled = self.jax.jit(scan, donate_argnums=0)
        self.jax.block_until_ready(self.compiled(self.fresh(), self.batches))

    def run(self, n):
        scans = -(-n // self.steps)
        began = time.perf_counter()
        for _ in range(scans):
            self.params = self.compiled(self.params, self.batches)
        self.jax.block_until_ready(self.params)
        return (time.perf_counter() - began) * n / (scans * self.steps)


class SKLearnEM:
    """GaussianMixture from given parameters. A unit is one EM iteration: the cost of starting is taken off."""

    def __init__(self, arrays):
        from sklearn.mixture import GaussianMixture

        self.arrays, self.make, self.fitted = arrays, GaussianMixture, None
        self.x = arrays.read("x")
        self.start = {"weights_init": arrays.read("weights"), "means_init": arrays.read("means"), "precisions_init": 1 / arrays.read("variances")}
        self.reg = arrays.task["RegCovar"]
        self.fit(1)

    def fit(self, n):
        import warnings

        m = self.make(len(self.start["weights_init"]), covariance_type="diag", tol=0, reg_covar=self.reg, max_iter=n, **self.start)
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            m.fit(self.x)
        self.fitted = m
        return time.perf_counter() - began

    def run(self, n):
        once = self.fit(1)
        return self.fit(1 + n) - once

    def result(self):
        self.arrays.write([self.fitted.weights_, self.fitted.means_, self.fitted.covariances_, [self.fitted.lower_bound_]])


class SKLearnKMeans:
    """KMeans from given centres by one of its algorithms. A unit is one iteration: the cost of starting is taken off."""

    algorithm = "lloyd"

    def __init__(self, arrays):
        from sklearn.cluster import KMeans

        self.arrays, self.make, self.fitted = arrays, KMeans, None
        self.x, self.start = arrays.read("x"), arrays.read("centers")
        self.fit(1)

    def fit(self, n):
        import warnings

        m = self.make(len(self.start), init=self.start, n_init=1, max_iter=n, tol=0, algorithm=self.algorithm, copy_x=False)
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            m.fit(self.x)
        self.fitted = m
        return time.perf_counter() - began

    def run(self, n):
        once = self.fit(1)
        return self.fit(1 + n) - once

    def result(self):
        self.arrays.write([self.fitted.cluster_centers_, [self.fitted.inertia_]])


class SKLearnElkan(SKLearnKMeans):
    """The same with bounds by the triangle inequality."""

    algorithm = "elkan"


class SKLearnOutliers:
    """Scores of test images, high for usual ones, by three detectors that are fitted to the pixels of nine tenths of the
    training images: as they are, and as the distance from their median over the other tenth, on both sides."""

    def __init__(self, arrays):
        self.arrays, self.scores = arrays, None
        train, self.test = (arrays.read(name).astype(np.float64) / 255 for name in ("train", "test"))
        order = np.random.RandomState(0).permutation(len(train))
        held, rest = np.split(order, [max(1, len(order) // 10)])
        self.held, self.rest = train[held], train[rest]

    def run(self, n):
        for _ in range(n):
            self.scores = []
            for score in self.mixture(), self.reconstruction(), self.forest():
                values = score(self.test)
                self.scores += [values, -np.abs(values - np.median(score(self.held)))]

    def mixture(self):
        from sklearn.mixture import GaussianMixture

        fits = [GaussianMixture(k, covariance_type="diag", reg_covar=1e-3, random_state=0).fit(self.rest)
                for k in (1, 2, 5, 10, 25) if k <= len(self.rest)]
        return max(fits, key=lambda m: m.score(self.held)).score_samples

    def reconstruction(self):
        from sklearn.decomposition import PCA

        m = PCA(0.95, svd_solver="full").fit(self.rest)
        return lambda x: -((m.inverse_transform(m.transform(x)) - x) ** 2).sum(1)

    def forest(self):
        from sklearn.ensemble import IsolationForest

        return IsolationForest(n_estimators=300, random_state=0).fit(self.rest).score_samples

    def result(self):
        self.arrays.write(self.scores)


class BLASProducts:
    """The two matrix products of the log-scores, x·A + x²·B, with x² given and buffers made once."""

    def __init__(self, arrays):
        self.arrays = arrays
        self.x, self.a, self.b = arrays.read("x"), arrays.read("A"), arrays.read("B")
        self.x2 = self.x * self.x
        self.one = np.empty((len(self.x), self.a.shape[1]), np.float32)
        self.two = np.empty_like(self.one)

    def run(self, n):
        for _ in range(n):
            np.matmul(self.x, self.a, out=self.one)
            np.matmul(self.x2, self.b, out=self.two)
            self.one += self.two

    def result(self):
        self.arrays.write([self.one])


TASKS = {"numpy-step": NumPyStep, "jax-step": JAXStep, "jax-scan": JAXScan, "sklearn-em": SKLearnEM, "sklearn-kmeans-lloyd": SKLearnKMeans, "sklearn-kmeans-elkan": SKLearnElkan, "sklearn-outliers": SKLearnOutliers, "blas": BLASProducts}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in TASKS:
        sys.exit(f"usage: peer.py {'|'.join(TASKS)} FOLDER")
    peer = TASKS[sys.argv[1]](Arrays(sys.argv[2]))
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            began = time.perf_counter()
            seconds = peer.run(int(words[1]))
            if seconds is None:
                seconds = time.perf_counter() - began
            print(json.dumps({"seconds": seconds}), flush=True)
        elif words[0] == "result":
            peer.result()
            print("written", flush=True)
        else:
            sys.exit(f"unknown order {line!r}")


if __name__ == "__main__":
    main()
