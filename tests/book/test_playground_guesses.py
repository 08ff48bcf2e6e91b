"""The playground's questions and answers: guesses, readings, journeys; readers of every kind."""

import pytest
from playground_page import compare, pick, read_state, unit, visit_alone, write_page
from visits import AXE
from widget_page import choose, drag, handle

from selection import few
from w2s_jax.widgets.page import module_text
from w2s_jax.widgets.playground import SHAPES

REVEAL = "Skip: just show me"


@pytest.fixture
def page(visit, serve, tmp_path):
    yield from visit_alone(visit, serve, tmp_path)


def test_a_preset_travels_unless_motion_is_unwelcome(browser, serve, tmp_path):
    context = browser.new_context(reduced_motion="no-preference")
    page = context.new_page()
    write_page(tmp_path, module_text("playground"))
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator("#mount[data-ready]").wait_for()
    page.evaluate("""() => {
      window.seen = new Set();
      new MutationObserver((all) => all.forEach((one) => window.seen.add(one.oldValue))).observe(
        document.querySelector(".w2s-playground"),
        { attributeFilter: ["data-weak"], attributeOldValue: true },
      );
    }""")
    choose(page, "Strict gain")
    page.wait_for_function("window.saves === 1")
    state, _ = compare(page)
    assert state["weak"] == [-1.7, 0.9]
    assert page.evaluate("window.seen.size") >= 2, "start, one place on the way, and the end"
    choose(page, "Perfect imitation")
    handle(page, "weak").press("ArrowRight")
    state, _ = compare(page)
    assert state["weak"] == pytest.approx([-0.45, 0.5]), "a key ends the journey"
    context.close()


def test_nothing_moves_where_motion_is_unwelcome(page):
    choose(page, "Strict gain")
    assert read_state(page)["weak"] == [-1.7, 0.9]
    assert page.evaluate("window.saves") == 1


def test_reset_returns_to_what_the_model_held(page):
    start = read_state(page)
    drag(page, "weak", 70, 50)
    choose(page, "Not convex")
    page.get_by_label("realizable").uncheck()
    choose(page, "Reset")
    state, _ = compare(page)
    assert state == start


def test_the_guess_comes_first_and_never_blocks(page):
    after = ["circle[data-part=student]", "[data-part=support]", "output[data-name=gain]"]
    page.evaluate("window.put({shape: 'ball'})")
    assert page.locator(".w2s-question").is_visible()
    for what in after:
        assert not page.locator(what).is_visible()
    drag(page, "weak", 20, 10)
    compare(page)
    choose(page, "The student")
    assert page.locator("[data-part=reading]").inner_text().startswith("Right: ")
    for what in after:
        assert page.locator(what).is_visible()
    assert not page.locator(".w2s-question").is_visible()
    assert not handle(page, "mark").is_visible()
    choose(page, "Guess again")
    for what in after:
        assert not page.locator(what).is_visible()


def tap(page, point):
    """Tap the plane where a function's predictions are `point`."""
    state = read_state(page)
    box = page.locator(".w2s-playground svg").bounding_box()
    size = unit(page, state)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x + point[0] * size, y - point[1] * size)


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ([-0.88, 0.47], "right on the student"),
        ([0.5, -0.5], "Your mark fits w with 3."),
        ([1.2, 1.2], "lies outside the set"),
        (None, "the student is closer"),
    ],
)
def test_a_mark_for_the_student_is_judged(page, point, words):
    page.evaluate("window.put({shape: 'ball'})")
    page.locator(".w2s-playground svg").scroll_into_view_if_needed()
    if point:
        tap(page, point)
        assert page.evaluate("document.activeElement.dataset.part") == "mark"
    choose(page, REVEAL)
    reading = page.locator("[data-part=reading]").inner_text()
    assert words in reading
    assert ("mark" in reading) == bool(point)
    assert page.locator("[data-part=ghost]").is_visible() == bool(point)
    handle(page, "weak").press("ArrowUp")
    assert not page.locator("[data-part=ghost]").is_visible(), "a guess is for one picture"
    tap(page, [0.5, -0.9])
    assert not page.locator("[data-part=ghost]").is_visible(), "after the answer a tap is no guess"


@pytest.mark.parametrize(
    ("preset", "guess", "words"),
    [
        ("Not convex", "The student", "Not this time: the teacher is closer"),
        ("Truth outside", "The teacher", "Right: the teacher is closer"),
        ("Perfect imitation", "The teacher", "Neither"),
        ("Strict gain", REVEAL, "Here the student is closer"),
    ],
)
def test_the_guess_is_judged_by_the_picture(page, preset, guess, words):
    choose(page, preset)
    choose(page, guess)
    assert words in page.locator("[data-part=reading]").inner_text()


READINGS = [
    ("Equality on a line", "The angle at s is right"),
    ("Strict gain", "The angle at s is obtuse"),
    ("At a corner", "The angle at s is obtuse"),
    ("Truth outside", "The truth lies outside the set, and the student is worse"),
    ("Not convex", "Theorem 1 needs a convex set"),
    ("Two nearest points", "Two points of the crescent"),
    ("Perfect imitation", "copies it perfectly"),
]


@pytest.mark.parametrize(("preset", "words"), few(READINGS, READINGS[0], READINGS[3], READINGS[4]))
def test_each_situation_is_read_aright(page, preset, words):
    choose(page, REVEAL)
    choose(page, preset)
    assert words in page.locator("[data-part=reading]").inner_text()


def test_the_mark_at_the_student_is_a_square_or_an_arc(page):
    choose(page, REVEAL)
    label, mark = page.locator("[data-part=angle-name]"), page.locator("path[data-part=angle]")
    assert label.text_content() == "90°"
    assert mark.get_attribute("d").count("L") == 2
    choose(page, "At a corner")
    _, numbers = compare(page)
    assert label.text_content() == f"{numbers['angle']:.0f}°"
    assert mark.get_attribute("d").count("L") == 24
    choose(page, "Perfect imitation")
    assert not label.is_visible()


def test_numbers_are_spoken_but_not_before_the_guess(page):
    said = page.locator("[data-part=said]")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "gain" not in said.text_content()
    choose(page, REVEAL)
    page.wait_for_function(
        "document.querySelector('[data-part=said]').textContent.includes('gain 1.458')"
    )
    assert "90 degrees, right" in said.text_content()
    assert handle(page, "weak").get_attribute("aria-valuetext") == "−0.900 on x₁, 1.200 on x₂"
    assert handle(page, "turn").get_attribute("aria-valuetext") == "18.4 degrees"


def test_fingers_find_every_target(browser, serve, tmp_path):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_page(tmp_path, module_text("playground"))
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator("#mount[data-ready]").wait_for()
    for shape in SHAPES:
        pick(page, shape)
        for target in page.locator(".w2s-playground :is(button, label, .w2s-hit):visible").all():
            box = target.bounding_box()
            assert box["height"] >= 44, target.evaluate("e => e.outerHTML")
    context.close()


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_page(tmp_path, module_text("playground"))
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    choose(seen.page, REVEAL)
    for shape in ("crescent", "polygon", "simplex", "ball-3d"):
        pick(seen.page, shape)
        assert seen.accessibility() == []
        assert seen.sideways() == []
        assert seen.nameless_pictures() == []
    assert seen.errors == []
