r"""Audits of two classes: error rates, log losses and KL(·‖truth), of made teachers and students.

Teacher, student and truth are log odds of class 1, linear in Gaussian features: $z_w, z_s, t$. All
expectations are integrals over one Gaussian number, so that gains are known.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr
from tqdm import tqdm

from w2s_jax.audit import audit, estimate_gain
from w2s_jax.experiments.frontiers._audited import Setting, covered, models

_OWN, _SHARP = 40, 3.0  # features of the student, log odds in units of the models
LOSSES = ("zero-one", "kl", "cross-entropy")
POWERED = ("zero-one", "kl")


class Kind(NamedTuple):
    """A kind of problem with two classes.

    Attributes:
        of: gap, and which part of it the teacher knows.
        apart: what the teacher's part out of the student's reach is multiplied by.

    Example:
        >>> KINDS["differ seldom"].apart
        0.2
    """

    of: Setting
    apart: float


KINDS = {
    "differ often": Kind(Setting(0.1, 0.0, 0.0), 1.0),
    "teacher knows": Kind(Setting(0.1, 1.0, 0.0), 1.0),
    "differ seldom": Kind(Setting(0.1, 0.0, 0.0), 0.2),
}
_AT = np.linspace(-9, 9, 2001)
_MASS = np.exp(-(_AT**2) / 2) / np.exp(-(_AT**2) / 2).sum()


class Classes(NamedTuple):
    """A made problem, as `audit` is called with it, and its gain.

    Example:
        >>> found = made_classes(KINDS["teacher knows"], "kl", 30, 10, np.random.default_rng(0))
        >>> found.weak.shape, found.labels.shape
        ((30, 2), (10,))
    """

    weak: np.ndarray  # (n,) classes for zero-one loss, else (n, 2) probabilities
    student: np.ndarray  # likewise
    features: np.ndarray  # (n, d)
    rows: np.ndarray  # (m,)
    labels: np.ndarray  # (m,) classes; for cross-entropy (m, 2) true probabilities
    gain: float


def made_classes(
    kind: Kind,
    loss: str,
    inputs: int,
    labels: int,
    rng: np.random.Generator,
    lean: float | None = None,
) -> Classes:
    """Draw a problem.

    Args:
        kind: of the problem.
        loss: of the audit.
        inputs: n.
        labels: m, of inputs drawn at random.
        rng: draws.
        lean: as in `made`; NaN: as much as leaves neither gain nor harm.

    Raises:
        ValueError: no such `lean` between −2 and 3.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> abs(made_classes(KINDS["teacher knows"], "kl", 30, 10, rng, np.nan).gain) < 1e-9
        True
    """
    truth, teacher = _coefficients(kind, rng, lean, loss)
    x = rng.normal(size=(inputs, len(truth)))
    rows = rng.choice(inputs, labels, replace=False)
    weak, student = x @ teacher, x[:, :_OWN] @ teacher[:_OWN]
    chance = expit(x[rows] @ truth)
    seen: Any = (rng.random(labels) < chance).astype(int)
    if loss == "cross-entropy":
        seen = np.stack([1 - chance, chance], 1)

    def said(z: np.ndarray) -> np.ndarray:
        return (z > 0).astype(int) if loss == "zero-one" else np.stack([expit(-z), expit(z)], 1)

    gain = gain_of(truth, teacher, loss)
    return Classes(said(weak), said(student), x[:, :_OWN], rows, seen, gain)


def _coefficients(kind: Kind, rng: Any, lean: Any, loss: str) -> tuple[np.ndarray, np.ndarray]:
    truth, teacher = models(kind.of, rng)
    own, beyond = teacher[_OWN:] * kind.apart, truth[_OWN:]
    teacher[_OWN:] = own
    across = beyond - beyond @ own / (own @ own) * own

    def leaning(share: float) -> np.ndarray:
        return np.append(truth[:_OWN], across + share * own)

    if lean is None:
        return _SHARP * truth, _SHARP * teacher
    if np.isnan(lean):
        lean = brentq(lambda k: gain_of(_SHARP * leaning(k), _SHARP * teacher, loss), -2, 3)
    return _SHARP * leaning(lean), _SHARP * teacher


def gain_of(truth: np.ndarray, teacher: np.ndarray, loss: str) -> float:
    r"""Return error of the teacher less that of the student who drops its last coefficients.

    With $\sigma$ the logistic function, $y$ one with the probability $\sigma(t)$, and variances v:
    P(wrong) integrates $\sigma(t)$ against the chance of $z < 0$ given t and the reverse; log loss
    is $\log(1 + e^z) - y z$, and KL(z‖t) is $\sigma(z)(z - t) - \log(1 + e^z) + \log(1 + e^t)$,
    where $E\,\sigma(t) z = \operatorname{cov}(t, z) E\,\sigma'(t)$ by Stein's identity.

    Args:
        truth: coefficients of the log odds, `(d,)`; as is the next.
        teacher: its own.
        loss: "zero-one", "kl" or "cross-entropy".

    Example:
        >>> gain_of(np.ones(60), np.ones(60), "zero-one") < 0 < gain_of(np.r_[np.ones(40),
        ...     np.zeros(20)], np.ones(60), "zero-one")
        True
    """
    student = np.append(teacher[:_OWN], np.zeros(len(teacher) - _OWN))
    return float(_error(truth, teacher, loss) - _error(truth, student, loss))


def _error(truth: np.ndarray, model: np.ndarray, loss: str) -> float:
    """Return a model's error, but for a part that is the same for all."""
    of_truth, of_model, both = truth @ truth, model @ model, truth @ model
    z, t = _AT * of_model**0.5, _AT * of_truth**0.5
    if loss == "zero-one":
        spread = (of_model - both**2 / of_truth) ** 0.5
        one = ndtr(both / of_truth * t / max(spread, 1e-12))  # of class 1 said, given t
        return _MASS @ (expit(t) * (1 - one) + expit(-t) * one)
    softplus = _MASS @ np.logaddexp(0, z)
    if loss == "kl":
        return softplus - both * (_MASS @ (expit(t) * expit(-t)))
    slope = _MASS @ (expit(z) * expit(-z))
    return (of_model - both) * slope - softplus


