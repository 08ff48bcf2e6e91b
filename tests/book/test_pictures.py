"""What every picture does that a reader takes hold of, each in a browser."""

from collections.abc import Callable
from typing import Any, NamedTuple

import leftovers_page
import numpy as np
import pytest
import ring_page
import three_classes_page
from playground_page import write_book_page, write_page
from visits import AXE, Visit
from widget_page import REVEAL, center, choose, handle, state_of

from inside import inside
from selection import few
from slips import slip
from w2s_jax.widgets import Leftovers, Ring, ThreeClasses

module_text = inside("widgets._page").module_text


class Case(NamedTuple):
    """One picture, and what is its own in what all of them do."""

    widget: Callable[[], Any]
    compare: Callable[..., Any]  # holds what is shown to the package
    hidden: list[str]  # until the guess
    guesses: tuple[str, str]  # a wrong one and the right one
    said: tuple[str, str]  # before and after the guess
    held: str  # the handle that has the focus then
    finger: tuple[int, int]  # how far, in pixels, it may be dragged
    preset: tuple[str, str]  # and what it is in the address
    broken: list[str]  # addresses
    busiest: str  # preset
    other: dict[str, Any]  # state
    still: tuple[str, str]  # name and words without JavaScript


CASES = {
    "leftovers": Case(
        Leftovers,
        leftovers_page.compare,
        [".w2s-lo-disc", "[data-part=point]", "output[data-name=gain]", ".w2s-lo-over"],
        ("only where w − s = 0", "on the circle through 0 about the tip of f − g"),
        ("gain is hidden", "gain 0."),
        "drop",
        (-40, 50),
        ("Same way", "0.7,0~0.25"),
        ["1,2", "x,1~1", "1,1~-1", "1,1,1~1"],
        "Misfit 4ε",
        {"drop": [0.2, -0.4], "epsilon": 0.09},
        ("Plane of the leftovers", "The gain is 0.335"),
    ),
    "ring": Case(
        Ring,
        ring_page.compare,
        ["[data-part=misfit]", "[data-part=students]", "output[data-name=gain]"],
        ("a little more with each step of L", "at once, when a block is longer than k"),
        ("student is hidden", "Student error 0."),
        "length",
        (20, 4),
        ("One longer", "7,6,0"),
        ["1,2", "x,1,1", "-1,1,1", "1,1,1,1"],
        "Gaps by chance",
        {"length": 7, "reach": 3, "seed": 5},
        ("Ring of inputs", "misfit 0.250, gain 0.250"),
    ),
    "three-classes": Case(
        ThreeClasses,
        three_classes_page.compare,
        ["[data-part=prediction]", "[data-part=leg]", "[data-name=gain]", "[data-promise]"],
        (
            "those with the label first",
            "probabilities with prediction first, logits with label first",
        ),
        ("students are hidden", "equal to the misfit"),
        "weak",
        (-30, 40),
        ("Logits, label first", "logits~label~w:0.55,0.3~f:0.8~a:0.7,0.05~b:0.05,0.75"),
        [
            "odds~label~w:0.5,0.3~f:0.8~a:0.7,0.05~b:0.05,0.75",
            "logits~label~w:0.5,0.7~f:0.8~a:0.7,0.05~b:0.05,0.75",
            "logits~label~w:0.5~f:0.8~a:0.7,0.05~b:0.05,0.75",
            "logits~label~w:0.5,0.3~f:2~a:0.7,0.05~b:0.05,0.75",
        ],
        "Two nearest points",
        {
            "kind": "logits",
            "first": "label",
            "weak": [0.2, 0.5, 0.3],
            "truth": [0.3, 0.3, 0.4],
            "ends": [[0.8, 0.1, 0.1], [0.1, 0.2, 0.7]],
        },
        ("Weak model, truth and student", "the gain is 0.232 and the misfit 0.232"),
    ),
}
SPENT = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


@pytest.fixture(params=CASES)
def name(request):
    return request.param


@pytest.fixture
def case(name):
    return CASES[name]


@pytest.fixture
def page(show_widget, case):
    return show_widget(case.widget())


