import json
import re
import time
import tracemalloc
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas
import polars
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from inside import inside
from selection import FULL
from w2s_jax import MLP, evaluate, fit_heads, report, represent
from w2s_jax.sets import Ball

projecting = inside("report._projecting")
resampling = inside("report._resampling")
WORDS = inside("report._means").WORDS
mean_interval = inside("report._resampling").mean_interval
ratio_interval = inside("report._resampling").ratio_interval

FIXED = settings(derandomize=True, deadline=None, max_examples=40)
TASKS = 3
BALL = Ball(radius=0.3)
SIZES = (4, 6, 7, 8, 40) if FULL else (4, 7, 40)  # each is another shape to compile


def beyond(x, y, *, bias, cut=1e-10):
    """(I − P)y by numpy's SVD, an oracle that shares nothing with the package."""
    center, middle = (x.mean(0), y.mean(0)) if bias else (0.0, 0.0)
    u, s, _ = np.linalg.svd(x - center, full_matrices=False)
    u = u[:, s > cut * s[0]]
    rest = y - middle
    return rest - u @ (u.T @ rest)


def assert_identity(x, weak, truth, *, bias):
    """gain = misfit − 2⟨(I−P)w, (I−P)f⟩ for the package's student and the oracle's projector.

    To 1e-10 of the errors, or of √(errors · labels²) where labels are far larger than errors:
    their rounding is relative to the labels.
    """
    student = fit_heads(x, weak, bias=bias)(x)
    r = evaluate(weak, student, truth, features=x, bias=bias)
    correction = 2 * (beyond(x, weak, bias=bias) * beyond(x, truth, bias=bias)).mean(0)
    errors = np.asarray(r.weak_error + r.student_error + r.misfit)
    scale = np.sqrt(errors * (errors + (weak**2).mean(0)))
    assert (abs(np.asarray(r.gain - r.misfit) + correction) <= 1e-10 * scale).all()
    assert (abs(np.asarray(r.correction) - correction) <= 1e-10 * scale).all()
    epsilon = (beyond(x, truth, bias=bias) ** 2).mean(0)
    assert (abs(np.asarray(r.epsilon) - epsilon) <= 1e-10 * scale).all()
    assert r.checks["identity"].holds
    return r


