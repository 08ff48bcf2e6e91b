"""The ring in a browser: its numbers are the package's, by every kind of hand."""

import numpy as np
import pytest
from playground_page import write_book_page
from visits import AXE
from widget_page import choose, number, pull

from inside import inside
from selection import few
from slips import slip
from w2s_jax.widgets import Ring

module_text = inside("widgets._page").module_text
runs = inside("plots._ring").runs

REVEAL = "Skip: just show me"
READ = """() => {
  const root = document.querySelector(".w2s-ring");
  const arcs = (name) => {
    const path = root.querySelector(`[data-part=${name}]`).getAttribute("d");
    return path.split("M").length - 1;
  };
  const places = (name) => [...root.querySelector(`[data-part=${name}]`).getAttribute("d")
    .matchAll(/[ML]([\\d.]+) ([\\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
  return {
    state: ["length", "reach", "seed"].map((name) => Number(root.dataset[name])),
    shown: Object.fromEntries([...root.querySelectorAll("output")].map(
      (e) => [e.dataset.name, [e.dataset.value, e.value]])),
    arcs: Object.fromEntries(["weak", "student", "misfit"].map((name) => [name, arcs(name)])),
    students: places("students"), misfits: places("misfits"),
    votes: root.querySelector("[data-part=wrong-votes]").textContent,
  };
}"""