def read(page):
    """The state that the picture's element carries, points as one list."""
    found = page.locator(".w2s-pic").evaluate("e => ({ ...e.dataset })")
    return {key: flat(text.split(",")) for key, text in found.items()}


def flat(value):
    try:
        return [round(float(x), 9) for x in np.ravel(value)]
    except ValueError:
        return np.ravel(value).tolist()  # words


def written(state):
    """A state as that element carries it."""
    return {key: flat(value) for key, value in state.items()}


def hears(page, words):
    page.wait_for_function(
        "words => document.querySelector('[data-part=said]').textContent.includes(words)",
        arg=words,
    )


def test_it_starts_like_the_package(page, case):
    case.compare(page)
    assert read(page) == written(state_of(case.widget()))


MISTAKES = [
    ("leftovers", "const correction = 2 * drop[0]", "const correction = drop[0]"),
    ("leftovers", "gain: misfit - correction", "gain: misfit + correction"),
    (
        "leftovers",
        "const room = 2 * Math.sqrt(misfit * epsilon)",
        "const room = 2 * misfit * epsilon",
    ),
    ("leftovers", "r: UNIT * root });", "r: UNIT * epsilon });"),
    ("ring", "votes(wrong, i, reach) > reach", "votes(wrong, i, reach) >= reach"),
    ("ring", "said[i] && !wrong[i]", "said[i] && wrong[i]"),
    ("ring", "gaps = Array(pieces).fill(seed ? 0 : 3 * length)", "gaps = Array(count).fill(3)"),
    (
        "three-classes",
        'if (kind === "logits") return [-dot(w, rate), own];',
        'if (kind === "logits") return [-dot(w, u), own];',
    ),
    ("three-classes", "const slope = dot(u, far);", "const slope = dot(v, far);"),
    (
        "three-classes",
        'first === "prediction" ? kl(prediction, label) : kl(label, prediction);',
        "kl(prediction, label);",
    ),
    (
        "three-classes",
        "? dot(minus(f, s), minus(logs(s), logs(w)))",
        "? dot(minus(f, w), minus(logs(s), logs(w)))",
    ),
]
ORDINARY = [MISTAKES[i] for i in (1, 3, 4, 7, 9)]


@pytest.mark.parametrize(("name", "right", "wrong"), few(MISTAKES, *ORDINARY))
def test_a_wrong_formula_is_noticed(visit, serve, tmp_path, name, right, wrong):
    case = CASES[name]
    write_book_page(tmp_path, case.widget())
    (tmp_path / f"{name}.js").write_text(slip(module_text(name), right, wrong), "utf8")
    page = visit(serve(tmp_path), "page.html").page
    choose(page, REVEAL)

    def compare_all():
        for words in page.locator("[data-preset]").all_inner_texts():
            choose(page, words)
            case.compare(page)

    with pytest.raises(AssertionError):
        compare_all()


def test_the_guess_comes_first_and_never_blocks(page, case):
    def seen():
        return [page.locator(what).first.is_visible() for what in case.hidden]

    before, (wrong, right) = read(page), case.guesses
    assert not any(seen())
    assert not page.get_by_role("button", name="Guess again").is_visible()
    handle(page, case.held).press("ArrowRight")
    assert read(page) != before
    hears(page, case.said[0])
    choose(page, wrong)
    assert page.locator("[data-part=reading]").text_content().startswith("Not this time")
    assert page.evaluate("document.activeElement.dataset.part") == case.held
    assert all(seen())
    assert not page.locator("[data-part=question]").is_visible()
    hears(page, case.said[1])
    choose(page, "Guess again")
    assert not any(seen())
    assert page.evaluate("document.activeElement.dataset.guess"), "a guess has the focus"
    case.compare(page)
    assert read(page) == before
    choose(page, right)
    assert page.locator("[data-part=reading]").text_content().startswith("Right")
    choose(page, "Guess again")
    choose(page, REVEAL)
    assert all(seen())
    judged = page.locator("[data-part=reading]").text_content()
    assert not judged.startswith(("Right", "Not this time"))


