"""Random problems of four classes, and the students of two classes of functions."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize
from scipy.special import log_softmax, rel_entr, softmax

from w2s_jax.divergences import KL
from w2s_jax.heads import fit_mixture, fit_softmax

if TYPE_CHECKING:
    from w2s_jax.experiments.losses._losses import LossesConfig

Table = Float[np.ndarray, "n classes"]
_CLASSES, _SHARED, _SPREAD = 4, 3, 0.8  # features that move the teacher; size of experts' logits
_SURE = (0.25, 2.0)  # factors of a teacher's logits
_RIDGE = 1e-4
_TOL = 1e-20  # nats: the identity is off by the root of the gap, times what the truth is away


class Problem(NamedTuple):
    """Features, a truth in the class, and a teacher that is not; experts where it mixes them.

    Example:
        >>> half = np.full((2, 2), 0.5)
        >>> Problem("logits", np.ones((2, 1)), half[None], half, half).straight
        'logits'
    """

    straight: str
    features: Float[np.ndarray, "n d"]
    experts: Float[np.ndarray, "k n classes"]
    truth: Table
    teacher: Table


def draw(config: "LossesConfig", straight: str, seed: Sequence[int]) -> Problem:
    """Draw a problem whose truth is a mixture of experts, or a softmax head.

    Example:
        >>> from w2s_jax.experiments.losses import LossesConfig
        >>> draw(LossesConfig(inputs=80), "logits", [0, 0]).teacher.shape
        (80, 4)
    """
    rng = np.random.default_rng([*seed, straight == "logits"])
    n, d = config.inputs, config.features
    h = rng.normal(size=(n, d))
    experts = softmax(_SPREAD * h @ rng.normal(size=(config.experts, d, _CLASSES)), -1)
    if straight == "probabilities":
        truth = np.tensordot(rng.dirichlet(np.ones(config.experts)), experts, 1)
    else:
        truth = softmax(0.5 * h @ rng.normal(size=(d, _CLASSES)), -1)
    # What the teacher gets wrong: some of it the student could say too, the rest is noise to it;
    # and it may be too timid or too sure.
    known = 0.7 * h[:, :_SHARED] @ rng.normal(size=(_SHARED, _CLASSES))
    noise = rng.uniform(0.2, 1.0) * rng.normal(size=(n, _CLASSES))
    sure = np.exp(rng.uniform(*np.log(_SURE)))
    return Problem(straight, h, experts, truth, softmax(sure * (np.log(truth) + known + noise), -1))


def student(
    problem: Problem, labels: Table, first: str, starts: int
) -> tuple[Table, dict[str, float]]:
    """Fit the class of a problem to labels; return predictions, and the `gap` of the fit.

    A softmax head with the prediction first has none: it is the best of several starts.

    Example:
        >>> from w2s_jax.experiments.losses import LossesConfig
        >>> problem = draw(LossesConfig(inputs=80), "logits", [0, 0])
        >>> fitted, certified = student(problem, problem.teacher, "label", 1)
        >>> fitted.shape, certified["gap"] < 1e-15
        ((80, 4), True)
    """
    if problem.straight == "probabilities":
        head = fit_mixture(problem.experts, labels, divergence=KL(first=first))
        return np.asarray(head(problem.experts)), {"gap": float(head.gap)}
    head = fit_softmax(problem.features, labels, tol=_TOL)
    by_entropy = np.asarray(head(problem.features))
    if first == "label":
        return by_entropy, {"gap": float(head.gap)}
    return _prediction_first(problem.features, labels, by_entropy, starts), {}


def measures(truth: Table, teacher: Table, student: Table) -> dict[str, float]:
    """Return both errors of both models, both misfits, and the chance to meet a true label.

    Example:
        >>> half, more = np.array([[0.5, 0.5]]), np.array([[0.75, 0.25]])
        >>> found = measures(half, more, half)
        >>> round(found["weak_first"], 3), round(found["misfit_last"], 3), found["weak_accuracy"]
        (0.144, 0.131, 0.5)
    """
    pairs = {
        "weak_first": (truth, teacher),
        "student_first": (truth, student),
        "misfit_first": (student, teacher),
        "weak_last": (teacher, truth),
        "student_last": (student, truth),
        "misfit_last": (teacher, student),
    }
    found = {name: float(rel_entr(p, q).sum(1).mean()) for name, (p, q) in pairs.items()}
    for name, model in (("weak", teacher), ("student", student), ("best", truth)):
        met = np.take_along_axis(truth, model.argmax(1)[:, None], 1)
        found[f"{name}_accuracy"] = float(met.mean())
    return found


def compared(config: "LossesConfig", seed: Sequence[int]) -> Iterator[dict]:
    """Fit every class both ways around.

    Example:
        >>> from w2s_jax.experiments.losses import LossesConfig
        >>> [row["first"] for row in compared(LossesConfig(inputs=80, starts=1), [0, 0])]
        ['prediction', 'label', 'prediction', 'label']
    """
    for straight in ("probabilities", "logits"):
        problem = draw(config, straight, seed)
        for first in ("prediction", "label"):
            fitted, gap = student(problem, problem.teacher, first, config.starts)
            about = {"straight": straight, "first": first} | gap
            yield about | measures(problem.truth, problem.teacher, fitted)


def sharpened(config: "LossesConfig", seed: Sequence[int]) -> Iterator[dict]:
    """Measure the two cells with a guarantee, for teachers more and less sure of themselves.

    Example:
        >>> from w2s_jax.experiments.losses import LossesConfig
        >>> config = LossesConfig(inputs=80, sharpness=(0.5, 1.0))
        >>> [row["factor"] for row in sharpened(config, [0, 0])]
        [0.5, 1.0, 0.5, 1.0]
    """
    for straight, first in (("probabilities", "prediction"), ("logits", "label")):
        problem = draw(config, straight, seed)
        for factor in config.sharpness:
            teacher = softmax(factor * np.log(problem.teacher), -1)
            fitted, gap = student(problem, teacher, first, config.starts)
            about = {"straight": straight, "first": first, "factor": factor} | gap
            yield about | measures(problem.truth, teacher, fitted)


def labeled(config: "LossesConfig", seed: Sequence[int]) -> Iterator[dict]:
    """Fit to soft weak labels, to labels drawn from them, and to the likeliest class.

    All with a little ridge: a plane may separate the likeliest classes.

    Example:
        >>> from w2s_jax.experiments.losses import LossesConfig
        >>> [row["labels"] for row in labeled(LossesConfig(inputs=80), [0, 0])]
        ['soft', 'drawn', 'hardened']
    """
    problem = draw(config, "logits", seed)
    one = np.eye(_CLASSES)
    kinds = {
        "soft": problem.teacher,
        "drawn": one[drawn(problem.teacher, np.random.default_rng([*seed, 2]))],
        "hardened": one[problem.teacher.argmax(1)],
    }
    for labels, given in kinds.items():
        fitted = fit_softmax(problem.features, given, ridge=_RIDGE)(problem.features)
        yield {"labels": labels} | measures(problem.truth, problem.teacher, np.asarray(fitted))


def drawn(chances: Table, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Draw a class for each input.

    Example:
        >>> drawn(np.array([[0.0, 1.0], [1.0, 0.0]]), np.random.default_rng(0))
        array([1, 0])
    """
    return (rng.uniform(size=(len(chances), 1)) > chances.cumsum(1)[:, :-1]).sum(1)


def _prediction_first(features, labels, start: Table, starts: int) -> Table:
    """Find the least KL(s ‖ w) of L-BFGS from cross-entropy's head, from 0 and at random."""
    h = np.column_stack([np.ones(len(features)), features])
    target, (n, c) = np.log(labels), labels.shape
    rng = np.random.default_rng(0)
    first = np.linalg.lstsq(h, np.log(start), rcond=None)[0]
    begun = [first, np.zeros_like(first), *rng.normal(size=(max(starts - 2, 0), *first.shape))]

    def value(flat):
        logits = log_softmax(h @ flat.reshape(-1, c), -1)
        p = np.exp(logits)
        far = logits - target
        slope = p * (far - (p * far).sum(1, keepdims=True))
        return (p * far).sum() / n, (h.T @ slope).ravel() / n

    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 3000}
    found = [
        minimize(value, w.ravel(), jac=True, method="L-BFGS-B", options=options)
        for w in begun[:starts]
    ]
    best = min(found, key=lambda one: one.fun).x
    return softmax(h @ best.reshape(-1, c), -1)
