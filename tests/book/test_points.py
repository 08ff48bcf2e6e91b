"""`points` in a browser: pointer, touch and keys lead to the card of the point they are at."""

import re
import shutil

import numpy as np
import pytest
from visits import AXE, ROOT
from widget_page import PAGE

from inside import inside
from selection import few
from slips import slip
from w2s_jax.widgets import Card, Panel, points

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text

HINT = "Point at a mark"
NAMES = ["ESOL", "FreeSolv", "Lipop"]
COUNT = 9
SHOWN = """() => {
  const root = document.querySelector(".w2s-points");
  const ring = root.querySelector(".w2s-pt-ring");
  return {
    title: root.querySelector(".w2s-pt-card strong")?.textContent,
    words: root.querySelector(".w2s-pt-words p + p")?.textContent,
    captions: [...root.querySelectorAll(".w2s-pt-card figcaption")].map((e) => e.textContent),
    drawings: [...root.querySelectorAll(".w2s-pt-card svg")].map((e) => e.ariaLabel),
    rings: root.querySelectorAll(".w2s-pt-ring").length,
    ring: ring && ["cx", "cy"].map((name) => ring.getAttribute(name)),
    mark: ring && [...ring.closest("svg").querySelectorAll("[data-at]")].flatMap((e) =>
      ["cx", "cy"].every((name) => e.getAttribute(name) === ring.getAttribute(name))
        ? [Number(e.dataset.at)] : []),
  };
}"""


def sketch(name):
    """A drawing as wide as the book's, with a name of its own."""
    return (
        f'<svg role="img" aria-label="Line drawing of {name}." width="220px" height="150px" '
        "viewBox=\"0 0 220 150\"><path d='M 20,130 L 200,20' style='fill:none;stroke:currentColor'"
        " /></svg>"
    )


def order(nth):
    """Where the points of a panel, given in no order, come in the order of x."""
    return np.random.default_rng(nth).permutation(COUNT)


def make(pictures=2):
    """Three panels whose point number k, in the order of x, is called by its panel and k."""
    panels = []
    for nth, name in enumerate(NAMES):
        at = order(nth)
        x = (at + 1) * 10.0 ** (1 - nth)
        cards = [
            Card(
                f"{name}, number {k}",
                f"Words of {name} {k}.",
                [(sketch(f"{name} {k} {p}"), f"caption {k} {p}") for p in range(pictures)],
            )
            for k in at
        ]
        y = 0.9 * x - 0.2 * x.max()
        panels.append(Panel(name, x, y, 2.0 ** (at % 3), cards, "(kcal/mol)²"))
    return points(panels, xlabel="misfit", ylabel="gain", alt="All gains are low.", group="width")


QUESTION = {
    "ask": "On which set are all gains below zero?",
    "choices": ["ESOL", "Lipop", "On none"],
    "answer": 2,
    "because": "Each set has one above.",
}


def asking(**changes):
    """Two panels that ask first; a point's parts are told from each other by their numbers."""
    panels = []
    for nth, name in enumerate(("ESOL", "Lipop")):
        x, beyond = np.arange(1.0, 5) + nth, np.arange(4.0) / 8
        drift = np.full(4, 0.75)
        cards = [Card(f"{name}, number {k}") for k in range(4)]
        parts = {"beyond": beyond, "drift": drift}
        y = x - beyond - drift
        panels.append(Panel(name, x, y, [1] * 4, cards, parts=parts, intervals=[[0, 1]] * 4))
    words = {"xlabel": "misfit", "ylabel": "gain", "alt": "All gains are high."}
    presets = {"the least": (0, 0), "far out": (1, 3)}
    return points(panels, **words, presets=presets, **(QUESTION | changes))._html()


def write_page(folder, body, module=None):
    for path in (MODULES / "points.css", ROOT / "book" / "web" / "mount.js"):
        shutil.copy(path, folder)
    (folder / "points.js").write_text(module or module_text("points"), "utf8")
    (folder / "favicon.ico").touch()
    head = '<link rel="icon" href="favicon.ico"><script type="module" src="mount.js"></script>'
    (folder / "page.html").write_text(PAGE.format(head=head, body=body), "utf8")


