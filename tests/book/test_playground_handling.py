"""The playground in the hand: mouse, touch, keyboard, the guesses, and readers of every kind."""

import numpy as np
import pytest
from playground_page import compare, pick, read_state, unit, visit_alone, write_page
from widget_page import center, drag, handle

from inside import inside
from selection import few

module_text = inside("widgets._page").module_text

REVEAL = "Skip: just show me"


@pytest.fixture
def page(visit, serve, tmp_path):
    yield from visit_alone(visit, serve, tmp_path)


@pytest.mark.parametrize(("name", "dx", "dy"), [("weak", 90, 60), ("truth", -110, 70)])
@pytest.mark.parametrize("shape", few(["ball", "polygon", "triangle"], "ball"))
def test_mouse_drags_a_point(page, shape, name, dx, dy):
    pick(page, shape)
    before = read_state(page)
    drag(page, name, dx, dy)
    after, _ = compare(page)
    size = unit(page, before)
    np.testing.assert_allclose(
        np.subtract(after[name], before[name]), [dx / size, -dy / size], atol=1e-2
    )
    assert page.evaluate("name => window.model.get(name)", name) == after[name]
    assert page.evaluate("window.saves") > 0
    x, y = center(page, name)
    page.mouse.move(x + 50, y)
    assert read_state(page) == after, "a released handle must not follow the mouse"


def moved(key, index=None, at_least=0.2):
    """The state's number `key` has changed by so much."""

    def holds(before, after):
        old, new = (np.asarray(s[key], float) for s in (before, after))
        old, new = (old, new) if index is None else (old[index], new[index])
        return np.abs(new - old).max() >= at_least

    return holds


HANDLES = [
    ("line", "centre", 30, 40, moved("centre")),
    ("line", "turn", -30, -90, moved("angle")),
    ("ball", "centre", 30, 40, moved("centre")),
    ("ball", "radius", 30, 30, moved("radius")),
    ("ellipse", "first-axis", 40, -10, moved("radii", 0)),
    ("ellipse", "second-axis", -10, -40, moved("radii", 1)),
    ("ellipse", "centre", -30, 20, moved("centre")),
    ("polygon", "vertex-2", 40, -30, moved("vertices", 2)),
    ("l1-ball", "radius", 40, 0, moved("radius")),
    ("l1-ball", "centre", 30, 40, moved("centre")),
    ("crescent", "radius", -40, 0, moved("radius")),
    ("crescent", "bite", 40, 30, moved("bite", 0)),
    ("crescent", "bitten", 20, 30, moved("bite", 1)),
    ("ball-3d", "radius", 30, 30, moved("radius")),
    ("ball-3d", "centre", 30, 40, moved("centre")),
    ("simplex", "view", 60, 0, moved("view", 0)),
    ("ball-3d", "view", 0, -40, moved("view", 1)),
    ("triangle", "turn", -30, -90, moved("angle")),
]


# each handle once, in the first shape that has it
FIRST = {case[1]: case for case in reversed(HANDLES)}.values()


@pytest.mark.parametrize(("shape", "name", "dx", "dy", "holds"), few(HANDLES, *FIRST))
@pytest.mark.parametrize("realizable", few([True, False], True))
def test_mouse_shapes_the_set(page, shape, name, dx, dy, holds, realizable):
    page.evaluate("s => window.put(s)", {"shape": shape, "realizable": realizable})
    before = read_state(page)
    drag(page, name, dx, dy)
    after, numbers = compare(page)
    assert holds(before, after)
    assert after["weak"] == before["weak"]
    assert numbers["epsilon"] < 1e-12 or not realizable
    if not realizable:
        assert after["truth"] == before["truth"]


