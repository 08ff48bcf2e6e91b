"""Rank follows the digits that features have: not rows, not units, not who stores or solves."""

import subprocess
import sys
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from inside import inside
from w2s_jax import Gram, Standardize, fit_head, fit_heads
from w2s_jax.heads import numerical_rank
from w2s_jax.sets import Ball

Digits = inside("arrays._digits").Digits
unit_of = inside("arrays._digits").unit_of


def normed(d, n, dtype: Any = np.float32, seed=0, depth=2):
    """Features of a random network that closes with a layer norm, which ties its coordinates."""
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(n, 2 * d)).astype(dtype)
    for _ in range(depth):
        h = np.tanh(h @ (rng.normal(size=(h.shape[1], d)) / d**0.5).astype(dtype))
        h = h - h.mean(1, keepdims=True)
        h = h / np.sqrt((h**2).mean(1, keepdims=True) + dtype(1e-6))
    return h * np.exp(rng.normal(size=d) / 2).astype(dtype) + rng.normal(size=d).astype(dtype)


@pytest.mark.parametrize(("d", "n"), [(8, 40), (16, 5000), (64, 300), (128, 400), (256, 600)])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_layer_norm_costs_one_rank(d, n, seed):
    x = normed(d, n, seed=seed)
    y = np.random.default_rng(seed).normal(size=n)
    for own in (x, x.astype(float), jnp.asarray(x), x.astype(np.float16), normed(d, n, np.float64)):
        assert numerical_rank(own).rank == d - 1
        assert fit_head(own, y).rank == d - 1
        assert Gram.of(np.asarray(own), y).solve().rank == d - 1
    found = numerical_rank(x)
    assert found.width == d
    assert found.below < found.cut / 4 < found.cut * 4 < found.above
    assert np.abs(np.asarray(fit_head(x, y).weights)).max() < 1e3, "not the last bit's"


def test_traced_features_are_judged_by_their_dtype():
    x, y = jnp.asarray(normed(16, 200)), jnp.ones(200, jnp.float32)
    assert eqx.filter_jit(fit_head)(x, y).rank == 15
    assert eqx.filter_jit(numerical_rank)(x).rank == 15
    assert jax.jit(lambda x, y: Gram.of(x, y).solve().rank)(normed(16, 200, np.float64), y) == 15


def test_rows_and_units_do_not_matter():
    x = normed(32, 100)
    once, often = numerical_rank(x), numerical_rank(np.tile(x, (60, 1)))
    assert once.rank == often.rank == 31
    assert once.cut == pytest.approx(often.cut, rel=1e-6)
    units = 2.0 ** np.random.default_rng(0).integers(-40, 40, 32)
    assert numerical_rank(x.astype(float) * units).rank == 31
    y = np.random.default_rng(1).normal(size=100)
    ours = fit_head(x[:, :20].astype(float) * units[:20], y)
    np.testing.assert_allclose(
        ours(x[:, :20] * units[:20]), fit_head(x[:, :20], y)(x[:, :20]), atol=1e-9
    )


def test_storing_features_in_half_precision_hardly_moves_errors():
    for seed in range(3):
        x = normed(64, 3000, seed=seed).astype(float)
        rng = np.random.default_rng(seed)
        y = np.tanh(x @ rng.normal(size=64) / 8) + 0.1 * rng.normal(size=3000)

        def error(x, y=y):
            return np.sqrt(((fit_head(x[:500], y[:500])(x[500:]) - y[500:]) ** 2).mean())

        assert error(x.astype(np.float16).astype(float)) == pytest.approx(error(x), rel=1e-2)


ENCODED = """
import itertools, sys
import numpy as np, jax
jax.config.update("jax_enable_x64", sys.argv[1] == "on")
from w2s_jax import Gram, fit_head
from w2s_jax.encoders import load_encoder
from w2s_jax.molecules import features

ends = ("O", "N", "Cl", "F", "C#N", "c1ccccc1", "C(=O)O", "OC")
parts = list(itertools.product(range(1, 6), ends, ("C", "O", "N", "C(C)"), range(1, 4)))
smiles = ["C" * a + middle + "C" * b + end for a, end, middle, b in parts]
rng = np.random.default_rng(0)
order = rng.permutation(len(smiles))
y = np.array([len(s) - 3.0 * s.count("O") for s in smiles]) + 0.3 * rng.normal(size=len(smiles))
seen, fresh = order[:240], order[240:]
x = features(smiles, load_encoder("weak-96"), cache=False, progress=False)
for own in (x, x.astype(np.float64), x.astype(np.float16)):
    for head in (fit_head(own[seen], y[seen]), Gram.of(own[seen], y[seen]).solve()):
        print(np.sqrt(((np.asarray(head(own[fresh])) - y[fresh]) ** 2).mean()), int(head.rank))
"""


