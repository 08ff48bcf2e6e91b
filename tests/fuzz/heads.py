"""Random features with a known rank, and the head that they should get, in extended precision.

Columns are independent ones, sums of these, copies, constants and zeros, in units of their own, far
from 0 or near, stored in a type of 11 to 53 bits. The oracle fits the independent columns alone, by
Householder reflections in long double: it never sees a column that adds nothing.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

UNITS = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11}
SCALES = {"float64": 140, "float32": 12, "float16": 0}
SPREADS = {"float64": 6, "float32": 5, "float16": 0}
OFFSETS = {"float64": 1e5, "float32": 30.0, "float16": 0.0}


@dataclass(frozen=True)
class Case:
    """One draw; `fresh` are inputs that the head has not seen."""

    kind: str
    stored: str
    bias: bool
    ridge: float
    rank: int
    features: np.ndarray = field(repr=False)
    fresh: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    own: np.ndarray = field(repr=False)


def draw(seed: int) -> Case:
    """Draw a case; the same seed, the same case."""
    rng = np.random.default_rng(seed)
    stored = str(rng.choice(list(UNITS)))
    bias, n, own = bool(rng.integers(2)), int(rng.integers(30, 120)), int(rng.integers(1, 7))
    basis = rng.normal(size=(2 * n, own)) @ (np.eye(own) + 0.3 * rng.normal(size=(own, own)))
    columns, kind = [*basis.T], str(rng.choice(["plain", "tied", "copied", "constant", "mixed"]))
    if kind in ("tied", "mixed"):
        columns += [basis @ rng.normal(size=own) for _ in range(rng.integers(1, 4))]
    if kind in ("copied", "mixed"):
        columns.append(basis[:, rng.integers(own)])
    if bias:
        columns = [c + OFFSETS[stored] * rng.uniform() * bool(rng.integers(2)) for c in columns]
        if kind in ("constant", "mixed"):
            columns += [np.full(2 * n, rng.normal()), np.zeros(2 * n)]
    x = np.stack(columns, axis=1).astype(stored).astype(float)
    far = rng.uniform(-1, 1) * SCALES[stored]
    x = x * 2.0 ** np.round(
        np.log2(10) * (far + rng.uniform(-1, 1, x.shape[1]) * SPREADS[stored] / 2)
    )
    ridge = float(rng.choice([0.0, 0.0, 0.1])) if abs(far) < 6 else 0.0
    labels = rng.normal(size=n) + x[:n, 0] / np.abs(x[:n, 0]).max() + 3 * bias
    if stored == "float32" and rng.integers(2):
        x = x.astype(np.float32)
    order = rng.permutation(x.shape[1])
    own_places = np.flatnonzero(order < own)
    x = x[:, order]
    return Case(kind, stored, bias, ridge, own, x[:n], x[n:], labels, own_places)


def judged(case: Case, predict: Any, rank: int) -> str:
    """Return "", or what is wrong with a head; `predict` maps features to predictions.

    Rounding may cost the condition number of scaled columns; of columns in their own units where
    the head of least norm is asked for, or a ridge. Where it exceeds the digits that the features
    have, no rank is right, and none is judged: `undecided` says so.
    """
    wide = np.longdouble
    used = slice(None) if case.ridge else case.own
    x, fresh = (a[:, used].astype(wide) for a in (case.features, case.fresh))
    right, size = oracle(x, case.labels.astype(wide), case.bias, case.ridge)
    centered = case.features[:, case.own].astype(float)
    length = np.abs(centered).max(0)
    centered = centered / length
    far = np.linalg.norm(centered, axis=0).max()
    centered = centered - centered.mean(0) if case.bias else centered
    spread = np.linalg.norm(centered, axis=0)
    condition = np.linalg.cond(centered / spread) * (far / spread).max()
    tolerance = 1e-11 + 300 * UNITS[case.stored] * condition
    if case.ridge or case.features.shape[1] > case.rank:
        tolerance += UNITS["float64"] * condition * _largest_ratio(case)
    if rank != case.rank and not case.ridge:
        return "" if undecided(case, rank) else f"rank {rank} for {case.rank}"
    for name, inputs, exact in (("its own", case.features, x), ("fresh", case.fresh, fresh)):
        off = float(np.abs(np.asarray(predict(inputs), float) - right(exact).astype(float)).max())
        if not off <= tolerance * size:
            return (
                f"predictions on {name} inputs off by {off:.1e}, tolerated {tolerance * size:.1e}"
            )
    return ""


def undecided(case: Case, rank: int) -> bool:
    """Whether rounding to the stored digits may have made the directions that `rank` leaves out."""
    x = case.features[:, case.own].astype(float)
    x = x - x.mean(0) if case.bias else x
    values = np.linalg.svd(x / np.linalg.norm(x, axis=0), compute_uv=False)
    rounding = UNITS[case.stored] * (2 + 4 * np.sqrt(case.features.shape[1]))
    return rank < case.rank and bool(values[rank] < rounding)


def _largest_ratio(case: Case) -> float:
    x = case.features.astype(float)
    x = x / np.abs(x).max()
    lengths = np.linalg.norm(x - x.mean(0) if case.bias else x, axis=0)
    return float(lengths.max() / lengths[case.own].min())


def oracle(x: np.ndarray, y: np.ndarray, bias: bool, ridge: float):
    """Fit a head in long double; return its predictions as a function, and their size."""
    center, level = (x.mean(0), y.mean()) if bias else (0 * x[0], 0 * y[0])
    rows, target = x - center, y - level
    if ridge:
        root = np.sqrt(np.longdouble(len(x) * ridge))
        rows = np.vstack([rows, root * np.eye(x.shape[1], dtype=x.dtype)])
        target = np.append(target, np.zeros(x.shape[1], x.dtype))
    unit = 2.0 ** np.round(np.log2(np.abs(rows).max(0)))
    weights = householder(rows / unit, target) / unit

    def predict(inputs: np.ndarray) -> np.ndarray:
        return (inputs - center) @ weights + level

    size = float(np.abs(y).max() + (np.abs((x - center) * weights)).max(0).sum())
    return predict, size


def householder(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Solve least squares by reflections, in the precision of the arguments."""
    a, b = a.copy(), b.copy()
    for k in range(a.shape[1]):
        v = a[k:, k].copy()
        v[0] += np.copysign(np.sqrt(v @ v), v[0])
        v /= np.sqrt(v @ v)
        a[k:] -= 2 * np.outer(v, v @ a[k:])
        b[k:] -= 2 * v * (v @ b[k:])
    found = np.zeros_like(b[: a.shape[1]])
    for k in range(a.shape[1] - 1, -1, -1):
        found[k] = (b[k] - a[k, k + 1 :] @ found[k + 1 :][: a.shape[1] - k - 1]) / a[k, k]
    return found
