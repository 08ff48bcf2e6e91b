r"""How fast gain − misfit settles with the number of weak labels, and where 1/4 is the exponent.

A student $\hat s$ fitted on n inputs is compared with the projection $s$ on the population, and

$$\text{gain} - \text{misfit} + 2\langle w - s, f - f_s \rangle = -2\langle \hat s - s,
s - f_s \rangle - 2 d(\hat s, s)$$

in a linear class: the first term has mean zero to first order and size $n^{-1/2}$, the second is of
order $1/n$. Population means are exact everywhere. Settings:

- "linear", "gap": heads on 8 features, truth in the class or outside it;
- "ball": the same confined to a ball that they touch;
- "growing": √n Gaussian features, the dimension in which a head is farthest from its projection;
- "memory": a convex class that may memorize only if it moves away from the projection, a class for
  each n; "memory, fixed": one class for all n, whose distance is $(1/2)^{2/3} n^{-1/3}$;
- "heavy": one feature with tails like $t^{-8/3}$ and a leftover that grows with it; with one of
  finite variance, independent of the feature, the rate would be $n^{-1/2}$.

The sizes of "linear" and "gap" need finite fourth moments; here all inputs are bounded. The back
matter derives the exponents, but for those of "ball", which are measured.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from w2s_jax.records._records import Rows

Draws = Float[np.ndarray, " draws"]
Measures = dict[str, Draws]
_ATOMS, _WIDTH, _NOISE = 2048, 8, 1.0
_TAIL = 8 / 3  # degrees of freedom: a sum of ± squares over n is of size n^(2/_TAIL - 1) = n^(-1/4)


@dataclass(frozen=True)
class RatesConfig:
    """What to run.

    Attributes:
        settings: of those named above.
        inputs: numbers n of weakly labeled inputs, at least two.
        draws: independent samples for each n.
        resamples: of the draws, for the bands.
        confidence: of the bands.
        seed: of everything.

    Raises:
        ValueError: an unknown setting, fewer than two numbers of inputs or draws, n < 64 (features
            would outnumber inputs), a confidence outside (0, 1).

    Example:
        >>> RatesConfig(settings=("linear",)).draws
        1000
    """

    settings: tuple[str, ...] = (
        "linear",
        "gap",
        "ball",
        "growing",
        "memory",
        "memory, fixed",
        "heavy",
    )
    inputs: tuple[int, ...] = (400, 1600, 6400, 25_600, 102_400)
    draws: int = 1000
    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.settings or not set(self.settings) <= set(_SETTINGS):
            raise ValueError(f"settings must be of {sorted(_SETTINGS)}, got {self.settings}")
        if len(set(self.inputs)) < 2 or min(self.inputs) < 64:
            raise ValueError(f"need two numbers of inputs, each at least 64, got {self.inputs}")
        if min(self.draws, self.resamples) < 2 or not 0 < self.confidence < 1:
            raise ValueError(
                "need at least 2 draws and resamples and a confidence in (0, 1), got "
                f"{self.draws}, {self.resamples} and {self.confidence}"
            )


def run_rates(config: RatesConfig) -> Rows:
    """Measure every setting at every n, and fit a slope to each measure's logarithms.

    Returns:
        Rows of two kinds by `kind`. "value": setting, inputs, measure, value with the ends of its
        bootstrap band `low` and `high`; "slope": setting, measure, slope with its band, and the one
        `expected`. Measures, over the draws: "rms" and "mean" of what gain − misfit differs by from
        its value for the projection ("median" where squares have no mean), "distance" (rms) of the
        head from its projection, "student error" (mean) above the projection's, and "shortfall"
        (mean), how far gain falls below misfit − 2√(misfit·ε), 0 where it does not.

    Example:
        >>> rows = run_rates(RatesConfig(settings=("linear",), inputs=(100, 1600), draws=200))
        >>> {r["measure"]: round(r["slope"], 1) for r in rows if r["kind"] == "slope"}["mean"]
        -1.0
    """
    rows: Rows = []
    for setting in config.settings:
        draw, expected = _SETTINGS[setting]
        curves: dict[str, list[np.ndarray]] = {}
        for n in config.inputs:
            key = [config.seed, sorted(_SETTINGS).index(setting), n]
            rng = np.random.default_rng(key)
            for measure, value in _measured(draw(n, config.draws, rng), config, rng).items():
                about = {"kind": "value", "setting": setting, "inputs": n, "measure": measure}
                rows.append(about | _band(value, config))
                curves.setdefault(measure, []).append(value)
        for measure, slope in expected.items():
            fitted = _slopes(config.inputs, np.stack(curves[measure]))
            about = {"kind": "slope", "setting": setting, "measure": measure, "expected": slope}
            rows.append(about | _band(fitted, config, "slope"))
    return rows


def _measured(
    draws: Measures, config: RatesConfig, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Each measure on all draws, first, and on every resample of them."""
    count = config.draws
    even = np.full(count, 1 / count)
    weights = np.vstack([even, rng.multinomial(count, even, config.resamples) / count])
    found = {}
    for measure, values in draws.items():
        if measure in ("rms", "distance"):
            found[measure] = np.sqrt(weights @ values**2)
        elif measure == "median":
            order = np.argsort(values)
            reached = np.cumsum(weights[:, order], axis=1) >= 0.5
            found[measure] = values[order][reached.argmax(1)]
        else:
            found[measure] = abs(weights @ values)
    return found


