"""What a projection hands back, how it ended, and the error where it is not certified."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.core import Tracer
from jaxtyping import Bool, Float, Int

from w2s_jax.projections._endings import Ending
from w2s_jax.quadratics._form import Solution
from w2s_jax.quadratics._metric import Scalar


class Status(Ending):
    """How a projection ended; each member has a sentence.

    Example:
        >>> print(Status.certified.sentence)
        Certified: a member, and the projection within the relative gap asked for.
    """

    certified = 0, "Certified: a member, and the projection within the relative gap asked for."
    max_steps = (
        1,
        "Not certified: the steps ran out. The value is the best one found; an infinite gap says "
        "that it is no member. Allow more max_steps or a larger tol. An empty intersection ends "
        "here too.",
    )
    not_finite = 2, "Failed: the numbers overflowed, or hold NaN. Rescale point and metric."


class Projection(eqx.Module):
    r"""What `project` found, for each point of the batch.

    Attributes:
        value: the projections, `(…, d)`.
        gap: relative gaps, `(…,)`: an upper bound on $\lVert v - v^\star \rVert_G^2$ over
            $D \min(D, \lVert v \rVert_G + D / 1000)$, $D = \lVert p - v \rVert_G$, both $D$ and the
            minimum raised to what rounding leaves, $\theta \sqrt{\lambda_{\max}} \lVert v
            \rVert$ with $\theta = 64 \varepsilon$ over the default tol, where they are below it;
            $v$ as seen from the center of a moved set. Infinite where $v$ is no member.
        steps: rounds of the solver, `(…,)`.
        status: how each ended, `(…,)`: numbers of `Status`, whose members have sentences.

    Example:
        >>> from w2s_jax.projections import project
        >>> from w2s_jax.sets import Ball
        >>> found = project(jnp.array([3.0, 4.0]), Ball(radius=1.0))
        >>> print(found.value, found.certified)
        [0.6 0.8] True
    """

    value: Float[Array, "*batch d"]
    gap: Float[Array, "*batch"]
    steps: Int[Array, "*batch"]
    status: Int[Array, "*batch"]

    @property
    def certified(self) -> Bool[Array, "*batch"]:
        """Whether the value is a member and the gap at most the one asked for."""
        return self.status == Status.certified


def as_projection(found: Solution, tol: Scalar, shape: tuple[int, ...]) -> Projection:
    """Give a solution its status, and its batch the shape it came in.

    Args:
        found: `(n, d)` minimizers.
        tol: the gap that was asked for.
        shape: `(…, d)`, with n points in all.

    Example:
        >>> found = Solution(jnp.ones((2, 3)), jnp.array([0.0, 1.0]), jnp.ones(2, int))
        >>> print(as_projection(found, 1e-10, (2, 3)).certified)
        [ True False]
    """
    gap = jax.lax.stop_gradient(found.gap)
    fine = jnp.isfinite(found.value).all(1) & ~jnp.isnan(gap)
    ended = jnp.where(gap <= tol, Status.certified, Status.max_steps)
    status = jnp.where(fine, ended, Status.not_finite)
    parts = (a.reshape(shape[:-1]) for a in (gap, found.steps, status))
    return Projection(found.value.reshape(shape), *parts)


def certain(found: Projection, verb: str) -> Projection:
    """Return a projection all of whose points are certified, or raise.

    Args:
        found: the projection.
        verb: what the sentence begins with.

    Raises:
        ValueError: a point is not certified; traced, an error when it runs.

    Example:
        >>> from w2s_jax.projections import project
        >>> from w2s_jax.sets import Ball
        >>> certain(project(jnp.ones(2), Ball(radius=1.0), throw=False), "project").certified.item()
        True
    """
    status = found.status
    if isinstance(status, Tracer):
        sentence = f"{verb}: {Status.max_steps.sentence} throw=False hands back what was found."
        return eqx.error_if(found, (status != Status.certified).any(), sentence)
    Status.demand_certified(status, found.gap, "point", verb)
    return found
