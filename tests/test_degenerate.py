"""Heads within sets next to where faces meet: nearly collinear features, labels that are members'.

There rounding decides which coordinates a face holds, and the inverse of the metric makes much of
what it left. What is certified is compared with Clarabel's members; what is not says so.
"""

import numpy as np
import pytest

import oracles
from selection import few
from w2s_jax import sets
from w2s_jax.projections import Status, constrained_weights

SIZE = {"simplex": 2.0, "l1": 0.1, "ball": 30.0, "hull": 1.0}
NOISE = np.array([1.0, 1e-3, 1e-5, 1e-6, 1e-7, 1e-9, 0.0, 1e3])
FLOOR = 64 * np.finfo(float).eps / 1e-10  # of the size that gaps are relative to, see `Projection`


def features(kind, d, condition, rng):
    x = rng.normal(size=(max(60, 2 * d), d))
    match kind:
        case "spread":
            left, right = np.linalg.qr(x)[0], np.linalg.qr(rng.normal(size=(d, d)))[0]
            return (left * np.geomspace(1, 1 / condition, d)) @ right.T
        case "pair":
            x[:, -1] = x[:, 0] + rng.normal(size=len(x)) / condition
        case "alike":
            x = x[:, :1] + x / np.sqrt(condition)
        case "units":
            x = x * np.geomspace(1, 1 / condition, d)
        case "centered":  # as columns are whose mean was taken off: one direction is lost
            x = x - x.mean(1, keepdims=True)
    return x


def within(name, d, rng):
    """The set, and the same for Clarabel."""
    size = SIZE[name]
    if name == "hull":
        points = size * rng.normal(size=(d + 2, d))
        return sets.Hull(points), oracles.hull(d, points)
    made = {"simplex": sets.Simplex, "l1": sets.L1Ball, "ball": sets.Ball}[name](size)
    return made, getattr(oracles, "l1_ball" if name == "l1" else name)(d, size)


def problem(name, kind, d, condition, scale, seed):
    """Features, labels of members and of corners with more noise or less, the set, the region."""
    rng = np.random.default_rng([seed, d, int(np.log10(condition)), int(np.log10(scale)) + 9])
    x = scale * features(kind, d, condition, rng)
    onto, region = within(name, d, rng)
    away = SIZE[name] * np.where(np.arange(len(NOISE)) % 2, 2.0, 1e3)[:, None]
    weights = np.asarray(onto.project(away * rng.normal(size=(len(NOISE), d))))
    noise = rng.normal(size=(len(NOISE), len(x))) * np.linalg.norm(x) / np.sqrt(len(x)) * SIZE[name]
    return x, (weights @ x.T + NOISE[:, None] * noise).T, onto, region


def others(x, y, onto, region):
    """Members that Clarabel finds, one for each label."""
    inner = x @ region.matrix
    unit = np.linalg.norm(inner, 2) ** 2
    found = []
    for own in y.T:
        q = inner.T @ (x @ region.shift - own)
        weights, _ = oracles.polish(inner.T @ inner / unit, q / unit, region)
        found.append(region.matrix @ weights + region.shift)
    return np.asarray(onto.project(np.stack(found)))


def rmse(x, weights, y):
    return np.sqrt(((x @ np.asarray(weights).T - y) ** 2).mean(0))


def heaviest(x, weights, onto):
    """What weights of their size may weigh; a hull's solver has those of its points."""
    size = np.linalg.norm(np.asarray(weights), axis=1)
    if isinstance(onto, sets.Hull):
        points = np.asarray(onto.points)
        x, size = x @ (points - points.mean(0)).T, np.ones(len(size))
    return np.linalg.norm(x, 2) / np.sqrt(len(x)) * size


KINDS = [("spread", 1e2), ("spread", 1e6), ("pair", 1e4), ("pair", 1e8), ("alike", 1e8)]
KINDS += [("units", 1e6), ("centered", 1e1)]


@pytest.mark.parametrize("scale", few([1e-6, 1.0, 1e6], 1e-6, 1e6))
@pytest.mark.parametrize("name", SIZE)
def test_next_to_corners_heads_are_certified_and_no_member_is_nearer(name, scale):
    count = lost = 0
    for d in (2, 8, 30):
        for kind, condition in KINDS:
            x, y, onto, region = problem(name, kind, d, condition, scale, 0)
            found, _ = constrained_weights(x, y, onto, bias=False, throw=False)
            fine = np.asarray(found.certified)
            count, lost = count + len(fine), lost + int((~fine).sum())
            assert (np.asarray(found.status)[~fine] == Status.max_steps).all()
            assert (np.asarray(found.gap)[~fine] > 1e-10).all()
            own, there = rmse(x, found.value, y), rmse(x, others(x, y, onto, region), y)
            allowed = 1.1e-5 * np.maximum(own, FLOOR * heaviest(x, found.value, onto))
            assert (own <= there + allowed)[fine].all(), (d, kind, condition)
    assert lost <= 0.01 * count


@pytest.mark.parametrize("seed", range(3))
def test_coordinates_that_rounding_lifts_off_0_keep_no_gap_open(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 8))
    x = x - x.mean(1, keepdims=True)
    y = x[:, [-1]] + np.geomspace(1e-8, 1e-5, 40) * rng.normal(size=(60, 40))
    found, _ = constrained_weights(x, y, sets.Simplex(), bias=False)
    assert found.certified.all()
    assert int(found.steps.max()) <= 20
