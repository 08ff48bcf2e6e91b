"""Newton steps by conjugate gradients, for heads that are well conditioned: no Hessian is formed.

Rows have spread 1, so that the Hessian is near (mean of S) ⊗ 1 plus the ridge. That is inverted,
and conjugate gradients make up for the rest. They look at float32 until that no longer tells; what
certifies a head is float64, and what they do not certify is left to Newton proper.
"""

from typing import Any

import numpy as np

from w2s_jax.heads.softmax._gaps import EPS
from w2s_jax.heads.softmax._head import SoftmaxStatus
from w2s_jax.heads.softmax._newton import Found, Problem, gaps, moved
from w2s_jax.heads.softmax._sums import Pass, least_curvature, passed, products

_ROUNDS, _PRODUCTS, _LEARNED, _ROUGH = 15, 30, 4, 0.03


def approach(problem: Problem, found: Found, tol: float, max_steps: int) -> Found:
    """Improve softmax heads, in place, while a few products with the Hessian go a long way.

    Args:
        problem: as for `newton`; so are the next.
        found: where to start.
        tol: of the gap.
        max_steps: all rounds together.

    Example:
        >>> blocks = lambda: [(np.ones((4, 1)), np.eye(2)[None][..., [0, 1, 1, 1]])]
        >>> problem = Problem.on(blocks, np.zeros(1), np.zeros(1))
        >>> found = approach(problem, Found.none(problem.labels), 1e-12, 50)
        >>> print(np.exp(found.theta.ravel()).round(4), found.gap < 1e-12)
        [3.] [ True]
    """
    live = found.left
    if not live.size:
        return found
    theta = found.theta[live]
    inverse, exact = np.empty(0), False
    singles = [tuple(part.astype(np.float32) for part in block) for block in problem.blocks()]
    rough = problem._replace(blocks=lambda: singles)
    seen = passed(rough.blocks, live, theta, None, keep=True)
    for count in range(min(_ROUNDS, max_steps) + 1):
        gradient = seen.gradient + problem.pull(live, theta)
        with np.errstate(all="ignore"):
            if count < _LEARNED:
                inverse = _inverse(problem, live, seen.chances)
            size = np.sqrt((gradient * _apply(inverse, gradient)).sum((1, 2)))
        if not exact and size.max() < _ROUGH:
            exact, seen = True, passed(problem.blocks, live, theta, None, keep=True)
            continue
        near = np.flatnonzero(exact & (size**2 <= tol))
        if near.size:
            some = _part(seen, near)
            _certify(problem, found, live[near], theta[near], some, gradient[near], tol)
        going = (found.status[live] != SoftmaxStatus.certified) & np.isfinite(size)
        if not going.any() or count == min(_ROUNDS, max_steps):
            break
        live, theta, gradient, inverse = (part[going] for part in (live, theta, gradient, inverse))
        seen = _part(seen, going)
        size = size[going]
        least = np.clip(0.03 * tol**0.5 / np.maximum(size, EPS), 1e-3, 0.2)
        enough = np.clip(size, least, 0.2)
        with np.errstate(all="ignore"):
            chances = seen.chances.astype(np.float32, copy=False)
            step, done = _conjugate(rough, live, chances, gradient, inverse, enough)
        live, theta, step, inverse = live[done], theta[done], step[done], inverse[done]
        if not live.size:
            break
        found.steps[live] += 1
        exact = size.max() < _ROUGH
        theta, seen = moved(problem if exact else rough, live, theta, step, keep=True)
        found.theta[live] = theta
    return found


def _certify(problem, found, tasks, theta, seen: Pass, gradient, tol: float) -> None:
    least = least_curvature(problem.blocks, seen.chances)
    with np.errstate(all="ignore"):
        size = np.linalg.norm(gradient.reshape(len(tasks), -1), axis=1) / np.sqrt(least)
    gap, decrement = gaps(problem, tasks, theta, seen, size, least)
    found.gap[tasks], found.decrement[tasks] = gap, decrement
    found.status[tasks[gap <= tol]] = SoftmaxStatus.certified


def _inverse(problem: Problem, tasks: Any, chances: Any) -> Any:
    """Invert (mean of S) ⊗ 1 plus the ridge: `(tasks, 1 or p, m, m)`."""
    mean = chances.mean(2)
    local = mean[:, :, None] * np.eye(chances.shape[1])
    local = local - chances @ chances.transpose(0, 2, 1) / chances.shape[2]
    ridge = problem.ridge[tasks]
    if ridge[0] == 0:
        return np.linalg.inv(local)[:, None]
    charge = 2 * ridge[:, None] * problem.units**2
    return np.linalg.inv(local[:, None] + charge[..., None, None] * problem.metric)


def _apply(inverse: Any, gradient: Any) -> Any:
    if inverse.shape[1] == 1:
        return inverse[:, 0] @ gradient
    return np.matmul(inverse, gradient.transpose(0, 2, 1)[..., None])[..., 0].transpose(0, 2, 1)


def _conjugate(problem: Problem, tasks, chances, gradient, inverse, enough):
    """Solve Hv = −g until what is left of g is `enough` of it; return v, and where it went well."""
    step, left = np.zeros_like(gradient), -gradient
    toward = along = _apply(inverse, left)
    size = (left * along).sum((1, 2))
    target, open_ = enough**2 * size, np.ones(len(tasks), bool)
    for _ in range(_PRODUCTS):
        image = products(problem.blocks, chances, toward) + problem.pull(tasks, toward)
        with np.errstate(all="ignore"):
            far = np.where(open_, size / (toward * image).sum((1, 2)), 0.0)[:, None, None]
        step, left = step + far * toward, left - far * image
        along = _apply(inverse, left)
        new = (left * along).sum((1, 2))
        open_ = open_ & ~(new <= target)
        if not open_.any():
            break
        with np.errstate(all="ignore"):
            toward = along + np.where(open_, new / size, 0.0)[:, None, None] * toward
        size = new
    return step, ~open_ & np.isfinite(step).all((1, 2))


def _part(seen: Pass, tasks: Any) -> Pass:
    return Pass(*(part if part is None else part[tasks] for part in seen))
