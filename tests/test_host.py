"""Known numbers are solved by numpy and traced ones by JAX: the same answers, and no programs."""

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from programs import counted
from selection import few
from test_heads import HARD, close, conditioned, hard, labels_for
from w2s_jax import evaluate, finite_sample, fit_head, fit_heads, nonrealizable, pythagorean
from w2s_jax.sets import Ball

DTYPES = [np.float64, np.float32]
# Least squares amplifies rounding by the condition number: these columns differ by 1e6 in length.
LOOSE = {"scales": 1e3}


def tolerance(dtype, kind="plain"):
    return 100 * float(np.finfo(dtype).eps) * LOOSE.get(kind, 1.0)


def both(x, y, **options):
    """Predictions and rank of the concrete and of the traced call."""
    fit = eqx.filter_jit(lambda x, y: fit_heads(x, y, **options))
    here, traced = fit_heads(x, y, **options), fit(x, y)
    for ours, theirs in zip(jax.tree.leaves(here), jax.tree.leaves(traced), strict=True):
        assert isinstance(ours, jax.Array)
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
    return here, traced


EVERY = list(itertools.product(["plain", *HARD], [True, False], DTYPES))
ORDINARY = [case for case in EVERY if case[0] == "plain" or case[1:] == (True, np.float32)]


@pytest.mark.parametrize(("kind", "bias", "dtype"), few(EVERY, *ORDINARY))
def test_concrete_and_traced_heads_agree(kind, bias, dtype):
    x, y = hard(kind).astype(dtype), labels_for(hard(kind), tasks=1, offset=3.0).astype(dtype)
    here, traced = both(x, y, bias=bias)
    assert here.rank == traced.rank
    close(here(x), np.asarray(traced(x)), y, tolerance(dtype, kind))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "options", [{"ridge": 0.1}, {"ridge": np.array([0.0, 0.1, 3.0])}, {"cut": 1e-2}]
)
@pytest.mark.parametrize("kind", ["plain", "dependent"])
def test_they_agree_with_a_ridge_and_with_a_cut(kind, options, dtype):
    x = conditioned(60, 8, 1e3) if "cut" in options else hard(kind)
    x, y = x.astype(dtype), labels_for(x).astype(dtype)
    here, traced = both(x, y, **options)
    assert here.rank == traced.rank
    close(here(x), np.asarray(traced(x)), y, tolerance(dtype) * (100 if "cut" in options else 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_they_agree_on_features_of_each_task_s_own_and_within_a_set(dtype):
    x = np.stack([hard(kind) for kind in ("plain", "duplicate", "zero")]).astype(dtype)
    y = labels_for(x).astype(dtype)
    here, traced = both(x, y)
    close(here(x), np.asarray(traced(x)), y, tolerance(dtype))
    here, traced = both(x[0], y, within=Ball(radius=0.3))
    assert here.rank == traced.rank
    close(here(x[0]), np.asarray(traced(x[0])), y, 10 * tolerance(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("within", [None, Ball(radius=0.5)])
def test_concrete_and_traced_reports_agree(within, dtype):
    x = hard("duplicate" if within is None else "plain").astype(dtype)
    y = labels_for(x).astype(dtype)
    truth = (y + x[:, :3]).astype(dtype)

    def report(x, weak, truth):
        student = fit_heads(x, weak, within=within)(x)
        return evaluate(weak, student, truth, features=x, within=within, ceiling=0.1)

    here, traced = report(x, y, truth), jax.jit(report)(x, y, truth)
    near = 10 * tolerance(dtype)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=near, atol=near), here, traced)
    assert [r.gain.dtype.name for r in (here, traced)] == ["float64", np.dtype(dtype).name]
    assert {name: check.holds for name, check in here.checks.items()} == {
        name: check.holds for name, check in traced.checks.items()
    }


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray])
def test_known_numbers_compile_nothing(convert):
    x = hard("dependent")
    y = labels_for(x, tasks=2)
    x, y, one = convert(x), convert(y), convert(y[:, 0])
    jax.clear_caches()
    ways: list[dict[str, Any]] = [{"ridge": 0.5}, {"bias": False}, {"cut": 1e-3}]
    with counted() as programs:
        student = fit_head(x, one)(x)
        for options in ways:
            fit_heads(x, y, **options)(x)
            fit_head(x, one, **options)(x)
        evaluate(one, student, 2 * np.asarray(one), features=x, ceiling=0.1)._repr_html_()
        pythagorean(one, student, 2 * np.asarray(one), features=x)
        nonrealizable(one, student, features=x, epsilon=0.1)
        nonrealizable(one, student, 2 * np.asarray(one), features=x)
    assert not programs


def test_a_stack_is_one_program():
    x, y = hard("plain"), labels_for(hard("plain"))
    own = np.stack([x] * 3)
    jax.clear_caches()
    with counted() as programs:
        fit_heads(own, y)(own)
    assert len(programs) == 1


def test_the_counter_counts():
    jax.clear_caches()
    with counted() as programs:
        _ = jnp.ones(7) + 1
    assert programs
    before = len(programs)
    _ = jnp.ones(9) + 1
    assert len(programs) == before


def test_a_bound_compiles_no_more_than_its_projection():
    x = hard("plain")
    weak = labels_for(x, tasks=1)[:, 0]
    student = 0.1 * weak
    jax.clear_caches()
    with counted() as programs:
        bound = finite_sample(
            weak,
            student,
            fitted_on=100,
            weight_norm=1.0,
            feature_norm=10.0,
            label_bound=10.0,
            features=x,
            epsilon=0.1,
        )
    assert isinstance(bound.gain, jax.Array)
    assert len(programs) <= 1  # of the projection onto the ball
