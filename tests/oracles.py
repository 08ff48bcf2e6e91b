"""Projections by other people's solvers: every set as a cone program, solved, polished, checked.

A set is a `Region`, the image of linear constraints and balls. Clarabel minimizes over it, and
numpy solves the KKT system of the face that Clarabel found: an interior-point method alone is no
better than 1e-3 in the point at condition 1e4. A KKT residual above 1e-10 is refused.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import clarabel as _clarabel
import numpy as np
import scipy.linalg
import scipy.sparse as sp
from scipy.optimize import nnls

clarabel: Any = _clarabel  # a compiled module, which states no types
Array = np.ndarray
SURE = 1e-10


@dataclass(frozen=True)
class Region:
    """{matrix x + shift : E x = e, F x ≤ f, ‖S x + s‖ ≤ r for each (S, s, r) of balls}."""

    matrix: Array
    shift: Array
    E: Array
    e: Array
    F: Array
    f: Array
    balls: tuple[tuple[Array, Array, float], ...] = ()


def region(matrix, shift=None, E=None, e=None, F=None, f=None, balls=()) -> Region:
    d, n = matrix.shape
    E, F = (np.zeros((0, n)) if rows is None else rows for rows in (E, F))
    e, f = (np.zeros(0) if side is None else np.asarray(side) for side in (e, f))
    return Region(matrix, np.zeros(d) if shift is None else shift, E, e, F, f, tuple(balls))


def subspace(d: int, basis: Array) -> Region:
    return region(basis)


def affine_subspace(d: int, point: Array, basis: Array) -> Region:
    return region(basis, point)


def ball(d: int, radius: float = 1.0) -> Region:
    return region(np.eye(d), balls=[(np.eye(d), np.zeros(d), radius)])


def ellipsoid(d: int, shape: Array) -> Region:
    values, vectors = np.linalg.eigh(shape)
    root = vectors * np.sqrt(np.maximum(values, 0) * (values > 1e-12 * values[-1]))
    return region(root, balls=[(np.eye(d), np.zeros(d), 1.0)])


def box(d: int, lower: Any, upper: Any) -> Region:
    lower, upper = np.broadcast_to(lower, d), np.broadcast_to(upper, d)
    rows, above, below = np.eye(d), np.isfinite(upper), np.isfinite(lower)
    F = np.vstack([rows[above], -rows[below]])
    return region(rows, F=F, f=np.append(upper[above], -lower[below]))


def non_negative(d: int) -> Region:
    return box(d, 0.0, np.inf)


def simplex(d: int, total: float = 1.0) -> Region:
    return region(np.eye(d), E=np.ones((1, d)), e=[total], F=-np.eye(d), f=np.zeros(d))


def l1_ball(d: int, radius: float = 1.0) -> Region:
    one, none = np.eye(d), np.zeros((d, d))
    F = np.vstack([np.hstack([one, -one]), np.hstack([-one, -one]), np.r_[[0.0] * d, [1.0] * d]])
    return region(np.hstack([one, none]), F=F, f=np.append(np.zeros(2 * d), radius))


def linf_ball(d: int, radius: float = 1.0) -> Region:
    return box(d, -radius, radius)


def polytope(d: int, A: Array, b: Array) -> Region:
    return region(np.eye(d), F=A, f=b)


def half_space(d: int, normal: Array, offset: float) -> Region:
    return polytope(d, normal[None], np.array([offset]))


def hull(d: int, points: Array) -> Region:
    return replace(simplex(len(points)), matrix=points.T, shift=np.zeros(d))


def monotone(d: int) -> Region:
    return polytope(d, np.eye(d)[:-1] - np.eye(d)[1:], np.zeros(d - 1))


def intersection(d: int, members: Sequence[Region]) -> Region:
    """Of v and each member's own variables, tied by v = matrix x + shift, where it has any."""
    own = [
        0 if np.array_equal(m.matrix, np.eye(d)) and not m.shift.any() else m.matrix.shape[1]
        for m in members
    ]
    total, at, E, e, F, f, balls = d + sum(own), d, [], [], [], [], []
    for member, n in zip(members, own, strict=True):
        place = np.eye(n or d, total, at if n else 0)
        at += n
        E += [member.E @ place, member.matrix @ place - np.eye(d, total)][: 2 if n else 1]
        e += [member.e, -member.shift][: 2 if n else 1]
        F, f = [*F, member.F @ place], [*f, member.f]
        balls += [(S @ place, s, r) for S, s, r in member.balls]
    joined = np.vstack(E), np.concatenate(e), np.vstack(F), np.concatenate(f)
    return region(np.eye(d, total), None, *joined, balls)