def mark(page, nth, at):
    """The middle of a mark, in the window's pixels."""
    found = page.locator(".w2s-pt-panel").nth(nth).locator(f"[data-at='{at}']")
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def compare(page, nth, at):
    """Hold the card on show to the one that belongs to a point."""
    name = NAMES[nth]
    shown = page.evaluate(SHOWN)
    assert shown["title"] == f"{name}, number {at}"
    assert shown["words"] == f"Words of {name} {at}."
    assert shown["captions"] == [f"caption {at} {p}" for p in (0, 1)]
    assert shown["drawings"] == [f"Line drawing of {name} {at} {p}." for p in (0, 1)]
    assert (shown["rings"], shown["mark"]) == (1, [at])
    slider = page.get_by_role("slider").nth(nth)
    assert slider.get_attribute("aria-valuetext") == f"{at + 1} of {COUNT}"
    assert slider.input_value() == str(at)


@pytest.fixture
def opened(visit, serve, tmp_path):
    write_page(tmp_path, make()._html())
    seen = visit(serve(tmp_path), "page.html")
    yield seen
    assert seen.errors == []


@pytest.fixture
def page(opened):
    return opened.page


def test_at_first_nothing_is_chosen_and_a_sentence_says_what_to_do(page):
    assert page.get_by_text(HINT).is_visible()
    assert page.evaluate(SHOWN)["rings"] == 0
    texts = [s.get_attribute("aria-valuetext") for s in page.get_by_role("slider").all()]
    assert texts == ["no point chosen"] * 3


def walk(page):
    """Come to a few points in each of the three ways."""
    page.mouse.move(*mark(page, 0, 4))
    compare(page, 0, 4)
    page.mouse.click(*mark(page, 2, 6))
    compare(page, 2, 6)
    page.keyboard.press("ArrowRight")
    compare(page, 2, 7)


def test_a_pointer_finds_the_nearest_mark(page):
    walk(page)
    rng = np.random.default_rng(0)
    for _ in range(20):
        nth, at = int(rng.integers(3)), int(rng.integers(COUNT))
        x, y = mark(page, nth, at)
        page.mouse.move(x + 3, y - 3)
        compare(page, nth, at)


MISTAKES = [
    ("far(other) < far(one)", "far(other) > far(one)"),
    ("Number(a.dataset.at) - Number(b.dataset.at)", "Number(b.dataset.at) - Number(a.dataset.at)"),
    ("cards[nth][at])", "cards[0][at])"),
    ("drawings[number]", "drawings[0]"),
    ("if (other !== panels[nth]) rest(other)", "other"),
    ("input.focus({ preventScroll: true })", "input.blur()"),
    ("place.width / svg.viewBox.baseVal.width", "1"),
]
WRONG_SUMS = [
    ("show(numbers[i])", "show(numbers[0])"),
    ('i > 1 ? "−" : "="', '"="'),
    ("formula(numbers), text", "formula(), text"),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[0], MISTAKES[1]))
def test_a_wrong_card_is_noticed(visit, serve, tmp_path, right, wrong):
    write_page(tmp_path, make()._html(), slip(module_text("points"), right, wrong))
    page = visit(serve(tmp_path), "page.html", width=360).page
    page.set_default_timeout(2000)
    with pytest.raises(AssertionError):
        walk(page)


@pytest.mark.parametrize(("right", "wrong"), few(WRONG_SUMS, WRONG_SUMS[0]))
def test_a_wrong_sum_is_noticed(visit, serve, tmp_path, right, wrong):
    def visits(origin, path):
        write_page(tmp_path, asking(), slip(module_text("points"), right, wrong))
        return visit(origin, path)

    with pytest.raises(AssertionError):
        test_the_sum_has_the_numbers_of_the_point(visits, serve, tmp_path)


