"""Which loss `evaluate` was asked for, and what its table calls things."""

from typing import Any, NamedTuple

from w2s_jax.checks._losses import between
from w2s_jax.divergences import KL
from w2s_jax.report._means import WORDS

_NAMED = ("squared", "kl", "cross-entropy", "zero-one")


class Loss(NamedTuple):
    """A loss: its name in a report, and its divergence, if it has one.

    Attributes:
        name: one of the four names, or a divergence's with its arguments in order.
        divergence: `divergence(prediction, label)`, one number a row; None for "squared", whose
            predictions need no classes, and for "zero-one".

    Example:
        >>> chosen("kl").name, chosen(KL(first="label")).name
        ('kl', 'cross-entropy')
    """

    name: str
    divergence: Any

    @property
    def of_classes(self) -> bool:
        """Whether predictions must be probabilities of classes."""
        return self.name in _NAMED[1:]


def chosen(loss: Any) -> Loss:
    """Read the argument `loss`.

    Args:
        loss: a name or a divergence.

    Raises:
        ValueError: another name; what is no divergence.

    Example:
        >>> chosen("logistic")
        Traceback (most recent call last):
            ...
        ValueError: loss must be 'squared', 'kl', 'cross-entropy', 'zero-one' or a divergence of \
w2s_jax.divergences, got 'logistic'
    """
    firsts = {"kl": "prediction", "cross-entropy": "label"}
    if isinstance(loss, str) and loss in _NAMED:
        return Loss(loss, KL(first=firsts[loss]) if loss in firsts else None)
    first = getattr(loss, "first", None)
    if not callable(loss) or isinstance(loss, type) or first not in firsts.values():
        given = f"the class {loss.__name__}: call it" if isinstance(loss, type) else f"{loss!r:.60}"
        raise ValueError(
            f"loss must be {', '.join(map(repr, _NAMED))} or a divergence of "
            f"w2s_jax.divergences, got {given}".replace(", 'zero-one'", ", 'zero-one'")
        )
    if isinstance(loss, KL) and loss.domain.total == 1:
        return Loss(next(name for name, one in firsts.items() if one == first), loss)
    order = ("prediction", "label") if first == "prediction" else ("label", "prediction")
    return Loss(f"{type(loss).__name__}({', '.join(order)})", loss)


def words_of(loss: str) -> dict[str, str]:
    """Return what a table calls each quantity, directions named.

    Example:
        >>> words_of("cross-entropy")["misfit"]
        'misfit KL(weak‖student)'
    """
    if loss == "squared":
        return WORDS
    if loss == "zero-one":
        own = {
            "weak_error": "weak error (share wrong)",
            "student_error": "student error (share wrong)",
            "misfit": "misfit (share where they differ)",
            "gain": "gain in accuracy",
            "pgr": "PGR of accuracies",
        }
        return WORDS | own
    own = {
        "weak_error": f"weak error {between(loss, 'truth', 'weak')}",
        "student_error": f"student error {between(loss, 'truth', 'student')}",
        "misfit": f"misfit {between(loss, 'student', 'weak')}",
        "ceiling": f"ceiling {between(loss, 'truth', 'strong')}",
    }
    return WORDS | own
