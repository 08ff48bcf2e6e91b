"""The triangle in the hand: mouse, touch, keyboard, the guess, and readers of every kind."""

import numpy as np
import pytest
from triangle_page import (
    centre,
    choose,
    compare,
    compare_picture,
    drag,
    handle,
    off_line,
    read_state,
    visit_alone,
    write_page,
)
from visits import AXE

from inside import inside
from selection import few, full

module_text = inside("widgets._page").module_text


@pytest.fixture
def page(visit, serve, tmp_path):
    yield from visit_alone(visit, serve, tmp_path)


@pytest.mark.parametrize(
    ("name", "dx", "dy"), few([("weak", 90, 60), ("truth", -110, 70)], ("weak", 90, 60))
)
def test_mouse_drags_a_point(page, name, dx, dy):
    page.get_by_label("realizable").uncheck()
    before = read_state(page)
    drag(page, name, dx, dy)
    after, report = compare(page)
    pixels = page.locator(".w2s-triangle svg").bounding_box()["width"] / 404 * 84
    np.testing.assert_allclose(
        np.subtract(after[name], before[name]), [dx / pixels, -dy / pixels], atol=1e-2
    )
    compare_picture(page, after, report)
    assert page.evaluate("name => window.model.get(name)", name) == after[name]
    assert page.evaluate("window.saves") > 0
    x, y = centre(page, name)
    page.mouse.move(x + 50, y)
    assert read_state(page) == after, "a released handle must not follow the mouse"


def test_mouse_slides_a_realizable_truth_along_the_line(page):
    drag(page, "truth", -150, -90)
    state, report = compare(page)
    assert state["truth"][0] < 1.2
    assert off_line(state) < 1e-9
    assert report.slack == pytest.approx(0, abs=1e-9)


def test_mouse_turns_the_line_and_a_realizable_truth_with_it(page):
    before = read_state(page)
    drag(page, "turn", -30, -120)
    state, report = compare(page)
    compare_picture(page, state, report)
    assert state["angle"] > before["angle"] + 0.2
    assert state["weak"] == before["weak"]
    assert off_line(state) < 1e-9


@full
def test_points_stop_at_the_edge(page):
    drag(page, "weak", 1000, -800)
    state, _ = compare(page)
    assert state["weak"] == pytest.approx([2, 1.5])


