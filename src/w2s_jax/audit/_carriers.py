"""Which inputs carry the gain."""

from typing import Any

import numpy as np

from w2s_jax.audit._estimates import Carrier
from w2s_jax.audit._features import Features
from w2s_jax.audit._reading import Asked
from w2s_jax.report import influence

_SHOWN = 10
_SMALL = 2**31  # multiplications of `influence`, about, that are waited for


def carriers(
    asked: Asked, weak: np.ndarray, gains: np.ndarray, fitted: bool, ridge: Any
) -> tuple[Carrier, ...]:
    """Name the inputs on which most of the gain hangs.

    Where the student is the head fitted to these inputs, an input's share is what of the gain on
    the labeled ones goes when it is left out of the lessons (`report.influence`); otherwise what
    its own label adds to the gain.

    Args:
        asked: of the audit.
        weak: `(n,)`, the teacher's predictions.
        gains: `(m,)`, of the labeled inputs.
        fitted: whether the student is that head.
        ridge: its λ.

    Returns:
        The ten with the largest shares, either sign; none where the gain is 0.

    Example:
        >>> from w2s_jax.audit._reading import read_asked
        >>> asked = read_asked(np.ones(4), np.zeros(4), labels=[1.0, 0.0, 0.0, 0.0])
        >>> gains = np.array([-1.0, 1.0, 1.0, 1.0])
        >>> [(each.row, each.share) for each in carriers(asked, np.ones(4), gains, False, 0)][:2]
        [(0, -0.5), (1, 0.5)]
    """
    gain = float(gains.mean())
    if gain == 0 or not np.isfinite(gains).all():
        return ()
    kind, rows, shares = "label", asked.rows, gains / (gain * len(gains))
    x = asked.features
    if fitted and x is not None and not x.large and _quick(x, len(rows)):
        try:
            found = influence(
                x.parts[0],
                weak,
                asked.labels,
                fresh=x.rows(rows),
                fresh_weak=weak[rows],
                ridge=ridge,
            )
        except ValueError:  # features that do not determine the head
            pass
        else:
            kind, rows = "lesson", np.arange(asked.inputs)
            shares = -np.asarray(found.gain) / gain
    order = np.argsort(-abs(shares), kind="stable")[:_SHOWN]
    return tuple(Carrier(int(rows[k]), float(shares[k]), kind) for k in order)


def _quick(features: Features, labels: int) -> bool:
    n, d = features.shape
    return (n + labels) * d * min(n, d) < _SMALL
