"""`explore` in a browser: the picture on show is the function's picture of the state on show."""

import numpy as np
import pytest
from explore_page import (
    CONTROLS,
    compare,
    draw,
    figures,
    first,
    read,
    say,
    set_state,
    slider,
    square,
    write_kernel_page,
    write_page,
)
from playwright.sync_api import Error
from visits import AXE

from inside import inside
from selection import few
from slips import slip
from w2s_jax import plots
from w2s_jax.widgets import Control, explore

module_text = inside("widgets._page").module_text

QUESTION = {
    "ask": "As n doubles, what happens to n²?",
    "choices": ["It doubles.", "It grows fourfold."],
    "answer": 1,
    "because": "Both factors double.",
}
SAID = ".w2s-explore [aria-live=polite]"


@pytest.fixture(scope="module")
def body():
    return figures()


@pytest.fixture
def opened(visit, serve, tmp_path, body):
    write_page(tmp_path, body)
    seen = visit(serve(tmp_path), "page.html")
    yield seen
    assert seen.errors == []


@pytest.fixture
def page(opened):
    return opened.page


def test_starts_where_the_package_starts(page):
    assert compare(page) == [2, 0, 0]
    assert read(page, 1)["at"] == [0, 0]
    assert read(page, 2)["picture"] == '<p class="w2s-ex-words">1</p>'


def test_random_states_show_the_functions_pictures(page):
    rng = np.random.default_rng(0)
    for _ in range(25):
        at = rng.integers([11, 3, 2]).tolist()
        set_state(page, at)
        assert compare(page) == at


MISTAKES = [
    ("sum * controls[i].texts.length + place", "sum * controls[0].texts.length + place"),
    ("runs[i] + runs[i + 1]", "runs[i] + runs[i + 1] - 1"),
    ("i += 2", "i += 4"),
    ("output.textContent = texts[place]", "output.textContent = place"),
    ("(j === i ? place : old)", "(j === 0 ? place : old)"),
    ("Number(input.checked)", "Number(!input.checked)"),
    ("caption.textContent = words.get(n) ?? said[n]", "caption.textContent = said[0]"),
    ('"aria-valuetext": texts[place]', '"aria-valuetext": place'),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[0], MISTAKES[3]))
def test_a_wrong_frame_is_noticed(visit, serve, tmp_path, body, right, wrong):
    write_page(tmp_path, body, slip(module_text("explore"), right, wrong))
    page = visit(serve(tmp_path), "page.html").page
    page.set_default_timeout(2000)
    with pytest.raises((AssertionError, Error)):  # some mistakes undo what the reader sets
        visit_states(page)


def visit_states(page):
    for at in ([5, 0, 0], [7, 2, 0], [9, 1, 1]):
        set_state(page, at)
        assert compare(page) == at


def test_mouse_drags_the_slider(page):
    box = slider(page).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8 + 0.2 * (box["width"] - 16), y)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + 0.8 * (box["width"] - 16), y, steps=6)
    assert compare(page) == [8, 0, 0]
    page.mouse.up()
    page.mouse.move(box["x"], y)
    assert compare(page) == [8, 0, 0]


def test_keys_move_the_slider_and_reach_every_control(page):
    slider(page).press("ArrowRight")
    assert compare(page) == [3, 0, 0]
    slider(page).press("End")
    assert compare(page) == [10, 0, 0]
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert compare(page) == [10, 1, 0]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert compare(page) == [10, 1, 1]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert compare(page) == [2, 0, 0]


def test_touch_moves_the_slider_and_targets_are_large(browser, serve, tmp_path, body):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    write_page(tmp_path, body)
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").last.wait_for()
    box = slider(page).bounding_box()
    x, y = box["x"] + 8, box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)
    points = [[{"x": x + share * (box["width"] - 16), "y": y}] for share in (0.2, 0.4, 0.9)]
    kinds = ["touchStart", "touchMove", "touchMove", "touchEnd"]
    for kind, where in zip(kinds, [*points, []], strict=True):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    page.wait_for_function("document.querySelector('.w2s-explore').dataset.at.startsWith('9')")
    first(page).get_by_text("dashed").tap()
    assert compare(page) == [9, 2, 0]
    sizes = page.evaluate(
        """() => [...document.querySelectorAll(".w2s-explore input[type=range], .w2s-explore label"
          + ".w2s-ex-tick, .w2s-explore button, .w2s-explore select")].filter((e) =>
          e.checkVisibility()).map((e) => e.getBoundingClientRect().height)"""
    )
    assert len(sizes) > 10
    assert min(sizes) >= 44
    context.close()