@st.composite
def features(draw):
    """Gaussian columns, some copied, zeroed, combined or rescaled; n far above d, near or below."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.sampled_from(SIZES))
    x = rng.normal(size=(n, 6)) * 10.0 ** rng.integers(-1, 2, size=6)
    for source, target in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)))):
        x[:, target] = x[:, source]
    x[:, sorted(draw(st.sets(st.integers(0, 5), max_size=6)))] = 0
    if draw(st.booleans()):
        x[:, 5] = x[:, 0] - 3 * x[:, 1]
    return x


@FIXED
@given(
    x=features(),
    seed=st.integers(0, 10**6),
    offset=st.sampled_from([0.0, 10.0, 1e4]),
    bias=st.booleans(),
)
def test_gain_is_misfit_minus_the_correction(x, seed, offset, bias):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(len(x), TASKS)) + offset
    assert_identity(x, truth + rng.normal(size=truth.shape), truth, bias=bias)


@FIXED
@given(
    x=features(),
    seed=st.integers(0, 10**6),
    offset=st.sampled_from([0.0, 10.0, 1e4]),
    bias=st.booleans(),
)
def test_gain_is_misfit_when_realizable(x, seed, offset, bias):
    rng = np.random.default_rng(seed)
    truth = x @ rng.normal(size=(6, TASKS)) + offset * bias
    weak = truth + rng.normal(size=truth.shape)
    r = assert_identity(x, weak, truth, bias=bias)
    assert (abs(r.gain - r.misfit) <= 1e-10 * (r.weak_error + r.misfit + offset)).all()
    if r.checks["inputs"].holds:
        assert r.checks["realizable"].holds
        assert r.checks["inequality"].holds
    else:
        assert not {"realizable", "inequality", "certificate"} & set(r.checks)


@settings(FIXED, max_examples=30)
@given(seed=st.integers(0, 10**6), realizable=st.booleans(), bias=st.booleans())
def test_the_paper_s_networks_obey_the_identity(seed, realizable, bias):
    """Inputs of deviation 500 through 5 layers of 16 units, of which many are dead."""
    strong_key, weak_key, data_key = jax.random.split(jax.random.key(seed), 3)
    inputs = 500 * jax.random.normal(data_key, (300, 8), jnp.float64)
    strong = np.asarray(represent(MLP(8, 16, 5, key=strong_key), inputs))
    weak = np.asarray(represent(MLP(8, 16, 5, key=weak_key), inputs))
    rng = np.random.default_rng(seed)
    scale = max(strong.std(), weak.std())
    truth = strong @ rng.normal(size=(16, TASKS))
    if not realizable:
        truth += 0.3 * scale * rng.normal(size=truth.shape)
    teacher = weak @ rng.normal(size=(16, TASKS))
    r = assert_identity(strong, teacher, truth, bias=bias)
    if realizable:
        assert (abs(r.gain - r.misfit) <= 1e-10 * (r.weak_error + r.misfit)).all()


def test_the_paper_s_networks_do_have_dead_units():
    keys = jax.random.split(jax.random.key(0), 20)
    inputs = 500 * jax.random.normal(jax.random.key(1), (300, 8), jnp.float64)
    ranks = [np.linalg.matrix_rank(represent(MLP(8, 16, 5, key=key), inputs)) for key in keys]
    assert min(ranks) < 16


@pytest.mark.parametrize("bias", [True, False])
def test_the_identity_with_features_of_each_task_s_own(bias):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(TASKS, 40, 6))
    x[1, :, 3] = x[1, :, 2]
    x[2, :, 5] = 0
    truth = rng.normal(size=(40, TASKS)) + 5
    weak = truth + rng.normal(size=truth.shape)
    student = fit_heads(x, weak, bias=bias)(x)
    r = evaluate(weak, student, truth, features=x, bias=bias)
    for task in range(TASKS):
        w, f = (beyond(x[task], y[:, task], bias=bias) for y in (weak, truth))
        np.testing.assert_allclose(r.correction[task], 2 * (w * f).mean(), rtol=1e-10)
    np.testing.assert_allclose(r.gain, r.misfit - r.correction, rtol=1e-10)
    assert r.checks["identity"].holds


def case(n=60, tasks=None, seed=0):
    rng = np.random.default_rng(seed)
    shape = (n,) if tasks is None else (n, tasks)
    truth = rng.normal(size=shape)
    weak = truth + rng.normal(size=shape)
    return weak, weak + 0.3 * rng.normal(size=shape), truth


def test_every_number_is_its_definition():
    weak, student, truth = case()
    r = evaluate(weak, student, truth, ceiling=0.1)
    weak_error, student_error = np.mean((weak - truth) ** 2), np.mean((student - truth) ** 2)
    misfit = np.mean((student - weak) ** 2)
    expected = {
        "weak_error": weak_error,
        "student_error": student_error,
        "misfit": misfit,
        "certificate": misfit,
        "gain": weak_error - student_error,
        "slack": weak_error - student_error - misfit,
        "ceiling": 0.1,
        "pgr": (weak_error - student_error) / (weak_error - 0.1),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(r, name), value, rtol=1e-13, err_msg=name)
    assert r.epsilon is None
    assert r.correction is None


def test_pgr_on_the_classical_numbers():
    """Burns et al.: weak .4, student .3, ceiling .2 recover half the gap."""
    zero = np.zeros(4)
    r = evaluate(zero + 0.4**0.5, zero + 0.3**0.5, zero, ceiling=0.2)
    np.testing.assert_allclose(r.pgr, 0.5, rtol=1e-12)


def test_tasks_are_reported_one_by_one():
    weak, student, truth = case(tasks=4)
    ceiling = np.array([0.0, 0.1, 0.2, 0.3])
    features = np.random.default_rng(3).normal(size=(60, 5))
    many = evaluate(weak, student, truth, features=features, ceiling=ceiling)
    low, high = many.interval("pgr")
    for task in range(4):
        parts = weak[:, task], student[:, task], truth[:, task]
        one = evaluate(*parts, features=features, ceiling=float(ceiling[task]))
        known = [name for name in WORDS if getattr(one, name) is not None]
        assert known == [name for name in WORDS if getattr(many, name) is not None]
        for name in known:
            ours, theirs = getattr(many, name)[task], getattr(one, name)
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, err_msg=name)
        one_low, one_high = one.interval("pgr")
        np.testing.assert_allclose([low[task], high[task]], [one_low, one_high], rtol=1e-10)


def test_without_truth_only_misfit_and_certificate_are_known():
    weak, student, _ = case()
    r = evaluate(weak, student, features=np.random.default_rng(1).normal(size=(60, 3)))
    known = {name for name in WORDS if getattr(r, name) is not None}
    assert known == {"misfit", "certificate"}
    assert set(r.checks) == {"digits", "inputs", "projection", "variational"}
    with pytest.raises(ValueError, match=r"no interval for 'gain': .*knows misfit, certificate"):
        r.interval("gain")


def test_numpy_jax_and_jitted_calls_give_equal_numbers():
    arrays = case(tasks=2)
    features = np.random.default_rng(1).normal(size=(60, 3))
    ours = evaluate(*arrays, features=features)
    theirs = evaluate(*map(jnp.asarray, arrays), features=jnp.asarray(features))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), ours, theirs))
    jitted = jax.jit(lambda w, s, f, x: evaluate(w, s, f, features=x))(*arrays, features)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-13), ours, jitted)
    assert {name: check.holds for name, check in jitted.checks.items()} == {
        name: check.holds for name, check in ours.checks.items()
    }


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray])
def test_float32_is_compared_in_float64(convert):
    arrays = [a.astype(np.float32) for a in case()]
    features = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    student = np.asarray(fit_heads(features, arrays[0][:, None])(features)[:, 0])
    given = [convert(a) for a in (arrays[0], student, arrays[2])]
    r = evaluate(*given, features=convert(features), ceiling=0.1)
    assert {np.asarray(leaf).dtype.name for leaf in (r.gain, r.misfit, r.pgr)} == {"float64"}
    w, s, f = (a.astype(float) for a in (arrays[0], student, arrays[2]))
    np.testing.assert_allclose(r.gain, ((w - f) ** 2 - (s - f) ** 2).mean(), rtol=1e-12)
    assert r.checks["identity"].holds
    assert r.checks["projection"].holds


def test_a_report_is_a_frozen_pytree():
    r = evaluate(*case())
    doubled = jax.tree.map(lambda leaf: 2 * leaf, r)
    assert isinstance(doubled, report.Report)
    assert doubled.misfit == 2 * r.misfit
    with pytest.raises(AttributeError):
        r.misfit = r.gain  # pyright: ignore[reportAttributeAccessIssue]


def test_intervals_agree_with_scipy_s_paired_bootstrap():
    weak, student, truth = case(n=80)
    r = evaluate(weak, student, truth)

    def slack(w, s, f, axis=-1):
        parts = (w - f) ** 2 - (s - f) ** 2 - (s - w) ** 2
        return parts.mean(axis)

    theirs = scipy.stats.bootstrap(
        (weak, student, truth),
        slack,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(5),
    )
    low, high = r.interval("slack", resamples=4000)
    expected = theirs.confidence_interval
    # Each end has a Monte-Carlo deviation of 1 % of the width, the difference of two 1.5 %.
    width = expected.high - expected.low
    np.testing.assert_allclose([low, high], [expected.low, expected.high], atol=0.06 * width)


def test_resampling_is_paired():
    """Weak model and student share their noise: its effect on gain and slack must cancel."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    weak = truth + rng.normal(size=200)
    student = truth + 0.99 * (weak - truth)
    r = evaluate(weak, student, truth)
    widths = {
        name: np.subtract(*r.interval(name)[::-1]) for name in ("gain", "weak_error", "slack")
    }
    assert widths["gain"] < 0.05 * widths["weak_error"]
    assert widths["slack"] < 0.05 * widths["weak_error"]


