r"""From predictions to terms, one an input, and from terms to the quantities of a report."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from w2s_jax.report._reading import Compared

WORDS = {
    "weak_error": "weak error",
    "student_error": "student error",
    "misfit": "misfit",
    "gain": "gain",
    "slack": "correction (misfit − gain)",  # a table writes it with the book's word and sign
    "correction": "correction of the projection",
    "beyond": "beyond",
    "drift": "drift",
    "epsilon": "ε (realizability gap)",
    "ceiling": "ceiling",
    "pgr": "PGR",
    "certificate": "certificate (weak error ≥)",
    "weak_accuracy": "weak accuracy",
    "student_accuracy": "student accuracy",
    "ceiling_accuracy": "ceiling's accuracy",
    "agreement": "agreement of student and weak model",
    "accuracy_pgr": "PGR of accuracies",
    "mcnemar": "McNemar's p-value",
}


def mean(terms: Any) -> Any:
    """Average over inputs, the first axis.

    Example:
        >>> print(mean(np.array([1.0, 2.0])))
        1.5
    """
    return terms.mean(0)


def compared_terms(c: Compared) -> dict[str, Any]:
    """Return what each input adds to errors, misfit and, against a strong model, to the rest.

    Example:
        >>> from w2s_jax.report._reading import read
        >>> compared_terms(read([1, 2], [1, 1], None, None, None))
        {'misfit': array([0., 1.])}
    """
    w, s, f = c.weak, c.student, c.truth
    terms = {"misfit": (s - w) ** 2}
    if f is not None:
        terms |= {"weak_error": (w - f) ** 2, "student_error": (s - f) ** 2}
    if c.strong is not None:
        terms |= {"ceiling": (c.strong - f) ** 2} | leftovers(w, s, f, c.strong)
    return terms


def leftovers(w: Any, s: Any, f: Any, strong: Any) -> dict[str, Any]:
    """Split misfit − gain at a strong model: what lies beyond it, and how far the student drifted.

    Example:
        >>> one = np.ones(1)
        >>> leftovers(3 * one, 2 * one, 0 * one, one)
        {'beyond': array([-2.]), 'drift': array([-2.])}
    """
    return {"beyond": 2 * (w - s) * (f - strong), "drift": 2 * (w - s) * (strong - s)}


def quantities(c: Compared, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the means, and gain, slack and PGR from differences that are taken before squares.

    Example:
        >>> from w2s_jax.report._reading import read
        >>> c = read([3.0], [2.0], [0.0], 1.0, None)
        >>> {name: float(value) for name, value in quantities(c, compared_terms(c)).items()}
        ... # doctest: +NORMALIZE_WHITESPACE
        {'misfit': 1.0, 'weak_error': 9.0, 'student_error': 4.0, 'certificate': 1.0, 'gain': 5.0,
         'slack': 4.0, 'ceiling': 1.0, 'pgr': 0.625}
    """
    known = {name: mean(term) for name, term in terms.items()}
    known["certificate"] = known["misfit"]
    if c.truth is None:
        return known
    copied = c.weak - c.student
    known["gain"] = mean(copied * ((c.weak - c.truth) + (c.student - c.truth)))
    known["slack"] = mean(2 * copied * (c.student - c.truth))
    if c.ceiling is not None:
        xp: Any = np if isinstance(c.weak, np.ndarray) else jnp
        known["ceiling"] = xp.broadcast_to(c.ceiling, known["misfit"].shape)
    if "ceiling" in known:
        known["pgr"] = known["gain"] / (known["weak_error"] - known["ceiling"])
    return known
