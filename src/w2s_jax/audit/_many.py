"""Several answers at once: students ranked, groups compared, and what that costs in certainty."""

from typing import Any

import numpy as np

from w2s_jax.audit._estimates import Group, Ranked
from w2s_jax.audit._gains import Gains
from w2s_jax.audit._powered import naive
from w2s_jax.audit._reading import LEAST
from w2s_jax.audit._words import DRAWN, said, too_few, with_ends


def holm(p_values: Any, level: float) -> np.ndarray:
    r"""Say which hypotheses fall if none of the true ones may, but with the probability `level`.

    The k-th smallest of K p-values is held to level / (K − k + 1), until the first that is larger
    (Holm 1979).

    Args:
        p_values: `(K,)`.
        level: in (0, 1).

    Returns:
        `(K,)` booleans.

    Example:
        >>> print(holm([0.04, 0.01, 0.02], 0.05))
        [ True  True  True]
        >>> print(holm([0.04, 0.01, 0.03], 0.05))
        [False  True False]
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    falls = np.cumprod(p[order] <= level / (len(p) - np.arange(len(p)))).astype(bool)
    found = np.empty(len(p), bool)
    found[order] = falls
    return found


def ranking(
    names: list[str], losses: np.ndarray, confidence: float, added: tuple[float, ...] = ()
) -> tuple[Ranked, ...]:
    """Order students by their errors on the same labels, with their distances from the first.

    Args:
        names: of the teachers.
        losses: `(m, teachers)`, of the students on each labeled input.
        confidence: of the intervals, each for itself.
        added: differences that these are given in addition, for counts.

    Example:
        >>> losses = np.array([[1.0, 3.0], [1.0, 2.0], [0.0, 2.5], [0.5, 3.0]])
        >>> first, second = ranking(["a", "b"], losses, 0.95)
        >>> second.name, second.behind, second.holm
        ('b', 2.0, True)
    """
    errors = losses.mean(0)
    order = np.argsort(errors, kind="stable")
    best = order[0]
    means = [naive(losses[:, k] - losses[:, best], added=added) for k in order[1:]]
    falls = holm([mean.p_value for mean in means], 1 - confidence)
    found = [Ranked(names[best], float(errors[best]), 0.0, None, None, None, False)]
    for k, mean, worse in zip(order[1:], means, falls, strict=True):
        ends = mean.interval(confidence)
        own = names[k], float(errors[k]), mean.value, *ends, mean.p_value, bool(worse)
        found.append(Ranked(*own))
    return tuple(found)


def by_group(groups: np.ndarray, found: Gains | None, confidence: float) -> tuple[Group, ...]:
    """Say what each group gains, and which gains or harms stand when all are looked at together.

    Args:
        groups: `(n,)`, a name for each input.
        found: the gains; None without labels.
        confidence: of the intervals, each for itself.

    Example:
        >>> gains = Gains(np.arange(20.0), None, None, np.arange(20))
        >>> day, night = by_group(np.repeat(["day", "night"], [20, 5]), gains, 0.95)
        >>> day.gain.value, day.holm, night.labels, night.gain.value
        (9.5, True, 0, None)
    """
    names = groups[np.sort(np.unique(groups, return_index=True)[1])]
    rows = np.empty(0, int) if found is None else found.rows
    parts, p_values = [], []
    for name in names:
        among = groups == name
        labels = int(among[rows].sum())
        about = str(name), int(among.sum()), labels
        if found is None or labels < LEAST:
            sentence = f"{too_few(labels)}: at least {LEAST} are needed."
            parts.append((*about, said("gain", None, sentence, labels=labels)))
            continue
        mean, method = found.decisive(among)
        if not np.isfinite([mean.value, mean.error]).all():
            sentence = "Undefined: a probability of 0 makes a loss infinite."
            parts.append((*about, said("gain", None, sentence, labels=labels)))
            continue
        ends = mean.interval(confidence)
        gain = said(
            "gain",
            mean.value,
            f"Here the student's error is less by {with_ends(mean.value, ends)}.",
            ends=ends,
            labels=labels,
            method=method,
            assumes=(DRAWN,),
        )
        parts.append((*about, gain))
        p_values.append(mean.p_value)
    told = zip(p_values, holm(p_values, 1 - confidence), strict=True)
    judged = [(None, False) if gain.value is None else next(told) for *_, gain in parts]
    return tuple(
        Group(name, inputs, labels, gain, p, bool(falls))
        for (name, inputs, labels, gain), (p, falls) in zip(parts, judged, strict=True)
    )
