"""The Python side of the figure of leftovers: its numbers, its HTML form, what it refuses."""

import json
import math

import numpy as np
import pytest

from inside import inside
from w2s_jax.widgets import Leftovers

leftovers = inside("widgets._leftovers")


def test_the_leftovers_are_at_right_angles_to_the_class_and_to_each_other():
    basis = np.vstack([leftovers._BEYOND, leftovers._CLASS.T])
    np.testing.assert_allclose(basis @ basis.T / 3, np.eye(3), atol=1e-12)


def test_gain_is_the_squared_distance_from_the_arrows_tip_less_epsilon():
    rng = np.random.default_rng(0)
    for _ in range(50):
        drop, epsilon = rng.uniform(-1, 1, 2), rng.uniform(0, 0.4)
        r = Leftovers(drop=drop, epsilon=epsilon).report()
        far = (drop[0] - math.sqrt(epsilon)) ** 2 + drop[1] ** 2
        np.testing.assert_allclose([r.gain, r.misfit], [far - epsilon, drop @ drop], atol=1e-12)
        np.testing.assert_allclose(r.correction, 2 * drop[0] * math.sqrt(epsilon), atol=1e-12)
        np.testing.assert_allclose(r.epsilon, epsilon, atol=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"drop": [1.0]}, "drop must be two finite numbers"),
        ({"drop": [math.nan, 0]}, "drop must be two finite numbers"),
        ({"epsilon": -0.1}, "epsilon must be one finite number ≥ 0; got -0.1"),
        ({"epsilon": [1, 2]}, "epsilon must be one finite number ≥ 0"),
    ],
)
def test_what_is_none_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        Leftovers(**given)


def test_html_form_carries_state_words_and_the_solved_picture():
    data, _ = Leftovers(drop=[0.5, 0.0], epsilon=0.25)._repr_mimebundle_()
    text = data["text/html"]
    state = json.loads(text.split('<script type="application/json">')[1].split("</script>")[0])
    assert state == {"drop": [0.5, 0.0], "epsilon": 0.25}
    assert "The gain is -0.250: the misfit less the correction, 0.500." in text
    assert 'cx="190.0" cy="150" r="40.0"' in text.split("<script")[0]
    assert "application/vnd.jupyter.widget-view+json" in data