def test_a_shipped_encoder_s_head_is_the_same_with_x64_and_in_half_precision():
    errors, ranks = [], set()
    for flag in ("on", "off"):
        asked = [sys.executable, "-c", ENCODED, flag]
        out = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert out.returncode == 0, out.stderr
        for line in out.stdout.splitlines():
            error, rank = line.split()
            errors.append(float(error))
            ranks.add(int(rank))
    assert len(errors) == 12
    np.testing.assert_allclose(errors, errors[0], rtol=1e-2)
    assert ranks == {95}, "its closing layer norm ties the 96 coordinates"


SHORT = {
    "float16": lambda x: x.astype(np.float16),
    "bfloat16": lambda x: x.astype(ml_dtypes.bfloat16),
    "float32": lambda x: x.astype(np.float32),
    "float32 near 1.5": lambda x: (1.5 + 0.1 * x).astype(np.float32),
    "relu": lambda x: np.maximum(x, 0).astype(np.float32),
}
EXACT = {
    "float64": lambda x: x,
    "counts": lambda x: np.round(9 * x),
    "large counts": lambda x: np.round(1e5 * x),
    "years": lambda x: np.round(2000 + 10 * x),
    "flags": lambda x: x > 0,
    "quarters": lambda x: np.round(40 * x) / 4,
    "powers": lambda x: 2.0 ** np.round(3 * x),
    "zeros": lambda x: 0 * x,
    "decimals": lambda x: np.round(x, 2),
}


@pytest.mark.parametrize("n", [12, 300, 3000])
def test_digits_are_seen_in_the_values(n):
    x = np.random.default_rng(n).normal(size=(n, 1))
    bits = {"float16": 11, "bfloat16": 8}
    for name, make in (SHORT | EXACT).items():
        column = np.asarray(make(x)).astype(np.float64)
        expected = bits.get(name, 24) if name in SHORT else 53
        assert unit_of(column).tolist() == [2.0**-expected], name
        half = Digits.of(column[: n // 2]).merge(Digits.of(column[n // 2 :]))
        assert half.unit().tolist() == [2.0**-expected], name


def test_one_long_value_is_enough():
    x = np.random.default_rng(0).normal(size=(5000, 1)).astype(np.float32).astype(float)
    x[4321] = 0.1
    assert unit_of(x)[0] == 2.0**-53


def test_exact_columns_keep_their_rank_beside_short_ones():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 2000, (300, 3)).astype(float)
    counts[:, 2] = counts[:, 1] + (rng.random(300) < 0.01)  # differ in three rows of 300
    x = np.c_[counts, rng.normal(size=(300, 2)).astype(np.float16)]
    assert numerical_rank(x).rank == numerical_rank(x.astype(np.float32)).rank == 5


@pytest.mark.parametrize("c", [0.1, 14.62, -11.512925464970229, 1e8 / 3, 1e-200, 3e150])
@pytest.mark.parametrize("n", [7, 100, 30_011])
def test_what_does_not_vary_weighs_nothing(c, n):
    rng = np.random.default_rng(0)
    x = np.c_[rng.normal(size=n), np.full(n, c)]
    y = 2 * x[:, 0] + 1
    for head in (fit_head(x, y), Gram.of(x, y).solve()):
        assert head.rank == 1
        assert head.weights[1] == 0
        assert head(np.array([[0.0, 2 * c]]))[0] == pytest.approx(1.0)
    assert fit_head(x[:, 1:], y).rank == 0
    h = Standardize.fit(x)
    assert h(jnp.array([0.0, c]))[1] == h(jnp.array([0.0, 2 * c]))[1] == 0


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8, 1e10])
def test_far_features_lose_no_more_than_their_digits(offset):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) + offset
    y = (x - offset) @ [1.0, 2.0, 3.0] + rng.normal(size=200)
    near = x - x.mean(0)
    design = np.c_[near, np.ones(200)]
    right = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(fit_head(x, y)(x), right, atol=1e-12)
    assert fit_head(x, y).rank == 3
    apart = x[:, 0] - x[:, 1]
    assert fit_head(np.c_[x, x.sum(1)], y).rank == 3, (
        "a sum of far columns is known to fewer digits"
    )
    assert np.abs(apart).max() < 10


@pytest.mark.parametrize("unit", [1e-170, 1e-155, 1e-60, 1e60, 1e155, 1e160])
@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_no_unit_over_or_underflows(unit, ridge):
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(300, 3)), np.array([1.0, 2.0, 0.5])
    y = x @ weights
    fit = eqx.filter_jit(fit_head)
    for head in (
        fit_head(x * unit, y, ridge=0.0 if unit > 1 else ridge * unit**2),
        fit(jnp.asarray(x * unit), jnp.asarray(y)),
        Gram.of(x * unit, y).solve(),
        Gram.of(jnp.asarray(x * unit), jnp.asarray(y)).solve(),
        Gram.of(x[:99] * unit, y[:99]).update(x[99:] * unit, y[99:]).solve(),
    ):
        assert head.rank == 3
        if not (ridge and unit < 1e-60):
            np.testing.assert_allclose(np.asarray(head.weights) * unit, weights, rtol=0.6)
    exact = Gram.of(x * unit, y)
    assert exact.check().holds
    np.testing.assert_allclose(np.asarray(exact.solve().weights) * unit, weights, rtol=1e-9)
    assert exact.misfit(exact.solve()) < 1e-12


