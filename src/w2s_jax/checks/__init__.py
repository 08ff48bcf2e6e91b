"""The assumptions and conclusions that a report can test on its own numbers.

A check speaks only where it can be told and where what it assumes is not known to fail. What it
assumes and nobody could test stands in its `untested`. Tolerances follow from one number, the
`blur`: how far from the exact projection rounding and the solver may leave an honest student, so
that where the assumptions pass, the conclusions that are theorems pass too.
"""

from w2s_jax.checks._losses import rules_of
from w2s_jax.checks._rules import Check, Numbers, check_rules
from w2s_jax.checks._squares import RULES

__all__ = ["Check", "check_all"]

# by which prose may call them
_NAMES = {*RULES, *rules_of("cross-entropy", {}), *rules_of("zero-one", {})}


def check_all(
    numbers: Numbers, *, test: bool = False, confined: bool = False, loss: str = "squared"
) -> dict[str, Check]:
    """Run every check whose numbers are there and whose assumptions are not known to fail.

    Args:
        numbers: a report's quantities and evidence, scalars or `(tasks,)` arrays by name; None or
            absent means not known.
        test: the student was fitted on other inputs: no check of the projection speaks.
        confined: the heads are confined to a set, which many directions do not make trivial.
        loss: that of the report.

    Returns:
        Checks by name; the worst task decides.

    Example:
        >>> sizes = {"blur": 1e-9, "blur_truth": 1e-9, "student_error": 0.1}
        >>> check_all({"weak_error": 0.2, "misfit": 0.3} | sizes)["certificate"].holds
        False
    """
    return check_rules(rules_of(loss, numbers), numbers, test=test, confined=confined)
