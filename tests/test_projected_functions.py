"""Concrete arrays are summed up in numpy and traced ones in JAX; both find the same student."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from programs import counted
from w2s_jax import sets
from w2s_jax.projections import constrained_weights, project_functions

SETS = {
    "ball": lambda: sets.Ball(0.7),
    "simplex": lambda: sets.Simplex(),
    "nonnegative": lambda: sets.NonNegative(),
}


def problem(dtype, *, n=40, d=5, tasks=(), rank_deficient=False):
    rng = np.random.default_rng(n + d)
    features = rng.normal(size=(n, d)) + 0.5
    if rank_deficient:
        features[:, -1] = features[:, 0]
    labels = (features @ rng.normal(size=(d, *tasks))) + rng.normal(size=(n, *tasks))
    return features.astype(dtype), labels.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "tasks", "options", "rank_deficient"),
    [
        ("ball", (), {"bias": True}, False),
        ("ball", (3,), {"bias": False, "ridge": 0.3}, True),
        ("simplex", (2,), {"bias": True, "ridge": 0.1}, False),
        ("nonnegative", (), {"bias": False}, True),
    ],
)
def test_concrete_and_traced_agree(dtype, name, tasks, options, rank_deficient):
    features, labels = problem(dtype, tasks=tasks, rank_deficient=rank_deficient)
    onto = SETS[name]()

    def fit(features, labels):
        return constrained_weights(features, labels, onto, **options)

    found, constant = fit(features, labels)
    same, level = jax.jit(fit)(jnp.asarray(features), jnp.asarray(labels))
    assert found.value.dtype == same.value.dtype == constant.dtype == level.dtype == dtype
    assert [a.shape for a in jax.tree.leaves(found)] == [a.shape for a in jax.tree.leaves(same)]
    assert np.all(found.certified)
    assert np.all(same.certified)
    close = 2e-2 if dtype == np.float32 else 1e-6  # what the certified gaps allow
    ours, theirs = (features @ np.asarray(p.value).T for p in (found, same))
    np.testing.assert_allclose(ours + np.asarray(constant), theirs + np.asarray(level), atol=close)


def test_other_numbers_of_inputs_and_a_second_task_compile_nothing():
    onto = SETS["nonnegative"]()
    project_functions(*problem(np.float64, n=40), onto)
    with counted() as compiled:
        for n, tasks in ((50, ()), (60, (1,)), (70, (2,))):
            found = project_functions(*problem(np.float64, n=n, tasks=tasks), onto)
            assert found.value.shape == (n, *tasks)
            assert found.gap.shape == tasks
    assert not compiled


def test_what_was_compiled_is_counted():
    with counted() as compiled:
        jax.jit(lambda x: x + 1)(np.ones(7))
    assert len(compiled) == 1


def test_sets_with_traced_and_with_known_numbers_agree():
    shape, basis = np.diag([4.0, 1.0, 0.0]), np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0]])

    def project(shape, basis, bound, point):
        onto = (
            sets.Ellipsoid(shape),
            sets.Subspace(basis),
            sets.Box(-bound, bound),
            sets.HalfSpace(basis[:, 0], bound),
        )
        return [one.project(point) for one in onto]

    given = shape, basis, 0.5, np.array([3.0, -2.0, 1.0])
    for known, traced in zip(project(*given), jax.jit(project)(*given), strict=True):
        np.testing.assert_allclose(known, traced, atol=1e-9)
    with counted() as compiled:
        _ = sets.Subspace(basis), sets.Box(-0.5, 0.5), sets.HalfSpace(basis[:, 0], 0.5)
    assert len(compiled) <= 1  # a copy to the device
