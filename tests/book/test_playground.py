"""The playground in a browser: what it shows is what the package computes, for every set."""

import re

import numpy as np
import pytest
from playground_page import (
    CONVEX,
    check,
    compare,
    nearest,
    random_state,
    read_many,
    read_state,
    strong_class,
    visit_alone,
    write_book_page,
    write_page,
)
from widget_page import choose, drag, handle

from selection import few
from slips import slip
from w2s_jax.widgets.page import module_text
from w2s_jax.widgets.playground import SHAPES, ProjectionPlayground

TRAITS = ["weak", "truth", "centre", "radius", "radii", "angle", "bite", "vertices", "view"]


@pytest.fixture
def page(visit, serve, tmp_path):
    yield from visit_alone(visit, serve, tmp_path)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_starts_like_the_package(page, shape):
    page.evaluate("shape => window.put({shape})", shape)
    state, numbers = compare(page)
    ours = ProjectionPlayground(shape=shape)
    for name in TRAITS:
        np.testing.assert_allclose(state[name], getattr(ours, name), atol=1e-12, err_msg=name)
    np.testing.assert_allclose(state["student"], ours.student, atol=1e-6)
    assert numbers["gain"] == pytest.approx(float(ours.report().gain), abs=1e-6)
    assert numbers["epsilon"] < 1e-12


@pytest.mark.parametrize("shape", SHAPES)
def test_200_random_pictures_show_the_packages_numbers(page, shape):
    rng = np.random.default_rng(SHAPES.index(shape))
    asked = [random_state(rng, shape) for _ in range(200)]
    slacks = {True: [], False: []}
    for wanted, found in zip(asked, read_many(page, asked), strict=True):
        state, numbers = check(found)
        assert state["weak"] == wanted["weak"]
        if wanted["realizable"]:
            shadow = nearest(wanted, wanted["truth"])
            np.testing.assert_allclose(state["truth"], shadow, atol=1e-6)
        else:
            assert state["truth"] == wanted["truth"]
        slacks[wanted["realizable"]].append(numbers["slack"])
        assert shape == "crescent" or numbers["slack"] >= numbers["floor"] - 1e-5
    assert min(slacks[False]) < 0 < max(slacks[False])
    if shape in CONVEX:
        assert min(slacks[True]) > -1e-5, "Theorem 1"
    else:
        assert min(slacks[True]) < -0.1, "the crescent should break Theorem 1"
    if shape in ("line", "triangle"):
        assert max(slacks[True]) < 1e-6, "equality on a subspace"


BOUNDED = ["ball", "ellipse", "polygon", "l1-ball"]


@pytest.mark.parametrize("shape", few([*BOUNDED, "crescent"], "polygon", "crescent"))
def test_the_set_is_drawn_where_it_is(page, shape):
    rng = np.random.default_rng(3)
    path = "document.querySelector('[data-part=set]').getAttribute('d')"
    for asked in [random_state(rng, shape, realizable=False) for _ in range(10)]:
        page.evaluate("state => window.put(state)", asked)
        state, pieces = read_state(page), re.split("[MLZ]", page.evaluate(path))
        pixels = np.array([[float(x) for x in piece.split(",")] for piece in pieces if piece])
        outline = (pixels - [202, 175]) * [1, -1] * state["scale"] / 84
        inside = [nearest(state, v) for v in outline[::7]]
        np.testing.assert_allclose(inside, outline[::7], atol=2e-3 * state["scale"])
        if shape in BOUNDED:
            ways = rng.normal(size=(50, 2))
            ways /= np.linalg.norm(ways, axis=1, keepdims=True)
            far = np.asarray(strong_class(state).support(ways))
            np.testing.assert_allclose((outline @ ways.T).max(0), far, atol=4e-3 * state["scale"])


