"""In JupyterLab every control of every interactive keeps its keys."""

import pytest
from explore_page import CONTROLS, draw
from playground_page import write_book_page

from w2s_jax.widgets import ProjectionPlayground, explore
from w2s_jax.widgets.points import Card, Panel, points

# How JupyterLab 4 finds the command of a key, for those it binds in a notebook's command mode.
LAB = """() => {
  window.taken = [];
  document.addEventListener("keydown", (event) => {
    const mark = "data-lm-suppress-shortcuts";
    for (let e = event.target; e && !e.hasAttribute(mark); e = e.parentElement)
      if (e.matches("main :focus:not(:read-write)")) {
        event.preventDefault();
        window.taken.push(event.target.outerHTML);
        return;
      }
  }, true);
}"""
FOCUSABLE = "button, input, select, textarea, [tabindex]"


def clouds():
    """Panels of two points each."""
    cards = [Card("one", "Words.", []), Card("two", "Words.", [])]
    panels = [Panel(name, [1.0, 2.0], [2.0, 1.0], [1.0, 2.0], cards) for name in "abc"]
    return points(panels, xlabel="x", ylabel="y", alt="Two points.", group="width")


@pytest.fixture
def page(visit, serve, tmp_path):
    figure = explore(draw, **CONTROLS)
    write_book_page(tmp_path, ProjectionPlayground(), figure, clouds())
    seen = visit(serve(tmp_path), "page.html")
    seen.page.evaluate(LAB)
    yield seen.page
    assert seen.errors == []


@pytest.mark.parametrize("widget", ["playground", "explore", "points"])
def test_a_notebook_takes_no_key_from_a_control(page, widget):
    controls = page.locator(f".w2s-{widget}").first.locator(FOCUSABLE)
    pressed = 0
    for control in controls.all():
        if control.is_visible() and control.is_enabled():
            control.focus()
            page.keyboard.press("ArrowRight")
            pressed += 1
    assert pressed >= 3
    assert page.evaluate("window.taken") == []


def test_a_notebook_takes_keys_outside(page):
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    page.locator("main > button").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("window.taken") == ["<button></button>"]