def test_slack_is_sharper_than_gain():
    rng = np.random.default_rng(1)
    weak = rng.normal(size=200)
    student = np.where(np.arange(200) % 2, weak, -0.01 * weak)
    r = evaluate(weak, student, np.zeros(200))
    widths = [np.subtract(*r.interval(name)[::-1]) for name in ("slack", "gain")]
    assert widths[0] < 0.1 * widths[1]


def test_intervals_cover_a_known_mean():
    """E misfit = 1/3 for uniform differences on [−1, 1].

    Of 2000 tasks 1900 should be covered, with a binomial deviation of 10; the percentile interval
    of 200 inputs falls about half a point short. Six deviations on either side: 1840 to 1960.
    """
    rng = np.random.default_rng(7)
    weak = rng.normal(size=(200, 2000))
    low, high = evaluate(weak, weak + rng.uniform(-1, 1, size=weak.shape)).interval("misfit")
    assert 1840 <= np.sum((low <= 1 / 3) & (high >= 1 / 3)) <= 1960


def test_intervals_widen_with_confidence_and_repeat_with_the_seed():
    r = evaluate(*case())
    assert r.interval("gain") == r.interval("gain")
    assert r.interval("gain") != r.interval("gain", seed=1)
    narrow, wide = r.interval("gain", confidence=0.5), r.interval("gain", confidence=0.99)
    assert wide[0] < narrow[0] < r.gain < narrow[1] < wide[1]


