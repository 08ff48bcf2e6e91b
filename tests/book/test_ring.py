"""The ring in a browser: its numbers are the package's, by every kind of hand."""

import numpy as np
import pytest
from ring_page import compare
from widget_page import REVEAL, choose, drag, handle

from w2s_jax.widgets import Ring


@pytest.fixture
def page(show_widget):
    return show_widget(Ring())


def test_pictures_show_the_packages_numbers(page):
    assert compare(page)["state"] == [4, 6, 0]
    rng, seen = np.random.default_rng(0), set()
    choose(page, REVEAL)
    for turn in range(12):
        drag(page, "length", rng.uniform(-40, 60), rng.uniform(-5, 25))
        drag(page, "reach", rng.uniform(-60, 40), rng.uniform(-5, 25))
        if turn > 3:
            choose(page, "Deal the gaps again")
        seen.add(tuple(compare(page)["state"][:2]))
    assert len(seen) > 6
    assert len({length for length, _ in seen}) > 3
    assert len({reach for _, reach in seen}) > 3


def test_presets_show_the_threshold_and_what_breaks_it(page):
    choose(page, REVEAL)
    found = {}
    for name in page.locator("[data-preset]").all_inner_texts():
        choose(page, name)
        found[name] = compare(page)
        found[name]["words"] = page.locator("[data-part=reading]").text_content()
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
    short, edge, longer, chance = found.values()
    for each in (short, edge):
        assert (each["student"], each["misfit"], each["gain"]) == (0, 0.25, 0.25)
        assert "all blocks are mended" in each["words"]
    assert (longer["student"], longer["misfit"], longer["gain"]) == (0.25, 0, 0)
    assert "repeats the block" in longer["words"]
    assert 0 < chance["student"] < 0.25
    assert chance["gain"] < chance["misfit"]


def test_keys_move_every_handle(page):
    for name, place, words in (("length", 0, "wrong labels in a row"), ("reach", 1, "a window of")):
        for key, by in (("ArrowRight", 1), ("ArrowUp", 1), ("Shift+ArrowLeft", -1)):
            before = compare(page)["state"]
            handle(page, name).press(key)
            after = compare(page)["state"]
            assert after[place] - before[place] == by
        value = page.locator(f"[data-part={name}]").get_attribute("aria-valuetext")
        assert words in value
    for _ in range(14):
        page.locator("[data-part=length]").press("ArrowLeft")
    assert compare(page)["state"][0] == 1
