"""One of every convex set, as the package states it and as the oracles do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import oracles
from w2s_jax import sets

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """A set of the package with its independent description."""

    onto: Any
    region: oracles.Region


def pair(name: str, d: int, *args: Any, **named: Any) -> Case:
    """Build both from the same arguments."""
    twin = getattr(oracles, WORDS[name])
    return Case(getattr(sets, name)(*args, **named), twin(d, *args, **named))


def both(d: int, *members: Case) -> Case:
    return Case(
        sets.Intersection(tuple(member.onto for member in members)),
        oracles.intersection(d, [member.region for member in members]),
    )


def translated(d: int, base: Case, offset: Array) -> Case:
    region = oracles.translated(d, base.region, offset)
    return Case(sets.Translated(base.onto, offset), region)


def scaled(d: int, base: Case, factor: float) -> Case:
    return Case(sets.Scaled(base.onto, factor), oracles.scaled(d, base.region, factor))


WORDS = {
    "Subspace": "subspace",
    "AffineSubspace": "affine_subspace",
    "Ball": "ball",
    "Ellipsoid": "ellipsoid",
    "Box": "box",
    "NonNegative": "non_negative",
    "Simplex": "simplex",
    "L1Ball": "l1_ball",
    "LInfBall": "linf_ball",
    "HalfSpace": "half_space",
    "Polytope": "polytope",
    "Hull": "hull",
    "Monotone": "monotone",
}


def _basis(d: int, rng: np.random.Generator) -> Array:
    return rng.normal(size=(d, max(1, d // 2)))


def _repeated_basis(d: int, rng: np.random.Generator) -> Array:
    basis = _basis(d, rng)
    return np.column_stack([basis, basis @ rng.normal(size=(basis.shape[1], 2))])


def _shape(d: int, rng: np.random.Generator, flat: int = 0) -> Array:
    root = rng.normal(size=(d, d)) / np.sqrt(d)
    root[:, d - flat :] = 0
    shape = root @ root.T
    return (shape + shape.T) / 2 + (0.01 * np.eye(d) if not flat else 0)


def _facets(d: int, rng: np.random.Generator) -> tuple[Array, Array]:
    rows = rng.normal(size=(d, d)) / np.sqrt(d)
    return np.vstack([rows, np.eye(d), -np.eye(d)]), np.r_[np.full(d, 0.3), np.full(2 * d, 0.8)]


def _bounds(d: int, rng: np.random.Generator) -> tuple[Array, Array]:
    lower, upper = -rng.uniform(size=d), rng.uniform(size=d)
    return np.where(np.arange(d) % 3 == 1, -np.inf, lower), np.where(
        np.arange(d) % 3 == 2, np.inf, upper
    )


Draw = Callable[[int, np.random.Generator], Case]

DRAWS: dict[str, Draw] = {
    "subspace": lambda d, rng: pair("Subspace", d, _basis(d, rng)),
    "subspace, dependent columns": lambda d, rng: pair("Subspace", d, _repeated_basis(d, rng)),
    "affine subspace": lambda d, rng: pair("AffineSubspace", d, rng.normal(size=d), _basis(d, rng)),
    "ball": lambda d, rng: pair("Ball", d, 0.7),
    "ellipsoid": lambda d, rng: pair("Ellipsoid", d, _shape(d, rng)),
    "flat ellipsoid": lambda d, rng: pair("Ellipsoid", d, _shape(d, rng, flat=1)),
    "box": lambda d, rng: pair("Box", d, -rng.uniform(size=d), rng.uniform(size=d)),
    "box, half infinite": lambda d, rng: pair("Box", d, *_bounds(d, rng)),
    "non-negative": lambda d, rng: pair("NonNegative", d),
    "simplex": lambda d, rng: pair("Simplex", d, 2.0),
    "l1 ball": lambda d, rng: pair("L1Ball", d, 1.5),
    "linf ball": lambda d, rng: pair("LInfBall", d, 0.4),
    "half-space": lambda d, rng: pair("HalfSpace", d, rng.normal(size=d), -0.3),
    "polytope": lambda d, rng: pair("Polytope", d, *_facets(d, rng)),
    "hull": lambda d, rng: pair("Hull", d, rng.normal(size=(d + 3, d))),
    "hull of three": lambda d, rng: pair("Hull", d, rng.normal(size=(3, d))),
    "monotone": lambda d, rng: pair("Monotone", d),
    "ball and orthant": lambda d, rng: both(d, pair("Ball", d, 1.0), pair("NonNegative", d)),
    "simplex and box": lambda d, rng: both(d, pair("Simplex", d), pair("Box", d, 0.0, 1.6 / d)),
    "box and half-space": lambda d, rng: both(
        d, pair("Box", d, -0.5, 1.0), pair("HalfSpace", d, rng.normal(size=d), 0.1)
    ),
    "translated l1 ball": lambda d, rng: translated(d, pair("L1Ball", d), rng.normal(size=d)),
    "scaled simplex": lambda d, rng: scaled(d, pair("Simplex", d), -2.0),
    "scaled translated ellipsoid": lambda d, rng: scaled(
        d, translated(d, pair("Ellipsoid", d, _shape(d, rng)), rng.normal(size=d)), 0.5
    ),
}
UNBOUNDED = {
    "subspace",
    "subspace, dependent columns",
    "affine subspace",
    "box, half infinite",
    "non-negative",
    "half-space",
    "monotone",
}
# one set for each solver: what every change is tested on, where the full run takes all sets
SOLVERS = (
    "ball and orthant",
    "flat ellipsoid",
    "half-space",
    "l1 ball",
    "monotone",
    "polytope",
    "simplex",
)
CONDITIONS = [1.0, 1e2, 1e4, None]


def metric(d: int, condition: float | None, seed: int = 0) -> Array:
    """A random metric with eigenvalues from 1 to 1 / condition; None makes it singular."""
    vectors = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    values = np.geomspace(1, 1 / (condition or 10), d)
    if condition is None:
        values[(d + 1) // 2 :] = 0
    G = (vectors * values) @ vectors.T
    return (G + G.T) / 2


def draw(name: str, d: int, seed: int = 0) -> Case:
    return DRAWS[name](d, np.random.default_rng([seed, d]))


def place(case: Case, points: Array) -> Array:
    """Points by what they are to the set: inside, on its boundary, outside, outside, far."""
    held = oracles.project(case.region, points[:3])
    inside = held.mean(0)
    return np.stack([inside, held[0], points[1], points[2], 100 * points[3]])


def points(case: Case, d: int, seed: int = 1) -> Array:
    return place(case, np.random.default_rng([seed, d]).normal(size=(4, d)))


def sorted_simplex(point: Array, total: float = 1.0) -> Array:
    """Euclidean projection onto the simplex by sorting."""
    falling = np.sort(point)[::-1]
    thresholds = (np.cumsum(falling) - total) / np.arange(1, len(point) + 1)
    return np.maximum(point - thresholds[np.sum(falling > thresholds) - 1], 0)


def sorted_l1(point: Array, radius: float = 1.0) -> Array:
    """Euclidean projection onto the ℓ₁ ball, through the simplex."""
    if np.abs(point).sum() <= radius:
        return point
    return np.sign(point) * sorted_simplex(np.abs(point), radius)