def test_figures_on_one_page_do_not_meet(page):
    set_state(page, [4, 2, 1])
    assert compare(page) == [4, 2, 1]
    assert read(page, 1)["at"] == [0, 0]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) > 100
    lost = page.evaluate(
        """() => [...document.querySelectorAll("use, [clip-path], label[for]")].map((e) =>
          e.getAttribute("xlink:href") ?? e.getAttribute("clip-path") ?? `#${e.htmlFor}`)
          .map((text) => text.replace(/^url\\(|[#)]/g, ""))
          .filter((id) => !document.getElementById(id))"""
    )
    assert lost == []


def test_the_state_is_in_the_address_and_comes_back(visit, serve, tmp_path, body):
    write_page(tmp_path, body)
    origin = serve(tmp_path)
    page = visit(origin, "page.html?other=1#here").page
    set_state(page, [7, 1, 0])
    page.locator(".w2s-explore").nth(1).get_by_role("slider").fill("1")
    page.wait_for_function("location.search.includes('two.power')")
    address = page.url.removeprefix(f"{origin}/")
    assert "one.power=2.25+mol&one.line=dotted" in address
    assert "shaded" not in address, "what it starts from is left out"
    assert "other=1" in address
    assert address.endswith("#here")
    again = visit(origin, address).page
    assert compare(again) == [7, 1, 0]
    assert read(again, 1)["at"] == [1, 0]
    first(again).get_by_role("button", name="Reset").click()
    assert compare(again) == [2, 0, 0]
    again.wait_for_function("!location.search.includes('one.')")
    assert "two.power=2" in again.url
    assert again.evaluate("history.length") == 2


def test_an_address_of_another_time_is_harmless(visit, serve, tmp_path, body):
    write_page(tmp_path, body)
    seen = visit(serve(tmp_path), "page.html?one.power=7&one.line=dashed&one.shaded=%3Cb%3E")
    assert compare(seen.page) == [2, 2, 0]
    assert seen.errors == []


def test_the_sentence_is_said_once_the_state_settles(page):
    slider(page).press("ArrowRight")
    slider(page).press("ArrowRight")
    said = page.locator(SAID).first
    assert "1.50" not in said.text_content()
    page.wait_for_function(f"document.querySelector('{SAID}').textContent.includes('1.50')")
    assert said.text_content() == say(1.5, "-", False)
    page.get_by_label("n", exact=True).fill("3")
    page.wait_for_function(f"document.querySelectorAll('{SAID}')[2].textContent === 'n 4.'")


def test_play_steps_through_the_frames_and_is_not_offered_where_motion_is_unwelcome(
    page, browser, serve, tmp_path, body
):
    assert not page.get_by_role("button", name="Play").first.is_visible()
    context = browser.new_context(reduced_motion="no-preference")
    page = context.new_page()
    write_page(tmp_path, body)
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").last.wait_for()
    at = "document.querySelector('.w2s-explore').dataset.at === '{},0,0'"
    slider(page).fill("8")
    first(page).get_by_role("button", name="Play").click()
    assert first(page).get_by_role("button", name="Pause").is_visible()
    page.wait_for_function(at.format(9))
    page.wait_for_function(at.format(10))
    first(page).get_by_role("button", name="Play").click()
    page.wait_for_function(at.format(0))
    page.wait_for_function(at.format(1))
    slider(page).press("End")
    assert first(page).get_by_role("button", name="Play").is_visible(), "the reader takes over"
    page.wait_for_timeout(500)
    assert compare(page) == [10, 0, 0]
    context.close()


