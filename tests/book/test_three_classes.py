"""The figure of three classes in a browser: the package's numbers, by every kind of hand."""

import json

import numpy as np
import pytest
from playground_page import write_book_page, write_page
from visits import AXE
from widget_page import choose, number, pull

from inside import inside
from selection import few
from slips import slip
from w2s_jax.widgets import ThreeClasses

module_text = inside("widgets._page").module_text

CELLS = [
    f"{kind} {first}" for kind in ("probabilities", "logits") for first in ("prediction", "label")
]
SAFE = ["probabilities prediction", "logits label"]
NAMES = ["weak-error", "student-error", "gain", "misfit"]
RIGHT = "probabilities with prediction first, logits with label first"
REVEAL = "Skip: just show me"
SPENT = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
READ = """() => {
  const root = document.querySelector(".w2s-three-classes");
  const all = (what, by) => Object.fromEntries(
    [...root.querySelectorAll(what)].map((e) => [e.dataset[by], [e.dataset.value, e.value]]),
  );
  const place = (name) => {
    const m = root.querySelector(`svg [data-part=${name}]`).transform.baseVal[0].matrix;
    return [m.e, m.f];
  };
  const names = ["weak", "truth", "a", "b", "prediction", "label"];
  const border = root.querySelector("[data-part=border]").getAttribute("d");
  return {
    data: { ...root.dataset },
    numbers: all("[data-name]", "name"), cells: all("[data-cell]", "cell"),
    places: Object.fromEntries(names.map((name) => [name, place(name)])),
    border: border.slice(1).split("L").filter(Boolean).map((p) => p.split(",").map(Number)),
  };
}"""
CORNERS = np.array([[28.0, 338.0], [372.0, 338.0], [200.0, 338 - 172 * np.sqrt(3)]])


def state_of(data):
    def numbers(text):
        return [float(x) for x in text.split(",")]

    truth = numbers(data["truth"])
    return {
        "kind": data["kind"],
        "first": data["first"],
        "weak": numbers(data["weak"]),
        "truth": truth if len(truth) == 3 else truth[0],
        "ends": np.reshape(numbers(data["ends"]), (2, 3)).tolist(),
    }


def compare(page):
    """Hold what is shown to the package; returns state and numbers."""
    found = page.evaluate(READ)
    state = state_of(found["data"])
    ours = ThreeClasses(**state)
    wanted = {name: ours.numbers()[name.replace("-", "_")] for name in NAMES}
    wanted["slack"] = wanted["gain"] - wanted["misfit"]
    for name, value in wanted.items():
        shown, text = found["numbers"][name]
        np.testing.assert_allclose(float(shown), value, rtol=1e-9, atol=1e-9, err_msg=name)
        assert abs(number(text) - float(shown)) <= 0.0005 + 1e-9
    for cell in CELLS:
        kind, first = cell.split()
        other = ThreeClasses(**state | {"kind": kind, "first": first}).numbers()
        slack = other["gain"] - other["misfit"]
        shown, text = found["cells"][cell]
        np.testing.assert_allclose(float(shown), slack, atol=1e-9, err_msg=cell)
        sign = "=" if abs(float(shown)) < 1e-9 else ">" if float(shown) > 0 else "<"
        assert text == f"now gain {sign} misfit"
    seen = {name: pixels(point) for name, point in places(state).items()}
    for name, place in seen.items():
        np.testing.assert_allclose(found["places"][name], place, atol=1e-3, err_msg=name)
    check_angle(found["numbers"]["angle"], ours)
    check_border(found["border"], ours)
    return state, wanted | {cell: float(found["cells"][cell][0]) for cell in CELLS}


def pixels(point):
    return np.asarray(point) @ CORNERS


def places(state):
    students = {
        first: ThreeClasses(**state | {"first": first}).student for first in ("prediction", "label")
    }
    truth = ThreeClasses(**state)._truth()
    ends = dict(zip("ab", state["ends"], strict=True))
    return {"weak": state["weak"], "truth": truth, **ends, **students}


def check_angle(shown, ours):
    """An angle is acute exactly where the gain is less than the misfit."""
    numbers = ours.numbers()
    if min(numbers["misfit"], numbers["student_error"]) < 1e-6:
        return
    s, (w, f) = ours.student, (np.asarray(ours.weak), ours._truth())
    curved, straight = (w, f) if ours.first == "prediction" else (f, w)
    bent = s * (np.log(curved / s) - s @ np.log(curved / s))
    inner = float(bent @ ((straight - s) / s))
    sizes = np.sqrt((bent**2 / s).sum() * ((straight - s) ** 2 / s).sum())
    wanted = np.degrees(np.arccos(np.clip(inner / sizes, -1, 1)))
    np.testing.assert_allclose(float(shown[0]), wanted, atol=1e-4)