def test_far_from_all_marks_a_passing_pointer_changes_nothing_but_a_click_does(page):
    page.mouse.move(*mark(page, 1, 0))
    x, y = mark(page, 1, COUNT - 1)
    page.mouse.move(x - 5, y + 90)
    compare(page, 1, 0)
    page.mouse.move(5, 5)
    compare(page, 1, 0)
    page.mouse.click(*mark(page, 1, COUNT - 1))
    compare(page, 1, COUNT - 1)
    page.mouse.click(x, y + 60)
    assert "FreeSolv" in page.evaluate(SHOWN)["title"]
    assert page.evaluate(SHOWN)["mark"] != [0]


def test_keys_walk_in_the_order_of_x(page):
    page.keyboard.press("Tab")
    assert page.evaluate(SHOWN)["title"] is None
    for at in range(3):
        page.keyboard.press("ArrowRight")
        compare(page, 0, at)
    for key, at in [("ArrowLeft", 1), ("End", 8), ("ArrowRight", 8), ("Home", 0), ("ArrowUp", 1)]:
        page.keyboard.press(key)
        compare(page, 0, at)
    page.keyboard.press("Tab")
    compare(page, 0, 1)
    page.keyboard.press("End")
    compare(page, 1, 8)
    assert page.get_by_role("slider").first.get_attribute("aria-valuetext") == "no point chosen"


@pytest.mark.parametrize(
    "key", few(["Home", "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp"], "ArrowRight")
)
def test_the_first_key_leads_to_the_first_point(page, key):
    page.get_by_role("slider").nth(1).press(key)
    compare(page, 1, 0)


def test_the_focused_panel_is_marked(page):
    outline = "e => getComputedStyle(e).outlineStyle"
    boxes = page.locator(".w2s-pt-panel")
    assert [box.evaluate(outline) for box in boxes.all()] == ["none"] * 3
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert [box.evaluate(outline) for box in boxes.all()] == ["none", "solid", "none"]


def test_the_card_is_said_once_the_reader_stays(page):
    said = page.locator(".w2s-points [aria-live=polite]")
    page.get_by_role("slider").first.press("End")
    page.keyboard.press("ArrowLeft")
    assert said.text_content() == ""
    page.wait_for_function("document.querySelector('[aria-live]').textContent")
    assert said.text_content() == "ESOL, number 7. Words of ESOL 7."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_tap_shows_the_card_below_its_panel_which_stays_in_place(
    browser, serve, tmp_path, scheme
):
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        color_scheme=scheme,
    )
    page = context.new_page()
    write_page(tmp_path, make()._html())
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    tops = "() => [...document.querySelectorAll('.w2s-pt-panel, .w2s-pt-card')].map((e) => "
    tops += "e.getBoundingClientRect().top)"
    for nth in (0, 2, 1, 2, 0):
        x, y = mark(page, nth, 5)
        before = page.evaluate(tops)[nth]
        page.touchscreen.tap(x, y)
        page.wait_for_function(f"document.querySelector('.w2s-points').dataset.at === '{nth},5'")
        compare(page, nth, 5)
        *panels, card = page.evaluate(tops)
        assert panels[nth] == pytest.approx(before, abs=1), "it stays under the finger"
        assert panels == sorted(panels)
        assert sum(top < card for top in panels) == nth + 1
    context.close()


@pytest.mark.parametrize("end", ["continue_", "abort"])
def test_a_figure_waits_for_its_style(browser, serve, tmp_path, end):
    context = browser.new_context()
    page, held = context.new_page(), []
    page.route("**/points.css", lambda route: held.append(route))
    write_page(tmp_path, make()._html())
    with page.expect_request_finished(lambda request: request.url.endswith("points.js")):
        page.goto(f"{serve(tmp_path)}/page.html", wait_until="commit")
    page.wait_for_timeout(200)
    assert page.locator(".w2s-fallback").is_visible()
    assert page.locator(".w2s-pt-panel").count() == 0
    getattr(held[0], end)()
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    assert page.locator(".w2s-pt-panel").count() == len(NAMES)
    assert page.locator(".w2s-fallback").count() == 0
    context.close()