def translated(d: int, base: Region, offset: Array) -> Region:
    return replace(base, shift=base.shift + offset)


def scaled(d: int, base: Region, factor: float) -> Region:
    return replace(base, matrix=base.matrix * factor, shift=base.shift * factor)


@dataclass(frozen=True)
class Face:
    """A point with its multipliers, on the inequalities and balls that are met with equality."""

    x: Array
    y: Array
    z: Array
    radial: Array
    rows: Array
    round: Array


def interior_point(P: Array, q: Array, at: Region) -> Face:
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    blocks, right = [at.E, at.F], [at.e, at.f]
    cones: list = [clarabel.ZeroConeT(len(at.e)), clarabel.NonnegativeConeT(len(at.f))]
    for S, s, r in at.balls:
        blocks.append(np.vstack([np.zeros((1, S.shape[1])), -S]))
        right.append(np.r_[r, s])
        cones.append(clarabel.SecondOrderConeT(1 + len(s)))
    A, b = sp.csc_matrix(np.vstack(blocks)), np.concatenate(right)
    if not len(b):
        x = np.linalg.lstsq(P, -q)[0]
        return Face(x, *[np.zeros(0)] * 3, *[np.zeros(0, bool)] * 2)
    solver = clarabel.DefaultSolver(sp.csc_matrix(np.triu(P)), q, A, b, cones, settings)
    found = solver.solve()
    x, z, slack = (np.array(part) for part in (found.x, found.z, found.s))
    start = len(at.e) + len(at.f)
    lines, radial, tight = slice(len(at.e), start), [], []
    for _, s, r in at.balls:
        # z = λ(r, −(S x + s)) on the boundary; inside, the cone's multiplier fades
        radial.append(z[start] / r)
        tight.append(slack[start] - np.linalg.norm(slack[start + 1 :][: len(s)]) < z[start])
        start += 1 + len(s)
    rows, tight = z[lines] > slack[lines], np.array(tight, bool)
    return Face(x, z[: len(at.e)], z[lines] * rows, np.array(radial), rows, tight)


def newton(P: Array, q: Array, at: Region, face: Face, steps: int = 8) -> Face:
    """Solve the KKT system of the face: equalities only, so a few Newton steps do."""
    x, y, z, radial = face.x, face.y, face.z[face.rows], face.radial[face.round]
    F, f = at.F[face.rows], at.f[face.rows]
    balls = [ball for ball, tight in zip(at.balls, face.round, strict=True) if tight]
    for _ in range(steps if balls else 2):
        arms = [S @ x + s for S, s, _ in balls]
        normals = [S.T @ arm for (S, _, _), arm in zip(balls, arms, strict=True)]
        B = np.vstack([at.E, F, *normals])
        H = P + sum((k * S.T @ S for k, (S, _, _) in zip(radial, balls, strict=True)), 0 * P)
        duals = np.concatenate([y, z, radial])
        bent = [(arm @ arm - r * r) / 2 for arm, (_, _, r) in zip(arms, balls, strict=True)]
        off = np.concatenate([P @ x + q + B.T @ duals, at.E @ x - at.e, F @ x - f, bent])
        K = np.block([[H, B.T], [B, np.zeros((len(B), len(B)))]])
        step = regular(K, -off)
        x, duals = x + step[: len(x)], duals + step[len(x) :]
        y, z, radial = np.split(duals, [len(y), len(y) + len(z)])
        if abs(step).max() <= 1e-14 * abs(x).max():
            break
    whole, around = np.zeros(len(at.f)), np.zeros(len(at.balls))
    whole[face.rows], around[face.round] = z, radial
    return replace(face, x=x, y=y, z=whole, radial=around)


def regular(K: Array, right: Array) -> Array:
    """Solve, or take the shortest least-squares solution of what is singular."""
    with suppress(np.linalg.LinAlgError):
        step = np.linalg.solve(K, right)
        if np.abs(K @ step - right).max() <= 1e-12 and np.abs(step).max() <= 1e3:
            return step
    found: Any = scipy.linalg.lstsq(K, right, cond=1e-12, lapack_driver="gelsy")
    return found[0]


def violation(at: Region, x: Array) -> float:
    """By how much x breaks the worst constraint."""
    over = [np.linalg.norm(S @ x + s) - r for S, s, r in at.balls]
    return float(max([0.0, *abs(at.E @ x - at.e), *(at.F @ x - at.f), *over]))


