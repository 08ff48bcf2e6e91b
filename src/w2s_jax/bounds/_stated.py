"""What every stated theorem can be asked: whether its assumptions hold."""

import equinox as eqx

from w2s_jax.checks import Check


class Stated(eqx.Module):
    """A theorem stated for given predictions, with the checks of what it assumes.

    Attributes:
        assumptions: the checks of those assumptions that could be tested, by name.

    Example:
        >>> from w2s_jax.bounds import pythagorean
        >>> stated = pythagorean([3.0, 0.0], [1.5, 1.5])
        >>> isinstance(stated, Stated), stated.holds
        (True, True)
    """

    assumptions: eqx.AbstractVar[dict[str, Check]]

    @property
    def holds(self) -> bool:
        """Whether no tested assumption failed."""
        return all(check.holds for check in self.assumptions.values())
