"""What lets a widget live on a page with no kernel: its texts and its HTML form."""

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from w2s_jax.plots._style import PAGE_INK

MODULES = Path(__file__).parent / "modules"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_SHEET = re.compile(r'^@import "\./([\w-]+)\.css";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function) (\w+))", re.MULTILINE)


def module_text(name: str) -> str:
    """Read the ES module `name`, with the modules beside it that it imports written in.

    Jupyter receives a widget's module as one text, which has no address to import from. Each
    imported module is written once, in a scope of its own, before those that import it.

    Args:
        name: file name without its suffix.

    Returns:
        The text of a module without imports.

    Raises:
        FileNotFoundError: there is no such module.

    Example:
        >>> any(line.startswith("import") for line in module_text("points").splitlines())
        False
    """
    scopes: dict[str, str] = {}
    text = _bound(name, scopes)
    return "".join(scopes.values()) + text


def style_text(name: str) -> str:
    """Read the style sheet `name` as `module_text` reads a module.

    Example:
        >>> "@import" in style_text("ring"), ".w2s-pic button" in style_text("ring")
        (False, True)
    """
    text = (MODULES / f"{name}.css").read_text(encoding="utf-8")
    return _SHEET.sub(lambda found: style_text(found[1]), text)


def _bound(name: str, scopes: dict[str, str]) -> str:
    text = (MODULES / f"{name}.js").read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(text):
        if other not in scopes:
            inner = _bound(other, scopes)
            exports = ", ".join(_EXPORT.findall(inner))
            body = _EXPORT.sub("", inner)
            scopes[other] = (
                f"const {_scope(other)} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
            )
    return _IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_scope(found[2])};\n", text)


def _scope(name: str) -> str:
    return f"_{name.replace('-', '_')}"


def mount_html(module: str, state: dict[str, Any], text: str, picture: str = "") -> str:
    """Write the element that the book's mount script turns into a live figure.

    Args:
        module: name of the ES module.
        state: the values of the model, by name; JSON.
        text: what a reader without JavaScript reads instead.
        picture: and what she sees, as HTML.

    Returns:
        HTML.

    Raises:
        ValueError: the state holds a number that is not finite.

    Example:
        >>> mount_html("points", {"size": 0.5}, "A line.").count("0.5")
        1
    """
    data = json.dumps(state, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<div class="w2s-mount" data-module="{html.escape(module)}">{picture}'
        f'<script type="application/json">{data}</script>'
        f'<p class="w2s-fallback">{html.escape(text)}</p></div>'
    )


def svg(
    parts: Iterable[str],
    label: str,
    width: float | int,
    height: float | int,
    *,
    widest: str | None = None,
    letters: str = "13px",
) -> str:
    """Put what a still picture consists of into an element that shrinks with the page.

    Args:
        parts: SVG.
        label: what the picture shows, in words.
        width: in its own units.
        height: the same.
        widest: the most that it takes of the page; its own width in pixels by default.
        letters: their size.

    Example:
        >>> svg(["<path/>"], "A line.", 20, 10)[-30:]
        'font-size: 13px"><path/></svg>'
    """
    style = f"display: block; width: 100%; max-width: {widest or f'{width:.0f}px'}; height: auto"
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" fill="{PAGE_INK}" '
    box += f'style="{style}; font-size: {letters}"'
    return f'<svg role="img" aria-label="{label}" {box}>{"".join(parts)}</svg>'


def with_html(bundle: Any, form: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Put a widget's HTML form beside what Jupyter shows of it.

    Args:
        bundle: what `anywidget.AnyWidget` returns from `_repr_mimebundle_`.
        form: of `mount_html`.

    Returns:
        Data and metadata by media type; None where a widget shows itself another way.

    Example:
        >>> with_html({"text/plain": "Widget"}, "<p>A line.</p>")
        ({'text/plain': 'Widget', 'text/html': '<p>A line.</p>'}, {})
    """
    if bundle is None:
        return None
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return data | {"text/html": form}, metadata
