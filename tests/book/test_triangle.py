"""The triangle, a shape of the playground that stands alone: what only it asks, draws and says."""

import numpy as np
import pytest
from playground_page import compare, read_state, write_book_page, write_page
from visits import AXE
from widget_page import choose, drag, handle

from inside import inside
from selection import few
from w2s_jax.widgets import ProjectionPlayground

module_text = inside("widgets._page").module_text

PRESETS = ["Realizable", "Same side", "Opposite sides", "Perfect imitation"]
REVEAL = "Skip: just show me"


def off_line(state):
    u = [np.cos(state["angle"]), np.sin(state["angle"])]
    return abs(u[0] * state["truth"][1] - u[1] * state["truth"][0])


@pytest.fixture
def page(visit, serve, tmp_path):
    write_page(tmp_path, module_text("playground"))
    seen = visit(serve(tmp_path), "page.html")
    seen.page.evaluate("window.put({shape: 'triangle'})")
    yield seen.page
    assert seen.errors == []


def test_it_stands_alone(page):
    for what in (".w2s-shapes", "[data-part=mark]", "[data-part=ask-mark]", ".w2s-cross"):
        assert not page.locator(what).first.is_visible(), what
    choose(page, REVEAL)
    for name in ("cross", "floor", "angle"):
        assert not page.locator(f"output[data-name={name}]").is_visible()
    assert page.locator("[data-preset]").all_inner_texts() == PRESETS
    assert page.locator("[data-part=class-name]").is_visible()
    assert "on the line (realizable)" in page.locator(".w2s-switch").inner_text()
    page.evaluate("window.put({shape: 'ball'})")
    assert page.locator(".w2s-shapes").is_visible()
    assert not page.locator("output[data-name=correction]").is_visible()
    assert not page.locator("[data-part=class-name]").is_visible()
    assert "Not convex" in page.locator("[data-preset]").all_inner_texts()


def test_presets_show_the_four_situations(page):
    found = {}
    choose(page, REVEAL)
    for name in PRESETS:
        choose(page, name)
        _, numbers = compare(page)
        found[name] = numbers | {"words": page.locator("[data-part=reading]").inner_text()}
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
        assert page.locator("output[data-name=correction]").is_visible()
    real, same, opposite, copy = (found[name] for name in PRESETS)
    np.testing.assert_allclose([real["gain"], real["misfit"]], 1.25, atol=1e-12)
    assert "Pythagoras speaks" in real["words"]
    assert same["gain"] < 0 < same["correction"]
    assert "same side, and so far that the student is worse" in same["words"]
    assert opposite["gain"] > opposite["misfit"]
    assert "opposite sides" in opposite["words"]
    np.testing.assert_allclose([copy["gain"], copy["misfit"]], 0, atol=1e-12)
    assert "copies it perfectly" in copy["words"]


def test_the_toggle_frees_the_truth_and_binds_it_again(page):
    choose(page, REVEAL)
    box, words = page.get_by_label("realizable"), page.locator("[data-part=reading]")
    box.uncheck()
    assert "The truth is free now" in words.inner_text()
    drag(page, "truth", 0, 120)
    state, numbers = compare(page)
    assert off_line(state) > 0.5
    assert numbers["epsilon"] > 0.1
    page.evaluate("window.put({weak: [0, 1.2], truth: [1.2, 0.6]})")
    _, numbers = compare(page)
    assert numbers["gain"] > 0 < numbers["correction"]
    assert "it gains less than the misfit" in words.inner_text()
    box.check()
    state, numbers = compare(page)
    assert off_line(state) < 1e-9
    assert numbers["slack"] == pytest.approx(0, abs=1e-9)


def test_the_right_angle_is_the_lines_wherever_the_truth_is(page):
    choose(page, REVEAL)
    mark = page.locator("path[data-part=angle]")
    drawn = mark.get_attribute("d")
    assert drawn.count("L") == 2
    choose(page, "Opposite sides")
    assert mark.get_attribute("d") == drawn, "the teacher and the line are where they were"
    assert not page.locator("[data-part=angle-name]").is_visible()


def test_a_realizable_truth_slides_along_the_line(page):
    before = read_state(page)
    drag(page, "truth", -150, -90)
    state, numbers = compare(page)
    assert state["truth"][0] < 1.2
    assert off_line(state) < 1e-9
    assert numbers["slack"] == pytest.approx(0, abs=1e-9)
    handle(page, "truth").press("ArrowUp")
    after = read_state(page)
    assert np.linalg.norm(np.subtract(after["truth"], state["truth"])) == pytest.approx(0.05)
    assert after["weak"] == before["weak"]


def test_a_turned_line_keeps_the_truth_in_view(page):
    page.evaluate("window.put({angle: 0, truth: [1.9, 0]})")
    before = read_state(page)
    for _ in range(30):
        handle(page, "turn").press("ArrowUp")
    state, _ = compare(page)
    assert state["angle"] == pytest.approx(1.5)
    assert state["weak"] == before["weak"]
    assert off_line(state) < 1e-9
    assert state["truth"][1] == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize(
    ("preset", "guess", "words"),
    [
        ("Same side", "The student", "Not this time: the teacher is closer"),
        ("Same side", "The teacher", "Right: the teacher is closer"),
        ("Perfect imitation", "The teacher", "equally far from it. Now drag w, and see."),
        ("Realizable", REVEAL, "by 1.250. Now drag w until the gain is zero: where must it be?"),
    ],
)
def test_the_guess_is_judged_and_a_dare_follows(page, preset, guess, words):
    assert not page.locator("circle[data-part=student]").is_visible()
    choose(page, preset)
    choose(page, guess)
    assert words in page.locator("[data-part=reading]").inner_text()
    assert page.locator("circle[data-part=student]").is_visible()
    assert page.evaluate("document.activeElement.dataset.part") == "weak"


