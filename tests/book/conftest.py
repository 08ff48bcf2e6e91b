"""A served site and a browser that never leaves it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from visits import BUILT, Visit

from browser import FLAGS, HELP, chromium, served


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder on 127.0.0.1 during a test; returns its origin."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(served(folder))


@pytest.fixture(scope="session")
def built() -> Path:
    """The built website's folder."""
    if not (BUILT / "book" / "index.html").is_file():
        pytest.fail("There is no built book in _build/html: run make book first.")
    return BUILT


@pytest.fixture(scope="session")
def site(built) -> Iterator[str]:
    """The origin of the served website."""
    with served(built) as origin:
        yield origin


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; where there is none the tests skip, and in CI they fail."""
    path = chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(HELP)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visit]]:
    """Open a page as a reader would: visit(origin, path, width=1280, scheme="light")."""
    opened = []

    def start(origin: str, path: str, width: int = 1280, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, origin, path, width, scheme))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def show_widget(visit, serve, tmp_path) -> Iterator[Callable[..., Page]]:
    """Show a widget on a page of the book: show_widget(Ring(), width=360); no error may come."""
    from playground_page import write_book_page  # JAX, which most visits do without

    opened = []

    def start(widget, query: str = "", **how) -> Page:
        write_book_page(tmp_path, widget)
        opened.append(visit(serve(tmp_path), f"page.html{query}", **how))
        return opened[-1].page

    yield start
    for one in opened:
        assert one.errors == []