@pytest.mark.parametrize("tasks", [None, 3])
@pytest.mark.parametrize("given_truth", [True, False])
def test_the_rich_display_is_well_formed_and_complete(tasks, given_truth):
    weak, student, truth = case(tasks=tasks)
    known = {"truth": truth, "ceiling": 0.1} if given_truth else {}
    r = evaluate(weak, student, features=np.ones((60, 1)), bias=False, **known)
    page = ElementTree.fromstring(f"<body>{r._repr_html_()}</body>")
    rows = {row.findtext("th"): [cell.text for cell in row.iter("td")] for row in page.iter("tr")}
    rows.pop("measure")
    found = {name: getattr(r, name) for name in WORDS if getattr(r, name) is not None}
    expected = {WORDS[name]: -v if name == "slack" else v for name, v in found.items()}
    assert len(expected) == (10 if given_truth else 2)
    assert list(rows) == list(expected)
    assert rows.pop(WORDS["certificate"])[0] == "none"  # the student is not the projection
    for word, cells in rows.items():
        shown = (cells[0] or "").replace("−", "-")
        assert shown == f"{np.mean(expected[word or '']):.4g}"
    marks = {mark.findtext("b", "")[2:]: mark.findtext("b", "")[0] for mark in page.iter("li")}
    assert marks == {name: "✓" if check.holds else "✗" for name, check in r.checks.items()}


def test_a_table_calls_one_number_by_one_word():
    """The student's correction, with its sign; that of the projection for other students alone."""
    rng = np.random.default_rng(5)
    features, w, f = rng.normal(size=(60, 3)), rng.normal(size=60), rng.normal(size=60)
    fitted = features @ np.linalg.lstsq(features, w)[0]
    own = WORDS["slack"], WORDS["correction"]
    for student, projected in ((fitted, True), (0.5 * fitted, False)):
        r = evaluate(w, student, f, features=features, bias=False)
        lines = [line for line in str(r).splitlines() if line.startswith(own)]
        assert len(lines) == (1 if projected else 2)
        low, high = r.interval("slack")
        told = f"{-r.slack:.4g}  {-high:.4g} … {-low:.4g}".replace("-", "−")
        assert re.sub(" {3,}", "  ", lines[0]).endswith(told)
        assert np.isclose(r.correction, -r.slack) == projected