def test_three_panels_stand_side_by_side_and_the_card_below(visit, serve, tmp_path):
    body = f'<div style="max-width: 688px">{make()._html()}</div>'  # as wide as the book's column
    write_page(tmp_path, body)
    page = visit(serve(tmp_path), "page.html").page
    page.mouse.move(*mark(page, 1, 3))
    boxes = [box.bounding_box() for box in page.locator(".w2s-pt-panel").all()]
    card = page.locator(".w2s-pt-card").bounding_box()
    assert len({box["y"] for box in boxes}) == 1
    assert all(box["y"] + box["height"] <= card["y"] for box in boxes)
    sketches = [box.bounding_box()["y"] for box in page.locator(".w2s-pt-card svg").all()]
    assert sketches[0] == sketches[1]


def test_what_follows_moves_at_most_once(page):
    after = "document.querySelector('.w2s-points').getBoundingClientRect().height"
    before = page.evaluate(after)
    page.get_by_role("slider").first.press("Home")
    first = page.evaluate(after)
    assert first - before < 60
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(after) == first


def test_a_link_opens_the_card_and_reset_closes_it(visit, serve, tmp_path):
    write_page(tmp_path, make()._html())
    origin = serve(tmp_path)
    page = visit(origin, "page.html").page
    page.mouse.click(*mark(page, 1, 3))
    page.wait_for_function("location.search === '?points=1,3'")
    seen = visit(origin, "page.html?points=1,3")
    compare(seen.page, 1, 3)
    seen.page.get_by_role("button", name="Reset").press("Enter")
    assert seen.page.get_by_text(HINT).is_visible()
    assert seen.page.evaluate(SHOWN)["rings"] == 0
    seen.page.wait_for_function("location.search === ''")
    assert seen.errors == []


def test_facts_and_shapes_come_alive(visit, serve, tmp_path):
    facts = {"SMILES": "CCO", "measured": "−5.01", "teacher": "−4.20", "student": "−4.80"}
    cards = [Card("One", "", [(sketch("one"), "ethanol", facts)]), Card("Two")]
    made = Panel("A", [1.0, 2.0], [0.5, 1.0], [8, 8], cards, "", ["122", "123"])
    write_page(tmp_path, points([made], xlabel="misfit", ylabel="gain", alt="Two.")._html())
    page = visit(serve(tmp_path), "page.html").page
    page.mouse.click(*mark(page, 0, 1))
    assert page.evaluate(SHOWN)["title"] == "Two"
    page.keyboard.press("ArrowLeft")
    assert page.locator(".w2s-pt-facts dt").all_inner_texts() == list(facts)
    assert page.locator(".w2s-pt-facts dd").all_inner_texts() == list(facts.values())


def formula(page):
    """The sum on show, as words and numbers."""
    found = page.locator(".w2s-pt-formula")
    values = found.locator("output").all_inner_texts()
    names = [text.split("\n")[0] for text in found.locator(".w2s-pt-term").all_inner_texts()]
    return dict(zip(names, values, strict=True)), found.locator("b").all_inner_texts()


def shown_marks(page):
    seen = "es => es.map((e) => getComputedStyle(e).visibility === 'visible')"  # bars have no width
    return page.locator(".w2s-pt-panel [data-of]").evaluate_all(seen)