@full
def test_touch_drags_a_point(browser, serve, tmp_path):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_page(tmp_path, module_text("triangle"))
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator("#mount[data-ready]").wait_for()
    x, y = centre(page, "weak")
    before, scrolled = read_state(page), page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 30, "y": y + 30}]),
        ("touchMove", [{"x": x + 60, "y": y + 60}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    moved = "x => document.querySelector('.w2s-triangle').dataset.weak.split(',')[0] > x"
    page.wait_for_function(moved, arg=before["weak"][0] + 0.5)
    state, _ = compare(page)
    assert state["weak"][1] < before["weak"][1] - 0.5
    assert page.evaluate("scrollY") == scrolled
    context.close()


KEYS = [
    ("ArrowRight", 0.05, 0),
    ("ArrowUp", 0, 0.05),
    ("Shift+ArrowLeft", -0.01, 0),
    ("Shift+ArrowDown", 0, -0.01),
]


@full
@pytest.mark.parametrize("name", ["weak", "truth"])
@pytest.mark.parametrize(("key", "dx", "dy"), KEYS)
def test_keys_move_a_point(page, name, key, dx, dy):
    page.evaluate("window.put({realizable: false, weak: [0.3, 0.4], truth: [-0.5, 0.6]})")
    before = read_state(page)
    handle(page, name).press(key)
    state, _ = compare(page)
    np.testing.assert_allclose(np.subtract(state[name], before[name]), [dx, dy], atol=1e-9)


def test_keys_slide_a_realizable_truth_and_turn_the_line(page):
    before = read_state(page)
    handle(page, "truth").press("ArrowUp")
    state, _ = compare(page)
    assert off_line(state) < 1e-9
    moved = np.subtract(state["truth"], before["truth"])
    assert np.linalg.norm(moved) == pytest.approx(0.05)
    handle(page, "turn").press("Shift+ArrowLeft")
    state, _ = compare(page)
    assert state["angle"] == pytest.approx(before["angle"] - 0.01)
    assert off_line(state) < 1e-9


@full
def test_the_keyboard_alone_is_enough(page):
    def tab_to(label):
        for _ in range(30):
            page.keyboard.press("Tab")
            active = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
            if label in (page.evaluate(active) or ""):
                return
        pytest.fail(f"Tab does not reach {label}")

    tab_to("Strong class")
    page.keyboard.press("ArrowUp")
    tab_to("Truth")
    page.keyboard.press("ArrowLeft")
    tab_to("The teacher")
    page.keyboard.press("Enter")
    assert "Not this time" in page.locator("[data-part=reading]").inner_text()
    assert page.evaluate("document.activeElement.dataset.part") == "weak"
    page.keyboard.press("ArrowDown")
    compare(page)
    tab_to("Same side")
    page.keyboard.press("Space")
    state, report = compare(page)
    assert report.gain < 0
    page.keyboard.press("Tab")
    tab_to("Reset")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    state, _ = compare(page)
    assert state["realizable"] is False


@full
def test_a_preset_travels_unless_motion_is_unwelcome(browser, serve, tmp_path):
    context = browser.new_context(reduced_motion="no-preference")
    page = context.new_page()
    write_page(tmp_path, module_text("triangle"))
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator("#mount[data-ready]").wait_for()
    page.evaluate("""() => {
      window.seen = new Set();
      new MutationObserver((all) => all.forEach((one) => window.seen.add(one.oldValue))).observe(
        document.querySelector(".w2s-triangle"),
        { attributeFilter: ["data-truth"], attributeOldValue: true },
      );
    }""")
    choose(page, "Opposite sides")
    page.wait_for_function("window.saves === 1")
    state, _ = compare(page)
    assert state["truth"] == [1.5, -0.5]
    assert page.evaluate("window.seen.size") >= 2, "start, one place on the way, and the end"
    choose(page, "Same side")
    handle(page, "weak").press("ArrowRight")
    state, _ = compare(page)
    assert state["truth"] == [0.7, 1.3], "a key ends the journey"
    assert state["weak"] == pytest.approx([0.05, 1.2])
    context.close()


@full
def test_the_guess_comes_first_and_never_blocks(page):
    student, question = page.locator("circle[data-part=student]"), page.locator(".w2s-question")
    assert question.is_visible()
    assert not student.is_visible()
    assert not page.locator("output[data-name=gain]").is_visible()
    drag(page, "weak", 20, 10)
    compare(page)
    choose(page, "The student")
    assert page.locator("[data-part=reading]").inner_text().startswith("Right: ")
    assert student.is_visible()
    assert page.locator("output[data-name=gain]").is_visible()
    assert not question.is_visible()


@full
@pytest.mark.parametrize(
    ("preset", "guess", "words"),
    [
        ("Same side", "The student", "Not this time: the teacher is closer"),
        ("Same side", "The teacher", "Right: the teacher is closer"),
        ("Perfect imitation", "The teacher", "Neither"),
        ("Realizable", "Skip: just show me", "Here the student is closer"),
    ],
)
def test_the_guess_is_judged_by_the_picture(page, preset, guess, words):
    choose(page, preset)
    choose(page, guess)
    assert words in page.locator("[data-part=reading]").inner_text()


@full
def test_numbers_are_spoken_but_not_before_the_guess(page):
    said = page.locator("[data-part=said]")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "gain" not in said.text_content()
    choose(page, "Skip: just show me")
    page.wait_for_function(
        "document.querySelector('[data-part=said]').textContent.includes('gain 1.250')"
    )
    assert handle(page, "weak").get_attribute("aria-valuetext") == "−0.800 on x₁, 1.400 on x₂"


@full
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_page(tmp_path, module_text("triangle"))
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    choose(seen.page, "Opposite sides")
    choose(seen.page, "Skip: just show me")
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
