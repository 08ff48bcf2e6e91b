import functools
import itertools
import json
import mmap
import os
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inside import inside
from w2s_jax import evaluate, fit_head, fit_heads
from w2s_jax.heads import Gram

cached = inside("arrays._products")


def task(n=500, d=6, tasks=3, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + offset
    truth = np.tanh(x[:, :1] - offset) + x @ rng.normal(size=(d, tasks))
    return x, truth + rng.normal(size=(n, tasks)), truth


def chunks(*arrays, sizes=(100, 1, 250, 149)):
    ends = np.cumsum(sizes)
    return [tuple(a[e - s : e] for a in arrays) for s, e in zip(sizes, ends, strict=True)]


def same(one, other, rtol=1e-12):
    for a, b in zip(jax.tree.leaves(one.sums), jax.tree.leaves(other.sums), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max(initial=0))
    np.testing.assert_array_equal(one.digits.unit(), other.digits.unit())


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_streamed_heads_are_those_of_fit_heads(kind, ridge, bias):
    x, weak, truth = map(kind, task())
    gram = Gram.stream(chunks(x, weak, truth))
    head, exact = gram.solve(ridge=ridge, bias=bias), fit_heads(x, weak, ridge=ridge, bias=bias)
    np.testing.assert_allclose(head(x), exact(x), atol=1e-11)
    assert head.rank == exact.rank == 6
    report = evaluate(weak, exact(x), truth)
    np.testing.assert_allclose(gram.misfit(head), report.misfit, rtol=1e-11)
    np.testing.assert_allclose(gram.student_error(head), report.student_error, rtol=1e-11)
    np.testing.assert_allclose(gram.weak_error(), report.weak_error, rtol=1e-12)
    strong = gram.solve(of="truth")
    np.testing.assert_allclose(strong(x), fit_heads(x, truth)(x), atol=1e-11)
    assert gram.check(bias=bias).holds


def test_one_task_and_a_ridge_path():
    x, weak, truth = task()
    gram = Gram.of(x, weak[:, 0], truth[:, 0])
    head = gram.solve()
    np.testing.assert_allclose(head(x), fit_head(x, weak[:, 0])(x), atol=1e-11)
    assert head.weights.shape == (6,)
    assert gram.misfit(head).shape == gram.weak_error().shape == ()
    path = np.array([0.0, 0.1, 1.0])
    many = Gram.of(x, np.repeat(weak[:, :1], 3, axis=1)).solve(ridge=path)
    exact = fit_heads(x, np.repeat(weak[:, :1], 3, axis=1), ridge=path)
    np.testing.assert_allclose(many(x), exact(x), atol=1e-11)


def test_any_order_and_grouping_gives_the_same_sums():
    parts = [Gram.of(*chunk) for chunk in chunks(*task(offset=1e3))]
    whole = Gram.of(*task(offset=1e3))
    for order in itertools.permutations(parts):
        a, b, c, d = order
        same(functools.reduce(Gram.merge, order), whole)
        same(a.merge(b).merge(c.merge(d)), whole)
        same(a.merge(b.merge(c.merge(d))), whole)


def test_a_large_mean_loses_no_digits():
    x, weak, _ = task(n=20_000, offset=0.0)
    shift = 2.0**26  # exact in float64 for these features, up to rounding of the features
    far = x + shift
    near = far - shift
    gram = Gram.of(far, weak)
    head = gram.solve()
    np.testing.assert_allclose(head.weights, fit_heads(near, weak).weights, rtol=1e-9, atol=1e-9)
    naive = far.T @ far - len(far) * np.outer(far.mean(0), far.mean(0))
    exact = (near - near.mean(0)).T @ (near - near.mean(0))
    assert abs(naive - exact).max() > 1e-3 * abs(exact).max()
    np.testing.assert_allclose(gram.sums.scatter, exact, rtol=1e-9, atol=1e-9 * abs(exact).max())
    single = Gram.of(x.astype("float32"), weak).sums.scatter
    wide = x.astype("float32").astype(float)
    np.testing.assert_allclose(single, Gram.of(wide, weak).sums.scatter, rtol=1e-14)


def test_float32_products_are_rounded_and_known_to_be():
    x, weak, _ = task(n=50_000, offset=300.0)
    x = x.astype("float32")
    exact, fast = Gram.of(x, weak), Gram.of(x, weak, products="float32")
    off = abs(fast.sums.scatter - exact.sums.scatter).max() / abs(exact.sums.scatter).max()
    assert 1e-12 < off < 1e-6
    assert fast.check().holds
    assert fast.check().value > 1e6 * exact.check().value
    difference = fast.solve()(x) - exact.solve()(x)
    assert jnp.sqrt((difference**2).mean()) < fast.check().value * weak.std()
    assert fast.update(x[:10], weak[:10]).unit == fast.unit
    assert exact.merge(fast).unit == fast.unit


def conditioned(condition, n=2000, d=8, seed=0):
    rng = np.random.default_rng(seed)
    u, v = (np.linalg.qr(rng.normal(size=(k, d)))[0] for k in (n, d))
    return (u * np.geomspace(1, 1 / condition, d)) @ v, rng.normal(size=(n, 1))


@pytest.mark.parametrize("condition", [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9])
def test_the_check_says_when_squares_have_lost_a_direction(condition):
    x, y = conditioned(condition)
    gram, exact = Gram.of(x, y), fit_heads(x, y)
    check, head = gram.check(), gram.solve()
    off = float(jnp.sqrt(((head(x) - exact(x)) ** 2).mean()) / y.std())
    assert exact.rank == 8
    if check.holds:
        assert off < check.value
        assert head.rank == 8
    assert check.holds == (condition < 1e5)
    if condition >= 1e9:
        assert head.rank < 8
        assert "cannot be told from rounding" in check.sentence
        assert off > 1e-3


def test_ranks_follow_the_policy_of_fit_heads():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 5)), rng.normal(size=(300, 2))
    x[:, 1] = 0
    x[:, 3] = 7.25
    gram = Gram.stream(chunks(x, y, sizes=(100, 200)))
    head = gram.solve()
    assert head.rank == fit_heads(x, y).rank == 3
    np.testing.assert_allclose(head(x), fit_heads(x, y)(x), atol=1e-12)
    assert gram.check().holds, "columns of zeros are known to be zeros"
    x[:, 1] = x[:, 0] + x[:, 2]
    gram = Gram.of(x, y)
    assert gram.solve().rank == fit_heads(x, y).rank == 3
    np.testing.assert_allclose(gram.solve()(x), fit_heads(x, y)(x), atol=1e-10)
    assert not gram.check().holds, "a dependent column looks like one of 1e-9"
    assert gram.check(cut=1e-5).holds, "unless the cut says that both are to go"
    x[:, 1] *= 1e-9  # another unit, and independent again
    x[:, 1] += 1e-9 * rng.normal(size=300)
    gram = Gram.of(x, y)
    assert gram.solve().rank == fit_heads(x, y).rank == 4
    scale = x.std(0)
    scale[3] = 1.0  # the constant column
    alike = x / scale
    np.testing.assert_allclose(gram.solve()(x), fit_heads(alike, y)(alike), atol=1e-12)
    # In unlike units fit_heads promises machine epsilon times the condition number, above 1e8.
    live = np.delete(x - x.mean(0), 3, axis=1)
    promised = np.finfo(float).eps * np.linalg.cond(live)
    np.testing.assert_allclose(gram.solve()(x), fit_heads(x, y)(x), atol=promised)
    assert gram.check().holds
    for cut in (0.3, 0.6, 0.9):
        z, labels = conditioned(10.0)
        assert Gram.of(z, labels).solve(cut=cut).rank == fit_heads(z, labels, cut=cut).rank


