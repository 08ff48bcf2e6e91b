r"""Least-squares heads on frozen features, solved exactly.

A head minimizes

$$\frac1n \sum_{i=1}^n (w^\top h(x_i) + b - y_i)^2 + \lambda \lVert w \rVert^2 ,$$

the bias $b$ unpenalized. With labels from a weak model and $\lambda = 0$ the fitted head is the
*student*: the projection of the weak model onto the span of the strong features (Charikar et al.
2024, section 3).
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float, Int

from w2s_jax.arrays import numbers, same_rows
from w2s_jax.arrays._digits import unit_of
from w2s_jax.arrays._host import namespace, on_host, to_host, to_jax, x64
from w2s_jax.heads._factors import Solved, solve
from w2s_jax.heads._rank import numerical_rank
from w2s_jax.projections import Status, constrained_weights
from w2s_jax.sets._base import ConvexSet, convex_set_or_none
from w2s_jax.sets._parameters import insist

Known = Array | np.ndarray  # numpy's where JAX would drop digits


class LinearHead(eqx.Module):
    """A linear head, or several: features ↦ (features − center) · weights + level.

    Args:
        weights: as below.
        bias: as below.
        rank: as below.
        center: as below; 0 if None.
        level: as below; the bias if None, which fits a center of 0.
        cut: as below.

    Attributes:
        weights: `(d,)`, or `(d, tasks)`; labels' units per feature unit.
        bias: `()`, or `(tasks,)`; labels' units; what is predicted where all features are 0.
        rank: numerical rank of the (centered, when there is a bias) features it was fitted on.
        center: mean of these features, `(d,)`, or `(d, tasks)` if each task has its own; 0 without
            a constant. Far from 0, features · weights + bias would lose the digits that differ.
        level: what is predicted there, `()` or `(tasks,)`: the mean of the labels, or 0.
        cut: the relative singular-value cut that was asked for; None: the features' digits decided.

    Example:
        >>> head = LinearHead(jnp.array([1.0, 2.0]), jnp.array(0.5), jnp.array(2))
        >>> print(head(jnp.array([[1.0, 1.0]])))
        [3.5]
    """

    weights: Float[Known, "d *tasks"]
    bias: Float[Known, "*tasks"]
    rank: Int[Known, "*ranks"]
    center: Float[Known, "d *own"]
    level: Float[Known, "*tasks"]
    cut: float | None = eqx.field(static=True)

    def __init__(self, weights, bias, rank, center=None, level=None, cut: float | None = None):
        self.weights, self.bias, self.rank, self.cut = weights, bias, rank, cut
        origin = np.zeros(np.shape(weights)[:1], weights.dtype)
        self.center = to_jax(origin) if center is None else center
        self.level = bias if level is None else level

    def __call__(self, features: Any) -> Float[Known, "n *tasks"]:
        """Predict: `(n, d)` or, one matrix a task, `(tasks, n, d)` ↦ `(n,)` or `(n, tasks)`.

        Args:
            features: anything that `fit_head` reads.

        Raises:
            ValueError: when the features' width is not the head's.
        """
        x = numbers("features", features, "n d", "tasks n d", finite=False)
        xp = namespace(x, self.weights, self.bias)
        weights, center, bias, level = (
            xp.asarray(part) for part in (self.weights, self.center, self.bias, self.level)
        )
        if x.shape[-1] != weights.shape[0]:
            raise ValueError(
                f"features have width {x.shape[-1]}, "
                f"but the head was fitted on width {weights.shape[0]}"
            )
        # Differences first, in the wider of both precisions: 1e6 + 1 in float32 is known to 0.06.
        known = xp is np
        x = xp.asarray(x, np.promote_types(x.dtype, weights.dtype) if known else weights.dtype)
        # GPUs would round float32 to TF32, and numpy warns of what is not finite.
        with jax.default_matmul_precision("highest"), np.errstate(all="ignore"):
            if x.ndim == 3:
                own = x - (center.T[:, None] if center.ndim == 2 else center)
                found = xp.einsum("tnd,dt->nt", own, weights) + level[None]
            elif center.ndim == 2:
                found = x @ weights + bias[None]
            else:
                found = (x - center[None]) @ weights
                found = found + xp.broadcast_to(level, found.shape)
        return to_jax(found.astype(self.weights.dtype))


def fit_head(
    features: Any,
    labels: Any,
    *,
    ridge: Any = 0.0,
    bias: bool = True,
    cut: float | None = None,
    within: ConvexSet | None = None,
) -> LinearHead:
    """Fit one head by exact least squares, or the best one with weights in a convex set.

    Directions of the features that rounding errors could have made count as zero, so that
    rank-deficient features get the solution of least norm and `head.rank` says how many directions
    were used: `numerical_rank` has the rule, and `cut` overrules it. Columns that do not vary get
    the weight 0. Full-rank, well-conditioned features (a rigorous bound from their Cholesky factor
    says so) take a Gram matrix and one step of refinement; all others QR and an SVD of its factor.

    Known numbers are solved in float64 by numpy, whatever JAX's flag, and traced ones in their own
    precision. The head is as wide as features and labels together, or, where the flag is off, as
    the features: float64 ones then give arrays of numpy.

    Derivatives in features, labels and ridge, second ones too, come from the normal equations; of
    deficient features they are those at constant rank.

    Args:
        features: `(n, d)`, the frozen representation of n inputs: an array of numpy or JAX, a list,
            a frame of pandas or polars, a tensor of torch on the CPU.
        labels: `(n,)`, from the truth or from a weak model.
        ridge: λ ≥ 0 of the mean-squared-error objective above (scikit-learn's `alpha` is n·λ).
        bias: fit an unpenalized constant.
        cut: in [0, 1): leave out directions whose singular value, in the features' own units, is
            at most this part of the largest.
        within: a set from `w2s_jax.sets` for the weights; the constant stays free. The head is
            then the projection onto the functions of that set, certified to a relative gap.

    Returns:
        The head; its predictions on the training features are off by machine epsilon times the
        condition number of what is kept (scaled columns; in the features' units where directions
        are left out or λ > 0), or by less than 1e-12 where the fast path is taken in float64.

    Raises:
        ValueError: what `arrays.numbers` refuses, rows that differ, a negative ridge, a cut outside
            [0, 1), a cut with `within`, weights that overflow, a gap that did not close.

    Fails when:
        units fire on a handful of inputs only: they are no rounding errors, and ruin predictions on
        fresh inputs. Raise `cut` or use `ridge`.

    Example:
        >>> features = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
        >>> head = fit_head(features, features @ np.array([2.0, -1.0]) + 3.0)
        >>> print(head.weights.round(6), head.bias.round(6), head.rank)
        [ 2. -1.] 3.0 2
    """
    x, y = _settled(features, labels, ridge, within, ("n d",), ("n",))
    found = _fit(x, y[:, None], ridge, bias, cut, within)
    weights, level = found.weights[:, 0], found.level[0]
    return _head(Solved(weights, level, found.center, found.rank), x, y, cut)


def fit_heads(
    features: Any,
    labels: Any,
    *,
    ridge: float | Float[Array | np.ndarray, " tasks"] = 0.0,
    bias: bool = True,
    cut: float | None = None,
    within: ConvexSet | None = None,
) -> LinearHead:
    """Fit many heads: on shared features with one factorization, or each on features of its own.

    Args:
        features: `(n, d)`, shared by all tasks, or `(tasks, n, d)`, one matrix a task.
        labels: `(n, tasks)`.
        ridge: λ ≥ 0 for all tasks, or one λ a task: repeat a column of labels for a ridge path.
        bias: fit an unpenalized constant for each task.
        cut: as in `fit_head`.
        within: as in `fit_head`, the same set for all tasks.

    Returns:
        A head with weights `(d, tasks)`; `rank` is one number on shared features, else `(tasks,)`.

    Raises:
        ValueError: as in `fit_head`.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(50, 3))
        >>> labels = features @ np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
        >>> print(abs(fit_heads(features, labels).weights.round(6)))
        [[1. 0.]
         [0. 1.]
         [2. 2.]]
    """
    x, y = _settled(features, labels, ridge, within, ("n d", "tasks n d"), ("n tasks",))
    return _head(_fit(x, y, ridge, bias, cut, within), x, y, cut)


def _settled(features, labels, ridge, within, wanted, labeled) -> tuple[Any, Any]:
    """Both as arrays of numpy where numpy can solve, in the dtype of the head."""
    convex_set_or_none(within)
    both = (features, labels)
    known = [np.asarray(a) if isinstance(a, Array) and on_host(a) else a for a in both]
    x = numbers("features", known[0], *wanted, finite=False)
    y = numbers("labels", known[1], *labeled, finite=False)
    if x.ndim == 2:
        same_rows(features=features, labels=labels)
    elif x.shape[1:2] != y.shape[:1] or x.shape[0] != y.shape[1]:
        raise ValueError(
            f"features have shape {x.shape} and labels {y.shape}, expected (tasks, n, d) and "
            "(n, tasks): one matrix of features for each column of labels"
        )
    if on_host(x, y, ridge, *jax.tree.leaves(within)):
        dtype = np.result_type(x, y) if x64() else x.dtype
        return np.asarray(x, dtype), np.asarray(y, dtype)
    dtype = jnp.result_type(x, y, float)
    return jnp.asarray(x, dtype), jnp.asarray(y, dtype)


def _fit(x, y, ridge, bias: bool, cut: float | None, within: ConvexSet | None) -> Solved:
    _check(y, ridge, cut)
    if within is not None:
        if cut is not None:
            raise ValueError("cut is for least squares; a head within a set takes none")
        return _confined(x, y, ridge, bias, within)
    xp = np if isinstance(x, np.ndarray) else jnp
    wide = np.float64 if xp is np and x.ndim == 2 else x.dtype
    penalty = xp.broadcast_to(xp.asarray(ridge, wide), y.shape[1:])
    plain = isinstance(ridge, int | float) and ridge == 0
    given = xp.asarray(x, wide), xp.asarray(y, wide), penalty, unit_of(x)
    return solve(*given, bias=bias, cut=cut, plain=plain)


def _head(found: Solved, x, y, cut: float | None) -> LinearHead:
    weights, level, center, rank = to_host(tuple(found))
    # Where weights have an axis of tasks and centers none, the product is over features alone.
    with np.errstate(all="ignore"), jax.default_matmul_precision("highest"):
        own = center.ndim == 2
        bias = level - ((center * weights).sum(0) if own else center @ weights)
    parts = _finite((weights, bias, center, level), x, y)
    xp: Any = namespace(*parts)
    weights, bias, center, level = (xp.asarray(part, x.dtype) for part in parts)
    if xp is np and not np.isfinite(weights).all():
        raise ValueError("the head overflowed: rescale the features or the labels")
    return LinearHead(*to_jax((weights, bias, rank, center, level)), cut=cut)


def _confined(x, y, ridge, bias: bool, within: ConvexSet) -> Solved:
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    penalty = xp.broadcast_to(xp.asarray(ridge, x.dtype), y.shape[1:])

    def fit(x, y, ridge):
        found, constant = constrained_weights(x, y, within, ridge=ridge, bias=bias, throw=False)
        weights, ended = xp.asarray(found.value), xp.asarray(found.status)
        sentence = (
            f"fit_head: {Status.max_steps.sentence} Use project_functions to look at the gap."
        )
        fine = (ended == Status.certified).all() | ~xp.isfinite(weights).all()
        insisted = insist(found.value, to_jax(fine), sentence)
        return xp.asarray(insisted), xp.asarray(constant)

    if x.ndim == 2 and not np.ndim(ridge):
        weights, constant = fit(x, y, ridge)
    else:
        own = [x if x.ndim == 2 else x[t] for t in range(y.shape[1])]
        fits = [fit(x, y[:, t], penalty[t]) for t, x in enumerate(own)]
        weights, constant = (xp.stack(part) for part in zip(*fits, strict=True))
    weights = weights.T
    middle = x.mean(-2) if bias else 0 * x[..., 0, :]
    level = constant + ((middle.T * weights).sum(0) if x.ndim == 3 else middle @ weights)
    found = [numerical_rank(own, bias=bias).rank for own in (x if x.ndim == 3 else [x])]
    rank = xp.stack([xp.asarray(each) for each in found]) if x.ndim == 3 else xp.asarray(found[0])
    return Solved(weights, level, middle.T if x.ndim == 3 else middle, rank)


def _check(labels, ridge, cut) -> None:
    if np.ndim(ridge) and np.shape(ridge) != labels.shape[1:]:
        raise ValueError(f"ridge must be one number or {labels.shape[1:]}, got {np.shape(ridge)}")
    if not isinstance(ridge, Tracer) and not np.all(np.asarray(ridge) >= 0):
        raise ValueError(f"ridge must be at least 0, got {ridge}")
    if cut is not None and not 0 <= cut < 1:
        raise ValueError(f"cut must lie in [0, 1), got {cut}")


def _finite(found: tuple, features, labels) -> Any:
    xp: Any = namespace(*found)
    finite = xp.isfinite(found[0]).all() & xp.isfinite(found[1]).all()
    if isinstance(finite, Tracer):
        return eqx.error_if(found, ~finite, "fit_heads: features or labels hold NaN or infinity")
    if not finite:
        numbers("features", features)
        numbers("labels", labels)
        raise ValueError("the head overflowed: rescale the features or the labels")
    return found