MISTAKES = [
    ("dot(a, b) / a.length", "dot(a, b) / 2", "simplex"),
    ("const gain = weakError - studentError", "const gain = studentError - weakError", "ball"),
    ("const slack = gain - misfit", "const slack = misfit - gain", "ball"),
    ("const cross = -2 * mean", "const cross = 2 * mean", "ball"),
    ("const misfit = distance(student, weak)", "const misfit = distance(student, truth)", "ball"),
    ("epsilon = distance(truth, shadow)", "epsilon = distance(student, shadow)", "triangle"),
    ("const correction = 2 * mean", "const correction = mean", "triangle"),
    ("-2 * Math.sqrt(misfit * epsilon)", "2 * Math.sqrt(misfit * epsilon)", "ball"),
    ("length(b)), 1)) * 180", "length(b)), 1)) * 90", "ball"),
    ("return size <= radius ? y :", "return", "ball-3d"),
    ("times(y, radius / size)", "times(y, radius)", "ball"),
    ("(squares[i] * x) / (squares[i] + t)", "(radii[i] * x) / (radii[i] + t)", "ellipse"),
    ("step < 100", "step < 1", "ellipse"),
    ("dot(y, v)], radii", "dot(y, u)], radii", "ellipse"),
    ("(sum - total) / (i + 1)) shift", "(sum - total) / (i + 2)) shift", "simplex"),
    ("Math.sign(x) * sizes[i]", "sizes[i]", "l1-ball"),
    ("const corners = hull(points)", "const corners = points", "polygon"),
    ("Math.max(0, Math.min(1, dot(minus(p, a), edge) / size))", "0.5", "polygon"),
    ("filter((v) => inDisc(v) && unbitten(v))", "filter(inDisc)", "crescent"),
    ("closest(p, [...arcs, ...tips])", "[...arcs, ...tips]", "crescent"),
    ("times(u, dot(y, u))", "times(u, dot(y, y))", "line"),
    (
        '"l1-ball": (p, { centre, radius }) => shifted(p, centre,',
        '"l1-ball": (p, { centre, radius }) => shifted(p, [0, 0],',
        "l1-ball",
    ),
    (".toFixed(3)", ".toFixed(2)", "ball"),
    ("cx: s[0], cy: s[1]", "cx: p[0], cy: p[1]", "ball"),
    ("node.textContent = show(numbers[", "node.textContent = show(2 * numbers[", "ball"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "shape"), few(MISTAKES, MISTAKES[1], MISTAKES[6], MISTAKES[9], MISTAKES[-1])
)
def test_a_wrong_formula_is_noticed(tmp_path, serve, visit, right, wrong, shape):
    write_page(tmp_path, slip(module_text("playground"), right, wrong))
    page = visit(serve(tmp_path), "page.html").page
    rng = np.random.default_rng(7)
    states = [random_state(rng, shape, realizable=False) for _ in range(30)]
    with pytest.raises(AssertionError):
        check_all(read_many(page, states))


def check_all(readings):
    for found in readings:
        check(found)


def test_presets_show_what_the_theorem_says_and_what_breaks_it(page):
    found = {}
    for name in page.locator("[data-preset]").all_inner_texts():
        choose(page, name)
        state, numbers = compare(page)
        found[name] = state | numbers
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
    line, strict, corner = (found[k] for k in ("Equality on a line", "Strict gain", "At a corner"))
    assert line["slack"] == pytest.approx(0, abs=1e-9)
    assert line["angle"] == pytest.approx(90)
    for one in (strict, corner):
        assert one["slack"] > 0.1
        assert one["angle"] > 100
        assert one["epsilon"] < 1e-12
    assert corner["student"] in corner["vertices"]
    outside = found["Truth outside"]
    assert outside["gain"] < 0 < outside["epsilon"]
    broken, torn = found["Not convex"], found["Two nearest points"]
    assert broken["gain"] < 0
    assert broken["epsilon"] < 1e-12
    assert broken["angle"] < 90
    gaps = [np.linalg.norm(np.subtract(torn["weak"], torn[k])) for k in ("student", "rival")]
    assert gaps[0] == pytest.approx(gaps[1])
    assert np.linalg.norm(np.subtract(torn["student"], torn["rival"])) > 1
    same = found["Perfect imitation"]
    assert same["student"] == same["weak"]
    np.testing.assert_allclose([same["gain"], same["misfit"]], 0, atol=1e-12)


def test_another_shape_keeps_the_models_where_they_fit(page):
    before = read_state(page)
    page.get_by_label("Ellipse").check(force=True)
    state, _ = compare(page)
    assert state["shape"] == "ellipse"
    assert state["weak"] == before["weak"]
    page.get_by_label("3-D ball").check(force=True)
    state, _ = compare(page)
    assert len(state["weak"]) == len(state["truth"]) == 3
    assert state["realizable"] is True
    page.get_by_label("Line").check(force=True)
    state, _ = compare(page)
    assert state["weak"] == before["weak"]


