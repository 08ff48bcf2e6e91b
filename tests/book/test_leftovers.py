"""The figure of leftovers in a browser: its numbers are the package's, by every kind of hand."""

import numpy as np
import pytest
from playground_page import write_book_page
from visits import AXE
from widget_page import choose, number, pull

from inside import inside
from selection import few
from slips import slip
from w2s_jax.bounds import nonrealizable
from w2s_jax.widgets import Leftovers

leftovers = inside("widgets._leftovers")
module_text = inside("widgets._page").module_text

REVEAL = "Skip: just show me"
READ = """() => {
  const root = document.querySelector(".w2s-leftovers");
  const all = (what) => [...root.querySelectorAll(what)];
  const place = (name) => {
    const m = root.querySelector(`[data-part=${name}]`).transform.baseVal[0].matrix;
    return [m.e, m.f];
  };
  const disc = root.querySelector("[data-part=disc]");
  return {
    drop: root.dataset.drop.split(",").map(Number), epsilon: Number(root.dataset.epsilon),
    shown: Object.fromEntries(
      all("output").map((e) => [e.dataset.name, [e.dataset.value, e.value]]),
    ),
    drop_at: place("drop"), tip: place("tip"), point: place("point"),
    disc: ["cx", "cy", "r"].map((name) => disc[name].baseVal.value),
  };
}"""


def compare(page):
    """Hold what is shown to the package; returns the reading."""
    found = page.evaluate(READ)
    ours = Leftovers(drop=found["drop"], epsilon=found["epsilon"])
    report = ours.report()
    weak = np.array(found["drop"]) @ leftovers._BEYOND
    truth = np.sqrt(found["epsilon"]) * leftovers._BEYOND[0]
    bound = nonrealizable(weak, 0 * weak, truth, features=leftovers._CLASS, bias=False)
    wanted = {name: float(getattr(report, name)) for name in ("gain", "misfit", "correction")}
    wanted |= {"epsilon": float(report.epsilon), "room": float(bound.misfit - bound.gain)}
    for name, (value, text) in found["shown"].items():
        np.testing.assert_allclose(float(value), wanted[name], atol=1e-6, err_msg=name)
        assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    assert found["shown"].keys() == wanted.keys()
    middle, unit, root = np.array([160, 160]), 94, np.sqrt(found["epsilon"])
    seen = (np.array([found["drop_at"], found["tip"]]) - middle) / unit * [1, -1]
    np.testing.assert_allclose(seen, [found["drop"], [root, 0]], atol=1e-6)
    np.testing.assert_allclose(found["disc"], [160 + unit * root, 160, unit * root], atol=1e-4)
    misfit = 1.08 * 1.5**2 * (found["point"][0] - 40) / 268
    gain = 5.2 * (284 - found["point"][1]) / 270 - 0.7
    np.testing.assert_allclose([misfit, gain], [wanted["misfit"], wanted["gain"]], atol=1e-5)
    inside_disc = np.hypot(*(np.array(found["drop"]) - [root, 0])) < root - 1e-9
    assert (wanted["gain"] < -1e-9) == inside_disc
    return found | wanted


@pytest.fixture
def opened(visit, serve, tmp_path):
    write_book_page(tmp_path, Leftovers())
    origin = serve(tmp_path)
    seen = visit(origin, "page.html")
    yield seen
    assert seen.errors == []


@pytest.fixture
def page(opened):
    return opened.page


def grip(page, name):
    found = page.locator(f".w2s-lo-handle[data-part={name}]")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = found.locator(".w2s-lo-point").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, name, dx, dy):
    pull(page, grip(page, name), dx, dy)


def test_starts_like_the_package(page):
    found, ours = compare(page), Leftovers()
    assert found["drop"] == ours.drop
    assert found["epsilon"] == pytest.approx(ours.epsilon)


def test_random_pictures_show_the_packages_numbers(page):
    rng = np.random.default_rng(0)
    for _ in range(12):
        drag(page, "drop", *rng.uniform(-160, 160, 2))
        drag(page, "tip", rng.uniform(-80, 80), 0)
        found = compare(page)
        assert np.hypot(*found["drop"]) <= 1.5 + 1e-9
        assert 0 <= found["epsilon"] <= 0.49 + 1e-9


MISTAKES = [
    ("const correction = 2 * drop[0]", "const correction = drop[0]"),
    ("gain: misfit - correction", "gain: misfit + correction"),
    ("const room = 2 * Math.sqrt(misfit * epsilon)", "const room = 2 * misfit * epsilon"),
    ("r: UNIT * root });", "r: UNIT * epsilon });"),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[1], MISTAKES[3]))
