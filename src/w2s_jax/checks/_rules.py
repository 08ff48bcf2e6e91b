"""One checked statement, the rule that makes it, and how rules silence each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Numbers = Mapping[str, Any]
Amount = tuple[Any, Any]
_TESTED = {"convex": "distance_to_projection", "class": "straight"}  # by what was given


@dataclass(frozen=True)
class Check:
    """One checked statement: what was measured, the limit it is held to, and a sentence.

    Attributes:
        holds: whether `value` is at most `limit`, in every task.
        value: the worst task's figure, without units.
        limit: the largest figure that passes, for that task.
        sentence: what the outcome means.
        untested: the assumptions that the sentence names and that could not be tested.

    Example:
        >>> Check(holds=True, value=0.0, limit=1e-12, sentence="Realizable.").holds
        True
    """

    holds: bool
    value: float
    limit: float
    sentence: str
    untested: tuple[str, ...] = ()


class Rule(NamedTuple):
    """What a check measures, what it needs, and what it says.

    Example:
        >>> rule = Rule(lambda m: (m["misfit"], 1.0), ("misfit",), "Small.", "Large.", unless=())
        >>> check_rules({"size": rule}, {"misfit": 0.5})["size"].sentence
        'Small.'
    """

    measure: Callable[[Numbers], Amount]
    needs: tuple[str, ...]
    good: str
    bad: str
    unless: tuple[str, ...] = ("digits",)  # checks that silence this one where they fail
    assumes: tuple[str, ...] = ()
    conditional: str = ""  # in place of `good`, where an assumption could not be tested
    in_test: bool = False  # speaks in test mode too


def root(square: Any) -> Any:
    """Return the root of what rounding may have left a little below 0.

    Example:
        >>> print(root(-1e-20))
        0.0
    """
    return np.sqrt(np.maximum(square, 0.0))


def relative(amount: Any, limit: Any, scale: Any) -> Amount:
    """Divide an amount and its limit by a scale; what has none is 0 or infinite.

    Example:
        >>> share, limit = relative(1.0, 3.0, 2.0)
        >>> print(share, limit)
        0.5 1.5
    """
    amount, limit, scale = np.broadcast_arrays(*map(np.asarray, (amount, limit, scale)))
    known = scale > 0
    share = np.divide(amount, scale, out=np.where(amount > limit, np.inf, 0.0), where=known)
    return share, np.divide(limit, scale, out=np.zeros_like(share), where=known)


def check_rules(
    rules: Mapping[str, Rule], numbers: Numbers, *, test: bool = False, confined: bool = False
) -> dict[str, Check]:
    """Run every rule whose numbers are there and whose assumptions are not known to fail.

    Args:
        rules: by name, each after those that silence it.
        numbers: of `check_all`, as are the next.
        test: only rules that speak in test mode.
        confined: without the rule of the number of inputs.

    Returns:
        Checks by name.

    Example:
        >>> rule = Rule(lambda m: (m["misfit"], 1.0), ("misfit",), "Small.", "Large.", unless=())
        >>> check_rules({"size": rule}, {"misfit": 2.0}, test=True)
        {}
    """
    known = {name: np.asarray(v) for name, v in numbers.items() if v is not None}
    found: dict[str, Check] = {}
    for name, rule in rules.items():
        if (test and not rule.in_test) or (confined and name == "inputs"):
            continue
        failed = any(other in found and not found[other].holds for other in rule.unless)
        if not failed and all(key in known for key in rule.needs):
            found[name] = _run(rule, known, found)
    return found


def _run(rule: Rule, known: Numbers, found: dict[str, Check]) -> Check:
    with np.errstate(all="ignore"):
        value, limit = map(np.ravel, np.broadcast_arrays(*rule.measure(known)))
        share = np.where(limit > 0, value / limit, np.where(value > 0, np.inf, 0.0))
    worst = int(np.argmax(share))  # of a NaN too
    tested = {name for name, evidence in _TESTED.items() if evidence in known}
    untested = tuple(a for a in rule.assumes if a not in tested and a not in found)
    holds = bool((value <= limit).all())
    good = rule.conditional if untested else rule.good
    return Check(
        holds,
        float(value[worst]),
        float(limit[worst]),
        good if holds else rule.bad,
        untested if holds else (),
    )
