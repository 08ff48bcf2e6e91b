"""The ring's theorem by counting, and the Python side of its figure."""

import json

import numpy as np
import pytest

from inside import inside
from w2s_jax import plots
from w2s_jax.widgets import Ring

ring = inside("widgets._ring")


def placed(lengths, gaps):
    return np.concatenate([np.arange(a + b) < a for a, b in zip(lengths, gaps, strict=True)])


def voted(wrong, reach):
    """Count one input at a time."""
    n = len(wrong)
    return np.array(
        [sum(wrong[(i + j) % n] for j in range(-reach, reach + 1)) > reach for i in range(n)]
    )


@pytest.mark.parametrize("seed", range(60))
def test_with_gaps_of_twice_the_longest_block_short_blocks_are_mended_and_others_repeated(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, rng.integers(1, 6))
    gaps = 2 * lengths.max() + rng.integers(0, 5, len(lengths)) * rng.integers(0, 2)
    wrong = placed(lengths, gaps)
    for reach in range(0, min(12, (len(wrong) - 1) // 2 + 1)):
        kept = [length if length > reach else 0 for length in lengths]
        expected = np.concatenate(
            [np.arange(a + b) < c for a, b, c in zip(lengths, gaps, kept, strict=True)]
        )
        if max(lengths) <= reach or len(wrong) >= 2 * reach + 1:
            assert (ring.majority(wrong, reach) == expected).all()
            assert (voted(wrong, reach) == expected).all()


def test_gaps_one_shorter_are_too_short():
    for length in range(1, 9):
        gap, reach = 2 * length - 1, 2 * length - 1
        wrong = placed([length, length], [gap, 9 * length])
        assert voted(wrong, reach).any(), "two blocks of L ≤ k outvote the gap between them"


def test_blocks_and_gaps_beyond_k_are_repeated_whatever_the_gaps():
    rng = np.random.default_rng(0)
    for _ in range(100):
        reach = int(rng.integers(0, 6))
        parts = reach + 1 + rng.integers(0, 5, (2, 4))
        wrong = placed(*parts)
        assert (ring.majority(wrong, reach) == wrong).all()


def test_two_classes_gain_the_misfit_less_twice_what_is_spoiled():
    for seed in range(40):
        found = Ring(length=1 + seed % 12, reach=seed % 11, seed=seed)
        weak, student, numbers = found.weak_wrong(), found.student_wrong(), found.numbers()
        spoiled = (student & ~weak).mean()
        assert numbers["weak_error"] == 0.25
        assert numbers["gain"] == pytest.approx(numbers["misfit"] - 2 * spoiled)


def test_chance_breaks_the_threshold_somewhere():
    partly = [Ring(length=4, reach=6, seed=seed).numbers() for seed in range(1, 20)]
    assert all(0 <= found["student_error"] < 0.25 for found in partly)
    assert any(found["student_error"] > 0 for found in partly)
    assert any(found["gain"] < found["misfit"] for found in partly)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"length": 0}, "length must be from 1 to 12; got 0"),
        ({"reach": 11}, "reach must be from 0 to 10; got 11"),
        ({"seed": -1}, "seed must be from 0 to 999; got -1"),
    ],
)
def test_what_is_out_of_range_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        Ring(**given)


def test_html_form_carries_state_words_and_the_solved_picture():
    data, _ = Ring(length=7, reach=6)._repr_mimebundle_()
    text = data["text/html"]
    state = json.loads(text.split('<script type="application/json">')[1].split("</script>")[0])
    assert state == {"length": 7, "reach": 6, "seed": 0}
    assert "Student error 0.250, misfit 0.000, gain 0.000." in text
    assert "<svg" in text.split("<script")[0]


def test_the_picture_has_an_arc_for_each_run_of_mistakes():
    weak, student = placed([3, 3], [9, 9]), placed([5], [19])
    with plots.style():
        axes = plots.ring(weak, student)
    ids = [patch.get_gid() for patch in axes.patches]
    assert ids.count("of-weak") == 2
    assert ids.count("of-student") == 1
    assert ids.count("of-misfit") == 2
    with pytest.raises(ValueError, match="student must be as long as weak, 24; got 3"):
        plots.ring(weak, student[:3])
    with pytest.raises(ValueError, match="reach must be from 0 to 11 on 24 inputs; got 12"):
        plots.ring(weak, student, reach=12)
