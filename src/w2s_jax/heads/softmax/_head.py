"""What a softmax head is, and how its fit ended."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Bool, Float, Int

from w2s_jax.arrays import numbers
from w2s_jax.arrays._host import namespace, to_jax
from w2s_jax.projections._endings import Ending

Known = Array | np.ndarray  # numpy's where JAX would drop digits


class SoftmaxStatus(Ending):
    """How the fit of a softmax head ended; each member has a sentence.

    Example:
        >>> print(SoftmaxStatus.certified.sentence)
        Certified: a minimizer exists, and the objective is within the gap asked for.
    """

    certified = (
        0,
        "Certified: a minimizer exists, and the objective is within the gap asked for.",
    )
    max_steps = (
        1,
        "Not certified: the steps ran out, or rounding stopped them. Allow more max_steps, a "
        "larger tol, or a ridge.",
    )
    not_finite = (
        2,
        "Failed: the Hessian is singular in float64, or numbers overflowed. Use a ridge.",
    )
    no_minimizer = (
        3,
        "No minimizer: a plane separates classes, wholly or in part, and larger weights always "
        "fit better. Use a ridge, as 1e-4.",
    )


class SoftmaxHead(eqx.Module):
    r"""A softmax head, or several: features ↦ softmax((features − center) · weights + level).

    Attributes:
        weights: `(d, classes)` or `(d, tasks, classes)`; logits per feature unit. Their sum over
            classes is 0, as is that of the biases: logits are free up to a common number. Within
            a set they are the member found.
        bias: `(classes,)` or `(tasks, classes)`; the logits where all features are 0.
        gap: nats by which the objective may exceed the least, `()` or `(tasks,)`: an upper bound.
            Infinite where nothing is known.
        decrement: $\lVert g \rVert_{H^{-1}}$ of Newton at the head, at most; half its square is
            about the gap. Infinite within a set, where it tells nothing.
        steps: of Newton.
        status: numbers of `SoftmaxStatus`.
        rank: numerical rank of the (centered) features.
        center: mean of the features, `(d,)`; 0 without a bias.
        level: logits there, shaped like `bias`.

    Example:
        >>> nothing = np.array(0.0)
        >>> head = SoftmaxHead(np.array([[-0.5, 0.5]]), np.zeros(2), nothing, nothing, np.array(0),
        ...                    np.array(0), np.array(1), np.zeros(1), np.zeros(2))
        >>> print(head(np.array([[0.0], [np.log(3)]])))
        [[0.5  0.5 ]
         [0.25 0.75]]
    """

    weights: Float[Known, "d *tasks classes"]
    bias: Float[Known, "*tasks classes"]
    gap: Float[Known, "*tasks"]
    decrement: Float[Known, "*tasks"]
    steps: Int[Known, "*tasks"]
    status: Int[Known, "*tasks"]
    rank: Int[Known, ""]
    center: Float[Known, " d"]
    level: Float[Known, "*tasks classes"]

    @property
    def certified(self) -> Bool[Known, "*tasks"]:
        """Whether the gap is at most the one asked for, and a minimizer exists."""
        return self.status == SoftmaxStatus.certified

    def logits(self, features: Any) -> Float[Known, "n *tasks classes"]:
        """Return logits of features `(n, d)`, their sum over classes 0 unless within a set.

        Args:
            features: anything that `fit_softmax` reads; traced arrays too.

        Raises:
            ValueError: when the features' width is not the head's.
        """
        return to_jax(self._logits(features)[0])

    def __call__(self, features: Any) -> Float[Known, "n *tasks classes"]:
        """Return probabilities of features `(n, d)`: `(n, classes)` or `(n, tasks, classes)`.

        Args:
            features: as for `logits`.
        """
        logits, xp = self._logits(features)
        with np.errstate(all="ignore"):
            odds = xp.exp(logits - logits.max(-1, keepdims=True))
            return to_jax(odds / odds.sum(-1, keepdims=True))

    def _logits(self, features: Any) -> tuple[Any, Any]:
        x = numbers("features", features, "n d", finite=False)
        d = len(self.weights)
        if x.shape[1] != d:
            raise ValueError(
                f"features have width {x.shape[1]}, but the head was fitted on width {d}"
            )
        xp = namespace(x, self.weights)
        weights, center, level = (
            xp.asarray(part) for part in (self.weights, self.center, self.level)
        )
        # Differences first: far from 0, products would lose the digits that differ.
        with np.errstate(all="ignore"):
            found = (xp.asarray(x, weights.dtype) - center[None]) @ weights.reshape(d, -1)
            return found.reshape(-1, *level.shape) + level[None], xp


def sure(head: SoftmaxHead, verb: str) -> SoftmaxHead:
    """Return a head that is certified for all tasks, or raise.

    Args:
        head: as it was found.
        verb: what the sentence begins with.

    Raises:
        ValueError: naming the first task that is not, and what to do.

    Example:
        >>> nothing = np.zeros(())
        >>> head = SoftmaxHead(np.zeros((1, 2)), np.zeros(2), nothing, nothing, np.array(0),
        ...                    np.array(1), np.array(1), np.zeros(1), np.zeros(2))
        >>> sure(head, "fit_softmax")
        Traceback (most recent call last):
            ...
        ValueError: fit_softmax: gap 0.0e+00. Not certified: the steps ran out, ...
    """
    if isinstance(head.status, Tracer):
        return head
    SoftmaxStatus.demand_certified(head.status, head.gap, "task", verb)
    return head
