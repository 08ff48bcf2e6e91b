"""Random softmax heads, and what another solver says of them.

Features are plain, tied, far from 0, in units of their own, few or many for their rows; labels are
class numbers, probabilities or probabilities with zeros, of classes that overlap, touch or are
apart; a fit is stopped early or not. The oracle is Newton with a line search on all columns, by
least squares, and a linear program that says whether a minimizer exists.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.optimize
from scipy.special import log_softmax, logsumexp, softmax

STORED = ("float64", "float64", "float32", "float16")


@dataclass(frozen=True)
class Case:
    """One draw; `chances` are the labels as probabilities."""

    kind: str
    given: str
    bias: bool
    ridge: float
    max_steps: int
    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    chances: np.ndarray = field(repr=False)


def draw(seed: int) -> Case:
    """Draw a case; the same seed, the same case."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["plain", "tied", "far", "units", "apart", "touching", "wide"]))
    given = str(rng.choice(["numbers", "numbers", "soft", "zeros"]))
    n, d, classes = int(rng.integers(8, 60)), int(rng.integers(1, 5)), int(rng.integers(2, 5))
    x = rng.normal(size=(n, d))
    true = x @ rng.normal(size=(d, classes)) * 10 ** rng.uniform(-1, 0.7)
    if kind in ("apart", "touching"):
        chosen = true.argmax(1)
        if kind == "touching":  # a few rows on the wrong side, or on the border
            chosen[: n // 6] = rng.integers(0, classes, n // 6)
    else:
        chosen = (true + rng.gumbel(size=true.shape)).argmax(1)
    if kind == "tied":
        x = np.c_[x, x @ rng.normal(size=d), np.full(n, rng.normal()), x[:, 0]]
    if kind == "wide":
        n = min(n, 20)
        chosen, true = chosen[:n], true[:n]
        x = rng.normal(size=(n, n + int(rng.integers(-3, 4))))
    if kind == "far":
        x = x + 10 ** rng.uniform(0, 4)
    if kind == "units":
        x = x * 10 ** rng.uniform(-2, 2, d)
    chances = softmax(true + rng.normal(size=true.shape), axis=1)
    if given == "zeros":
        chances = np.where(chances < 0.2, 0.0, chances)
        chances /= chances.sum(1, keepdims=True)
    if given == "numbers":
        chosen = np.unique(chosen, return_inverse=True)[1]
        chances = np.eye(chosen.max() + 1)[chosen]
    stored = str(rng.choice(STORED)) if kind not in ("tied", "far", "wide") else "float64"
    x = x.astype(stored).astype(float)
    ridge = float(rng.choice([0.0, 0.0, 10 ** rng.uniform(-8, 1)]))
    max_steps = int(rng.choice([1, 2, 3, 5, 100, 100, 100]))
    labels = chosen if given == "numbers" else chances
    return Case(kind, given, bool(rng.integers(2)), ridge, max_steps, x, labels, chances)


def judged(case: Case, head) -> str:
    """Return "", or what is wrong with a head."""
    weights, x = np.asarray(head.weights, float), case.features
    logits = (x - np.asarray(head.center)) @ weights + np.asarray(head.level)
    value = objective(logits, weights, case)
    low = best(case, logits, weights)
    slack = 1e-12 * (1 + abs(value)) + 1e-9 * (case.kind == "far")
    if not value - low <= head.gap + slack:
        return f"gap {head.gap:.1e}, but {value - low:.1e} is left"
    if head.certified and not head.gap <= 1e-14:
        return f"certified with gap {head.gap:.1e}"
    if case.ridge == 0:
        never = unbounded(case)
        if head.certified and never:
            return "certified, and there is no minimizer"
        if head.status == 3 and not never:
            return "refused, and there is a minimizer"
    if case.max_steps == 100 and head.status in (1, 2):
        return f"no answer: status {int(head.status)}, gap {head.gap:.1e}"
    return ""


def objective(logits: np.ndarray, weights: np.ndarray, case: Case) -> float:
    loss = -np.where(case.chances > 0, case.chances * log_softmax(logits, axis=1), 0.0).sum(1)
    return float(loss.mean() + case.ridge * (weights**2).sum())


def best(case: Case, logits: np.ndarray, weights: np.ndarray) -> float:
    """Find an objective as low as Newton's method and lstsq get, from the head and from zero."""
    middle = case.features.mean(0) if case.bias else 0.0
    design = np.c_[case.features - middle, np.ones((len(logits), int(case.bias)))]
    units = np.abs(design).max(0)
    units = np.where(units > 0, units, 1.0)
    design = design / units
    charge = case.ridge / units**2
    charge[len(units) - int(case.bias) :] = 0.0
    lows = [objective(logits, weights, case)]
    classes = case.chances.shape[1]
    start = np.zeros((design.shape[1], classes))
    for _ in range(40):
        new = descended(design, start, charge, case.chances)
        lows.append(value_of(design, new, charge, case.chances))
        if not lows[-1] < value_of(design, start, charge, case.chances):
            break
        start = new
    return min(lows)


def value_of(design, theta, charge, chances) -> float:
    logits = design @ theta
    loss = logsumexp(logits, axis=1) - (chances * logits).sum(1)
    return float(loss.mean() + (charge[:, None] * theta**2).sum())


def descended(design, theta, charge, chances) -> np.ndarray:
    (n, p), c = design.shape, chances.shape[1]
    q = softmax(design @ theta, axis=1)
    slope = design.T @ (q - chances) / n + 2 * charge[:, None] * theta
    curve = q[:, :, None] * (np.eye(c) - q[:, None, :])
    hessian = np.einsum("ni,nab,nj->iajb", design, curve, design) / n
    hessian = hessian.reshape(p * c, p * c) + 2 * np.diag(np.repeat(charge, c))
    step = np.linalg.lstsq(hessian, slope.ravel(), rcond=1e-13)[0].reshape(p, c)
    here = value_of(design, theta, charge, chances)
    for size in 0.5 ** np.arange(30):
        if value_of(design, theta - size * step, charge, chances) < here:
            return theta - size * step
    return theta


def unbounded(case: Case) -> bool:
    """Whether weights exist that lower the odds of no class that a label holds, and raise some."""
    x = case.features - case.features.mean(0) if case.bias else case.features
    design = np.c_[x / np.maximum(np.abs(x).max(0), 1e-300), np.ones((len(x), int(case.bias)))]
    classes, rows = case.chances.shape[1], []
    for row, held in zip(design, case.chances > 0, strict=True):
        for own in np.flatnonzero(held):
            for other in range(classes):
                if other != own:
                    one = np.zeros((classes, len(row)))
                    one[own], one[other] = row, -row
                    rows.append(one.ravel())
    margins = np.array(rows)
    found = scipy.optimize.linprog(
        -margins.sum(0), A_ub=-margins, b_ub=np.zeros(len(margins)), bounds=(-1, 1)
    )
    return bool(-found.fun > 1e-5)