def compare(page):
    """Hold what is shown to the package; returns the reading."""
    found = page.evaluate(READ)
    length, reach, seed = found["state"]
    ours = Ring(length=length, reach=reach, seed=seed)
    weak, student, numbers = ours.weak_wrong(), ours.student_wrong(), ours.numbers()
    wanted = {name: numbers[name] for name in ("gain", "misfit")}
    wanted |= {"weak": numbers["weak_error"], "student": numbers["student_error"]}
    wanted["spoiled"] = (student & ~weak).mean()
    assert found["shown"].keys() == wanted.keys()
    for name, (value, text) in found["shown"].items():
        np.testing.assert_allclose(float(value), wanted[name], atol=1e-9, err_msg=name)
        assert abs(number(text) - float(value)) <= 0.0005 + 1e-9
    for name, wrong in (("weak", weak), ("student", student), ("misfit", weak != student)):
        assert found["arcs"][name] == len(runs(wrong)), name
    window = np.roll(weak, -((length - 1) // 2 - reach))[: 2 * reach + 1]
    assert found["votes"] == f"{window.sum()} wrong of {2 * reach + 1}"
    others = [Ring(length=k, reach=reach, seed=seed).numbers() for k in range(1, 13)]
    for name, key in (("students", "student_error"), ("misfits", "misfit")):
        shares = 0.4 * (274 - np.array(found[name])[:, 1]) / 258
        np.testing.assert_allclose(shares, [each[key] for each in others], atol=1e-4)
    return found | wanted


@pytest.fixture
def opened(visit, serve, tmp_path):
    write_book_page(tmp_path, Ring())
    seen = visit(serve(tmp_path), "page.html")
    yield seen
    assert seen.errors == []


@pytest.fixture
def page(opened):
    return opened.page


def grip(page, name):
    found = page.locator(f".w2s-ri-handle[data-part={name}]")
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = found.locator(".w2s-ri-point").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_pictures_show_the_packages_numbers(page):
    assert compare(page)["state"] == [4, 6, 0]
    rng, seen = np.random.default_rng(0), set()
    choose(page, REVEAL)
    for turn in range(12):
        pull(page, grip(page, "length"), rng.uniform(-40, 60), rng.uniform(-5, 25))
        pull(page, grip(page, "reach"), rng.uniform(-60, 40), rng.uniform(-5, 25))
        if turn > 3:
            choose(page, "Deal the gaps again")
        seen.add(tuple(compare(page)["state"][:2]))
    assert len(seen) > 6
    assert len({length for length, _ in seen}) > 3
    assert len({reach for _, reach in seen}) > 3


MISTAKES = [
    ("votes(wrong, i, reach) > reach", "votes(wrong, i, reach) >= reach"),
    ("said[i] && !wrong[i]", "said[i] && wrong[i]"),
    ("gaps = Array(pieces).fill(seed ? 0 : 3 * length)", "gaps = Array(count).fill(3)"),
]


@pytest.mark.parametrize(("right", "wrong"), few(MISTAKES, MISTAKES[0]))
def test_a_wrong_formula_is_noticed(visit, serve, tmp_path, right, wrong):
    write_book_page(tmp_path, Ring(length=6))
    (tmp_path / "ring.js").write_text(slip(module_text("ring"), right, wrong), "utf8")
    page = visit(serve(tmp_path), "page.html").page
    with pytest.raises(AssertionError):
        compare(page)


def test_the_guess_comes_first_and_never_blocks(page):
    hidden = ["[data-part=misfit]", "[data-part=students]", "output[data-name=gain]"]
    for what in hidden:
        assert not page.locator(what).is_visible(), what
    page.locator("[data-part=length]").press("ArrowRight")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent !== ''")
    assert "student is hidden" in page.locator("[data-part=said]").text_content()
    for name in ("Short blocks", "One longer"):
        choose(page, name)
    choose(page, "a little more with each step of L")
    assert "Not this time" in page.locator("[data-part=reading]").text_content()
    assert page.evaluate("document.activeElement.dataset.part") == "length"
    assert page.locator("[data-part=students]").is_visible()
    choose(page, "Guess again")
    for what in hidden:
        assert not page.locator(what).is_visible(), what
    assert compare(page)["state"] == [4, 6, 0]
    choose(page, "at once, when a block is longer than k")
    assert page.locator("[data-part=reading]").text_content().startswith("Right: ")


def test_presets_show_the_threshold_and_what_breaks_it(page):
    choose(page, REVEAL)
    found = {}
    for name in page.locator("[data-preset]").all_inner_texts():
        choose(page, name)
        found[name] = compare(page)
        found[name]["words"] = page.locator("[data-part=reading]").text_content()
        assert page.locator("[data-preset][aria-pressed=true]").all_inner_texts() == [name]
    short, edge, longer, chance = found.values()
    for each in (short, edge):
        assert (each["student"], each["misfit"], each["gain"]) == (0, 0.25, 0.25)
        assert "all blocks are mended" in each["words"]
    assert (longer["student"], longer["misfit"], longer["gain"]) == (0.25, 0, 0)
    assert "repeats the block" in longer["words"]
    assert 0 < chance["student"] < 0.25
    assert chance["gain"] < chance["misfit"]


def test_keys_move_every_handle(page):
    for name, place, words in (("length", 0, "wrong labels in a row"), ("reach", 1, "a window of")):
        for key, by in (("ArrowRight", 1), ("ArrowUp", 1), ("Shift+ArrowLeft", -1)):
            before = compare(page)["state"]
            page.locator(f".w2s-ri-handle[data-part={name}]").press(key)
            after = compare(page)["state"]
            assert after[place] - before[place] == by
        value = page.locator(f"[data-part={name}]").get_attribute("aria-valuetext")
        assert words in value
    for _ in range(14):
        page.locator("[data-part=length]").press("ArrowLeft")
    assert compare(page)["state"][0] == 1


def test_the_state_is_in_the_address_and_reset_brings_it_back(visit, serve, tmp_path):
    write_book_page(tmp_path, Ring())
    origin = serve(tmp_path)
    first = visit(origin, "page.html").page
    choose(first, "One longer")
    first.wait_for_function("location.search === '?ring=7,6,0'")
    again = visit(origin, first.url.split("/")[-1]).page
    assert compare(again)["state"] == [7, 6, 0]
    choose(again, "Reset")
    assert compare(again)["state"] == [4, 6, 0]
    again.wait_for_function("location.search === ''")
    for broken in ("1,2", "x,1,1", "-1,1,1", "1,1,1,1"):
        seen = visit(origin, f"page.html?ring={broken}")
        assert compare(seen.page)["state"] == [4, 6, 0]
        assert seen.errors == []


def test_print_and_no_javascript_show_the_solved_figure(browser, page):
    page.emulate_media(media="print")
    for what in ("[data-part=misfit]", "[data-part=students]", "output[data-name=gain]"):
        assert page.locator(what).is_visible(), what
    for what in (".w2s-ri-question", "[data-part=reading]", "[data-part=reset]"):
        assert not page.locator(what).is_visible(), what
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(page.url)
    assert still.get_by_role("img", name="Ring of inputs").is_visible()
    assert still.get_by_text("misfit 0.250, gain 0.250").is_visible()
    context.close()


def test_an_update_fits_a_frame(page):
    page.evaluate("document.querySelector('.w2s-ri-handle[data-part=length]').focus()")
    times = page.evaluate(
        """() => Array.from({ length: 60 }, (_, i) => {
          const began = performance.now();
          const key = i % 2 ? "ArrowRight" : "ArrowLeft";
          const press = new KeyboardEvent("keydown", { key, bubbles: true });
          document.activeElement.dispatchEvent(press);
          document.querySelector(".w2s-ring").getBoundingClientRect();
          return performance.now() - began;
        })"""
    )
    assert np.median(times) <= 16, f"median {np.median(times):.2f} ms"


@pytest.mark.parametrize("width", few([360, 1280], 360))
@pytest.mark.parametrize("scheme", few(["light", "dark"], "dark"))
def test_accessible_and_never_wider_than_the_page(visit, serve, tmp_path, width, scheme):
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run make test, which installs it.")
    write_book_page(tmp_path, Ring())
    seen = visit(serve(tmp_path), "page.html", width=width, scheme=scheme)
    assert seen.accessibility() == []
    assert seen.sideways() == []
    choose(seen.page, REVEAL)
    choose(seen.page, "Gaps by chance")
    assert seen.accessibility() == []
    assert seen.sideways() == []
    assert seen.nameless_pictures() == []