def test_a_wrong_formula_is_noticed(visit, serve, tmp_path, right, wrong):
    write_book_page(tmp_path, Leftovers())
    (tmp_path / "leftovers.js").write_text(slip(module_text("leftovers"), right, wrong), "utf8")
    page = visit(serve(tmp_path), "page.html").page
    with pytest.raises(AssertionError):
        compare(page)


def test_the_guess_comes_first_and_never_blocks(page):
    hidden = [".w2s-lo-disc", "[data-part=point]", "output[data-name=gain]", ".w2s-lo-over"]
    for what in hidden:
        assert not page.locator(what).is_visible(), what
    drag(page, "drop", 30, 10)
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "gain is hidden" in page.locator("[data-part=said]").text_content()
    choose(page, "only where w − s = 0")
    assert "Not this time" in page.locator("[data-part=reading]").text_content()
    assert page.evaluate("document.activeElement.dataset.part") == "drop"
    for what in hidden:
        assert page.locator(what).is_visible(), what
    page.wait_for_function(
        "document.querySelector('[data-part=said]').textContent.includes('gain 0.')"
    )
    choose(page, "Guess again")
    for what in hidden:
        assert not page.locator(what).is_visible(), what
    assert compare(page)["drop"] == [0.35, 0.75]
    choose(page, "on the circle through 0 about the tip of f − g")
    assert page.locator("[data-part=reading]").text_content().startswith("Right: ")


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
        page.locator(f".w2s-lo-handle[data-part={name}]").press(key)
        press[name] = before, compare(page)
    before, after = press["drop"]
    np.testing.assert_allclose(np.subtract(after["drop"], before["drop"]), [0.05, 0])
    before, after = press["tip"]
    assert np.sqrt(after["epsilon"]) - np.sqrt(before["epsilon"]) == pytest.approx(0.01)
    before, after = press["point"]
    assert before["gain"] - after["gain"] == pytest.approx(0.05)
    words = page.locator("[data-part=drop]").get_attribute("aria-valuetext")
    assert "along f − g" in words


def test_the_state_is_in_the_address_and_reset_brings_it_back(visit, serve, tmp_path):
    write_book_page(tmp_path, Leftovers())
    origin = serve(tmp_path)
    first = visit(origin, "page.html").page
    choose(first, "Same way")
    first.wait_for_function("location.search === '?leftovers=0.7,0~0.25'")
    again = visit(origin, first.url.split("/")[-1]).page
    assert compare(again)["drop"] == [0.7, 0]
    choose(again, "Reset")
    assert compare(again)["drop"] == [0.35, 0.75]
    again.wait_for_function("location.search === ''")
    for broken in ("1,2", "x,1~1", "1,1~-1", "1,1,1~1"):
        seen = visit(origin, f"page.html?leftovers={broken}")
        assert compare(seen.page)["drop"] == [0.35, 0.75]
        assert seen.errors == []


def test_touch_drags_without_scrolling(browser, serve, tmp_path):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_book_page(tmp_path, Leftovers())
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    x, y = grip(page, "drop")
    before, scrolled = compare(page), page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 20, "y": y + 20}]),
        ("touchMove", [{"x": x - 40, "y": y + 50}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function(
        "before => document.querySelector('.w2s-leftovers').dataset.drop !== before",
        arg=",".join(map(str, before["drop"])),
    )
    page.wait_for_timeout(200)
    moved = np.subtract(compare(page)["drop"], before["drop"])
    assert moved[0] < -0.2
    assert moved[1] < -0.2
    assert page.evaluate("scrollY") == scrolled
    context.close()


def test_print_and_no_javascript_show_the_solved_figure(browser, serve, tmp_path, page):
    page.emulate_media(media="print")
    for what in (".w2s-lo-disc", "[data-part=point]", "output[data-name=gain]"):
        assert page.locator(what).is_visible(), what
    for what in (".w2s-lo-question", "[data-part=reading]", "[data-part=reset]"):
        assert not page.locator(what).is_visible(), what
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(page.url)
    assert still.get_by_role("img", name="Plane of the leftovers").is_visible()
    assert still.get_by_text("The gain is 0.335").is_visible()
    context.close()


def test_an_update_fits_a_frame(page):
    page.evaluate("document.querySelector('.w2s-lo-handle[data-part=drop]').focus()")
    times = page.evaluate(
        """() => Array.from({ length: 100 }, (_, i) => {
          const began = performance.now();
          const key = ["ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"][i % 4];
          const press = new KeyboardEvent("keydown", { key, bubbles: true });
          document.activeElement.dispatchEvent(press);
          document.querySelector(".w2s-leftovers").getBoundingClientRect();
          return performance.now() - began;
        })"""
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_book_page(tmp_path, Leftovers())
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    choose(seen.page, REVEAL)
    choose(seen.page, "Misfit 4ε")
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
