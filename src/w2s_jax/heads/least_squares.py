r"""Least-squares heads on frozen features, solved exactly.

A head minimises

$$\frac1n \sum_{i=1}^n (w^\top h(x_i) + b - y_i)^2 + \lambda \lVert w \rVert^2 ,$$

the bias $b$ unpenalised. With labels from a weak model and $\lambda = 0$ the fitted head is the
*student*: the projection of the weak model onto the span of the strong features (Charikar et al.
2024, section 3).
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float, Int

from w2s_jax.projections import Status, constrained_weights
from w2s_jax.sets.base import ConvexSet, insist


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
        features = jnp.asarray(features, self.weights.dtype)
        if features.shape[-1] != self.weights.shape[0]:
            raise ValueError(
                f"features have width {features.shape[-1]}, "
                f"but the head was fitted on width {self.weights.shape[0]}"
            )
        with jax.default_matmul_precision("highest"):  # GPUs would round float32 to TF32
            if features.ndim == 3:
                return jnp.einsum("tnd,dt->nt", features, self.weights) + self.bias[None]
            predictions = features @ self.weights
        return predictions + jnp.broadcast_to(self.bias, predictions.shape)


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
    head = fit_heads(features, labels[:, None], ridge=ridge, bias=bias, cut=cut, within=within)
    return LinearHead(head.weights[:, 0], head.bias[0], head.rank)


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
    _check(features, labels, ridge, cut)
    if within is not None:
        if cut is not None:
            raise ValueError("cut is for least squares; a head within a set takes none")
        return _finite(_confined(features, labels, ridge, bias, within), features, labels)
    dtype = jnp.result_type(features, labels, float)
    x, y = jnp.asarray(features, dtype), jnp.asarray(labels, dtype)
    penalty = jnp.broadcast_to(jnp.asarray(ridge, dtype), y.shape[1:])
    if cut is None:
        cut = 1e-10 if dtype == jnp.float64 else max(x.shape[-2:]) * float(jnp.finfo(dtype).eps)
    plain = isinstance(ridge, int | float) and ridge == 0
    with jax.default_matmul_precision("highest"):
        head = LinearHead(*_solve(x, y, penalty, bias=bias, cut=cut, plain=plain))
    return _finite(head, features, labels)


def _confined(features, labels, ridge, bias: bool, within: ConvexSet) -> LinearHead:
    dtype = jnp.result_type(features, labels, float)
    penalty = jnp.broadcast_to(jnp.asarray(ridge, dtype), labels.shape[1:])

    def fit(features, labels, ridge):
        found, constant = constrained_weights(labels, features, within, ridge=ridge, bias=bias)
        sentence = (
            f"fit_head: {Status.max_steps.sentence} Use project_functions to look at the gap."
        )
        fine = found.certified.all() | ~jnp.isfinite(found.value).all()
        return insist(found.value, fine, sentence), constant

    if features.ndim == 2 and not np.ndim(ridge):
        weights, constant = fit(features, labels, ridge)
    else:
        own = [features if features.ndim == 2 else features[t] for t in range(labels.shape[1])]
        fits = [fit(x, labels[:, t], penalty[t]) for t, x in enumerate(own)]
        weights, constant = (jnp.stack(part) for part in zip(*fits, strict=True))
    centre = features.mean(-2, keepdims=True) if bias else 0
    rank = jnp.linalg.matrix_rank(jnp.asarray(features, dtype) - centre, rtol=1e-10)
    return LinearHead(weights.T, constant, rank)


@partial(jax.jit, static_argnames=("bias", "cut", "plain"))
def _solve(x: Array, y: Array, penalty: Array, *, bias: bool, cut: float, plain: bool):
    if x.ndim == 2:
        few = 4 * y.shape[1] <= x.shape[1]  # refining many tasks costs more than an SVD
        return _solve_one(x, y, penalty, bias, cut, plain and few)

    def task(own):
        x, y, penalty = own
        weights, intercept, rank = _solve_one(x, y[:, None], penalty[None], bias, cut, plain)
        return weights[:, 0], intercept[0], rank

    # One task after another: each one's features stay in the processor's cache for all passes.
    weights, intercept, rank = jax.lax.map(task, (x, y.T, penalty))
    return weights.T, intercept, rank


def _solve_one(x: Array, y: Array, penalty: Array, bias: bool, cut: float, fast: bool):
    if not fast or x.shape[1] >= x.shape[0]:
        return _by_svd(x, y, penalty, bias, cut)
    head, trusted = _by_gram(x, y, bias, cut)
    return jax.lax.cond(trusted, lambda: head, lambda: _by_svd(x, y, penalty, bias, cut))


def _by_svd(x: Array, y: Array, penalty: Array, bias: bool, cut: float):
    """QR, then an SVD of the triangular factor: any rank, any conditioning, any ridge."""
    centre = x.mean(0) if bias else x[0] * 0
    q, r = jnp.linalg.qr(x - centre[None])
    u, s, vt = jnp.linalg.svd(r, full_matrices=False)
    keep = s > cut * s[0]
    s = jnp.where(keep, s, 1.0)[:, None]
    shrink = jnp.where(keep[:, None], s / (s**2 + x.shape[0] * penalty[None]), 0.0)
    basis = q @ u
    mean = jnp.full((1, x.shape[0]), bias / x.shape[0], x.dtype)
    middle, coordinates = jnp.split(jnp.concatenate([mean, basis.T]) @ y, [1])  # one pass over y
    coordinates = coordinates - jnp.outer(basis.sum(0), middle[0])
    weights = vt.T @ (shrink * coordinates)
    return weights, middle[0] - centre @ weights, keep.sum()


def _by_gram(x: Array, y: Array, bias: bool, cut: float):
    """Cholesky of the scaled Gram matrix of [1, x] and one step of refinement, with its own proof.

    |L| |L^-1| in Frobenius norms bounds the condition number of the scaled columns from above: the
    result is trusted when the bound shows that no singular value falls below the cut and that one
    refinement step reaches rounding error. Anything else, NaN included, is not trusted.
    """
    # A product with ones sums the columns in the pass that the labels need anyway.
    sums, right = jnp.split(jnp.concatenate([jnp.ones_like(y[None, :, 0]), y.T]) @ x, [1])
    gram = x.T @ x
    if bias:
        count = jnp.full((1, 1), x.shape[0], x.dtype)
        gram = jnp.block([[count, sums], [sums.T, gram]])
    norms = jnp.sqrt(jnp.diag(gram))
    factor = jnp.linalg.cholesky(gram / jnp.outer(norms, norms))
    inverse = jax.scipy.linalg.solve_triangular(factor, jnp.diag(1 / norms), lower=True)
    bound = jnp.linalg.norm(factor) * jnp.linalg.norm(inverse * norms[None])
    spread = norms[int(bias) :].max() / norms[int(bias) :].min()
    limit = float(jnp.finfo(x.dtype).eps) ** -0.25
    trusted = (bound < limit) & (bound * spread * cut < 1)

    def newton(residual: Array, right: Array) -> tuple[Array, Array]:
        if bias:
            right = jnp.concatenate([residual.sum(0, keepdims=True), right])
        step = inverse.T @ (inverse @ right)
        return (step[1:], step[0]) if bias else (step, y[0] * 0)

    weights, intercept = newton(y, right.T)
    residual = y - x @ weights - intercept[None]
    more_weights, more_intercept = newton(residual, (residual.T @ x).T)
    rank = jnp.array(x.shape[1])
    return (weights + more_weights, intercept + more_intercept, rank), trusted


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


def _finite(head: LinearHead, features, labels) -> LinearHead:
    finite = jnp.isfinite(head.weights).all() & jnp.isfinite(head.bias).all()
    if isinstance(finite, Tracer):
        return eqx.error_if(head, ~finite, "fit_heads: features or labels hold NaN or infinity")
    if not finite:
        for name, array in (("features", features), ("labels", labels)):
            bad = np.argwhere(~np.isfinite(np.asarray(array)))
            if len(bad):
                where = tuple(bad[0].tolist())
                raise ValueError(f"{name} hold NaN or infinity, first at index {where}")
        raise ValueError("the head overflowed: rescale the features or the labels")
    return head