def check_border(border, ours):
    """On the dotted border a truth makes the gain the misfit."""
    truth = np.array(border).reshape(-1, 2) - CORNERS[2]
    truth = truth @ np.linalg.inv(CORNERS[:2] - CORNERS[2])
    truth = np.column_stack([truth, 1 - truth.sum(1)])
    truth = truth[truth.min(1) > 0.02]  # near an edge a hundredth of a pixel is much
    s, w = ours.student, np.asarray(ours.weak)
    if ours.first == "prediction":
        slack = (truth - s) @ np.log(s / w)
    else:
        slack = np.log(truth / s) @ (s - w)
    np.testing.assert_allclose(slack, 0, atol=0.01)


@pytest.fixture
def opened(visit, serve, tmp_path):
    write_book_page(tmp_path, ThreeClasses())
    seen = visit(serve(tmp_path), "page.html")
    yield seen
    assert seen.errors == []


@pytest.fixture
def page(opened):
    return opened.page


def random_state(rng):
    points = rng.dirichlet([0.7, 0.7, 0.7], 4)
    points = np.maximum(points, 0.001)
    points /= points.sum(1, keepdims=True)
    kind, first = CELLS[rng.integers(4)].split()
    truth = points[3].tolist() if rng.random() < 0.3 else float(rng.uniform())
    return {"kind": kind, "first": first, "weak": points[0], "truth": truth, "ends": points[1:3]}


def test_random_pictures_show_the_packages_numbers(visit, serve, tmp_path):
    write_page(tmp_path, module_text("three-classes"), "three-classes")
    text = (tmp_path / "page.html").read_text("utf8")
    start = {name: getattr(ThreeClasses(), name) for name in ("kind", "first", "weak", "truth")}
    start["ends"] = ThreeClasses().ends
    known = f"const values = new Map(Object.entries({json.dumps(start)}))"
    text = text.replace("const values = new Map()", known)
    (tmp_path / "page.html").write_text(text, "utf8")
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


MISTAKES = [
    (
        'if (kind === "logits") return [-dot(w, rate), own];',
        'if (kind === "logits") return [-dot(w, u), own];',
    ),
    ("const slope = dot(u, far);", "const slope = dot(v, far);"),
    (
        'first === "prediction" ? kl(prediction, label) : kl(label, prediction);',
        "kl(prediction, label);",
    ),
    ("? dot(minus(f, s), minus(logs(s), logs(w)))", "? dot(minus(f, w), minus(logs(s), logs(w)))"),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[0], MISTAKES[2]))
def test_a_wrong_formula_is_noticed(visit, serve, tmp_path, right, wrong):
    write_book_page(tmp_path, ThreeClasses())
    text = slip(module_text("three-classes"), right, wrong)
    (tmp_path / "three-classes.js").write_text(text, "utf8")
    page = visit(serve(tmp_path), "page.html").page
    choose(page, REVEAL)

    def compare_all():
        for name in page.locator("[data-preset]").all_inner_texts():
            choose(page, name)
            compare(page)

    with pytest.raises(AssertionError):
        compare_all()


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


def test_the_guess_comes_first_and_never_blocks(page):
    hidden = ["[data-part=prediction]", "[data-part=leg]", "[data-name=gain]", "[data-promise]"]
    for what in hidden:
        assert not page.locator(what).first.is_visible(), what
    page.locator("[data-part=weak]").press("ArrowLeft")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "students are hidden" in page.locator("[data-part=said]").text_content()
    choose(page, "those with the label first")
    assert "Not this time" in page.locator("[data-part=reading]").text_content()
    assert page.evaluate("document.activeElement.dataset.part") == "weak"
    for what in hidden:
        assert page.locator(what).first.is_visible(), what
    promises = page.locator("[data-promise]").all_inner_texts()
    assert promises == ["certain", "no promise", "no promise", "certain"]
    page.wait_for_function(
        "document.querySelector('[data-part=said]').textContent.includes('equal to the misfit')"
    )
    choose(page, "Guess again")
    for what in hidden:
        assert not page.locator(what).first.is_visible(), what
    assert compare(page)[0]["weak"] == ThreeClasses().weak
    choose(page, RIGHT)
    assert page.locator("[data-part=reading]").text_content().startswith("Right. ")


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
        page.locator(f".w2s-tc-handle[data-part={name}]").press("ArrowUp")
    after, _ = compare(page)
    moved = np.array([after["weak"], *after["ends"]]) - [before["weak"], *before["ends"]]
    assert (moved[:, 2] > 0.04).all(), "up is toward class 3"
    np.testing.assert_allclose(moved[:, 0], moved[:, 1], atol=1e-12)
    words = page.locator("[data-part=truth]").get_attribute("aria-valuetext")
    assert words.startswith("0.290 of the way from a to b, class 1 0.")