def ask(visit, serve, folder, **changes):
    write_page(folder, explore(square, n=[1, 2, 4], **(QUESTION | changes))._html())
    return visit(serve(folder), "page.html").page


@pytest.mark.parametrize(
    ("guess", "changes", "words"),
    [
        ("It grows fourfold.", {}, "Right: It grows fourfold. Both factors double."),
        ("It doubles.", {}, "Not this time. The answer: It grows fourfold. Both factors double."),
        ("Skip: just show me", {}, "The answer: It grows fourfold. Both factors double."),
        (
            "It doubles.",
            {"answer": None, "because": ""},
            "Your guess: It doubles. Now see for yourself.",
        ),
        ("Show me", {"choices": [], "answer": None}, "Both factors double."),
    ],
)
def test_the_guess_comes_first_and_never_blocks(visit, serve, tmp_path, guess, changes, words):
    page = ask(visit, serve, tmp_path, **changes)
    picture, control = page.locator(".w2s-ex-picture"), page.get_by_label("n", exact=True)
    assert picture.is_visible(), "the first picture stands there while the question is asked"
    assert control.is_disabled()
    assert not page.get_by_text("n 1.", exact=True).is_visible()
    page.wait_for_timeout(600)
    assert page.locator(SAID).text_content() == "", "the live region must not give it away"
    page.get_by_role("button", name=guess).click()
    assert page.locator(".w2s-ex-verdict p").text_content() == words
    assert page.locator(SAID).text_content() == words
    assert page.get_by_text("n 1.", exact=True).is_visible()
    assert not page.get_by_role("button", name=guess).is_visible()
    page.keyboard.press("ArrowRight")
    assert picture.text_content() == "4", "the first control has the focus"


def test_a_reader_may_guess_again(visit, serve, tmp_path):
    page = ask(visit, serve, tmp_path, key="again")
    page.get_by_role("button", name="It doubles.").press("Enter")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search === '?again.n=2'")
    page.get_by_role("button", name="Guess again").press("Enter")
    assert page.locator(".w2s-ex-picture").text_content() == "1"
    assert page.get_by_label("n", exact=True).is_disabled()
    page.wait_for_function("location.search === ''")
    assert not page.locator(".w2s-ex-verdict").is_visible()
    first_guess = page.locator(".w2s-ex-before button").first.text_content()
    assert page.evaluate("document.activeElement.textContent") == first_guess
    page.get_by_role("button", name="It grows fourfold.").click()
    assert "Right" in page.locator(".w2s-ex-verdict").text_content()


def test_a_linked_state_waits_for_the_guess(visit, serve, tmp_path):
    write_page(tmp_path, explore(square, n=[1, 2, 4], key="link", **QUESTION)._html())
    page = visit(serve(tmp_path), "page.html?link.n=4").page
    assert page.locator(".w2s-ex-picture").text_content() == "1"
    page.wait_for_timeout(600)
    assert page.url.endswith("?link.n=4")
    page.get_by_role("button", name="Skip").click()
    assert page.locator(".w2s-ex-picture").text_content() == "16"


def test_a_mask_stands_for_the_first_picture_until_the_guess(visit, serve, tmp_path):
    def veiled(power, line, shaded):
        return draw(power / 2, line)

    write_page(tmp_path, explore(draw, say=say, **CONTROLS, **QUESTION, mask=veiled)._html())
    seen = visit(serve(tmp_path), "page.html")
    page, whole = seen.page, seen.page.get_by_label("Power 1.00, drawn with -, bare.")
    veil = page.get_by_label("Power 0.50, drawn with -, bare.")
    assert (whole.is_visible(), veil.is_visible()) == (False, True)
    assert not page.locator(".w2s-ex-caption").is_visible()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) > 100
    page.emulate_media(media="print")
    assert (whole.is_visible(), veil.is_visible()) == (True, False)
    page.emulate_media(media="screen")
    page.get_by_role("button", name="It doubles.").click()
    assert (whole.is_visible(), veil.is_visible()) == (True, False)
    assert compare(page) == [2, 0, 0]
    page.get_by_role("button", name="Guess again").click()
    assert (whole.is_visible(), veil.is_visible()) == (False, True)


