"""The intervals of a report's quantities, from what each input adds to them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from w2s_jax.report._resampling import ratio_interval, resampled_means

RATIOS = ("pgr", "accuracy_pgr")
_DERIVED = {  # mean of what is left of terms, plus or minus
    "certificate": ("misfit",),
    "gain": ("weak_error", "student_error"),
    "slack": ("weak_error", "student_error", "misfit"),
}


def known(terms: Any) -> bool:
    """Say whether all terms are finite.

    Example:
        >>> known(np.array([1.0, np.inf]))
        False
    """
    return bool(np.isfinite(terms).all())


def gap_terms(report: Any) -> np.ndarray:
    """Return what each input adds to weak error − ceiling.

    Example:
        >>> from w2s_jax import evaluate
        >>> gap_terms(evaluate([1.0, 3.0], [1.0, 2.0], [1.0, 1.0], ceiling=0.5))
        array([-0.5,  3.5])
    """
    given = np.asarray(report.terms.get("ceiling", report.ceiling), float)
    given = given if "ceiling" in report.terms else given[None]
    with np.errstate(invalid="ignore"):
        return np.asarray(report.terms["weak_error"], float) - given


def intervals(
    report: Any,
    names: Iterable[str],
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the two ends for each of the quantities, the whole line where a term is infinite.

    Args:
        report: a `Report`.
        names: of quantities that have an interval.
        confidence: of `Report.interval`, as are the next.
        resamples: how many to draw.
        seed: same seed, same resamples.

    Example:
        >>> from w2s_jax import evaluate
        >>> report = evaluate([1.0, 3.0], [1.0, 2.0], [1.0, 1.0])
        >>> [float(end) for end in intervals(report, ["misfit"])["misfit"]]
        [0.0, 1.0]
    """
    names, ends = list(names), [(1 - confidence) / 2, (1 + confidence) / 2]
    found: dict[str, Any] = {}
    for name in (name for name in RATIOS if name in names):
        above, below = _ratio(report, name)
        if known(above) and known(below):
            found[name] = ratio_interval(above, below, confidence)
    terms = {n: t for n, t in report.terms.items() if n not in ("epsilon", "correction")}
    terms = {name: term for name, term in terms.items() if known(term)}
    if set(names) - set(RATIOS) and terms:
        means = resampled_means(terms, resamples, seed)
        for name, parts in _DERIVED.items():
            if all(part in means for part in parts):
                first, *rest = (means[part] for part in parts)
                means[name] = first
                for other in rest:
                    means[name] = means[name] - other
        found |= {n: np.quantile(means[n], ends, axis=0) for n in names if n in means}
    line = np.full(np.shape(report.misfit), np.inf)
    return {name: tuple(found.get(name, (-line, line))) for name in names}


def _ratio(report: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    terms = {n: np.asarray(term, float) for n, term in report.terms.items()}
    if name == "accuracy_pgr":
        weak = terms["weak_accuracy"]
        return terms["student_accuracy"] - weak, terms["ceiling_accuracy"] - weak
    with np.errstate(invalid="ignore"):
        return terms["weak_error"] - terms["student_error"], gap_terms(report)