def test_an_update_fits_a_frame(page):
    rng = np.random.default_rng(1)
    states = [random_state(rng, shape) for shape in SHAPES for _ in range(30)]
    rng.shuffle(states)
    times = page.evaluate(
        """async (states) => {
          const times = [];
          for (const state of states) {
            const began = performance.now();
            await window.put(state);
            document.querySelector(".w2s-playground").getBoundingClientRect();
            times.push(performance.now() - began);
          }
          return times;
        }""",
        states,
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


def test_far_pictures_are_brought_into_view(page):
    far = {"realizable": False, "weak": [30, -4], "truth": [-12, 25]}
    for shape in ("ball", "polygon", "line"):
        page.evaluate("state => window.put(state)", far | {"shape": shape, "radius": 7})
        compare(page)
        frame = page.locator(".w2s-playground svg").bounding_box()
        for box in [one.bounding_box() for one in page.locator(".w2s-handle:visible").all()]:
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            assert frame["x"] < x < frame["x"] + frame["width"]
            assert frame["y"] < y < frame["y"] + frame["height"]


def test_a_closed_view_lets_go_of_its_model(page):
    page.evaluate("window.end()")
    before = read_state(page)
    page.evaluate("window.put({weak: [1, 1]})")
    assert read_state(page) == before


@pytest.fixture
def book_page(tmp_path, serve, visit):
    """A page of the book with two playgrounds, and how to visit it again."""
    ours = [
        ProjectionPlayground(shape="ball", weak=[0.4, -1.5], truth=[0.1, 0.3], radius=0.8),
        ProjectionPlayground(shape="simplex", weak=[0.9, 0.2, -0.4]),
    ]
    write_book_page(tmp_path, *ours)
    origin = serve(tmp_path)
    visits = []

    def start(address="page.html"):
        visits.append(visit(origin, address))
        return visits[-1].page

    yield start, ours
    assert [error for seen in visits for error in seen.errors] == []


def test_the_html_form_comes_alive_without_a_kernel(book_page):
    start, ours = book_page
    page = start()
    assert page.locator(".w2s-playground").count() == 2
    page.locator(".w2s-mount").nth(1).evaluate("e => e.remove()")
    state, numbers = compare(page)
    for name in TRAITS:
        np.testing.assert_allclose(state[name], getattr(ours[0], name), atol=1e-12)
    assert numbers["gain"] == pytest.approx(float(ours[0].report().gain), abs=1e-6)
    drag(page, "weak", 60, -40)
    compare(page)


def test_a_link_opens_the_same_pictures(book_page):
    start, _ = book_page
    page = start("page.html?theme=plain#below")
    entries = page.evaluate("history.length")
    assert page.url.endswith("page.html?theme=plain#below")
    mounts = page.locator(".w2s-mount")
    for i, shape in enumerate(("Ellipse", "3-D ball")):
        mounts.nth(i).get_by_label(shape).check(force=True)
        mounts.nth(i).locator("[data-part=weak]").press("ArrowUp")
    mounts.nth(0).get_by_label("realizable").uncheck()
    page.wait_for_function("location.search.split('&').length === 3")
    assert "?theme=plain&" in page.url
    assert page.url.endswith("#below")
    assert page.evaluate("history.length") == entries
    read = "all => all.map((e) => ({...e.dataset}))"
    left = page.locator(".w2s-playground").evaluate_all(read)
    again = start(page.url.split("/")[-1]).locator(".w2s-playground").evaluate_all(read)
    for one, other in zip(left, again, strict=True):
        assert one["shape"] == other["shape"]
        assert one["realizable"] == other["realizable"]
        for name in ["student", *TRAITS]:
            old, new = ([float(x) for x in e[name].split(",")] for e in (one, other))
            np.testing.assert_allclose(new, old, atol=2e-6, err_msg=name)
    mounts.nth(0).get_by_role("button", name="Reset").click()
    page.wait_for_function("!location.search.includes('playground=')")
    assert "playground-2=3-D" not in page.url
    assert "playground-2=ball-3d~" in page.url


@pytest.mark.parametrize(
    "broken",
    few(["cube", "ball~w:1", "ball~w:1,x", "ball~r:-1", "ball~r:", "crescent~b:0,5",
         "polygon~v:1,2,3", "line~w:1e99,0", "ball~w:1,2~q:3", "constructor", "simplex~c:0,0,0"],
        "cube", "ball~r:-1", "constructor"),
)  # fmt: skip
def test_an_address_that_names_no_picture_is_ignored(book_page, broken):
    start, _ = book_page
    page = start(f"page.html?playground={broken}~in")
    state = page.locator(".w2s-playground").first.evaluate("e => ({...e.dataset})")
    assert (state["shape"], state["weak"]) == ("ball", "0.4,-1.5")


def test_a_notebook_keeps_its_address(page):
    before = page.url
    handle(page, "weak").press("ArrowUp")
    page.wait_for_timeout(500)
    assert page.url == before
    assert "address" not in page.locator(".w2s-help").inner_text()
