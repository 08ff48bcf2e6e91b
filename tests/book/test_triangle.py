"""The triangle in a browser: what it shows is what the package computes."""

import json
import shutil

import numpy as np
import pytest
from triangle_page import (
    PAGE,
    PRESETS,
    centre,
    choose,
    compare,
    compare_picture,
    drag,
    handle,
    off_line,
    random_state,
    read_state,
    visit_alone,
    write_page,
)
from visits import ROOT

from inside import inside
from selection import few, full
from w2s_jax.widgets import Triangle

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text


@pytest.fixture
def page(visit, serve, tmp_path):
    yield from visit_alone(visit, serve, tmp_path)


def test_starts_like_the_package(page):
    state, report = compare(page)
    ours = Triangle()
    for name in ("weak", "truth", "angle", "realizable"):
        assert state[name] == pytest.approx(getattr(ours, name))
    np.testing.assert_allclose([report.gain, report.misfit], 1.25, atol=1e-12)
    compare_picture(page, state, report)


def test_random_states_show_the_packages_numbers(page):
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(60):
        asked = random_state(rng)
        page.evaluate("state => window.put(state)", asked)
        state, report = compare(page)
        compare_picture(page, state, report)
        assert state["weak"] == asked["weak"]
        if asked["realizable"]:
            assert off_line(state) < 1e-9
            assert report.gain == pytest.approx(report.misfit, abs=1e-9)
            assert page.evaluate("() => window.model.get('truth')") == state["truth"]
        else:
            assert state["truth"] == asked["truth"]
            kinds.add((report.gain < 0, report.correction > 0))
    assert kinds == {(True, True), (False, True), (False, False)}


MISTAKES = [
    ("dot(a, b) / 2", "dot(a, b)"),
    ("gain = weakError - studentError", "gain = studentError - weakError"),
    ("slack = gain - misfit", "slack = misfit - gain"),
    ("correction = 2 * mean", "correction = mean"),
    ("epsilon = distance(truth, shadow)", "epsilon = distance(student, shadow)"),
    ("misfit = distance(student, weak)", "misfit = distance(student, truth)"),
    ("[dot(a, u) * u[0], dot(a, u) * u[1]]", "[a[0] * u[0], a[1] * u[1]]"),
    (".toFixed(3)", ".toFixed(2)"),
    ("node.value = show(numbers[node.dataset.name])", "node.value = show(numbers.gain)"),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[1], MISTAKES[-1]))
def test_a_wrong_formula_is_noticed(tmp_path, serve, visit, right, wrong):
    text = module_text("triangle")
    assert text.count(right) == 1
    write_page(tmp_path, text.replace(right, wrong))
    page = visit(serve(tmp_path), "page.html").page
    with pytest.raises(AssertionError):
        compare_some(page, seeds=range(3))


def compare_some(page, seeds):
    for seed in seeds:
        state = random_state(np.random.default_rng(seed)) | {"realizable": False}
        page.evaluate("state => window.put(state)", state)
        compare(page)


def test_the_toggle_frees_the_truth_and_binds_it_again(page):
    box = page.get_by_label("realizable")
    assert box.is_checked()
    box.uncheck()
    drag(page, "truth", 0, 120)
    state, report = compare(page)
    assert off_line(state) > 0.5
    assert report.epsilon > 0.1
    box.check()
    state, report = compare(page)
    assert off_line(state) < 1e-9
    assert report.gain == pytest.approx(report.misfit, abs=1e-9)


def test_presets_show_the_four_situations(page):
    found = {}
    for name in PRESETS:
        choose(page, name)
        _, found[name] = compare(page)
        pressed = page.locator("[data-preset][aria-pressed=true]").all_inner_texts()
        assert pressed in ([], [name])
    assert found["Realizable"].gain == pytest.approx(1.25)
    assert found["Realizable"].slack == pytest.approx(0)
    assert found["Same side"].gain < 0 < found["Same side"].correction
    assert found["Opposite sides"].gain > found["Opposite sides"].misfit
    np.testing.assert_allclose(
        [found["Perfect imitation"].gain, found["Perfect imitation"].misfit], 0, atol=1e-12
    )


@full
def test_reset_returns_to_what_the_model_held(page):
    start = read_state(page)
    drag(page, "weak", 70, 50)
    handle(page, "turn").press("ArrowUp")
    choose(page, "Same side")
    choose(page, "Reset")
    state, _ = compare(page)
    assert state == start


@full
def test_an_update_fits_a_frame(page):
    rng = np.random.default_rng(1)
    states = [random_state(rng) for _ in range(200)]
    times = page.evaluate(
        """async (states) => {
          const times = [];
          for (const state of states) {
            const began = performance.now();
            await window.put(state);
            document.querySelector(".w2s-triangle").getBoundingClientRect();
            times.push(performance.now() - began);
          }
          return times;
        }""",
        states,
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


@full
def test_far_points_are_brought_into_view(page):
    page.evaluate("window.put({realizable: false, weak: [30, -4], truth: [-12, 25]})")
    compare(page)
    frame = page.locator(".w2s-triangle svg").bounding_box()
    for name in ("weak", "truth", "turn"):
        x, y = centre(page, name)
        frame = page.locator(".w2s-triangle svg").bounding_box()
        assert frame["x"] < x < frame["x"] + frame["width"]
        assert frame["y"] < y < frame["y"] + frame["height"]


@full
def test_a_closed_view_lets_go_of_its_model(page):
    page.evaluate("window.end()")
    before = read_state(page)
    page.evaluate("window.put({weak: [1, 1]})")
    assert read_state(page) == before


@pytest.fixture
def static_page(tmp_path, serve, visit):
    """The site's own mount script, running the HTML form of a widget with its own arrays."""
    for file in [*MODULES.iterdir(), ROOT / "book" / "web" / "mount.js"]:
        shutil.copy(file, tmp_path)
    (tmp_path / "favicon.ico").touch()
    widget = Triangle(weak=[0.4, -1.0], truth=[-1.0, 0.3], angle=-0.6, realizable=False)
    data, _ = widget._repr_mimebundle_()
    head = '<script type="module" src="mount.js"></script><link rel="icon" href="favicon.ico">'
    (tmp_path / "page.html").write_text(PAGE.format(head=head, body=data["text/html"]), "utf8")
    seen = visit(serve(tmp_path), "page.html")
    yield seen.page, widget
    assert seen.errors == []


@full
def test_the_html_form_comes_alive_without_a_kernel(static_page):
    page, widget = static_page
    state, report = compare(page)
    for name in ("weak", "truth", "angle", "realizable"):
        assert json.dumps(state[name]) == json.dumps(getattr(widget, name))
    np.testing.assert_allclose(report.gain, widget.report().gain, atol=1e-9)
    drag(page, "weak", 60, -40)
    compare(page)


def test_the_front_page_shows_the_packages_numbers(visit, site):
    seen = visit(site, "book/index.html")
    page = seen.page
    before, _ = compare(page)
    choose(page, "Skip: just show me")
    drag(page, "weak", 60, 40)
    middle, _ = compare(page)
    assert middle["weak"] != before["weak"]
    page.get_by_label("realizable").uncheck()
    drag(page, "truth", -50, 60)
    handle(page, "truth").press("ArrowDown")
    handle(page, "weak").press("Shift+ArrowLeft")
    after, report = compare(page)
    assert off_line(after) > 0.1
    assert report.epsilon > 0
    for name in PRESETS:
        choose(page, name)
        compare(page)
    assert seen.errors == []