V = np.ones(4)


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((V, V[:3]), {}, r"student has shape \(3,\), but weak has shape \(4,\)"),
        ((V, V, V[:, None]), {}, r"truth has shape \(4, 1\), but weak has shape \(4,\)"),
        ((V[:0], V[:0]), {}, r"weak has shape \(0,\) and holds no number"),
        ((np.ones((2, 2, 2)),) * 2, {}, r"weak has shape \(2, 2, 2\), expected \(n,\) or"),
        ((np.float64(1), np.float64(1)), {}, r"weak has shape \(\), expected \(n,\)"),
        ((V, V), {"ceiling": 0.1}, "a ceiling needs truth"),
    ],
)
def test_bad_arguments_each_have_their_sentence(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate(*arguments, **options)


@pytest.mark.parametrize("name", ["weak", "student", "truth"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_first_bad_number_is_found(name, bad):
    arrays = dict(zip(("weak", "student", "truth"), case(tasks=2), strict=True))
    arrays[name][5, 1] = bad
    with pytest.raises(ValueError, match=rf"{name} holds (NaN|infinity) at index \(5, 1\)"):
        evaluate(**arrays)
    with pytest.raises(eqx.EquinoxRuntimeError, match=f"{name} holds NaN or infinity"):
        jax.block_until_ready(eqx.filter_jit(evaluate)(**arrays).misfit)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("joy", {}, "no interval for 'joy': this report knows .*gain"),
        ("ceiling", {}, "no interval for 'ceiling'"),
        ("pgr", {}, "no interval for 'pgr'"),
        ("gain", {"confidence": 0.0}, r"confidence must lie in \(0, 1\)"),
        ("gain", {"confidence": 1.0}, r"confidence must lie in \(0, 1\)"),
        ("gain", {"resamples": 0}, "resamples must be at least 1"),
    ],
)
def test_bad_intervals_each_have_their_sentence(name, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate(*case()).interval(name, **options)


def test_a_test_set_has_an_identity_of_its_own():
    """gain = misfit − 2⟨w − s, f − g⟩ − 2⟨w − s, g − s⟩ for any g: predictions, or refitted."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(90, 4))
    f = x @ rng.normal(size=(4, TASKS)) + 0.3 * rng.normal(size=(90, TASKS))
    w = f + rng.normal(size=f.shape)
    seen, fresh = slice(40), slice(40, None)
    s, strong = (np.asarray(fit_heads(x[seen], y[seen])(x[fresh])) for y in (w, f))
    w, f, x = w[fresh], f[fresh], x[fresh]
    refitted = f - beyond(x, f, bias=True)
    ways: list[tuple[dict[str, Any], Any]] = [
        ({"features": x}, refitted),
        ({"ceiling": strong}, strong),
    ]
    for options, g in ways:
        r = evaluate(w, s, f, test=True, **options)
        np.testing.assert_allclose(r.beyond, 2 * ((w - s) * (f - g)).mean(0), rtol=1e-9)
        np.testing.assert_allclose(r.drift, 2 * ((w - s) * (g - s)).mean(0), rtol=1e-9)
        np.testing.assert_allclose(r.gain, r.misfit - r.beyond - r.drift, atol=1e-12)
        assert r.correction is None
        assert set(r.checks) <= {"digits", "inputs", "ceiling"}
        assert "not those that the student was fitted on" in str(r)


def test_the_ceiling_s_predictions_are_its_error_resampled_with_the_rest():
    weak, student, truth = case(n=300)
    strong = truth + 0.97 * (weak - truth) + 0.05 * np.random.default_rng(5).normal(size=300)
    paired = evaluate(weak, student, truth, ceiling=strong)
    fixed = evaluate(weak, student, truth, ceiling=float(((strong - truth) ** 2).mean()))
    np.testing.assert_allclose([paired.ceiling, paired.pgr], [fixed.ceiling, fixed.pgr], rtol=1e-12)
    low, high = paired.interval("pgr")
    assert np.isfinite([low, high]).all()
    assert not np.isfinite(fixed.interval("pgr")).any(), "the gap of a fixed ceiling may be 0"
    assert paired.checks["ceiling"].holds
    assert not fixed.checks["ceiling"].holds
    assert paired.interval("ceiling")[0] < paired.ceiling < paired.interval("ceiling")[1]


def test_fieller_s_interval_covers():
    """4,000 tasks of 30 inputs with PGR 1/2: 95 % ± 6 deviations of .0035."""
    rng = np.random.default_rng(11)
    below = 1 + rng.normal(size=(30, 4000))
    above = below / 2 + 0.5 * rng.normal(size=below.shape)
    low, high = ratio_interval(above, below, 0.95)
    assert abs(np.mean((low <= 0.5) & (high >= 0.5)) - 0.95) < 0.021
    wide = ratio_interval(above, below - 1, 0.95)
    undefined = ~np.isfinite(wide[0])
    gap = mean_interval(below - 1, 0.95)
    np.testing.assert_array_equal(undefined, (gap[0] <= 0) & (gap[1] >= 0))
    assert undefined.mean() > 0.9


def test_a_small_shift_of_units_changes_no_interval_of_a_ratio():
    rng = np.random.default_rng(12)
    above, below = rng.normal(size=50) + 1, rng.normal(size=50) + 2
    ends = np.array(ratio_interval(above, below, 0.9))
    for unit in (1e-200, 1e200):
        np.testing.assert_allclose(ratio_interval(above * unit, below * unit, 0.9), ends)


def test_accuracies_have_the_pgr_of_the_literature():
    """Hard labels, 0 or 1: errors are shares of mistakes, PGR is that of accuracies, exactly."""
    rng = np.random.default_rng(6)
    truth = rng.integers(2, size=400)
    weak, student, strong = (truth ^ (rng.random(400) < p) for p in (0.4, 0.25, 0.1))
    accuracy = {n: np.mean(a == truth) for n, a in (("w", weak), ("s", student), ("c", strong))}
    recovered = (accuracy["s"] - accuracy["w"]) / (accuracy["c"] - accuracy["w"])
    for kind in (int, bool, np.float32):
        r = evaluate(weak.astype(kind), student.astype(kind), truth, ceiling=strong.astype(kind))
        np.testing.assert_allclose(r.weak_error, 1 - accuracy["w"], rtol=1e-15)
        np.testing.assert_allclose(r.pgr, recovered, rtol=1e-13)
    given = evaluate(weak, student, truth, ceiling=1 - accuracy["c"])
    np.testing.assert_allclose(given.pgr, recovered, rtol=1e-13)


@pytest.mark.parametrize("heavy", [False, True])
def test_many_inputs_are_resampled_as_few_are(heavy, monkeypatch):
    """Counting all of 4,000 inputs and the thousand most unlike give the same intervals.

    Ends of 4,000 resamples have a Monte-Carlo deviation of about 1 % of the width.
    """
    rng = np.random.default_rng(8)
    weak = rng.standard_t(2.2, size=4000) if heavy else rng.normal(size=4000)
    r = evaluate(weak, 0.5 * weak + 0.1 * rng.normal(size=4000), np.zeros(4000))
    names = ("gain", "misfit", "slack")
    fast = [r.interval(name, resamples=4000) for name in names]
    monkeypatch.setattr(resampling, "_ALL", 10_000)
    for name, ends in zip(names, fast, strict=True):
        exact = r.interval(name, resamples=4000)
        assert np.max(np.abs(np.subtract(ends, exact))) < 0.07 * np.ptp(exact)


def test_showing_a_million_inputs_takes_little_memory():
    inputs = 1_000_000 if FULL else 200_000
    rng = np.random.default_rng(9)
    truth = rng.normal(size=inputs)
    r = evaluate(truth + rng.normal(size=inputs), 0.9 * truth, truth, ceiling=0.01)
    tracemalloc.start()
    start = time.process_time()
    r.to_dict()
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300 * inputs  # bytes: 300 MB for a million
    assert seconds < 10


@pytest.mark.parametrize("name", ["epsilon", "correction"])
def test_what_rests_on_heads_fitted_here_has_no_interval(name):
    """With the heads held fixed the nominal 95 % would cover the population's ε far less often."""
    rng = np.random.default_rng(10)
    covered, r = 0, evaluate(*case())
    for _ in range(200):
        x = rng.normal(size=(60, 10))
        f = rng.normal(size=60)  # no feature knows it: ε of the population is 1
        r = evaluate(f + 1, np.asarray(fit_heads(x, f[:, None] + 1)(x)[:, 0]), f, features=x)
        low, high = np.quantile(
            resampling.resampled_means({"epsilon": r.terms["epsilon"]}, 200, 0)["epsilon"],
            [0.025, 0.975],
        )
        covered += low <= 1 <= high
    assert covered < 170
    with pytest.raises(ValueError, match=f"no interval for '{name}': it rests on heads fitted"):
        r.interval(name)


@pytest.mark.parametrize("tasks", [None, 3])
@pytest.mark.parametrize("given_truth", [True, False])
def test_a_report_can_be_read_and_kept(tasks, given_truth):
    weak, student, truth = case(tasks=tasks)
    known: dict[str, Any] = {"truth": truth, "ceiling": truth} if given_truth else {}
    r = evaluate(weak, student, features=np.eye(60)[:, :3], **known)
    text = str(r)
    assert "f64[" not in text
    shown = {line.partition("  ")[0] for line in text.splitlines()}
    assert shown >= {WORDS[name] for name in WORDS if getattr(r, name) is not None}
    assert not shown & {WORDS[name] for name in WORDS if getattr(r, name) is None}
    assert f"{np.mean(r.misfit):.4g}" in text
    assert all(f"{name}: {check.sentence}" in text for name, check in r.checks.items())
    kept = r.to_dict()
    assert json.loads(r.to_json()) == kept
    assert kept["inputs"] == 60
    assert kept["rank"] == 3
    np.testing.assert_allclose(kept["misfit"], r.misfit)
    assert kept["certificate"] is None  # the student is not the projection
    assert kept["checks"]["projection"]["holds"] is False
    np.testing.assert_allclose(kept["intervals"]["misfit"], r.interval("misfit"))
    assert ("gain" in kept["intervals"]) == given_truth


def test_an_undefined_pgr_says_so():
    weak, student, truth = case()
    r = evaluate(weak, student, truth, ceiling=float(((weak - truth) ** 2).mean()))
    assert r.to_dict()["intervals"]["pgr"] == [None, None]
    assert "undefined" in str(r)
    assert "undefined" in r._repr_html_()
    assert json.loads(r.to_json())["pgr"] is None


def test_a_traced_report_can_be_printed():
    @jax.jit
    def within(w, s):
        r = evaluate(w, s)
        assert "Report" in str(r)
        return r

    arrays = case()[:2]
    np.testing.assert_allclose(within(*arrays).misfit, evaluate(*arrays).misfit)


LIBRARIES = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "series": pandas.Series,
    "nullable": lambda a: pandas.Series(a, dtype="Float64"),
    "polars": polars.Series,
    "big-endian": lambda a: a.astype(">f8"),
    "strided": lambda a: np.repeat(a, 2)[::2],
    "float128": lambda a: a.astype(np.longdouble),
    "jax": jnp.asarray,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_arrays_of_any_library_give_the_same_report(library):
    convert = LIBRARIES[library]
    arrays = case()
    r = evaluate(*map(convert, arrays), ceiling=convert(arrays[2] + 0.1))
    expected = evaluate(*arrays, ceiling=arrays[2] + 0.1)
    assert all(getattr(r, name) == getattr(expected, name) for name in ("gain", "pgr", "misfit"))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_compared_in_double(dtype):
    rng = np.random.default_rng(0)
    truth = rng.normal(1000, 200, 500)
    arrays = [truth + rng.normal(0, scale, 500) for scale in (300, 100, 0)]
    half = [jnp.asarray(a, dtype) for a in arrays]
    w, s, f = (np.asarray(a).astype(float) for a in half)
    for convert in (np.asarray, jnp.asarray):
        r = evaluate(*map(convert, half))
        np.testing.assert_allclose(r.weak_error, ((w - f) ** 2).mean(), rtol=1e-12)
        np.testing.assert_allclose(r.misfit, ((w - s) ** 2).mean(), rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-140, 1e-24, 1e20, 1e140])
def test_any_unit_whose_squares_float64_holds_will_do(unit):
    arrays = case()
    r, expected = evaluate(*(unit * a for a in arrays)), evaluate(*arrays)
    np.testing.assert_allclose(r.gain / unit / unit, expected.gain, rtol=1e-10)
    assert {n: c.holds for n, c in r.checks.items()} == {
        n: c.holds for n, c in expected.checks.items()
    }


@pytest.mark.parametrize("unit", [1e-160, 1e160])
def test_squares_beyond_float64_are_refused(unit):
    with pytest.raises(ValueError, match="does not hold its square: divide all of them"):
        evaluate(*(unit * a for a in case(tasks=2)))


def test_jax_s_flag_does_not_matter():
    weak, _, truth = case()
    features = np.random.default_rng(1).normal(size=(60, 3))
    ways: list[dict[str, Any]] = [{}, {"within": BALL}]
    for options in ways:
        student = np.asarray(fit_heads(features, weak[:, None], **options)(features)[:, 0])
        given = [a + 1e6 for a in (weak, student, truth)]
        expected = evaluate(*given, features=features, **options)
        with projecting._x64(False):
            r = evaluate(*given, features=features, **options)
            assert r.checks["projection"].holds
        assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), r, expected))