def of_classes(config: Any, bar: tqdm) -> Iterator[dict]:
    """Measure coverage and verdicts for losses of classes.

    Args:
        config: of `run_audits`.
        bar: of progress.

    Example:
        >>> from w2s_jax.experiments.frontiers._audits import AuditsConfig
        >>> small = AuditsConfig(draws=1, audits=1, counts=(20,), inputs=400)
        >>> len(list(of_classes(small, tqdm(disable=True))))
        18
    """
    for place, loss in enumerate(LOSSES):
        yield from _coverage(config, loss, place, bar)
        yield from _verdicts(config, loss, place, bar)


def _coverage(config: Any, loss: str, place: int, bar: tqdm) -> Iterator[dict]:
    methods = ("naive", "powered") if loss in POWERED else ("naive",)
    for k, (name, kind) in enumerate(KINDS.items()):
        for m in config.counts:
            found, telling = [], []
            for draw in range(config.draws):
                rng = np.random.default_rng([config.seed, 100 + place, k, m, draw])
                p = made_classes(kind, loss, config.inputs, m, rng)
                more: Any = {"labelled": p.rows, "features": p.features, "loss": loss}
                gains = estimate_gain(p.weak, p.student, p.labels, **more)
                means: Any = (gains.naive(), gains.powered())[: len(methods)]
                found.append(([mean.interval(0.95) for mean in means], p.gain))
                telling.append(gains.telling)
                bar.update()
            about = {"kind": "classes", "loss": loss, "setting": name, "labels": m}
            if loss == "zero-one":
                about["telling"] = round(float(np.mean(telling)), 2)
            yield from (about | row for row in covered(found, methods))


def _verdicts(config: Any, loss: str, place: int, bar: tqdm) -> Iterator[dict]:
    told: dict[tuple[int, int], dict[str, int]] = {
        (m, sign): dict.fromkeys(("gain shown", "harm shown", "not settled"), 0)
        for m in config.counts_of_audits
        for sign in (-1, 0, 1)
    }
    kinds = list(KINDS.values())
    for k in range(config.audits):
        rng = np.random.default_rng([config.seed, 199 + place, k])
        m = int(rng.choice(config.counts_of_audits))
        lean = np.nan if k % 3 == 0 else float(rng.uniform(-0.5, 1))
        p = made_classes(kinds[rng.integers(len(kinds))], loss, config.inputs, m, rng, lean)
        more: Any = {"labelled": p.rows, "features": p.features, "loss": loss}
        found = audit(p.weak, p.student, labels=p.labels, **more)
        sign = 0 if np.isnan(lean) else int(np.sign(p.gain))
        told[m, sign][found.verdict.kind] += 1
        bar.update()
    for (m, sign), counts in told.items():
        about = {"kind": "class verdict", "loss": loss, "labels": m, "sign": sign}
        if audits := sum(counts.values()):
            yield about | {"audits": audits} | counts
