"""How many labels an audit asks for: by what labels can shorten, with the others guessed."""

import numpy as np
import pytest

from w2s_jax.audit import audit


def made(seed, inputs, noise=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(inputs, 4))
    truth = x.sum(1) + noise * rng.normal(size=inputs)
    weak = x.sum(1) + rng.normal(size=inputs)
    return x, weak, truth


def half_width(x, weak, truth, labels):
    found = audit(weak, features=x, labels=truth[:labels], labelled=range(labels))
    gain = found.estimates["gain"]
    assert gain.method == "powered"
    return found, (gain.high - gain.low) / 2


def test_labels_that_cannot_shorten_are_not_promised():
    """Realizable, without noise: nearly all of the scatter is among the inputs, not the labels."""
    x, weak, truth = made(0, 2000)
    found, now = half_width(x, weak, truth, 100)
    wanted = found.labels_for(now / 1.9)
    assert wanted > 1.5 * 100 * 1.9**2  # by the square-root law: 361


@pytest.mark.parametrize("noise", [0.0, 0.7, 3.0])
@pytest.mark.parametrize("shorter", [0.9, 0.7])
def test_so_many_labels_make_the_interval_so_short(noise, shorter):
    x, weak, truth = made(1, 3000, noise)
    found, now = half_width(x, weak, truth, 300)
    wanted = found.labels_for(shorter * now)
    if wanted < 3000:
        _, then = half_width(x, weak, truth, wanted)
        assert then == pytest.approx(shorter * now, rel=0.12)


def test_beyond_the_inputs_the_naive_interval_counts():
    x, weak, truth = made(2, 400, 2.0)
    found, now = half_width(x, weak, truth, 100)
    assert found.gains is not None
    alone = found.gains.measured.std(ddof=1)
    error = found.gains.decisive()[0].error
    assert found.labels_for(now / 100) == pytest.approx((100 * alone / error) ** 2, rel=1e-6)


def test_the_certificate_of_a_long_table_asks_for_the_projection():
    x, weak, _ = made(3, 500)
    student = np.round(x @ np.linalg.lstsq(x, weak, rcond=None)[0], 2)
    for features in (x, [x[:250], x[250:]]):  # in one piece, and as chunks that are only summed
        found = audit(weak, student, features=features)
        assert not found.checks["projection"].holds
        assert found.estimates["certificate"].value is None
