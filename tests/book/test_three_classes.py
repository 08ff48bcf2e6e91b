"""The figure of three classes in a browser: the package's numbers, by every kind of hand."""

import numpy as np
import pytest
from playground_page import write_page
from three_classes_page import CELLS, compare
from widget_page import REVEAL, choose, drag, handle, state_of

from inside import inside
from w2s_jax.widgets import ThreeClasses

module_text = inside("widgets._page").module_text


@pytest.fixture
def page(show_widget):
    return show_widget(ThreeClasses())


def random_state(rng):
    points = rng.dirichlet([0.7, 0.7, 0.7], 4)
    points = np.maximum(points, 0.001)
    points /= points.sum(1, keepdims=True)
    kind, first = CELLS[rng.integers(4)].split()
    truth = points[3].tolist() if rng.random() < 0.3 else float(rng.uniform())
    return {"kind": kind, "first": first, "weak": points[0], "truth": truth, "ends": points[1:3]}


def test_random_pictures_show_the_packages_numbers(visit, serve, tmp_path):
    module = module_text("three-classes")
    write_page(tmp_path, module, "three-classes", state_of(ThreeClasses()))
    seen = visit(serve(tmp_path), "page.html")
    rng = np.random.default_rng(0)
    for _ in range(30):
        state = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in random_state(rng).items()
        }
        seen.page.evaluate("state => window.put(state)", state)
        shown, _ = compare(seen.page)
        assert shown["kind"] == state["kind"]
        np.testing.assert_allclose(shown["weak"], state["weak"])
    assert seen.errors == []


def test_presets_show_each_cell_and_what_breaks_it(page):
    choose(page, REVEAL)
    found, words = {}, {}
    for name in page.locator("[data-preset]").all_inner_texts():
        choose(page, name)
        found[name] = compare(page)
        words[name] = page.locator("[data-part=reading]").text_content()
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
    cells = [f"{state['kind']} {state['first']}" for state, _ in found.values()]
    assert cells[:4] == CELLS
    one, two, three, four, hot, end, off, rival = (numbers for _, numbers in found.values())
    for numbers in (one, four, hot):
        assert numbers["gain"] == pytest.approx(numbers["misfit"], abs=1e-9)
        assert numbers["misfit"] > 0.1
    for numbers in (two, three):
        assert numbers["gain"] < 0 < numbers["misfit"]
    assert hot["misfit"] > 3
    assert "confident teacher" in words["Confident teacher"]
    assert end["gain"] > end["misfit"] + 0.1
    assert "an end of the class" in words["Student at an end"]
    assert max(off[cell] for cell in CELLS) < 0
    assert "off the class" in words["Truth off the class"]
    assert "Two points" in words["Two nearest points"]
    assert page.locator("[data-part=rival]").is_visible()
    assert rival["misfit"] > 0


def test_the_table_is_walked_by_keys_and_by_mouse(page):
    choose(page, REVEAL)
    page.locator("input[value='logits prediction']").click(force=True)
    state, _ = compare(page)
    assert (state["kind"], state["first"]) == ("logits", "prediction")
    page.locator("input[value='logits prediction']").press("ArrowRight")
    state, numbers = compare(page)
    assert (state["kind"], state["first"]) == ("logits", "label")
    assert numbers["slack"] == pytest.approx(0, abs=1e-9)
    page.get_by_label("Keep the truth on the class").uncheck()
    assert len(compare(page)[0]["truth"]) == 3
    assert page.locator("[data-promise]").all_inner_texts() == ["no promise"] * 4
    page.get_by_label("Keep the truth on the class").check()
    assert compare(page)[0]["truth"] == pytest.approx(0.25, abs=1e-6)


def test_keys_move_every_handle(page):
    choose(page, REVEAL)
    before, _ = compare(page)
    page.locator("[data-part=truth]").press("ArrowRight")
    page.locator("[data-part=truth]").press("Shift+ArrowLeft")
    after, _ = compare(page)
    assert after["truth"] == pytest.approx(0.29)
    for name in ("weak", "a", "b"):
        handle(page, name).press("ArrowUp")
    after, _ = compare(page)
    moved = np.array([after["weak"], *after["ends"]]) - [before["weak"], *before["ends"]]
    assert (moved[:, 2] > 0.04).all(), "up is toward class 3"
    np.testing.assert_allclose(moved[:, 0], moved[:, 1], atol=1e-12)
    words = page.locator("[data-part=truth]").get_attribute("aria-valuetext")
    assert words.startswith("0.290 of the way from a to b, class 1 0.")


def test_dragged_points_stay_in_the_triangle_and_the_truth_on_its_class(page):
    choose(page, REVEAL)
    rng = np.random.default_rng(3)
    for kind in ("probabilities", "logits"):
        page.locator(f"input[value='{kind} label']").click(force=True)
        for name in ("weak", "truth", "a", "b") * 2:
            drag(page, name, *rng.uniform(-150, 150, 2))
            state, _ = compare(page)
            assert isinstance(state["truth"], float)
            points = np.array([state["weak"], *state["ends"]])
            assert (points >= 0.001 - 1e-12).all()
            np.testing.assert_allclose(points.sum(1), 1, atol=1e-12)
