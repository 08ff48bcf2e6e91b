import xml.etree.ElementTree as ElementTree

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from selection import FULL
from w2s_jax import MLP, evaluate, fit_heads, report, represent
from w2s_jax.report.means import WORDS

FIXED = settings(derandomize=True, deadline=None, max_examples=40)
TASKS = 3
SIZES = (4, 6, 7, 8, 40) if FULL else (4, 7, 40)  # each is another shape to compile


def beyond(x, y, *, bias, cut=1e-10):
    """(I − P)y by numpy's SVD, an oracle that shares nothing with the package."""
    centre, middle = (x.mean(0), y.mean(0)) if bias else (0.0, 0.0)
    u, s, _ = np.linalg.svd(x - centre, full_matrices=False)
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
    expected = {w: getattr(r, name) for name, w in WORDS.items()}
    expected = {word: value for word, value in expected.items() if value is not None}
    assert len(expected) == (10 if given_truth else 2)
    assert list(rows) == list(expected)
    assert rows.pop(WORDS["certificate"])[0] == "none"  # the student is not the projection
    for word, cells in rows.items():
        shown = (cells[0] or "").replace("−", "-")
        assert shown == f"{np.mean(expected[word or '']):.4g}"
    marks = {mark.findtext("b", "")[2:]: mark.findtext("b", "")[0] for mark in page.iter("li")}
    assert marks == {name: "✓" if check.holds else "✗" for name, check in r.checks.items()}


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
        ("gain", {"confidence": 0.0}, r"need confidence in \(0, 1\)"),
        ("gain", {"confidence": 1.0}, r"need confidence in \(0, 1\)"),
        ("gain", {"resamples": 0}, "resamples ≥ 1"),
    ],
)
def test_bad_intervals_each_have_their_sentence(name, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate(*case()).interval(name, **options)