@pytest.mark.parametrize(
    ("guess", "verdict"),
    [
        ("On none", "Right: On none. Each set has one above."),
        ("Lipop", "Not this time. The answer: On none. Each set has one above."),
        ("Skip", "The answer: On none. Each set has one above."),
    ],
)
def test_the_guess_comes_before_the_marks(visit, serve, tmp_path, guess, verdict):
    write_page(tmp_path, asking())
    seen = visit(serve(tmp_path), "page.html?points=0,2")
    page = seen.page
    assert shown_marks(page) == [False] * 16, "marks and bars"
    assert page.get_by_role("img", name="ESOL: gain").is_visible(), "axes and lines stand there"
    assert all(each.is_disabled() for each in page.get_by_role("slider").all())
    for name in ("the least", "Reset"):
        assert page.get_by_role("button", name=name).is_disabled()
    page.mouse.move(*mark(page, 0, 3))
    assert page.get_by_text(HINT).is_visible(), "nor does a pointer find them"
    assert page.get_by_label("All gains are high.").count() == 0
    page.get_by_role("button", name=guess).press("Enter")
    assert shown_marks(page) == [True] * 16
    assert page.locator(".w2s-pt-verdict p").text_content() == verdict
    assert page.locator(".w2s-points [aria-live=polite]").text_content() == verdict
    assert page.get_by_label("All gains are high.").is_visible()
    assert page.evaluate(SHOWN)["title"] == "ESOL, number 2", "the link waited"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SHOWN)["title"] == "ESOL, number 3", "the first panel has the focus"
    page.get_by_role("button", name="Guess again").press("Enter")
    assert shown_marks(page) == [False] * 16
    assert page.get_by_text(HINT).is_visible()
    assert page.evaluate("document.activeElement.closest('.w2s-pt-before') !== null")
    assert seen.errors == []


def test_a_guess_is_taken_in_the_panel(visit, serve, tmp_path):
    write_page(tmp_path, asking(answer=1))
    page = visit(serve(tmp_path), "page.html").page
    page.mouse.click(*mark(page, 1, 1))
    assert page.locator(".w2s-pt-verdict p").text_content().startswith("Right: Lipop.")
    assert page.evaluate(SHOWN)["rings"] == 0, "the first click was the guess"
    write_page(tmp_path, asking(choices=["all", "none"], answer=1))
    page.reload()
    page.mouse.click(*mark(page, 1, 1))
    assert page.get_by_role("button", name="Skip").is_visible(), "a panel is no choice here"


def test_the_sum_has_the_numbers_of_the_point(visit, serve, tmp_path):
    write_page(tmp_path, asking())
    page = visit(serve(tmp_path), "page.html").page
    assert not page.locator(".w2s-pt-formula").is_visible()
    page.get_by_role("button", name="Skip").click()
    names = ["gain", "misfit", "beyond", "drift"]
    assert formula(page) == (dict.fromkeys(names, "–"), ["=", "−", "−"])
    for nth, at in ((0, 0), (1, 2), (0, 3)):
        page.mouse.move(*mark(page, nth, at))
        x, beyond = at + 1.0 + nth, at / 8
        values = [x - beyond - 0.75, x, beyond, 0.75]
        assert formula(page)[0] == {n: f"{v:.3f}" for n, v in zip(names, values, strict=True)}
    page.get_by_role("button", name="Reset").click()
    assert set(formula(page)[0].values()) == {"–"}


def test_presets_lead_to_points(visit, serve, tmp_path):
    write_page(tmp_path, asking())
    page = visit(serve(tmp_path), "page.html").page
    page.get_by_role("button", name="Skip").click()
    tried = page.get_by_role("group", name="Points worth a look").get_by_role("button")
    pressed = "es => es.map((e) => e.getAttribute('aria-pressed'))"
    tried.last.press("Enter")
    assert page.evaluate(SHOWN)["title"] == "Lipop, number 3"
    assert tried.evaluate_all(pressed) == ["false", "true"]
    page.wait_for_function("location.search === '?points=1,3'")
    page.get_by_role("slider").last.press("Home")
    assert tried.evaluate_all(pressed) == ["false", "false"]
    page.get_by_role("slider").first.press("Home")
    assert tried.evaluate_all(pressed) == ["true", "false"]


@pytest.mark.parametrize("guessed", [False, True])
def test_print_shows_the_marks_and_the_question_but_no_verdict(visit, serve, tmp_path, guessed):
    write_page(tmp_path, asking())
    page = visit(serve(tmp_path), "page.html").page
    if guessed:
        page.get_by_role("button", name="Lipop").click()
    page.emulate_media(media="print")
    assert shown_marks(page) == [True] * 16
    assert page.get_by_text(QUESTION["ask"]).is_visible()
    for words in (
        "A guess first",
        "Skip",
        "Each set has one above.",
        "Guess again",
        "Reset",
        "Try",
    ):
        assert not page.get_by_text(words).first.is_visible(), words


