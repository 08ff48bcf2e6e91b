"""Error rates in an audit: intervals of counts, held against all counts there can be."""

import numpy as np
import pytest
from scipy import stats

from inside import inside
from w2s_jax.audit import audit, estimate_gain

counts, powered = inside("audit._counts"), inside("audit._powered")


def every(m):
    """All (b, c): on b inputs the student alone is right, on c the teacher alone."""
    b, c = np.divmod(np.arange((m + 1) ** 2), m + 1)
    return b[b + c <= m], c[b + c <= m]


def ends(m, added):
    b, c = every(m)
    gains = [np.repeat([1.0, -1.0, 0.0], [i, j, m - i - j]) for i, j in zip(b, c, strict=True)]
    return np.array([powered.naive(each, added=added).interval(0.95) for each in gains])


def chances(m, of_b, of_c):
    b, c = every(m)
    return stats.multinomial.pmf(np.stack([b, c, m - b - c], 1), m, [of_b, of_c, 1 - of_b - of_c])


def covered(m, added):
    """The least coverage for each rarity of inputs that tell the two apart."""
    low, high = ends(m, added).T
    found = {}
    for differ in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
        shares = [(differ * one, differ * (1 - one)) for one in (0.5, 0.6, 0.8, 0.95)]
        found[differ] = min(
            chances(m, p, q)[(low <= p - q) & (p - q <= high)].sum() for p, q in shares
        )
    return found


@pytest.mark.parametrize("m", [10, 20, 50])
def test_intervals_of_error_rates_hold_the_gain_of_all_counts(m):
    assert min(covered(m, counts.added("zero-one")).values()) > 0.945
    assert min(covered(m, ()).values()) < 0.7  # Student's own do not


@pytest.mark.parametrize("m", [10, 20, 50])
def test_a_false_gain_is_shown_in_three_of_a_hundred_draws_at_most(m):
    shown = ends(m, counts.added("zero-one"))[:, 0] > 0
    for differ in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
        assert chances(m, differ / 2, differ / 2)[shown].sum() < 0.03
    b, c = every(m)
    assert (b + c)[shown].min() == 6  # no verdict by fewer


def test_the_interval_is_bonetts_and_prices_with_students_quantile():
    m, b, c = 40, 9, 3
    found = powered.naive(np.repeat([1.0, -1.0, 0.0], [b, c, m - b - c]), added=(1.0, -1.0))
    one, other = (b + 1) / (m + 2), (c + 1) / (m + 2)
    half = ((one + other - (one - other) ** 2) / (m + 1)) ** 0.5 * stats.t.ppf(0.975, m + 1)
    assert found.interval(0.95) == pytest.approx((one - other - half, one - other + half))
    assert found.value == pytest.approx((b - c) / m)  # the mean itself is not moved
    assert found.p_value == pytest.approx(2 * stats.t.sf((one - other) / (half / stats.t.ppf(
        0.975, m + 1)), m + 1))  # fmt: skip


def test_shares_have_wilsons_interval():
    for wrong, m in ((0, 20), (7, 50)):
        low, high = counts.share_ends(np.repeat([1, 0], [wrong, m - wrong]), 0.9)
        z, p = stats.norm.ppf(0.95), wrong / m
        middle = (p + z**2 / (2 * m)) / (1 + z**2 / m)
        half = z / (1 + z**2 / m) * (p * (1 - p) / m + z**2 / (4 * m**2)) ** 0.5
        assert (low, high) == pytest.approx((middle - half, middle + half))


def test_few_inputs_that_tell_the_two_apart_settle_nothing():
    truth = np.zeros(200, int)
    for apart in (0, 1, 5, 6):
        weak, student = truth.copy(), truth.copy()
        weak[:apart] = 1
        student[150:] = weak[150:] = 1
        student[190:] = 2
        found = audit(weak, student, labels=truth[:60], labelled=range(60), loss="zero-one")
        for name in ("gain_naive", "gain_powered", "slack"):
            one = found.estimates[name]
            assert one.low < one.high, (apart, name)
        telling = {0: "no labeled input tells", 1: "only 1 labeled input tells"}
        told = telling.get(apart, f"only {apart} labeled inputs tell")
        assert (told in found.verdict.sentence) == (apart < 6)
        naive = found.estimates["gain_naive"]
        assert (naive.low > 0) == (apart == 6)
        assert found.estimates["weak_error"].method == "score"
        assert found.estimates["student_error"].low < 1e-12 < found.estimates["student_error"].high
        assert f"right on {apart} labeled input" in found.estimates["gain"].sentence


def test_two_inputs_more_are_guessed_as_those_on_which_the_two_differ():
    """Guesses that happen to fit all labels are no proof: the interval keeps room for others."""
    draw = np.random.default_rng(0)
    weak, student = draw.integers(0, 2, size=(2, 1000))
    rows = np.arange(60)
    labels = student[rows]  # the student was right wherever the two differ
    found = estimate_gain(weak, student, labels, labelled=rows, loss="zero-one")
    mean = found.powered()
    assert mean is not None
    others = found.every[60:]
    share, typical = 940 / 1000, others[others != 0].mean()
    left = np.append(found.measured - share * found.labeled, [1, -1] - share * typical)
    variance = left.var(ddof=1) / 62 + share**2 * others.var(ddof=1) / 940
    assert mean.error == pytest.approx(variance**0.5)
    middle = sum(mean.interval(0.95)) / 2
    assert middle == pytest.approx(left.mean() + share * others.mean())


def test_labels_planned_for_an_error_rate_make_the_interval_so_short():
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 2, 4000)
    weak = np.where(draw.random(4000) < 0.3, 1 - truth, truth)
    student = np.where(draw.random(4000) < 0.2, 1 - truth, truth)

    def half(labels):
        found = audit(weak, student, labels=truth[:labels], labelled=range(labels), loss="zero-one")
        gain = found.estimates["gain"]
        return found, (gain.high - gain.low) / 2

    found, now = half(40)
    wanted = found.labels_for(now / 3)
    assert half(wanted)[1] == pytest.approx(now / 3, rel=0.12)
