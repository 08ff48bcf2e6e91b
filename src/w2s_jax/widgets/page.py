"""What lets a widget live on a page with no kernel: its module's text and its HTML form."""

import html
import json
import re
from pathlib import Path
from typing import Any

MODULES = Path(__file__).parent / "modules"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)


def module_text(name: str) -> str:
    """Read the ES module `name`, with the modules beside it that it imports written in.

    Jupyter receives a widget's module as one text, which has no address to import from.

    Args:
        name: file name without its suffix.

    Returns:
        The text of a module without imports.

    Raises:
        FileNotFoundError: there is no such module.

    Example:
        >>> "import {" in module_text("triangle")
        False
    """
    text = (MODULES / f"{name}.js").read_text(encoding="utf-8")
    return _IMPORT.sub(lambda found: _inner(found[1]), text)


def _inner(file: str) -> str:
    text = (MODULES / file).read_text(encoding="utf-8")
    return re.sub(r"^export (?=const |function )", "", text, flags=re.MULTILINE)


def mount_html(module: str, state: dict[str, Any], text: str) -> str:
    """Write the element that the book's mount script turns into a live figure.

    Args:
        module: name of the ES module.
        state: the values of the model, by name; JSON.
        text: what a reader without JavaScript reads instead.

    Returns:
        HTML.

    Raises:
        ValueError: the state holds a number that is not finite.

    Example:
        >>> mount_html("triangle", {"angle": 0.5}, "A line.").count("0.5")
        1
    """
    data = json.dumps(state, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<div class="w2s-mount" data-module="{html.escape(module)}">'
        f'<script type="application/json">{data}</script>'
        f'<p class="w2s-fallback">{html.escape(text)}</p></div>'
    )
