"""Show the website on this machine, and build and reload it whenever a file is saved.

Usage: ``python book/_ext/serve.py [--chapter NAME] [--port 8000] [--browser]``
"""

import argparse
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path

from livereload import Server

import website

WATCHED = ("book", "src/w2s_jax", "results")


def rebuild(chapter: str | None) -> int:
    """Build in a process of its own, which sees the package as it is now."""
    command = [sys.executable, str(Path(__file__).with_name("website.py"))]
    status = subprocess.run([*command, *(["--chapter", chapter] if chapter else [])]).returncode
    if status:
        print("The build failed; the lines above say why. Save a file to try again.")
    return status


def ignored(path: str) -> bool:
    """Say whether a file is none that a reader of the website would miss.

    >>> ignored("book/_ext/__pycache__/pair.cpython-311.pyc"), ignored("book/index.md")
    (True, False)
    """
    parts = Path(path).parts
    return path.endswith((".pyc", ".part")) or any(part.startswith((".", "__")) for part in parts)


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Show the website, and reload it on save.")
    parser.add_argument("--chapter", help="run this page alone, and open it")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--browser", action="store_true", help="open a browser")
    options = parser.parse_args(arguments)
    page = website.chapter_of(options.chapter) if options.chapter else "book/index"
    rebuild(options.chapter)
    if not (website.HTML / f"{page}.html").is_file():
        sys.exit(1)
    server = Server()
    for folder in WATCHED:
        server.watch(f"{website.ROOT / folder}/", lambda: rebuild(options.chapter), ignore=ignored)
    address = f"http://127.0.0.1:{options.port}/{page}.html"
    print(f"\n{address} (stop with Ctrl-C)\n", flush=True)
    if options.browser:
        threading.Timer(1, webbrowser.open, [address]).start()
    server.serve(port=options.port, host="127.0.0.1", root=str(website.HTML))


if __name__ == "__main__":
    main(sys.argv[1:])