@pytest.mark.parametrize(
    ("shape", "name"), few([case[:2] for case in HANDLES], *(case[:2] for case in FIRST))
)
@pytest.mark.parametrize("key", few(["ArrowRight", "Shift+ArrowUp"], "Shift+ArrowUp"))
def test_keys_shape_the_set(page, shape, name, key):
    pick(page, shape)
    before = read_state(page)
    handle(page, name).press(key)
    after, _ = compare(page)
    keys = ("centre", "radius", "radii", "angle", "bite", "vertices", "view")
    steps = [np.abs(np.subtract(after[k], before[k])).max() for k in keys]
    assert max(steps) > 0.004
    assert max(steps) <= (0.021 if key.startswith("Shift") else 0.101)


KEYS = [
    ("ArrowRight", 0.05, 0),
    ("ArrowUp", 0, 0.05),
    ("Shift+ArrowLeft", -0.01, 0),
    ("Shift+ArrowDown", 0, -0.01),
]


@pytest.mark.parametrize("name", ["weak", "truth"])
@pytest.mark.parametrize(("key", "dx", "dy"), few(KEYS, KEYS[0], KEYS[-1]))
def test_keys_move_a_point(page, name, key, dx, dy):
    pick(page, "l1-ball")
    before = read_state(page)
    handle(page, name).press(key)
    state, _ = compare(page)
    np.testing.assert_allclose(np.subtract(state[name], before[name]), [dx, dy], atol=1e-9)


def test_a_realizable_truth_slides_along_the_edge(page):
    page.evaluate("window.put({shape: 'ball', truth: [0.5, 0.4]})")
    drag(page, "truth", 160, -20)
    state, numbers = compare(page)
    assert np.linalg.norm(state["truth"]) == pytest.approx(1)
    assert state["truth"][0] > 0.5
    assert numbers["slack"] >= 0
    page.get_by_label("realizable").uncheck()
    drag(page, "truth", 60, -60)
    state, numbers = compare(page)
    assert numbers["epsilon"] > 0.05
    page.get_by_label("realizable").check()
    state, numbers = compare(page)
    assert numbers["epsilon"] < 1e-12


def test_the_line_takes_a_realizable_truth_along(page):
    before = read_state(page)
    drag(page, "turn", -40, -120)
    state, numbers = compare(page)
    old, new = (np.subtract(s["truth"], s["centre"]) for s in (before, state))
    assert np.linalg.norm(new) == pytest.approx(np.linalg.norm(old))
    assert numbers["slack"] == pytest.approx(0, abs=1e-9)
    drag(page, "centre", 20, 50)
    after, _ = compare(page)
    np.testing.assert_allclose(
        np.subtract(after["truth"], state["truth"]), np.subtract(after["centre"], state["centre"])
    )
    handle(page, "truth").press("ArrowRight")
    last, _ = compare(page)
    assert np.linalg.norm(np.subtract(last["truth"], after["truth"])) == pytest.approx(0.05)


def test_the_polygon_stays_convex(page):
    pick(page, "polygon")
    page.evaluate("window.put({vertices: [[-1, -1], [1, -1], [1, 1], [-1, 1], [1.5, 0]]})")
    drag(page, "vertex-4", -130, 0)
    state, _ = compare(page)
    assert abs(state["vertices"][4][0]) < 1
    assert (
        page.evaluate("document.querySelector('[data-part=set]').getAttribute('d')").count("L") == 3
    ), "a corner inside the hull is not on its outline"


def test_a_bite_never_swallows_the_crescent(page):
    pick(page, "crescent")
    drag(page, "bitten", 190, -190)
    state, _ = compare(page)
    away, bitten = state["bite"]
    assert bitten < away + state["radius"]
    for _ in range(20):
        handle(page, "radius").press("ArrowLeft")
    state, _ = compare(page)
    drag(page, "bite", -60, 0)
    state, _ = compare(page)
    assert state["bite"][1] < state["bite"][0] + state["radius"]