def test_a_cut_is_that_of_the_projection():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 4))
    x[:, 3] = x[:, 0] + 1e-5 * rng.normal(size=60)
    weak, _, truth = case()
    student = np.asarray(fit_heads(x, weak[:, None], cut=1e-3)(x)[:, 0])
    alone = evaluate(weak, student, truth, features=x)
    assert (alone.rank, alone.checks["projection"].holds) == (4, False)
    head = SimpleNamespace(weights=np.zeros(4), cut=1e-3)
    ways: list[dict[str, Any]] = [{"cut": 1e-3}, {"head": head}]
    for options in ways:
        r = evaluate(weak, student, truth, features=x, **options)
        assert (r.rank, r.checks["projection"].holds, r.checks["identity"].holds) == (3, True, True)
        assert "rank 3" in str(r)
    twins = np.float32(x[:, [0, 0]])
    assert evaluate(weak, student, features=twins + np.array([0, 1e-7], np.float32)).rank == 1


def test_the_title_tells_singular_values_as_multiples_of_the_cut():
    """In columns known to one part each, with numpy; and says nothing of what does not exist."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 4))
    weak, _, truth = case()
    for last, cut, rank in ((0.01, None, 4), (1e-12, None, 3), (1e-5, 1e-3, 3)):
        x[:, 3] = x[:, 0] + last * rng.normal(size=60)
        plain = x - x.mean(0)
        # Columns of float64 are trusted to 1e-10 of their spread; a cut looks at plain columns.
        known = plain / (1e-10 * np.linalg.norm(plain, axis=0))
        values = np.linalg.svd(known if cut is None else plain, compute_uv=False)
        times = values / (1.0 if cut is None else cut * values[0])
        title = str(evaluate(weak, 0 * weak, truth, features=x, cut=cut)).splitlines()[0]
        told = re.findall(r"([\d.,e+−]+) times the cut", title)
        assert len(told) == (1 if rank == 4 else 2)
        assert f"rank {rank} (least" in title
        numbers = [float(one.replace(",", "").replace("−", "-")) for one in told]
        np.testing.assert_allclose(numbers, times[rank - 1 : rank - 1 + len(told)], rtol=0.06)
    constant = evaluate(weak, 0 * weak, features=np.ones((60, 2)))
    assert "rank 0\n" in str(constant)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"ceiling": np.nan}, "ceiling holds NaN"),
        ({"ceiling": np.inf}, "ceiling holds infinity"),
        ({"ceiling": -1.0}, "ceiling must be a mean squared error, at least 0"),
        ({"ceiling": [0.01]}, r"ceiling has shape \(1,\), expected an error \(one number\)"),
        ({"ceiling": [0.1, 0.2, 0.3]}, r"ceiling has shape \(3,\), expected an error"),
        ({"ceiling": np.ones((60, 1))}, r"ceiling has shape \(60, 1\), expected an error"),
        ({"features": np.ones((50, 2))}, "weak has 60 rows|features hold 50 inputs"),
        ({"features": np.ones((1, 60))}, "features hold 1 inputs|rows"),
        ({"cut": 0.1}, "pass features as well"),
        ({"features": np.ones((60, 2)), "head": SimpleNamespace(weights=np.ones(3))}, "width 3"),
    ],
)
def test_bad_options_each_have_their_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        evaluate(*case(), **options)
    assert len(str(error.value)) <= 300


def test_a_ceiling_for_each_task_is_told_from_predictions():
    arrays = case(n=4, tasks=4)
    with pytest.raises(ValueError, match=r"ceiling has shape \(4,\), expected an error \(one num"):
        evaluate(*arrays, ceiling=np.ones(4))
    predictions = evaluate(*arrays, ceiling=arrays[2] + 0.5)
    np.testing.assert_allclose(predictions.ceiling, 0.25)


def test_rows_in_another_order_are_refused():
    weak, student, truth = (pandas.Series(a, [f"m{k}" for k in range(60)]) for a in case())
    mixed = truth.sample(frac=1, random_state=1)
    with pytest.raises(ValueError, match="the indexes of student and truth differ"):
        evaluate(weak, student, mixed)
    assert evaluate(weak, student, mixed.loc[weak.index]).gain == evaluate(*case()).gain
