r"""Least-squares heads on frozen features, solved exactly.

A head minimises

$$\frac1n \sum_{i=1}^n (w^\top h(x_i) + b - y_i)^2 + \lambda \lVert w \rVert^2 ,$$

the bias $b$ unpenalised. With labels from a weak model and $\lambda = 0$ the fitted head is the
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

from w2s_jax._host import namespace, on_host, to_jax
from w2s_jax.heads.factors import numerical_cut, solve
from w2s_jax.projections import Status, constrained_weights
from w2s_jax.sets.base import ConvexSet
from w2s_jax.sets.parameters import insist


class LinearHead(eqx.Module):
    """A linear head, or several on a trailing axis: features ↦ features · weights + bias.

    Attributes:
        weights: `(d,)`, or `(d, tasks)`; labels' units per feature unit.
        bias: `()`, or `(tasks,)`; labels' units.
        rank: numerical rank of the (centred, when there is a bias) features it was fitted on.

    Example:
        >>> head = LinearHead(jnp.array([1.0, 2.0]), jnp.array(0.5), jnp.array(2))
        >>> print(head(jnp.array([[1.0, 1.0]])))
        [3.5]
    """

    weights: Float[Array, "d *tasks"]
    bias: Float[Array, "*tasks"]
    rank: Int[Array, "*ranks"]

    def __call__(self, features: Float[Array | np.ndarray, "*own n d"]) -> Float[Array, "n *tasks"]:
        """Predict: `(n, d)` or, one matrix a task, `(tasks, n, d)` ↦ `(n,)` or `(n, tasks)`.

        Raises:
            ValueError: when the features' width is not the head's.
        """
        xp = namespace(features, self.weights, self.bias)
        features = xp.asarray(features, self.weights.dtype)
        weights, bias = xp.asarray(self.weights), xp.asarray(self.bias)
        if features.shape[-1] != self.weights.shape[0]:
            raise ValueError(
                f"features have width {features.shape[-1]}, "
                f"but the head was fitted on width {self.weights.shape[0]}"
            )
        # GPUs would round float32 to TF32, and numpy warns of what is not finite.
        with jax.default_matmul_precision("highest"), np.errstate(all="ignore"):
            if features.ndim == 3:
                return to_jax(xp.einsum("tnd,dt->nt", features, weights) + bias[None])
            predictions = features @ weights
        return to_jax(predictions + xp.broadcast_to(bias, predictions.shape))


def fit_head(
    features: Float[Array | np.ndarray, "n d"],
    labels: Float[Array | np.ndarray, " n"],
    *,
    ridge: float = 0.0,
    bias: bool = True,
    cut: float | None = None,
    within: ConvexSet | None = None,
) -> LinearHead:
    """Fit one head by exact least squares, or the best one with weights in a convex set.

    Singular values of the centred features below `cut` times the largest count as zero, so that
    rank-deficient features get the solution of least norm and `head.rank` says how many directions
    were used. Full-rank, well-conditioned features (a rigorous bound from their Cholesky factor
    says so) take a Gram matrix and one step of refinement; all others QR and an SVD of its factor.

    Args:
        features: `(n, d)`, the frozen representation of n inputs.
        labels: `(n,)`, from the truth or from a weak model.
        ridge: λ ≥ 0 of the mean-squared-error objective above (scikit-learn's `alpha` is n·λ).
        bias: fit an unpenalised constant.
        cut: relative singular-value cut in [0, 1); by default 1e-10 in float64 and
            `max(n, d)` machine epsilons in float32.
        within: a set from `w2s_jax.sets` for the weights; the constant stays free. The head is
            then the projection onto the functions of that set, certified to a relative gap.

    Returns:
        The head; its predictions on the training features are off by about machine epsilon times
        the condition number of what the cut keeps, and by less than 1e-12 where the fast path is
        taken in float64.

    Raises:
        ValueError: empty input, lengths that differ, negative ridge, a cut outside [0, 1), a cut
            with `within`, NaN or infinity, a gap that did not close.

    Fails when:
        units fire on a handful of inputs only: they survive the numerical cut and ruin predictions
        on fresh inputs. Raise `cut` or use `ridge`. In float32 the default cut may drop such units
        without a word other than `rank`: use float64.

    Example:
        >>> features = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
        >>> head = fit_head(features, features @ np.array([2.0, -1.0]) + 3.0)
        >>> print(head.weights.round(6), head.bias.round(6), head.rank)
        [ 2. -1.] 3.0 2
    """
    if labels.ndim != 1:
        raise ValueError(f"labels must be (n,), got {labels.shape}; for many tasks use fit_heads")
    if features.ndim != 2:
        raise ValueError(f"features must be (n, d), got {features.shape}")
    x, y = _settled(features, labels, ridge, within)
    weights, constant, rank = _fit(x, y[:, None], ridge, bias, cut, within)
    return LinearHead(*to_jax((weights[:, 0], constant[0], rank)))


def fit_heads(
    features: Float[Array | np.ndarray, "*own n d"],
    labels: Float[Array | np.ndarray, "n tasks"],
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
        bias: fit an unpenalised constant for each task.
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
    found = _fit(*_settled(features, labels, ridge, within), ridge, bias, cut, within)
    return LinearHead(*to_jax(found))


def _settled(features, labels, ridge, within) -> tuple[Any, Any]:
    """Both in the dtype of the head, as arrays of numpy where numpy can solve."""
    dtype = jnp.result_type(features, labels, float)
    here = on_host(features, labels, ridge, *jax.tree.leaves(within))
    xp = np if here and dtype in (jnp.float32, jnp.float64) else jnp
    return xp.asarray(features, dtype), xp.asarray(labels, dtype)


def _fit(x, y, ridge, bias: bool, cut: float | None, within: ConvexSet | None) -> tuple:
    _check(x, y, ridge, cut)
    if within is not None:
        if cut is not None:
            raise ValueError("cut is for least squares; a head within a set takes none")
        return _finite(_confined(x, y, ridge, bias, within), x, y)
    xp = np if isinstance(x, np.ndarray) else jnp
    penalty = xp.broadcast_to(xp.asarray(ridge, x.dtype), y.shape[1:])
    if cut is None:
        cut = numerical_cut(x)
    plain = isinstance(ridge, int | float) and ridge == 0
    return _finite(solve(x, y, penalty, bias=bias, cut=cut, plain=plain), x, y)


def _confined(x, y, ridge, bias: bool, within: ConvexSet) -> tuple:
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
    centre = x.mean(-2, keepdims=True) if bias else 0
    return weights.T, constant, xp.linalg.matrix_rank(x - centre, rtol=1e-10)


def _check(features, labels, ridge, cut) -> None:
    if features.ndim not in (2, 3):
        raise ValueError(f"features must be (n, d) or (tasks, n, d), got {features.shape}")
    if labels.ndim != 2:
        raise ValueError(f"labels must be (n, tasks), got {labels.shape}; one task: use fit_head")
    if 0 in features.shape or 0 in labels.shape:
        raise ValueError(f"nothing to fit: features {features.shape}, labels {labels.shape}")
    if features.shape[-2] != labels.shape[0]:
        raise ValueError(f"features hold {features.shape[-2]} inputs, but labels {labels.shape[0]}")
    if features.ndim == 3 and features.shape[0] != labels.shape[1]:
        raise ValueError(
            f"features hold {features.shape[0]} tasks, but labels {labels.shape[1]} columns"
        )
    if np.ndim(ridge) and np.shape(ridge) != labels.shape[1:]:
        raise ValueError(f"ridge must be one number or {labels.shape[1:]}, got {np.shape(ridge)}")
    if not isinstance(ridge, Tracer) and not np.all(np.asarray(ridge) >= 0):
        raise ValueError(f"ridge must be at least 0, got {ridge}")
    if cut is not None and not 0 <= cut < 1:
        raise ValueError(f"cut must lie in [0, 1), got {cut}")


def _finite(found: tuple, features, labels) -> tuple:
    xp: Any = namespace(*found)
    finite = xp.isfinite(found[0]).all() & xp.isfinite(found[1]).all()
    if isinstance(finite, Tracer):
        return eqx.error_if(found, ~finite, "fit_heads: features or labels hold NaN or infinity")
    if not finite:
        for name, array in (("features", features), ("labels", labels)):
            bad = np.argwhere(~np.isfinite(np.asarray(array)))
            if len(bad):
                where = tuple(bad[0].tolist())
                raise ValueError(f"{name} hold NaN or infinity, first at index {where}")
        raise ValueError("the head overflowed: rescale the features or the labels")
    return found