def test_an_update_fits_a_frame(page):
    rng = np.random.default_rng(1)
    times = page.evaluate(
        """(places) => places.map((place) => {
          const input = document.querySelector(".w2s-points input[type=range]");
          const began = performance.now();
          input.value = place;
          input.dispatchEvent(new Event("input"));
          document.querySelector(".w2s-points").getBoundingClientRect();
          return performance.now() - began;
        })""",
        rng.integers(COUNT, size=200).tolist(),
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_question_sum_and_presets_are_accessible(visit, serve, tmp_path, width, scheme):
    write_page(tmp_path, asking())
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    page = seen.page
    height = "document.querySelector('.w2s-points').getBoundingClientRect().height"
    assert seen.accessibility() == seen.sideways() == []
    before = page.evaluate(height)
    page.get_by_role("button", name="Lipop").click()
    assert page.evaluate(height) == pytest.approx(before, abs=2), "nothing jumps"
    page.get_by_role("button", name="far out").click()
    assert seen.accessibility() == seen.sideways() == []


def luminance(colour):
    parts = np.array([float(part) for part in re.findall(r"[\d.]+", colour)[:3]]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_lines_and_letters_stand_out(visit, serve, tmp_path, scheme):
    write_page(tmp_path, make()._html())
    page = visit(serve(tmp_path), "page.html", scheme=scheme).page
    page.get_by_role("slider").first.press("Home")
    colours = page.evaluate(
        """() => [["svg [data-at]", "stroke"], ["svg > path", "stroke"], [".w2s-pt-ring", "stroke"],
          ["svg > text", "fill"], [".w2s-pt-card svg path", "stroke"]].map(([name, kind]) =>
          getComputedStyle(document.querySelector(`.w2s-points ${name}`))[kind])"""
    )
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for colour, least in zip(colours, [3, 3, 3, 4.5, 3], strict=True):
        low, high = sorted((luminance(colour), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= least, colour


@pytest.mark.parametrize("width", few([360, 620, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_page(tmp_path, make()._html())
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    seen.page.mouse.click(*mark(seen.page, 2, 2))
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
    compare(seen.page, 2, 2)


@pytest.mark.parametrize("width", [360, 1280])
def test_without_javascript_the_picture_stays(browser, serve, tmp_path, width):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    write_page(tmp_path, make()._html())
    page.goto(f"{serve(tmp_path)}/page.html")
    assert page.get_by_label("All gains are low.").is_visible()
    boxes = [page.get_by_role("img", name=f"{name}: gain").bounding_box() for name in NAMES]
    assert len({round(box["y"]) for box in boxes}) == (1 if width > 1000 else 3)
    assert all(box["width"] > 180 and box["x"] + box["width"] <= width for box in boxes)
    assert page.get_by_text("With JavaScript, each point shows a card").is_visible()
    assert not page.get_by_text(HINT).is_visible()
    context.close()


def test_a_figure_without_drawings_or_words_and_its_end(page):
    end = page.evaluate(
        """async (state) => {
          const { default: widget } = await import("./points.js");
          const el = document.createElement("div");
          document.querySelector("main").append(el);
          const end = widget.render({ model: { get: (key) => state[key] }, el });
          el.querySelector("[data-at]").dispatchEvent(new PointerEvent("click", { bubbles: true }));
          end();
          await new Promise((done) => setTimeout(done, 700));
          return ["strong", "[aria-live]"].map((name) => el.querySelector(name).textContent);
        }""",
        {
            "spec": points(
                [Panel("One", [0.0], [0.0], [8], [Card("Alone")])],
                xlabel="misfit",
                ylabel="gain",
                alt="One point at zero.",
            ).spec
        },
    )
    assert end == ["Alone", ""], "a figure that is gone says nothing"