def grip(page, name):
    found = page.locator(f".w2s-tc-handle[data-part={name}]")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = found.locator("circle").last.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_dragged_points_stay_in_the_triangle_and_the_truth_on_its_class(page):
    choose(page, REVEAL)
    rng = np.random.default_rng(3)
    for kind in ("probabilities", "logits"):
        page.locator(f"input[value='{kind} label']").click(force=True)
        for name in ("weak", "truth", "a", "b") * 2:
            pull(page, grip(page, name), *rng.uniform(-150, 150, 2))
            state, _ = compare(page)
            assert isinstance(state["truth"], float)
            points = np.array([state["weak"], *state["ends"]])
            assert (points >= 0.001 - 1e-12).all()
            np.testing.assert_allclose(points.sum(1), 1, atol=1e-12)


def test_the_state_is_in_the_address_and_reset_brings_it_back(visit, serve, tmp_path):
    write_book_page(tmp_path, ThreeClasses())
    origin = serve(tmp_path)
    first = visit(origin, "page.html").page
    choose(first, "Logits, label first")
    text = "logits~label~w:0.55,0.3~f:0.8~a:0.7,0.05~b:0.05,0.75"
    first.wait_for_function(f"location.search === '?three-classes={text}'")
    again = visit(origin, first.url.split("/")[-1]).page
    state, _ = compare(again)
    assert (state["kind"], state["first"], state["truth"]) == ("logits", "label", 0.8)
    choose(again, "Reset")
    assert compare(again)[0]["kind"] == "probabilities"
    again.wait_for_function("location.search === ''")
    for broken in (
        "odds~label~w:0.5,0.3~f:0.8~a:0.7,0.05~b:0.05,0.75",
        "logits~label~w:0.5,0.7~f:0.8~a:0.7,0.05~b:0.05,0.75",
        "logits~label~w:0.5~f:0.8~a:0.7,0.05~b:0.05,0.75",
        "logits~label~w:0.5,0.3~f:2~a:0.7,0.05~b:0.05,0.75",
    ):
        seen = visit(origin, f"page.html?three-classes={broken}")
        assert compare(seen.page)[0]["weak"] == ThreeClasses().weak
        assert seen.errors == []


def test_touch_drags_without_scrolling(browser, serve, tmp_path):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    write_book_page(tmp_path, ThreeClasses())
    page.goto(f"{serve(tmp_path)}/page.html")
    page.locator(".w2s-mount[data-ready=true]").wait_for()
    x, y = grip(page, "weak")
    before, scrolled = compare(page)[0], page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 20, "y": y + 20}]),
        ("touchMove", [{"x": x - 30, "y": y + 40}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function(
        "before => document.querySelector('.w2s-three-classes').dataset.weak !== before",
        arg=",".join(map(str, before["weak"])),
    )
    page.wait_for_timeout(200)
    moved = np.subtract(compare(page)[0]["weak"], before["weak"])
    assert moved[2] < -0.1
    assert page.evaluate("scrollY") == scrolled
    context.close()


def test_print_and_no_javascript_show_the_solved_figure(browser, page):
    page.emulate_media(media="print")
    for what in ("[data-part=prediction]", "[data-part=leg]", "[data-name=gain]"):
        assert page.locator(what).is_visible(), what
    for what in (".w2s-tc-question", "[data-part=reading]", "[data-part=reset]", ".w2s-tc-ask"):
        assert not page.locator(what).first.is_visible(), what
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(page.url)
    assert still.get_by_role("img", name="Weak model, truth and student").is_visible()
    assert still.get_by_text("the gain is 0.232 and the misfit 0.232").is_visible()
    context.close()


def test_an_update_fits_a_frame(page):
    choose(page, REVEAL)
    choose(page, "Logits, prediction first")
    page.evaluate("document.querySelector('.w2s-tc-handle[data-part=weak]').focus()")
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
          document.querySelector(".w2s-three-classes").getBoundingClientRect();
        })"""
    )
    mean = 1000 * (spent() - before) / 100
    assert 0.1 < mean <= 16, f"{mean:.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_book_page(tmp_path, ThreeClasses())
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    choose(seen.page, REVEAL)
    choose(seen.page, "Two nearest points")
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
