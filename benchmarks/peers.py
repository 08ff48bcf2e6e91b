"""The solvers that `projections.py` runs against, each set up once for many points.

Minimize v'Gv/2 − (G p)'v over a set of radius 1. Tolerances are the loosest with which a relative
gap of 1e-9 is reached, where it is reached at all. Imports happen on use: none is a dependency.
"""

import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.sparse as sp

Array = np.ndarray
Solve = Callable[[Array], Array]
FAR = 1e30


def loop(one: Callable[[Array], Array], G: Array) -> Solve:
    """Solve for one pull G p after another."""
    return lambda points: np.stack([one(pull) for pull in points @ G])


def doubled(pull: Array) -> Array:
    return np.concatenate([-pull, pull])


def padded(pull: Array) -> Array:
    return np.concatenate([-pull, np.zeros_like(pull)])


def split(G: Array) -> Array:
    """The quadratic in (u, w) ≥ 0 for v = u − w."""
    return np.block([[G, -G], [-G, G]])


def epigraph(G: Array) -> tuple[Any, Any]:
    """Upper triangle and constraints in (v, t): |v| ≤ t, sum t ≤ 1."""
    d = len(G)
    one, none = np.eye(d), np.zeros((d, d))
    rows = np.block([[one, -one], [-one, -one], [np.zeros((1, d)), np.ones((1, d))]])
    return sp.csc_matrix(np.block([[np.triu(G), none], [none, none]])), sp.csc_matrix(rows)


def quadprog_simplex(G: Array) -> Solve:
    solve_qp, d = import_module("quadprog").solve_qp, len(G)
    factor = scipy.linalg.solve_triangular(np.linalg.cholesky(G).T, np.eye(d))
    rows, right = np.column_stack([np.ones(d), np.eye(d)]), np.append(1.0, np.zeros(d))
    factor = np.ascontiguousarray(factor)
    return loop(lambda pull: solve_qp(factor, pull, rows, right, 1, True)[0], G)


def daqp_model(H: Array, low: float, tol: float) -> Callable[[Array], Array]:
    """Over x ≥ 0 with low ≤ sum x ≤ 1."""
    n = len(H)
    model = import_module("daqp").Model()
    upper, lower = np.append(np.full(n, FAR), 1.0), np.append(np.zeros(n), low)
    sense = np.append(np.zeros(n, np.int32), 5 if low == 1 else 0).astype(np.int32)
    model.setup(H, np.zeros(n), np.ones((1, n)), upper, lower, sense)
    chosen = model.settings
    chosen["primal_tol"] = tol
    model.settings = chosen

    def one(slope: Array) -> Array:
        model.update(f=slope)
        return model.solve()[0].copy()

    return one


def daqp_simplex(G: Array) -> Solve:
    one = daqp_model(G, 1.0, 1e-9)
    return loop(lambda pull: one(-pull), G)


def daqp_cross(G: Array) -> Solve:
    one, d = daqp_model(split(G), -FAR, 1e-10), len(G)

    def solve(pull: Array) -> Array:
        x = one(doubled(pull))
        return x[:d] - x[d:]

    return loop(solve, G)


def clarabel_solver(H: Any, A: Any, b: Array, cones: list) -> Callable[[Array], Array]:
    clarabel = import_module("clarabel")
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.presolve_enable, settings.max_threads = False, False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 5e-12
    cones = [getattr(clarabel, name)(size) for name, size in cones]
    solver = clarabel.DefaultSolver(H, np.zeros(H.shape[0]), A, b, cones, settings)

    def one(slope: Array) -> Array:
        solver.update(q=slope)
        return np.array(solver.solve().x)

    return one


def clarabel_simplex(G: Array) -> Solve:
    d = len(G)
    A = sp.csc_matrix(np.vstack([np.ones((1, d)), -np.eye(d)]))
    cones = [("ZeroConeT", 1), ("NonnegativeConeT", d)]
    H, b = sp.csc_matrix(np.triu(G)), np.append(1.0, np.zeros(d))
    one = clarabel_solver(H, A, b, cones)
    return loop(lambda pull: one(-pull), G)


def clarabel_ball(G: Array) -> Solve:
    d = len(G)
    A = sp.csc_matrix(np.vstack([np.zeros((1, d)), -np.eye(d)]))
    H, b = sp.csc_matrix(np.triu(G)), np.append(1.0, np.zeros(d))
    one = clarabel_solver(H, A, b, [("SecondOrderConeT", d + 1)])
    return loop(lambda pull: one(-pull), G)


def clarabel_cross(G: Array) -> Solve:
    d = len(G)
    b = np.append(np.zeros(2 * d), 1.0)
    one = clarabel_solver(*epigraph(G), b, [("NonnegativeConeT", 2 * d + 1)])
    return loop(lambda pull: one(padded(pull))[:d], G)