def _band(values: np.ndarray, config: RatesConfig, name: str = "value") -> dict[str, float]:
    tail = (1 - config.confidence) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail])
    return {name: float(values[0]), "low": float(low), "high": float(high)}


def _slopes(inputs: tuple[int, ...], curves: np.ndarray) -> np.ndarray:
    x = np.log(np.array(inputs, float))
    x -= x.mean()
    return x @ np.log(np.maximum(curves, 1e-300)) / (x @ x)


def _population(outside: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Equally likely inputs: orthonormal features, weak model, truth."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(_ATOMS, 3))
    h = np.tanh(x @ rng.normal(size=(3, _WIDTH - 1)) + rng.normal(size=_WIDTH - 1))
    h = np.linalg.qr(np.column_stack([np.ones(_ATOMS), h]))[0] * np.sqrt(_ATOMS)
    truth = h @ rng.normal(size=_WIDTH) / 2 + (0.5 * np.sin(2 * x[:, 0]) if outside else 0)
    return h, truth + np.maximum(x[:, 0], 0) + 0.5 * x[:, 1] * x[:, 2], truth


def _moments(n: int, draws: int, rng, h: np.ndarray, w: np.ndarray):
    """Gram matrix and right-hand side of each sample, drawn with replacement."""
    shares = rng.multinomial(n, np.full(_ATOMS, 1 / _ATOMS), draws) / n
    gram = (shares @ (h[:, :, None] * h[:, None, :]).reshape(_ATOMS, -1)).reshape(
        draws, _WIDTH, _WIDTH
    )
    return gram, shares @ (h * w[:, None])


def _compared(h, w, f, weights, at) -> Measures:
    """Measures of heads with orthonormal features against the projection with weights `at`."""
    best = h.T @ f / _ATOMS
    gap = np.mean((f - h @ best) ** 2)
    off = w - h @ at
    misfit = np.mean(off**2) - 2 * ((h.T @ off / _ATOMS) @ (weights - at).T)
    misfit += ((weights - at) ** 2).sum(1)
    error = ((weights - best) ** 2).sum(1) + gap
    settled = np.mean((w - f) ** 2) - np.sum((at - best) ** 2) - gap - np.mean(off**2)
    slack = np.mean((w - f) ** 2) - error - misfit
    return {
        "rms": slack - settled,
        "distance": np.sqrt(((weights - at) ** 2).sum(1)),
        "shortfall": np.maximum(-slack - 2 * np.sqrt(misfit * gap), 0),
    }


def _linear(outside: bool, n: int, draws: int, rng: np.random.Generator) -> Measures:
    h, w, f = _population(outside)
    gram, right = _moments(n, draws, rng, h, w)
    at = h.T @ w / _ATOMS
    found = _compared(h, w, f, np.linalg.solve(gram, right[..., None])[..., 0], at)
    # The first-order term has mean zero exactly: without it the mean's 1/n is not lost in noise.
    first = -2 * (right - np.einsum("kde,e->kd", gram, at)) @ (at - h.T @ f / _ATOMS)
    return found | {"mean": found["rms"] - first}


def _ball(n: int, draws: int, rng: np.random.Generator) -> Measures:
    h, w, f = _population(False)
    free = h.T @ w / _ATOMS
    radius = 1.1 * float(np.linalg.norm(h.T @ f / _ATOMS))  # holds the truth, and not the free head
    gram, right = _moments(n, draws, rng, h, w)
    at = free * min(1.0, radius / float(np.linalg.norm(free)))  # the features are orthonormal
    return _compared(h, w, f, _within(gram, right, radius), at)


def _within(gram: np.ndarray, right: np.ndarray, radius: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(gram)
    turned = np.einsum("kde,kd->ke", vectors, right)
    low, high = (
        np.zeros(len(gram)),
        np.full(len(gram), np.linalg.norm(right, axis=1).max() / radius),
    )
    for _ in range(60):  # bisection of the multiplier
        middle = (low + high) / 2
        outside = ((turned / (values + middle[:, None])) ** 2).sum(1) > radius**2
        low, high = np.where(outside, middle, low), np.where(outside, high, middle)
    return np.einsum("kde,ke->kd", vectors, turned / (values + high[:, None]))


def _growing(n: int, draws: int, rng: np.random.Generator) -> Measures:
    """Fit on √n standard Gaussian features; teacher x₁ + noise, truth 0, projection x₁.

    The Gram's triangular factor is drawn as Bartlett gave it, so that no feature has to be.
    """
    d = round(n**0.5)
    off = np.empty((draws, d))
    for k in range(draws):
        factor = np.tril(rng.normal(size=(d, d)), -1)
        factor[np.diag_indices(d)] = np.sqrt(rng.chisquare(n - np.arange(d)))
        off[k] = np.linalg.solve(factor.T, _NOISE * rng.normal(size=d))
    distance = np.linalg.norm(off, axis=1)
    discrepancy = -2 * off[:, 0] - 2 * distance**2  # ⟨ŝ − s, s − f⟩ is the first weight's error
    return {"rms": discrepancy, "mean": discrepancy, "distance": distance}


def _memory(rise: Callable, n: int, draws: int, rng: np.random.Generator) -> Measures:
    """Heads a + ν·z, 0 ≤ a ≤ 1, ‖ν‖ ≤ rise(a), z another unit vector for each input.

    The teacher is a coin flip, the projection 0, the truth −1. On n inputs the best ν points along
    the residual; on any other input it adds nothing.
    """
    a = _moved_by_memory(rise, n, 2 * rng.binomial(n, 0.5, draws) / n - 1)
    misfit, error, weak = 1 + a**2, (1 + a) ** 2, 2.0
    return {
        "distance": a,
        "student error": error - 1,
        "shortfall": np.maximum(error + misfit - weak - 2 * np.sqrt(misfit), 0),
    }


def _moved_by_memory(rise: Callable, n: int, tilt: Draws) -> Draws:
    def loss(a):  # root of the least mean square, where the mean label is the tilt
        return np.sqrt(1 - 2 * a * tilt[:, None] + a**2) - rise(a, n) / n**0.5

    low, high = np.zeros((len(tilt), 1)), np.ones((len(tilt), 1))
    for _ in range(8):  # it is convex in a: close in on its minimum
        grid = low + (high - low) * np.linspace(0, 1, 33)
        best = loss(grid).argmin(1)[:, None]
        low = np.take_along_axis(grid, np.maximum(best - 1, 0), 1)
        high = np.take_along_axis(grid, np.minimum(best + 1, 32), 1)
    return ((low + high) / 2)[:, 0]


def _heavy(n: int, draws: int, rng: np.random.Generator) -> Measures:
    """One feature x, teacher x ± x by a coin flip, truth 0: the head's weight settles slowly."""
    variance = _TAIL / (_TAIL - 2)
    off = np.empty(draws)
    for k in range(draws):
        square = rng.standard_t(_TAIL, n) ** 2
        off[k] = (square * rng.choice([-1.0, 1.0], n)).sum() / square.sum()
    return {"median": variance * abs(-2 * off - 2 * off**2)}


def _steep(a, n: int):
    return np.minimum(1.0, n**0.25 * a)


_Setting = tuple[Callable[[int, int, np.random.Generator], Measures], dict[str, float]]
_ROOT = {"rms": -1 / 2, "distance": -1 / 2}
_SETTINGS: dict[str, _Setting] = {
    "linear": (lambda *a: _linear(False, *a), _ROOT | {"mean": -1.0}),
    "gap": (lambda *a: _linear(True, *a), _ROOT | {"mean": -1.0}),
    "ball": (_ball, _ROOT),
    "growing": (_growing, {"rms": -1 / 2, "distance": -1 / 4}),
    "memory": (lambda *a: _memory(_steep, *a), {"distance": -1 / 4, "student error": -1 / 4}),
    "memory, fixed": (
        lambda *a: _memory(lambda a, n: a**0.5, *a),
        {"distance": -1 / 3, "student error": -1 / 3},
    ),
    "heavy": (_heavy, {"median": -1 / 4}),
}