def test_sums_work_inside_compiled_programs():
    x, weak, truth = map(jnp.asarray, task())

    @jax.jit
    def run(x, weak, truth):
        gram = Gram.of(x[:200], weak[:200], truth[:200]).update(x[200:], weak[200:], truth[200:])
        head = gram.solve()
        return gram.misfit(head), gram.student_error(head), head.rank

    misfit, error, rank = run(x, weak, truth)
    whole = Gram.of(x, weak, truth)
    np.testing.assert_allclose(misfit, whole.misfit(whole.solve()), rtol=1e-12)
    np.testing.assert_allclose(error, whole.student_error(whole.solve()), rtol=1e-12)
    assert rank == 6


def test_a_memory_map_streams_by_blocks(tmp_path):
    x, weak, truth = task(n=20_000)
    x.astype("float32").tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", "float32", "r", shape=x.shape)
    whole = Gram.of(x.astype("float32").astype(float), weak, truth)
    same(Gram.of(mapped, weak, truth), whole)
    assert whole.count == 20_000


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("rows", [3, 2048, 5000])
def test_products_in_the_cache_are_those_at_once(kind, rows):
    draw = np.random.default_rng(rows)
    x = (draw.normal(size=(rows, 5)) * [1, 1e-3, 1e6, 0, 1] + [0, 5, 1e3, 7, 0]).astype(kind)
    y, origin = draw.normal(size=(rows, 2)), x[:1].astype(float)
    moved = x.astype(float) - origin
    found = cached.products(x, y, origin)
    np.testing.assert_allclose(found.scatter, moved.T @ moved, rtol=1e-13, atol=1e-9)
    np.testing.assert_allclose(found.cross, moved.T @ y, rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(found.total, moved.sum(0), rtol=1e-11, atol=1e-9)
    assert found.varies.tolist() == [True, True, True, False, True]


@pytest.mark.parametrize("size", [1e-170, 1e160, np.nan, np.inf])
def test_products_that_could_over_or_underflow_are_left_to_the_other_way(size):
    x = np.ones((50, 2))
    x[:, 1] = size * np.arange(1, 51)
    with np.errstate(all="ignore"):
        assert cached.products(x, np.ones((50, 1)), np.zeros((1, 2))) is None


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system keeps maps' pages")
def test_sums_of_a_memory_map_let_go_of_its_pages(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((400_000, 64), np.float32))  # 100 MB
    program = """
import resource, sys
import numpy as np
from w2s_jax.heads import Gram
x = np.load(sys.argv[1], mmap_mode="r")
Gram.of(np.ones((9000, 64)), np.ones(9000))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
Gram.of(x, np.ones(len(x)))
print(peak() - before)
"""
    told = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "x.npy"], capture_output=True, text=True
    )
    assert float(told.stdout) < 50_000, told.stderr  # kilobytes