def test_a_situation_is_pressed_until_the_picture_moves_on(page, case):
    pressed = page.locator("[data-preset][aria-pressed=true]")
    for words in page.locator("[data-preset]").all_inner_texts():
        choose(page, words)
        assert pressed.all_inner_texts() == [words]
    handle(page, case.held).press("ArrowLeft")
    assert pressed.count() == 0


def test_the_state_is_in_the_address_and_reset_brings_it_back(
    show_widget, serve, visit, tmp_path, name, case
):
    first = show_widget(case.widget())
    start, (words, query) = read(first), case.preset
    choose(first, words)
    there = read(first)
    assert there != start
    first.wait_for_function("query => location.search === query", arg=f"?{name}={query}")
    again = show_widget(case.widget(), f"?{name}={query}")
    assert read(again) == there
    case.compare(again)
    choose(again, "Reset")
    assert read(again) == start
    again.wait_for_function("location.search === ''")
    for broken in case.broken:
        seen = visit(serve(tmp_path), f"page.html?{name}={broken}")
        assert read(seen.page) == start
        assert seen.errors == []


def test_kernel_and_picture_stay_in_step(visit, serve, tmp_path, name, case):
    state = state_of(case.widget())
    write_page(tmp_path, module_text(name), name, state)
    seen = visit(serve(tmp_path), "page.html")
    page = seen.page
    assert read(page) == written(state)
    page.evaluate("state => window.put(state)", case.other)
    assert read(page) == written(case.other)
    case.compare(page)
    assert page.evaluate("window.saves") == 0, "news is not sent back"
    handle(page, case.held).press("ArrowRight")
    assert page.evaluate("window.saves") == 1
    kept = page.evaluate("keys => keys.map((key) => [key, model.get(key)])", [*state])
    shown = read(page)
    assert shown != written(case.other)
    assert shown == written(dict(kept))
    page.evaluate("() => window.end()")
    page.evaluate("state => window.put(state)", state)
    assert read(page) == shown, "what is gone hears no more"
    assert seen.errors == []


def test_touch_drags_without_scrolling(browser, serve, tmp_path, case):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_book_page(tmp_path, case.widget())
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    (x, y), (dx, dy) = center(page, case.held), case.finger
    before, scrolled = read(page), page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + dx / 2, "y": y + dy / 2}]),
        ("touchMove", [{"x": x + dx, "y": y + dy}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_timeout(200)
    assert read(page) != before
    case.compare(page)
    np.testing.assert_allclose(center(page, case.held), [x + dx, y + dy], atol=6)
    assert page.evaluate("scrollY") == scrolled
    context.close()


def test_print_and_no_javascript_show_the_solved_figure(browser, page, case):
    page.emulate_media(media="print")
    for what in case.hidden:
        assert page.locator(what).first.is_visible(), what
    for what in (".w2s-pic-before", "[data-part=reading]", "button", ".w2s-pic-help"):
        assert page.locator(f"{what}:visible").count() == 0, what
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(page.url)
    picture, words = case.still
    assert still.get_by_role("img", name=picture).is_visible()
    assert still.get_by_text(words).is_visible()
    context.close()


def test_an_update_fits_a_frame(page, case):
    choose(page, REVEAL)
    choose(page, case.busiest)
    handle(page, case.held).focus()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # others share the processor

    def spent():
        found = session.send("Performance.getMetrics")["metrics"]
        return sum(each["value"] for each in found if each["name"] in SPENT)

    before = spent()
    page.evaluate(
        """() => Array.from({ length: 100 }, (_, i) => {
          const key = ["ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"][i % 4];
          const press = new KeyboardEvent("keydown", { key, bubbles: true });
          document.activeElement.dispatchEvent(press);
          document.querySelector(".w2s-pic").getBoundingClientRect();
        })"""
    )
    mean = 1000 * (spent() - before) / 100
    assert 0.1 < mean <= 16, f"{mean:.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, case, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_book_page(tmp_path, case.widget())
    seen: Visit = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    choose(seen.page, REVEAL)
    choose(seen.page, case.busiest)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