def osqp_solver(H: Any, A: Any, lower: Array, upper: Array) -> Callable[[Array], Array]:
    model = import_module("osqp").OSQP()
    chosen = {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iter": 50_000, "polishing": True}
    model.setup(H, np.zeros(H.shape[0]), A, lower, upper, verbose=False, **chosen)

    def one(slope: Array) -> Array:
        model.update(q=slope)
        return model.solve(raise_error=False).x.copy()

    return one


def osqp_simplex(G: Array) -> Solve:
    d = len(G)
    A = sp.csc_matrix(np.vstack([np.ones((1, d)), np.eye(d)]))
    lower, upper = np.append(1.0, np.zeros(d)), np.append(1.0, np.full(d, np.inf))
    one = osqp_solver(sp.csc_matrix(np.triu(G)), A, lower, upper)
    return loop(lambda pull: one(-pull), G)


def osqp_cross(G: Array) -> Solve:
    d = len(G)
    upper = np.append(np.zeros(2 * d), 1.0)
    one = osqp_solver(*epigraph(G), np.full(2 * d + 1, -np.inf), upper)
    return loop(lambda pull: one(padded(pull))[:d], G)


def piqp_solver(H: Array, *, equal: bool) -> Callable[[Array], Array]:
    """Over x ≥ 0 with sum x = 1, or ≤ 1."""
    n, model = len(H), import_module("piqp").DenseSolver()
    chosen, row, one_ = model.settings, np.ones((1, n)), np.ones(1)
    chosen.eps_abs = chosen.eps_rel = 2e-12
    chosen.eps_duality_gap_abs = chosen.eps_duality_gap_rel = 2e-12
    chosen.preconditioner_reuse_on_update = True
    limits = (row, one_, None, None, None) if equal else (None, None, row, None, one_)
    model.setup(np.asfortranarray(H), np.zeros(n), *limits, np.zeros(n), None)

    def one(slope: Array) -> Array:
        model.update(c=slope)
        model.solve()
        return model.result.x.copy()

    return one


def piqp_simplex(G: Array) -> Solve:
    one = piqp_solver(G, equal=True)
    return loop(lambda pull: one(-pull), G)


def piqp_cross(G: Array) -> Solve:
    one, d = piqp_solver(split(G), equal=False), len(G)

    def solve(pull: Array) -> Array:
        x = one(doubled(pull))
        return x[:d] - x[d:]

    return loop(solve, G)


def proxqp_simplex(G: Array) -> Solve:
    dense, d = import_module("proxsuite").proxqp.dense, len(G)
    model = dense.QP(d, 1, 0, True, dense.HessianType.Dense)
    model.settings.eps_abs, model.settings.eps_rel, model.settings.verbose = 1e-13, 0, False
    none, far = np.zeros(d), np.full(d, 1e20)
    model.init(G, none, np.ones((1, d)), np.ones(1), None, None, None, none, far)

    def one(pull: Array) -> Array:
        model.update(g=-pull)
        model.solve()
        return model.results.x.copy()

    return loop(one, G)


def by_cvxpy(solver: str, limits: Callable[[Any, Any], list]) -> Callable[[Array], Solve]:
    """A parametrized problem, compiled at the first solve and then only given new numbers."""

    def build(G: Array) -> Solve:
        cp = import_module("cvxpy")
        warnings.filterwarnings("ignore", "Solution may be inaccurate")  # the gap will tell
        v, pull = cp.Variable(len(G)), cp.Parameter(len(G))
        height = cp.sum_squares(np.linalg.cholesky(G).T @ v) / 2 - pull @ v
        problem = cp.Problem(cp.Minimize(height), limits(cp, v))
        if solver == "CLARABEL":
            chosen = {"tol_gap_abs": 5e-12, "tol_gap_rel": 5e-12, "tol_feas": 5e-12}
        else:
            chosen = {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iter": 50_000, "polishing": True}

        def one(own: Array) -> Array:
            pull.value = own
            problem.solve(solver=solver, **chosen)
            return v.value.copy()

        return loop(one, G)

    return build


def qpax_simplex(G: Array) -> Solve:
    d = len(G)
    rows, far = -np.eye(d), np.zeros(d)
    return qpax_solver(G, lambda pull: -pull, np.ones((1, d)), np.ones(1), rows, far)


def qpax_cross(G: Array) -> Solve:
    d = len(G)
    rows, far = np.vstack([-np.eye(2 * d), np.ones((1, 2 * d))]), np.append(np.zeros(2 * d), 1.0)
    none = np.zeros((0, 2 * d)), np.zeros(0)
    solve = qpax_solver(split(G), jnp_doubled, *none, rows, far, G=G)

    def both(points: Array) -> Array:
        x = solve(points)
        return x[:, :d] - x[:, d:]

    return both


def qpax_solver(H: Array, slope: Any, A: Array, b: Array, rows: Array, far: Array, G=None) -> Solve:
    """Interior points, all points in one program."""
    one = partial(import_module("qpax").solve_qp, solver_tol=1e-10)
    own = H if G is None else G

    @jax.jit
    def solve(points: jax.Array) -> jax.Array:
        return jax.vmap(lambda pull: one(H, slope(pull), A, b, rows, far)[0])(points @ own)

    return lambda points: np.asarray(solve(jnp.asarray(points)))


def jnp_doubled(pull: jax.Array) -> jax.Array:
    return jnp.concatenate([-pull, pull])


def jaxopt_gradient(name: str) -> Callable[[Array], Solve]:
    """Projected gradient, accelerated, a step of one over the largest eigenvalue."""

    def build(G: Array) -> Solve:
        jaxopt = import_module("jaxopt")
        project = getattr(import_module("jaxopt.projection"), name)
        solver = jaxopt.ProjectedGradient(
            lambda v, pull: v @ (G @ v) / 2 - pull @ v,
            lambda v, _: project(v, 1.0),
            stepsize=1 / float(np.linalg.eigvalsh(G)[-1]),
            maxiter=5000,
            tol=1e-9,
            implicit_diff=False,
        )

        @jax.jit
        def solve(points: jax.Array) -> jax.Array:
            return jax.vmap(lambda pull: solver.run(0 * pull, None, pull).params)(points @ G)

        return lambda points: np.asarray(solve(jnp.asarray(points)))

    return build


def optax_gradient(name: str) -> Callable[[Array], Solve]:
    """The same by hand, around the projections of optax, until no point moves by 1e-12."""

    def build(G: Array) -> Solve:
        project = jax.vmap(partial(getattr(import_module("optax.projections"), name), scale=1.0))
        step = 1 / float(np.linalg.eigvalsh(G)[-1])

        @jax.jit
        def solve(points: jax.Array) -> jax.Array:
            def go(state):
                v, ahead, t, _, count = state
                after = project(ahead - step * (ahead - points) @ G)
                later = (1 + jnp.sqrt(1 + 4 * t * t)) / 2
                moved = jnp.abs(after - v).max()
                return after, after + (t - 1) / later * (after - v), later, moved, count + 1

            start = (0 * points, 0 * points, 1.0, jnp.inf, 0)
            return jax.lax.while_loop(lambda s: (s[3] > 1e-12) & (s[4] < 5000), go, start)[0]

        return lambda points: np.asarray(solve(jnp.asarray(points)))

    return build


def _ball(cp: Any, v: Any) -> list:
    return [cp.norm(v) <= 1]


def _simplex(cp: Any, v: Any) -> list:
    return [v >= 0, cp.sum(v) == 1]


def _cross(cp: Any, v: Any) -> list:
    return [cp.norm1(v) <= 1]


PEERS: dict[str, dict[str, Callable[[Array], Solve]]] = {
    "L2 ball": {
        "clarabel loop": clarabel_ball,
        "cvxpy, Clarabel": by_cvxpy("CLARABEL", _ball),
        "jaxopt, projected gradient": jaxopt_gradient("projection_l2_ball"),
        "optax, projected gradient": optax_gradient("projection_l2_ball"),
    },
    "simplex": {
        "daqp loop": daqp_simplex,
        "quadprog loop": quadprog_simplex,
        "piqp loop": piqp_simplex,
        "osqp, polished, loop": osqp_simplex,
        "proxqp loop": proxqp_simplex,
        "clarabel loop": clarabel_simplex,
        "cvxpy, OSQP polished": by_cvxpy("OSQP", _simplex),
        "cvxpy, Clarabel": by_cvxpy("CLARABEL", _simplex),
        "qpax, all at once": qpax_simplex,
        "jaxopt, projected gradient": jaxopt_gradient("projection_simplex"),
        "optax, projected gradient": optax_gradient("projection_simplex"),
    },
    "L1 ball": {
        "daqp loop": daqp_cross,
        "piqp loop": piqp_cross,
        "osqp, polished, loop": osqp_cross,
        "clarabel loop": clarabel_cross,
        "cvxpy, OSQP polished": by_cvxpy("OSQP", _cross),
        "cvxpy, Clarabel": by_cvxpy("CLARABEL", _cross),
        "qpax, all at once": qpax_cross,
        "jaxopt, projected gradient": jaxopt_gradient("projection_l1_ball"),
        "optax, projected gradient": optax_gradient("projection_l1_ball"),
    },
}