HEIGHTS = [-1.0, -0.5, 0.0, 0.5, 1.0]


def two_views(height, where):
    """A truth that moves up and sideways, and beside it its height as a point of a path."""
    corners = {"w": np.array([0.0, 1.0]), "s": np.zeros(2), "f": np.array([where, height])}
    with plots.style():
        axes = plots.plane(corners, sides={"ws": "", "sf": ""})
        axes.set(xlim=(-0.5, 3.5), ylim=(-1.5, 1.5))
    heights = np.array(HEIGHTS)
    path = plots.gain_along(heights + 1, 1 - heights, at=HEIGHTS.index(height))
    left, right = (plots.show(a, alt=f"{height:g} at {where}.") for a in (axes, path))
    return left, right


@pytest.fixture(scope="module")
def held():
    return explore(
        two_views,
        height=Control(HEIGHTS, start=0.0),
        where=Control([1, 2, 3], start=2),
        hold="truth",
        presets={"lowest": {"height": -1.0}, "aside": {"height": 1.0, "where": 3}},
        key="held",
        **QUESTION,
    )._html()


def ring(page):
    """The middle of the ring, in the window, and of the marker in its middle."""
    found = page.locator(".w2s-ex-hold")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    middle = """e => { const box = e.getBoundingClientRect();
      return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]; }"""
    marker = page.locator(".w2s-ex-picture [data-of=truth] > defs ~ g use").first
    np.testing.assert_allclose(found.evaluate(middle), marker.evaluate(middle), atol=1)
    return found.evaluate(middle)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_point_is_dragged_and_both_views_follow(visit, serve, tmp_path, held, width):
    write_page(tmp_path, held)
    page = visit(serve(tmp_path), "page.html", width=width).page
    assert not page.locator(".w2s-ex-hold").is_visible(), "first a guess"
    page.get_by_role("button", name="Skip").click()
    at = "() => document.querySelector('.w2s-explore').dataset.at"
    places = {}
    for state in ("2,0", "2,2", "0,1", "4,1"):
        up, side = map(int, state.split(","))
        page.get_by_label("height", exact=True).fill(str(up))
        page.get_by_label("where", exact=True).fill(str(side))
        places[state] = np.add(ring(page), [0, page.evaluate("scrollY")])
    right, up = (places["2,2"] - places["2,0"]) / 2, (places["4,1"] - places["0,1"]) / 4
    assert right[0] > 10
    assert up[1] < -5
    page.get_by_role("button", name="Reset").click()
    x, y = ring(page)
    page.mouse.move(x + 3, y - 3)  # taken beside its middle, it keeps its distance
    page.mouse.down()
    for steps, wanted in ((1, "3,1"), (2, "4,1"), (9, "4,1")):
        page.mouse.move(x + 3, y - 3 + steps * up[1], steps=3)
        assert page.evaluate(at) == wanted
    page.mouse.move(x + 3 + right[0], y - 3 - 2 * up[1], steps=3)
    assert page.evaluate(at) == "0,2"
    page.mouse.up()
    page.mouse.move(x, y)
    assert page.evaluate(at) == "0,2"
    names = [svg.get_attribute("aria-label") for svg in page.locator(".w2s-ex-views svg").all()]
    assert names == ["-1 at 3."] * 2
    assert page.get_by_label("height", exact=True).get_attribute("aria-valuetext") == "−1"
    page.wait_for_function(
        "location.search === '?held.height=−1&held.where=3'.replace('−', '%E2%88%92')"
    )
    tops = [svg.bounding_box()["y"] for svg in page.locator(".w2s-ex-views svg").all()]
    assert (tops[1] - tops[0] < 100) == (width > 1000), "side by side where there is room"


WRONG_HOLDS = [
    ("Math.min(...far)", "Math.max(...far)"),
    ("moved / 1000", "-moved * 1000"),
    ("event.clientX - place.left - place.width / 2", "event.clientX"),
    ("n % controls[i].texts.length", "n % controls[0].texts.length"),
    ("m.d * y + m.f - outer.top", "m.d * y + m.f"),
]