def test_units_too_far_apart_are_refused():
    x = np.random.default_rng(0).normal(size=(50, 2)) * [1e-170, 1e160]
    for fit in (fit_head, lambda x, y: Gram.of(x, y).solve()):
        with pytest.raises(ValueError, match="rescale"):
            fit(x, np.arange(50.0))


def test_one_cut_for_all():
    rng = np.random.default_rng(0)
    u, v = (np.linalg.qr(rng.normal(size=(k, 6)))[0] for k in (200, 6))
    x, y = (u * np.geomspace(1, 1e-5, 6)) @ v, rng.normal(size=200)
    for cut in (1e-6, 5e-4, 5e-3, 0.5):
        ranks = {int(numerical_rank(x, bias=False, cut=cut).rank)}
        head = fit_head(x, y, bias=False, cut=cut)
        ranks |= {int(head.rank), int(Gram.of(x, y).solve(bias=False, cut=cut).rank)}
        ranks |= {int(eqx.filter_jit(fit_head)(x, y, bias=False, cut=cut).rank)}
        assert len(ranks) == 1
        assert head.cut == cut
    assert fit_head(x, y).cut is None
    assert fit_head(x, y, within=Ball(1.0)).rank == numerical_rank(x).rank


X64_OFF = """
import numpy as np, jax
from w2s_jax import Gram, Standardize, fit_head, fit_heads
rng = np.random.default_rng(0)
x = rng.normal(size=(400, 5)) + 1e4
y = x @ np.arange(1.0, 6.0)
own = np.stack([x, x])
for head in (fit_head(x, y), Gram.of(x, y).solve(), fit_heads(x, y[:, None])):
    assert head.weights.dtype == np.float64, head.weights.dtype
    assert np.abs(np.ravel(head(x)) - y).max() < 1e-6
single = fit_head(x.astype("float32"), y.astype("float32"))
assert isinstance(single.weights, jax.Array) and single.weights.dtype == "float32"
assert Standardize.fit(x).mean.dtype == "float32"
"""


def test_without_x64_no_digit_of_float64_features_is_lost():
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", X64_OFF], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr


BAD = {
    "masked": (np.ma.masked_greater(np.eye(3), 0.5), "masked entries"),
    "text": ([["a", "b"]] * 3, "text"),
    "complex": (np.eye(3) * 1j, "complex"),
    "NaN": (np.diag([1, np.nan, 1]), "NaN at index"),
    "empty": (np.zeros((0, 3)), "holds no number|has 0 rows"),
    "flat": (np.ones(3), r"has shape \(3,\)"),
    "None": (None, "None|object"),
    "ragged": ([[1, 2], [3], [4, 5]], "different lengths"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_door_of_heads_refuses_in_a_sentence(name):
    bad, sentence = BAD[name]
    for use in (
        lambda x: fit_head(x, np.ones(3)),
        lambda x: fit_heads(x, np.ones((3, 2))),
        lambda x: Gram.of(x, np.ones(3)),
        numerical_rank,
        Standardize.fit,
    ):
        with pytest.raises(ValueError, match=sentence) as caught:
            use(bad)
        assert len(str(caught.value)) <= 300
        assert "features" in str(caught.value)


@pytest.mark.parametrize(
    "convert",
    [
        np.ndarray.tolist,
        lambda x: tuple(map(tuple, x.tolist())),
        lambda x: x.astype(">f8"),
        lambda x: x.astype(np.float16),
        lambda x: jnp.asarray(x, jnp.bfloat16),
        lambda x: x.astype(int),
        lambda x: np.asfortranarray(x)[::1],
        lambda x: x.astype(object),
    ],
)
def test_every_door_of_heads_takes_what_holds_numbers(convert):
    x = np.array([[0.0, 1], [1, 0], [1, 1], [2, 1]])
    y = convert(x @ np.array([[2.0], [-1.0]]) + 3)
    one = y[:, 0] if hasattr(y, "ndim") else [row[0] for row in y]
    x = convert(x)
    for head in (fit_head(x, one), fit_heads(x, y), Gram.of(x, one).solve()):
        np.testing.assert_allclose(np.ravel(head.weights), [2, -1], atol=1e-5)
        np.testing.assert_allclose(np.ravel(head(x))[:2], [2, 5], atol=1e-5)
    assert Standardize.fit(x).mean.shape == (2,)