SHARDED = """
import json, sys
import jax, numpy as np
jax.config.update("jax_enable_x64", True)
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from w2s_jax.heads import Gram

x, weak, truth = (np.load(sys.argv[1])[name] for name in ("x", "weak", "truth"))
assert len(jax.devices()) == 8
mesh = Mesh(np.array(jax.devices()), ("rows",))
rows = NamedSharding(mesh, P("rows"))
parts = [jax.device_put(each, rows) for each in (x, weak, truth)]
whole = jax.jit(Gram.of)
def share(*arrays):
    return Gram.of(*arrays).psum("rows")
mapped = jax.jit(jax.shard_map(share, mesh=mesh, in_specs=P("rows"), out_specs=P()))
found = {"text": [f.lower(*parts).compile().as_text() for f in (whole, mapped)]}
for name, f in (("whole", whole), ("mapped", mapped)):
    gram = f(*parts)
    head = gram.solve()
    numbers = [head.weights, head.bias, gram.misfit(head), gram.student_error(head)]
    found[name] = [np.asarray(each).tolist() for each in (*numbers, gram.weak_error())]
print(json.dumps(found))
"""


def test_sums_over_eight_devices_are_the_same(tmp_path):
    x, weak, truth = task(n=800, offset=50.0)
    np.savez(tmp_path / "data.npz", x=x, weak=weak, truth=truth)
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    out = subprocess.run(
        [sys.executable, "-c", SHARDED, str(tmp_path / "data.npz")],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ | flags,
    )
    assert out.returncode == 0, out.stderr
    found = json.loads(out.stdout)
    gram = Gram.of(x, weak, truth)
    head = gram.solve()
    numbers = [head.weights, head.bias, gram.misfit(head), gram.student_error(head)]
    for way in ("whole", "mapped"):
        for ours, theirs in zip((*numbers, gram.weak_error()), found[way], strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-10)
    for text in found["text"]:
        assert "all-reduce" in text
        assert "f64[800,6]" not in text, "no device holds all inputs"
        assert "f64[100,6]" in text


def test_without_float64_numpy_still_sums_in_it():
    program = """
import numpy as np
from w2s_jax.heads import Gram
x = np.random.default_rng(0).normal(size=(1000, 3)).astype("float32") + 4096
gram = Gram.of(x, x @ np.ones(3, "float32"))
print(gram.sums.scatter.dtype, gram.solve().weights.dtype, gram.unit < 1e-15)
"""
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == ["float64", "float64", "True"]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ((np.ones((3, 2)), np.ones(4)), "features has 3 rows and labels has 4"),
        ((np.ones((3, 2)), np.ones(3), np.ones(4)), "labels has 3 rows and truth has 4"),
        ((np.ones((0, 2)), np.ones(0)), "holds no number"),
        ((np.array([[1.0], [np.nan]]), np.ones(2)), "holds (NaN|infinity) at index"),
        ((np.ones((2, 1)), np.array([1.0, np.inf])), "holds (NaN|infinity) at index"),
        ((np.ones((2, 1)), np.ones(2), np.array([np.nan, 1.0])), "holds (NaN|infinity) at index"),
        ((jnp.array([[1.0], [jnp.nan]]), jnp.ones(2)), "holds (NaN|infinity) at index"),
    ],
)
def test_nonsense_is_refused(arrays, sentence):
    with pytest.raises(ValueError, match=sentence):
        Gram.of(*arrays)


def test_nonsense_options_are_refused():
    x, weak, truth = task()
    gram = Gram.of(x, weak)
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"ridge": -1.0}, "at least 0"),
        ({"ridge": np.ones(2)}, r"one number or \(3,\)"),
        ({"cut": 1.0}, "must lie in"),
        ({"of": "truth"}, "hold no truth"),
    )
    for options, sentence in cases:
        with pytest.raises(ValueError, match=sentence):
            gram.solve(**options)
    with pytest.raises(ValueError, match="hold no truth"):
        gram.weak_error()
    for other in (Gram.of(x[:, :5], weak), Gram.of(x, weak[:, 0]), Gram.of(x, weak, truth)):
        with pytest.raises(ValueError, match="cannot merge"):
            gram.merge(other)
    with pytest.raises(ValueError, match="no chunk"):
        Gram.stream([])
