"""A word of the glossary tells its meaning to pointer, finger and keyboard alike."""

import pytest
from visits import BUILT, Visit

PAGE = "book/back/map-of-results.html"
GLOSSARY = "book/back/glossary.html"
BOX = "#w2s-term"


@pytest.fixture
def seen(visit, site) -> Visit:
    return visit(site, PAGE, width=360)


def link(seen: Visit):
    return seen.page.locator("a.reference:has(.std-term)").first


def told(seen: Visit) -> bool:
    return seen.page.locator(BOX).is_visible()


def test_without_scripts_the_link_itself_has_the_words():
    written = (BUILT / PAGE).read_text("utf8")
    assert 'title="The least error of any function of the strong class' in written


def test_the_pointer_shows_and_hides_it(seen):
    link(seen).hover()
    assert told(seen)
    assert seen.page.locator(BOX).inner_text().startswith("The least error of any function")
    assert link(seen).get_attribute("title") is None
    seen.page.locator(BOX).hover()  # one can go and read, or select, the words
    seen.page.wait_for_timeout(400)
    assert told(seen)
    seen.page.mouse.move(5, 700)
    seen.page.wait_for_timeout(400)
    assert not told(seen)


def test_it_stays_on_the_screen(seen):
    link(seen).hover()
    box = seen.page.locator(BOX).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert seen.sideways() == []


def test_the_keyboard_shows_it_and_follows_it(seen):
    link(seen).focus()
    assert told(seen)
    assert link(seen).get_attribute("aria-describedby") == BOX[1:]
    assert seen.accessibility() == []
    seen.page.keyboard.press("Escape")
    assert not told(seen)
    assert link(seen).get_attribute("aria-describedby") is None
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url(f"**/{GLOSSARY}#term-realizability-gap")


def test_the_first_tap_shows_it_and_the_second_follows_it(seen):
    finger = {"pointerType": "touch", "bubbles": True, "cancelable": True}

    def tap():
        link(seen).evaluate(
            """(link, how) => ["pointerdown", "click"]
              .forEach((name) => link.dispatchEvent(new PointerEvent(name, how)))""",
            finger,
        )

    tap()
    assert told(seen)
    assert seen.page.url.endswith(PAGE)
    seen.page.mouse.click(5, 700)
    assert not told(seen)
    tap()
    tap()
    seen.page.wait_for_url(f"**/{GLOSSARY}#term-realizability-gap")