@pytest.mark.parametrize(("right", "wrong"), few(WRONG_HOLDS, WRONG_HOLDS[2]))
def test_a_wrong_hold_is_noticed(visit, serve, tmp_path, held, right, wrong):
    def visits(origin, path, width):
        write_page(tmp_path, held, slip(module_text("explore"), right, wrong))
        seen = visit(origin, path, width=width)
        seen.page.set_default_timeout(2000)
        return seen

    with pytest.raises((AssertionError, Error)):
        test_a_point_is_dragged_and_both_views_follow(visits, serve, tmp_path, held, 1280)


def test_a_finger_drags_and_the_page_stays(browser, serve, tmp_path, held):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    write_page(tmp_path, held)
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    page.get_by_role("button", name="Skip").tap()
    (x, y), before = ring(page), page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    moves = [[{"x": x + 12, "y": y + down}] for down in (12, 32, 72, 132)]
    for kind, where in zip(
        ["touchStart", "touchMove", "touchMove", "touchMove", "touchEnd"], [*moves, []], strict=True
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    page.wait_for_function("document.querySelector('.w2s-explore').dataset.at === '0,1'")
    assert page.evaluate("scrollY") == before
    context.close()


def test_presets_lead_to_their_states_and_say_so(visit, serve, tmp_path, held):
    write_page(tmp_path, held)
    page = visit(serve(tmp_path), "page.html").page
    named = page.get_by_role("group", name="Situations").get_by_role("button")
    assert named.all_inner_texts() == ["lowest", "aside"]
    assert named.first.is_disabled(), "first a guess"
    page.get_by_role("button", name="Skip").click()
    named.last.press("Enter")
    assert read(page)["at"] == [4, 2]
    assert [each.get_attribute("aria-pressed") for each in named.all()] == ["false", "true"]
    ring(page)
    page.get_by_label("where", exact=True).press("ArrowLeft")
    assert [each.get_attribute("aria-pressed") for each in named.all()] == ["false", "false"]
    page.emulate_media(media="print")
    assert not named.first.is_visible()
    assert not page.locator(".w2s-ex-hold").is_visible()
    assert len([s for s in page.locator(".w2s-ex-views svg").all() if s.is_visible()]) == 2


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_views_and_presets_are_accessible(visit, serve, tmp_path, held, width, scheme):
    write_page(tmp_path, held)
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    for _ in range(2):
        assert seen.accessibility() == []
        assert seen.sideways() == []
        if seen.page.get_by_role("button", name="Skip").is_visible():
            seen.page.get_by_role("button", name="Skip").click()


@pytest.mark.parametrize("guessed", [False, True])
def test_print_shows_the_solved_figure_and_the_question_but_no_verdict(
    visit, serve, tmp_path, guessed
):
    page = ask(visit, serve, tmp_path)
    if guessed:
        page.get_by_role("button", name="It doubles.").click()
    page.emulate_media(media="print")
    for words in (QUESTION["ask"], "1"):
        assert page.get_by_text(words, exact=True).first.is_visible()
    for words in ("A guess first", "Both factors double.", "It doubles.", "Reset"):
        assert not page.get_by_text(words).first.is_visible(), words
    assert not page.get_by_label("n", exact=True).is_visible()


def test_without_javascript_there_is_the_first_picture_and_a_sentence(
    browser, serve, tmp_path, body
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    write_page(tmp_path, body)
    page.goto(f"{serve(tmp_path)}/page.html")
    assert page.get_by_label("Power 1.00, drawn with -, bare.").first.is_visible()
    assert page.get_by_text(
        "One of 66 states of a figure with controls: At power 1.00"
    ).is_visible()
    context.close()


@pytest.fixture
def live(visit, serve, tmp_path, monkeypatch):
    module = inside("widgets._explore")
    monkeypatch.setattr(module, "_reader_present", lambda: True)
    small = CONTROLS | {"power": Control(CONTROLS["power"].values[:4], unit="mol", format=".2f")}
    write_kernel_page(tmp_path, explore(draw, say=say, **small))
    seen = visit(serve(tmp_path), "page.html")
    yield seen.page
    assert seen.errors == []


def test_a_kernel_is_asked_for_what_is_not_known_and_only_once(live):
    assert compare(live) == [0, 0, 0]
    assert live.evaluate("window.asked") == []
    slider(live).press("ArrowRight")
    assert first(live).get_attribute("aria-busy") == "true"
    assert live.evaluate("[window.asked, window.model.get('at')]") == [[6], [1, 0, 0]]
    live.evaluate("window.reply()")
    assert compare(live) == [1, 0, 0]
    assert first(live).get_attribute("aria-busy") == "false"
    slider(live).press("Home")
    slider(live).press("ArrowRight")
    assert compare(live) == [1, 0, 0]
    assert live.evaluate("window.asked") == [6]
    assert live.evaluate("window.saves") == 3
    live.wait_for_timeout(600)
    assert "?" not in live.url, "in a notebook the address is not ours"


def test_a_slow_kernel_is_asked_one_frame_at_a_time(live):
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        slider(live).press(key)
    assert live.evaluate("window.asked") == [6]
    live.evaluate("window.reply()")
    assert live.evaluate("window.asked") == [6, 18], "the frame on the way is passed over"
    live.evaluate("window.reply()")
    assert compare(live) == [3, 0, 0]


def test_the_kernel_moves_the_figure_and_lets_go(live):
    live.evaluate("window.model.set('at', [2, 1, 1])")
    live.evaluate("window.reply()")
    assert compare(live) == [2, 1, 1]
    live.evaluate("window.model.set('at', [9, 9, 9])")
    assert compare(live) == [2, 1, 1]
    live.evaluate("window.end()")
    assert live.evaluate("window.listeners()") == 0


def test_a_frame_that_fails_says_so(visit, serve, tmp_path):
    figure = explore(square, n=[1, 2])
    figure.spec = figure.spec | {"frames": [figure.spec["frames"][0], []]}
    failure = (None, "ZeroDivisionError: division <by> zero")
    write_kernel_page(tmp_path, figure, [failure, failure])
    page = visit(serve(tmp_path), "page.html").page
    page.get_by_label("n", exact=True).press("ArrowRight")
    page.evaluate("window.reply()")
    words = "This frame could not be computed. ZeroDivisionError: division <by> zero"
    assert page.locator(".w2s-ex-words").text_content() == words


def test_an_update_fits_a_frame(page):
    rng = np.random.default_rng(1)
    times = page.evaluate(
        """(places) => places.map((place) => {
          const input = document.querySelector(".w2s-explore input[type=range]");
          const began = performance.now();
          input.value = place;
          input.dispatchEvent(new Event("input"));
          document.querySelector(".w2s-explore").getBoundingClientRect();
          return performance.now() - began;
        })""",
        rng.integers(11, size=200).tolist(),
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, body, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    question = explore(draw, **CONTROLS, **QUESTION, key="asks")._html()
    long = explore(square, n={f"a rather long name for choice {i}": i for i in range(7)})._html()
    write_page(tmp_path, body + question + long)
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    seen.page.get_by_role("button", name="It doubles.").click()
    set_state(seen.page, [8, 1, 1])
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []


def test_nothing_below_the_picture_moves_while_the_slider_does(page):
    tops = set()
    for place in range(11):
        slider(page).fill(str(place))
        tops.add(slider(page).evaluate("e => e.getBoundingClientRect().top + scrollY"))
    assert len(tops) == 1


@pytest.mark.parametrize("width", [360, 1280])
def test_the_answer_takes_the_place_of_the_question(visit, serve, tmp_path, width):
    write_page(tmp_path, explore(draw, **CONTROLS, **QUESTION)._html())
    page = visit(serve(tmp_path), "page.html", width=width).page
    height = "document.querySelector('.w2s-explore').getBoundingClientRect().height"
    before = page.evaluate(height)
    page.get_by_role("button", name="It doubles.").click()
    assert page.evaluate(height) == pytest.approx(before, abs=2)
