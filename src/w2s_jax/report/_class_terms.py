r"""Terms and quantities of a loss of classes.

For a divergence $D(\text{prediction}, \text{label})$, one of whose arguments stands first, the
misfit is $D(s, w)$ and the errors are $D(f, w)$ and $D(f, s)$: the truth stands where the student
stands, so that the three points obey one Pythagorean inequality. With $f_s$ the strong model
fitted on truth

$$\text{gain} = \text{misfit} - \text{beyond} - \text{drift}, \qquad
\text{drift} = D(s, w) - D(f_s, w) + D(f_s, s) .$$
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import bdtr

from w2s_jax.report._class_reading import Classes
from w2s_jax.report._loss import Loss
from w2s_jax.report._means import mean

HITS = ("weak_accuracy", "student_accuracy", "agreement", "ceiling_accuracy")


def class_terms(c: Classes, loss: Loss) -> dict[str, Any]:
    """Return what each input adds to errors, misfit and accuracies.

    Args:
        c: what is compared.
        loss: a divergence, or zero-one.

    Example:
        >>> from w2s_jax.report._class_reading import read_classes
        >>> from w2s_jax.report._loss import chosen
        >>> c = read_classes(chosen("zero-one"), weak=[0, 1], student=[0, 0], truth=[0, 0])
        >>> class_terms(c, chosen("zero-one"))["weak_error"]
        array([0., 1.])
    """
    apart: Any = _differ if loss.divergence is None else loss.divergence
    w, s, f, strong = c.weak, c.student, c.truth, c.strong

    def between(prediction: Any, label: Any) -> np.ndarray:
        return np.asarray(apart(prediction, label), np.float64)

    terms = {"misfit": between(s, w)}
    if f is not None:
        terms |= {"weak_error": between(f, w), "student_error": between(f, s)}
    if strong is not None:
        terms["ceiling"] = between(f, strong)
    if strong is not None and loss.divergence is not None:
        copied = between(strong, w) - between(strong, s)  # the gain, were f_s the truth
        terms["beyond"] = copied - (terms["weak_error"] - terms["student_error"])
        terms["drift"] = terms["misfit"] - copied
    return terms | _hits(c.predicted)


def _differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one != other).astype(np.float64)


def _hits(predicted: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    if not predicted:
        return {}
    hits = {"agreement": predicted["weak"] == predicted["student"]}
    if "truth" in predicted:
        names = {"weak": "weak", "student": "student", "ceiling": "ceiling"}
        hits |= {
            f"{name}_accuracy": predicted[name] == predicted["truth"]
            for name in names
            if name in predicted
        }
    return {name: hit.astype(np.float64) for name, hit in hits.items()}


def class_quantities(c: Classes, loss: Loss, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the means, and what follows from them; what is undefined is NaN.

    Example:
        >>> from w2s_jax.report._class_reading import read_classes
        >>> from w2s_jax.report._loss import chosen
        >>> c = read_classes(chosen("zero-one"), weak=[0, 1], student=[0, 0], truth=[0, 0])
        >>> known = class_quantities(c, chosen("zero-one"), class_terms(c, chosen("zero-one")))
        >>> print(known["gain"], known["student_accuracy"])
        0.5 1.0
    """
    known = {name: mean(term) for name, term in terms.items()}
    if loss.divergence is not None:
        known["certificate"] = known["misfit"]
    if c.truth is None:
        return known
    gains = terms["weak_error"] - terms["student_error"]
    known["gain"] = mean(gains)
    known["slack"] = mean(gains - terms["misfit"])
    if c.ceiling is not None:
        known["ceiling"] = c.ceiling
    if "ceiling" in known:
        known["pgr"] = known["gain"] / (known["weak_error"] - known["ceiling"])
    if loss.divergence is None:
        known["mcnemar"] = mcnemar(*alone(terms))
    elif "ceiling_accuracy" in known:
        gap = known["ceiling_accuracy"] - known["weak_accuracy"]
        known["accuracy_pgr"] = (known["student_accuracy"] - known["weak_accuracy"]) / gap
    return known


def alone(terms: Mapping[str, Any]) -> tuple[Any, Any]:
    """Count the inputs on which the student alone is right, and the weak model alone.

    Example:
        >>> zeros, ones = np.zeros(3), np.ones(3)
        >>> print(*alone({"weak_accuracy": zeros, "student_accuracy": ones}))
        3 0
    """
    better = terms["student_accuracy"] - terms["weak_accuracy"]
    return (better > 0).sum(0), (better < 0).sum(0)


def mcnemar(one: Any, other: Any) -> np.ndarray:
    r"""Return the exact two-sided p-value of two counts that coins would split evenly.

    $\min(1, 2 \sum_{i \le \min(b, c)} \binom{b + c}{i} 2^{-(b + c)})$.

    Args:
        one: inputs on which one of two models alone is right.
        other: those of the other model.

    Reference:
        McNemar, "Note on the sampling error of the difference between correlated proportions",
        Psychometrika 12 (1947) 153–157, with the binomial law in place of its normal limit.

    Example:
        >>> print(mcnemar(1, 9).round(6))
        0.021484
    """
    less, both = np.minimum(one, other), np.add(one, other)
    return np.asarray(np.minimum(1.0, 2 * bdtr(less.astype(float), both, 0.5)))
