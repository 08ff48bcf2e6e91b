"""The figure of leftovers in a browser: its numbers are the package's, by every kind of hand."""

import numpy as np
import pytest
from leftovers_page import compare
from widget_page import REVEAL, choose, drag, handle

from w2s_jax.widgets import Leftovers


@pytest.fixture
def page(show_widget):
    return show_widget(Leftovers())


def test_random_pictures_show_the_packages_numbers(page):
    rng = np.random.default_rng(0)
    for _ in range(12):
        drag(page, "drop", *rng.uniform(-160, 160, 2))
        drag(page, "tip", rng.uniform(-80, 80), 0)
        found = compare(page)
        assert np.hypot(*found["drop"]) <= 1.5 + 1e-9
        assert 0 <= found["epsilon"] <= 0.49 + 1e-9


def test_presets_show_what_the_correction_does(page):
    choose(page, REVEAL)
    found = {}
    for name in page.locator("[data-preset]").all_inner_texts():
        choose(page, name)
        found[name] = compare(page)
        found[name]["words"] = page.locator("[data-part=reading]").text_content()
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
    right, harm, above, perfect, four, reach = found.values()
    assert right["gain"] == pytest.approx(right["misfit"])
    assert "right angles" in right["words"]
    assert harm["gain"] < 0 < harm["correction"]
    assert "worse than its teacher" in harm["words"]
    assert above["gain"] > above["misfit"]
    assert perfect["gain"] == pytest.approx(-perfect["epsilon"])
    assert four["misfit"] == pytest.approx(4 * four["epsilon"])
    assert four["gain"] == pytest.approx(0)
    assert reach["epsilon"] == 0
    assert reach["gain"] == pytest.approx(reach["misfit"])


def test_the_point_moves_the_leftover(page):
    choose(page, REVEAL)
    before = compare(page)
    drag(page, "point", 0, 15)
    after = compare(page)
    assert after["misfit"] == pytest.approx(before["misfit"])
    assert after["gain"] < before["gain"]
    assert after["drop"][0] > before["drop"][0]
    drag(page, "point", 0, 400)
    lowest = compare(page)
    room = 2 * np.sqrt(lowest["misfit"] * lowest["epsilon"])
    assert lowest["correction"] == pytest.approx(room), "the band is all there is"
    choose(page, "Truth in reach")
    drag(page, "point", 40, 0)
    assert compare(page)["misfit"] > 0.72


def test_keys_move_every_handle(page):
    choose(page, REVEAL)
    press = {}
    for name, key in [("drop", "ArrowRight"), ("tip", "Shift+ArrowRight"), ("point", "ArrowDown")]:
        before = compare(page)
        handle(page, name).press(key)
        press[name] = before, compare(page)
    before, after = press["drop"]
    np.testing.assert_allclose(np.subtract(after["drop"], before["drop"]), [0.05, 0])
    before, after = press["tip"]
    assert np.sqrt(after["epsilon"]) - np.sqrt(before["epsilon"]) == pytest.approx(0.01)
    before, after = press["point"]
    assert before["gain"] - after["gain"] == pytest.approx(0.05)
    words = page.locator("[data-part=drop]").get_attribute("aria-valuetext")
    assert "along f − g" in words