def residual(P: Array, q: Array, at: Region, x: Array, near: float = 1e-9) -> float:
    """What is left of the gradient once the best multipliers of the right sign are taken off."""
    normals = [S.T @ (S @ x + s) for S, s, r in at.balls if np.linalg.norm(S @ x + s) > r - near]
    tight = at.F[at.F @ x - at.f > -near]
    cone = np.vstack([at.E, -at.E, tight, *normals])
    gradient = P @ x + q
    if not len(cone):
        return float(np.linalg.norm(gradient))
    return float(nnls(cone.T, -gradient, maxiter=30 * cone.size)[1])


def minimize(P: Array, q: Array, at: Region) -> tuple[Array, float]:
    """Minimize x'Px/2 + q'x over the constraints: x and its KKT residual, in the units of q.

    Where P is singular the face may stay unclear; proximal steps then have one answer each.
    """
    x, left = polish(P, q, at)
    if left <= SURE and abs(x).max() < 1e4:
        return x, left
    pull, x = 1e-3 * np.trace(P) / len(P), 0 * x
    for _ in range(15):
        x, within = polish(P + pull * np.eye(len(P)), q - pull * x, at)
        left, pull = within + residual(P, q, at, x), pull / 3
        if left <= SURE:
            break
    return x, left


def polish(P: Array, q: Array, at: Region) -> tuple[Array, float]:
    """Clarabel's answer, moved onto the face that it lies near."""
    face = interior_point(P, q, at)
    best, seen = (face.x, np.inf), set()
    while (own := (face.rows.tobytes(), face.round.tobytes())) not in seen and len(seen) < 20:
        seen.add(own)
        polished = newton(P, q, at, face)
        wrong = polished.z < -1e-11 * (1 + abs(polished.z).max(initial=0.0))
        broken = at.F @ polished.x - at.f > 1e-11 * (1 + abs(polished.x).max())
        turned = polished.radial < 0
        out = [np.linalg.norm(S @ polished.x + s) > r * (1 + 1e-11) for S, s, r in at.balls]
        outside = np.array(out, bool) & ~face.round
        off = violation(at, polished.x)
        if not (wrong.any() or turned.any()) and off <= 1e-9 * (1 + abs(polished.x).max()):
            gradient = P @ polished.x + q + at.E.T @ polished.y + at.F.T @ polished.z
            for k, (S, s, _) in zip(polished.radial, at.balls, strict=True):
                gradient = gradient + k * S.T @ (S @ polished.x + s)
            return polished.x, float(np.linalg.norm(gradient))
        if off <= 1e-9 * (1 + abs(polished.x).max()):
            best = min(best, (polished.x, residual(P, q, at, polished.x)), key=lambda pair: pair[1])
            if best[1] <= SURE:
                return best
        rows = (face.rows & ~wrong) | (broken & ~face.rows)
        face = replace(polished, rows=rows, round=(face.round & ~turned) | outside)
        face = replace(face, z=face.z * rows, radial=face.radial * face.round)
    return best


def project(at: Region, points: Array, metric: Array | None = None) -> Array:
    """argmin over v in the region of (v − p)'G(v − p), for each row p; refuses to guess."""
    points = np.atleast_2d(np.asarray(points, float))
    G = np.eye(points.shape[1]) if metric is None else np.asarray(metric, float)
    P = at.matrix.T @ G @ at.matrix
    found = []
    for point in points:
        # Clarabel's tolerances and regularization are absolute
        q = at.matrix.T @ (G @ (at.shift - point))
        unit = max(np.linalg.norm(q), np.linalg.norm(P, 2)) or 1.0
        x, left = minimize((P + P.T) / 2 / unit, q / unit, at)
        if not left <= SURE:
            raise AssertionError(f"the oracle has a KKT residual of {left:.1e} at {point}")
        found.append(at.matrix @ x + at.shift)
    return np.stack(found)


def distance(at: Region, points: Array) -> Array:
    """Euclidean distance of each row from the region."""
    return np.linalg.norm(project(at, points) - np.atleast_2d(points), axis=1)


def support(at: Region, direction: Array) -> float:
    """max g·v over a bounded region, by Clarabel, good to 1e-8."""
    cost = -at.matrix.T @ direction
    return float(
        direction @ at.shift - cost @ interior_point(0 * at.matrix.T @ at.matrix, cost, at).x
    )
