"""Drawings side by side, each above its caption."""

import html
from collections.abc import Mapping

from w2s_jax.plots._style import Picture

_BOX = "display: inline-block; margin: 0 1rem; max-width: 100%; vertical-align: top"
_WORDS = "color: inherit; overflow-wrap: anywhere"


def beside(drawings: Mapping[str, str]) -> Picture:
    r"""Set drawings side by side, or below each other where the page is narrow.

    Args:
        drawings: an `<svg>` element for each caption; a caption's lines are kept.

    Returns:
        A `Picture`, centered.

    Raises:
        ValueError: no drawing, or one that is no `<svg>` element.

    Example:
        >>> beside({"a < b\nand b < c": "<svg></svg>"}).svg.count("<br>")
        1
    """
    strange = [words for words, svg in drawings.items() if not svg.startswith("<svg")]
    if strange or not drawings:
        raise ValueError(f"each drawing must be an <svg> element; wrong for {strange or 'all'}")
    boxes = [
        f'<figure style="{_BOX}">{svg}<figcaption style="{_WORDS}">'
        f"{html.escape(words).replace(chr(10), '<br>')}</figcaption></figure>"
        for words, svg in drawings.items()
    ]
    return Picture(f'<div style="text-align: center">{"".join(boxes)}</div>')