def test_numbers_are_spoken_but_not_before_the_guess(page):
    said = page.locator("[data-part=said]")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "gain" not in said.text_content()
    choose(page, REVEAL)
    spoken = "student error 1.800, gain 1.250, misfit 1.250, slack 0.000."
    page.wait_for_function(
        "words => document.querySelector('[data-part=said]').textContent.endsWith(words)",
        arg=spoken,
    )


def squares(page):
    """The corners of the squares, in units of the plane."""
    points = page.locator(".w2s-square").evaluate_all(
        "all => all.map((e) => [...e.points].map((p) => [(p.x - 202) / 63, (175 - p.y) / 63]))"
    )
    return dict(zip(("weak-error", "misfit", "student-error"), map(np.array, points), strict=True))


def area(points):
    x, y = np.array(points).T
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2


def test_the_squares_on_the_sides_are_as_large_as_the_errors(page):
    for weak in ([-0.8, 1.2], [0.3, -0.7], [-0.2, 0.5]):
        page.evaluate("weak => window.put({weak, truth: [0.9, 0.3]})", weak)
        _, numbers = compare(page)
        for name, points in squares(page).items():
            assert area(points) == pytest.approx(2 * numbers[name], abs=1e-6), name
    page.evaluate("window.put({truth: [2, 1.5], weak: [-2, 1.5], realizable: false})")
    whole = 2 * compare(page)[1]["weak-error"]
    cut = squares(page)["weak-error"]
    assert 0 < area(cut) < whole, "what would leave the picture is cut off"
    assert cut[:, 1].max() == pytest.approx(234 / 63)


def test_only_the_weak_models_square_stands_there_before_the_guess(page):
    shown = "all => all.map((e) => e.checkVisibility({visibilityProperty: true}))"
    assert page.locator(".w2s-square").evaluate_all(shown) == [True, False, False]
    choose(page, REVEAL)
    assert page.locator(".w2s-square").evaluate_all(shown) == [True, True, True]
    assert page.locator("[data-part=B-name]").text_content() == "B² = 1.250"
    page.evaluate("window.put({shape: 'line'})")
    assert page.locator(".w2s-square").evaluate_all(shown) == [False, False, False]
    assert page.locator("[data-part=B-name]").text_content() == "B"


def test_bars_keep_their_scale_while_a_point_is_dragged(page):
    choose(page, REVEAL)
    track = page.locator(".w2s-track").first
    assert "w2s-over" not in track.get_attribute("class")
    drag(page, "weak", 30, 20)
    compare(page)  # bars included
    drag(page, "weak", -1000, -800)
    state, numbers = compare(page)
    assert state["scale"] == 1
    assert numbers["weak-error"] > 4
    assert page.locator("[data-part=full]").text_content() == "4"
    assert "w2s-over" in track.get_attribute("class"), "a bar past the end says so"


def test_print_shows_the_solved_figure_without_question_or_verdict(page):
    page.emulate_media(media="print")
    for what in ("circle[data-part=student]", ".w2s-square >> nth=2", "output[data-name=gain]"):
        assert page.locator(what).is_visible(), what
    for what in (".w2s-question", "[data-part=reading]", ".w2s-controls"):
        assert not page.locator(what).is_visible(), what


def test_without_javascript_the_solved_figure_stands(browser, serve, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    write_book_page(tmp_path, ProjectionPlayground(shape="triangle"))
    page.goto(f"{serve(tmp_path)}/page.html")
    assert page.get_by_role("img", name="Weak model, student and truth").is_visible()
    assert page.get_by_text("the gain is 1.250; the misfit is 1.250").is_visible()
    context.close()


def test_a_link_opens_the_same_triangle(visit, serve, tmp_path):
    write_book_page(tmp_path, ProjectionPlayground(shape="triangle", weak=[0.4, -1.0], angle=-0.6))
    origin = serve(tmp_path)
    first = visit(origin, "page.html")
    state, _ = compare(first.page)
    assert (state["weak"], state["angle"]) == ([0.4, -1.0], -0.6)
    handle(first.page, "weak").press("ArrowUp")
    first.page.wait_for_function("location.search.includes('playground=triangle~')")
    again = visit(origin, first.page.url.split("/")[-1])
    assert read_state(again.page)["weak"] == pytest.approx([0.4, -0.95])
    assert first.errors == again.errors == []


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "light"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_book_page(tmp_path, ProjectionPlayground(shape="triangle"))
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    choose(seen.page, "Opposite sides")
    choose(seen.page, REVEAL)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
    assert seen.errors == []


def test_the_front_page_shows_the_packages_numbers(visit, site):
    seen = visit(site, "book/index.html")
    page = seen.page
    before, _ = compare(page)
    choose(page, REVEAL)
    drag(page, "weak", 60, 40)
    middle, _ = compare(page)
    assert middle["weak"] != before["weak"]
    page.get_by_label("realizable").uncheck()
    drag(page, "truth", -50, 60)
    handle(page, "truth").press("ArrowDown")
    handle(page, "weak").press("Shift+ArrowLeft")
    after, numbers = compare(page)
    assert off_line(after) > 0.1
    assert numbers["epsilon"] > 0
    for name in PRESETS:
        choose(page, name)
        compare(page)
    assert seen.errors == []
