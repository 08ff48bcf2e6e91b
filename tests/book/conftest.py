"""A served site and a browser that never leaves it."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from visits import BUILT, Visit

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HELP = (
    "The browser tests need Chromium, and none was found. On Debian: apt-get install chromium; "
    "elsewhere install Chrome or Chromium and put it on PATH, or name it in CHROMIUM."
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each."""

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder on 127.0.0.1; returns its origin."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def built() -> Path:
    """The built website's folder."""
    if not (BUILT / "book" / "index.html").is_file():
        pytest.fail("There is no built book in _build/html: run make book first.")
    return BUILT


@pytest.fixture(scope="session")
def site(serve, built) -> str:
    """The origin of the served website."""
    return serve(built)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; where there is none the tests skip, and in CI they fail."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
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