@pytest.mark.parametrize("shape", ["ball-3d", "simplex"])
def test_space_turns_by_its_background_and_moves_points_in_the_screen(page, shape):
    pick(page, shape)
    before = read_state(page)
    box = page.locator(".w2s-playground svg").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + box["height"] - 60, steps=4)
    page.mouse.up()
    state, _ = compare(page)
    assert state["weak"] == before["weak"]
    assert state["student"] == before["student"]
    turned = np.subtract(state["view"], before["view"])
    assert np.abs(turned).min() > 0.1
    drag(page, "weak", 40, 30)
    after, _ = compare(page)
    a, e = state["view"]
    toward = [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]
    step = np.subtract(after["weak"], state["weak"])
    assert step @ toward == pytest.approx(0, abs=1e-9)
    assert np.linalg.norm(step) == pytest.approx(50 / unit(page, state), abs=1e-2)


def test_points_stop_at_the_edge(page):
    pick(page, "ball")
    drag(page, "weak", -1000, -800)
    state, _ = compare(page)
    assert state["weak"] == pytest.approx([-2, 1.5])


TOUCHED = [("ball", "weak"), ("ball", "radius"), ("simplex", "")]


@pytest.mark.parametrize(("shape", "name"), few(TOUCHED, TOUCHED[0]))
def test_touch_drags(browser, serve, tmp_path, shape, name):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_page(tmp_path, module_text("playground"))
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator("#mount[data-ready]").wait_for()
    pick(page, shape)
    if name:
        x, y = center(page, name)
    else:
        svg = page.locator(".w2s-playground svg")
        svg.scroll_into_view_if_needed()
        box = svg.bounding_box()
        x, y = box["x"] + 30, box["y"] + box["height"] - 30
    before, scrolled = read_state(page), page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 30, "y": y + 4}]),
        ("touchMove", [{"x": x + 60, "y": y + 8}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("window.saves > 0")
    state, _ = compare(page)
    key = name or "view"
    assert np.abs(np.subtract(state[key], before[key])).max() > 0.2
    assert page.evaluate("scrollY") == scrolled
    context.close()


def test_the_nearest_handle_is_taken_where_several_overlap(page):
    pick(page, "ball")
    page.evaluate("window.put({weak: [0.12, 0], truth: [-0.12, 0]})")
    before = read_state(page)
    x, y = center(page, "centre")
    page.mouse.move(x - 1, y)
    page.mouse.down()
    page.mouse.move(x + 59, y, steps=3)
    page.mouse.up()
    state = read_state(page)
    assert state["weak"] == before["weak"]
    assert state["centre"][0] > 0.3


def tab_to(page, label):
    for _ in range(40):
        page.keyboard.press("Tab")
        active = """(() => { const e = document.activeElement;
          return `${e.ariaLabel ?? ""} ${e.textContent} ${e.value ?? ""}`; })()"""
        if label in page.evaluate(active):
            return
    pytest.fail(f"Tab does not reach {label}")


def test_the_keyboard_alone_is_enough(page):
    tab_to(page, "line")
    page.keyboard.press("ArrowRight")
    assert read_state(page)["shape"] == "ball"
    for name in ("Centre of the set", "Radius of the set", "Your guess", "Truth", "Weak model"):
        tab_to(page, name)
        page.keyboard.press("ArrowUp")
        compare(page)
    assert "on x₁" in handle(page, "mark").get_attribute("aria-valuetext")
    tab_to(page, "The teacher")
    page.keyboard.press("Enter")
    assert "Not this time" in page.locator("[data-part=reading]").inner_text()
    assert page.evaluate("document.activeElement.dataset.part") == "weak"
    page.keyboard.press("ArrowDown")
    compare(page)
    tab_to(page, "Not convex")
    page.keyboard.press("Space")
    _, numbers = compare(page)
    assert numbers["gain"] < 0
    tab_to(page, "Reset")
    page.keyboard.press("Enter")
    assert read_state(page)["shape"] == "line"
    tab_to(page, "Guess again")
    page.keyboard.press("Enter")
    assert page.locator(".w2s-question").is_visible()
    assert page.evaluate("document.activeElement.dataset.guess") == "student"
    page.get_by_label("Simplex").focus()
    page.keyboard.press("Space")
    tab_to(page, "Point of view")
    before = read_state(page)
    page.keyboard.press("ArrowLeft")
    assert read_state(page)["view"] != before["view"]
