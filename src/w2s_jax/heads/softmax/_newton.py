"""Damped Newton for many softmax heads at once, each stopped by its own certificate."""

from typing import Any, NamedTuple

import numpy as np

from w2s_jax.heads.softmax._gaps import EPS, by_curvature, by_duality, by_entropy
from w2s_jax.heads.softmax._head import SoftmaxStatus
from w2s_jax.heads.softmax._sums import (
    Blocks,
    Labels,
    Pass,
    entropy,
    inverses,
    passed,
    separates,
    summed,
)


class Problem(NamedTuple):
    """Softmax heads to be fitted on rows that they share.

    Attributes:
        blocks: yields rows and labels, as `summed` takes them.
        labels: their sums.
        ridge: λ, `(tasks,)`: all 0, or all above.
        units: length of the weights that each column of the rows stands for, `(p,)`; 0 for a bias.

    Example:
        >>> Problem._fields
        ('blocks', 'labels', 'ridge', 'units')
    """

    blocks: Blocks
    labels: Labels
    ridge: Any
    units: Any

    @classmethod
    def on(cls, blocks: Blocks, ridge: Any, units: Any) -> "Problem":
        """Pass over the blocks once, for the sums of their labels."""
        return cls(blocks, summed(blocks), ridge, units)

    @property
    def metric(self) -> Any:
        """K, by which ‖W‖² = ⟨w, K w⟩ for the columns w of pinned classes."""
        m = self.labels.cross.shape[1]
        return np.eye(m) - 1 / (m + 1)

    def of(self, tasks: Any) -> Labels:
        """Return the sums of some tasks' labels."""
        cross, shares = self.labels.cross[tasks], self.labels.shares[tasks]
        return self.labels._replace(cross=cross, shares=shares)

    def pull(self, tasks: Any, theta: Any) -> Any:
        """Return the gradient of λ‖W‖²."""
        ridge = self.ridge[tasks][:, None, None]
        return 2 * ridge * np.matmul(self.metric, theta) * self.units**2


class Found(NamedTuple):
    """What was found for each task.

    Attributes:
        theta: weights of the pinned classes, `(tasks, m, p)`.
        gap: at most so far from the least objective, in nats, `(tasks,)`.
        decrement: of Newton, at most, `(tasks,)`.
        steps: taken, `(tasks,)`.
        status: of `SoftmaxStatus`, `(tasks,)`.

    Example:
        >>> Found._fields[:2]
        ('theta', 'gap')
    """

    theta: Any
    gap: Any
    decrement: Any
    steps: Any
    status: Any

    @property
    def left(self) -> Any:
        """Numbers of the tasks that are not certified."""
        return np.flatnonzero(self.status != SoftmaxStatus.certified)

    @classmethod
    def none(cls, labels: Labels) -> "Found":
        """Start from zero weights, about which nothing is known."""
        tasks = len(labels.cross)
        unknown, steps = np.full(tasks, np.inf), np.zeros(tasks, int)
        theta = np.zeros_like(labels.cross)
        if not theta.size:  # one class, or neither features nor a bias: nothing to be found
            return cls(theta, 0 * steps + 0.0, 0 * steps + 0.0, steps, steps.copy())
        status = np.full(tasks, int(SoftmaxStatus.max_steps))
        return cls(theta, unknown, unknown.copy(), steps, status)


def newton(problem: Problem, found: Found, tol: float, max_steps: int) -> Found:
    """Improve softmax heads, in place, until each one's gap is at most `tol`.

    Args:
        problem: rows, labels, λ.
        found: where to start; certified tasks are left alone.
        tol: nats.
        max_steps: after which to stop.

    Example:
        >>> blocks = lambda: [(np.ones((4, 1)), np.eye(2)[None][..., [0, 1, 1, 1]])]
        >>> problem = Problem.on(blocks, np.zeros(1), np.zeros(1))
        >>> found = newton(problem, Found.none(problem.labels), 1e-12, 50)
        >>> print(np.exp(found.theta.ravel()).round(4), found.gap < 1e-12)
        [3.] [ True]
    """
    live = found.left
    if not live.size:
        return found
    theta = found.theta[live]
    seen = passed(problem.blocks, live, theta, None, hessian=True)
    while True:
        gradient = seen.gradient + problem.pull(live, theta)
        inverse, least = _inverted(problem, live, seen.hessian)
        flat = gradient.reshape(len(live), -1, 1)
        step = -(inverse @ flat)
        with np.errstate(invalid="ignore"):
            size = np.sqrt(-(flat * step).sum((1, 2)))
        step = step.reshape(theta.shape)
        found.gap[live], found.decrement[live] = gaps(problem, live, theta, seen, size, least)
        going = _judge(problem, found, live, theta, step, tol) & (found.steps[live] < max_steps)
        found.theta[live] = theta
        if not going.any():
            break
        live, theta, step, gradient = live[going], theta[going], step[going], gradient[going]
        found.steps[live] += 1
        theta, seen = moved(problem, live, theta, step, hessian=True)
    return _bounded(problem, found, tol)


