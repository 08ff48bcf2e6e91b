"""The sentences of an audit, and the chapters that explain them."""

from typing import Any

from w2s_jax.audit._estimates import Finding
from w2s_jax.report._tables import counted, figure

CHAPTERS = {
    "misfit": "geometry/what-is-weak-to-strong",
    "certificate": "geometry/pythagorean-bound",
    "imitation": "geometry/what-is-weak-to-strong",
    "own_misfit": "statistics/finite-samples",
    "leave_one_out_misfit": "statistics/finite-samples",
    "rank": "workshop/numbers-that-betray",
    "rho": "statistics/how-much-weak-data",
    "predicted_gain": "statistics/how-much-weak-data",
    "weak_error": "geometry/what-is-weak-to-strong",
    "student_error": "geometry/what-is-weak-to-strong",
    "gain": "frontiers/auditing-your-own-models",
    "gain_naive": "frontiers/auditing-your-own-models",
    "gain_powered": "frontiers/auditing-your-own-models",
    "slack": "statistics/non-realizable-case",
    "p_value": "frontiers/auditing-your-own-models",
    "pgr": "geometry/what-is-weak-to-strong",
    "labels_needed": "frontiers/auditing-your-own-models",
}
UNITS = {
    "squared": "squared label units",
    "zero-one": "share of the inputs",
    "kl": "nats",
    "cross-entropy": "nats",
}
CARRIED = {
    "lesson": "Left out when the student is fitted, these inputs, labeled or not, move the gain on "
    "the labeled ones most.",
    "label": "Of the gains of the labeled inputs, these are the largest parts of the sum.",
}
DRAWN = "the labeled inputs are drawn at random from all"
ALIKE = "the inputs are independent and alike in distribution"


def said(
    name: str,
    value: Any,
    sentence: str,
    *,
    ends: Any = None,
    labels: int = 0,
    method: str = "exact",
    assumes: tuple[str, ...] = (),
) -> Finding:
    """Make an estimate with the chapter of its name.

    Example:
        >>> said("misfit", 0.5, "They differ.").chapter
        'geometry/what-is-weak-to-strong'
    """
    low, high = (None, None) if ends is None else map(float, ends)
    value = None if value is None else float(value)
    return Finding(name, value, low, high, labels, method, assumes, sentence, CHAPTERS[name])


def too_few(labels: int) -> str:
    """Begin a sentence on labels that are not enough.

    Example:
        >>> too_few(1), too_few(3)
        ('1 label is too few', '3 labels are too few')
    """
    return f"{counted(labels, 'label')} {'is' if labels == 1 else 'are'} too few"


def with_ends(value: float, ends: tuple[float, float]) -> str:
    """Write a value with its interval.

    Example:
        >>> with_ends(0.5, (-0.25, 1.25))
        '0.5 (−0.25 to 1.25)'
    """
    return f"{figure(value)} ({figure(ends[0])} to {figure(ends[1])})"