def gaps(
    problem: Problem, tasks: Any, theta: Any, seen: Pass, size: Any, least: Any
) -> tuple[Any, Any]:
    """Return the best bound of the gap, and the decrement, at most.

    Args:
        problem: rows, labels, λ.
        tasks: which of them.
        theta: their weights.
        seen: the pass there.
        size: the decrement, `(tasks,)`.
        least: below the Hessian's least eigenvalue, `(tasks,)`.

    Example:
        >>> blocks = lambda: [(np.ones((2, 1)), np.eye(2)[None])]
        >>> problem = Problem.on(blocks, np.zeros(1), np.zeros(1))
        >>> seen = passed(blocks, np.arange(1), np.zeros((1, 1, 1)), None)
        >>> theta, none = np.zeros((1, 1, 1)), np.zeros(1)
        >>> gaps(problem, np.arange(1), theta, seen, none, none + 0.25)[0] < 1e-20
        array([ True])
    """
    labels, ridge = problem.of(tasks), problem.ridge[tasks]
    gap, decrement = by_curvature(size, least, labels.longest, theta[0].size)
    if ridge[0] > 0 and (problem.units > 0).any():
        pull = problem.pull(tasks, theta)
        gap = np.minimum(gap, by_duality(seen, labels, theta, pull, ridge, problem.units))
    return gap, decrement


def _judge(problem: Problem, found: Found, live: Any, theta: Any, step: Any, tol: float) -> Any:
    """Write down how tasks ended; return which go on."""
    fine, lost = found.gap[live] <= tol, ~np.isfinite(step).all((1, 2))
    doubt = ~fine & (lost | (found.steps[live] > 5)) & (problem.ridge[live] == 0)
    never = np.zeros(len(live), bool)
    if doubt.any():
        sound = np.where(np.isfinite(step), step, 0.0)[doubt]
        never[doubt] = separates(problem.blocks, live[doubt], theta[doubt]) | separates(
            problem.blocks, live[doubt], sound
        )
    found.status[live[fine]] = SoftmaxStatus.certified
    found.status[live[never]] = SoftmaxStatus.no_minimizer
    found.status[live[lost & ~never & ~fine]] = SoftmaxStatus.not_finite
    return ~(fine | never | lost)


def moved(problem: Problem, tasks: Any, theta: Any, step: Any, **wanted: bool) -> tuple[Any, Pass]:
    """Take steps, or as much of them as lowers the objective; return θ and the pass there.

    A step that moves no two logits of a row apart by more than 1 is taken, and one along which the
    objective still falls where it ends. Of others, log(1 + R) / R is, R the most that they would
    move them apart: by self-concordance that lowers the objective whatever the data are.

    Args:
        problem: rows, labels, λ.
        tasks: which of them.
        theta: `(tasks, m, p)`.
        step: of Newton, or of conjugate gradients from 0.
        wanted: of `passed`.

    Example:
        >>> blocks = lambda: [(np.ones((2, 1)), np.eye(2)[None])]
        >>> problem = Problem.on(blocks, np.zeros(1), np.zeros(1))
        >>> theta, _ = moved(problem, np.arange(1), np.zeros((1, 1, 1)), np.full((1, 1, 1), 3.0))
        >>> print(theta.ravel() == np.log1p(3.0))
        [ True]
    """
    size = np.linalg.norm(step.reshape(len(tasks), -1), axis=1).max()
    near = 2**0.5 * problem.labels.longest * size <= 1  # for all of them, without a look
    seen = passed(problem.blocks, tasks, theta + step, None if near else step, **wanted)
    if near:
        return theta + step, seen
    gradient = seen.gradient + problem.pull(tasks, theta + step)
    bad = np.flatnonzero((seen.reach > 1) & ((gradient * step).sum((1, 2)) > 0))
    if not bad.size:
        return theta + step, seen
    short = np.ones(len(tasks))
    short[bad] = np.log1p(seen.reach[bad]) / seen.reach[bad]
    theta = theta + short[:, None, None] * step
    again = passed(problem.blocks, tasks[bad], theta[bad], None, **wanted)
    for part, new in zip(seen, again, strict=True):
        if part is not None:
            part[bad] = new
    return theta, seen


def _inverted(problem: Problem, tasks: Any, hessian: Any) -> tuple[Any, Any]:
    """Return inverse Hessians, and what their smallest eigenvalues are at least."""
    charge = np.kron(problem.metric, np.diag(problem.units**2))
    with np.errstate(all="ignore"):
        whole = hessian + 2 * problem.ridge[tasks][:, None, None] * charge
        inverse = inverses(whole)
        # Rounding of the Hessian itself is worth a few units of its largest entries.
        rounding = 16 * EPS * whole.shape[-1] * abs(whole).max((-2, -1))
        return inverse, 1 / np.linalg.norm(inverse, axis=(-2, -1)) - rounding


def _bounded(problem: Problem, found: Found, tol: float) -> Found:
    """Bound by the labels' entropy what is not certified."""
    left = found.left
    if left.size:
        theta = found.theta[left]
        seen = passed(problem.blocks, left, theta, None, exact=True)
        charge = (problem.pull(left, theta) * theta).sum((1, 2)) / 2
        loss = seen.level - (problem.labels.cross[left] * theta).sum((1, 2)) + charge
        least, some = entropy(problem.blocks, left)
        found.gap[left] = np.fmin(found.gap[left], by_entropy(loss, least))
        # Where no label is 0, or with a ridge, a minimizer exists.
        sure = (found.gap[left] <= tol) & (some | (problem.ridge[left] > 0))
        found.status[left[sure]] = SoftmaxStatus.certified
    return found
