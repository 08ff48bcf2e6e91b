"""Break one thing in a source, found by its words, however the source is laid out."""

import itertools
import re

_WORD = re.compile(r"\w+|\S")
_CLOSING = frozenset(")]}")


def slip(text: str, right: str, wrong: str) -> str:
    """Return `text` with `right` replaced by `wrong`.

    Between the words of `right` there may be any white space, and a comma before what closes, as
    formatters leave it.

    Args:
        text: a source in Python or JavaScript.
        right: occurs in it once.
        wrong: what stands there afterward, word for word.

    Raises:
        ValueError: `right` does not occur once.

    Example:
        >>> slip("f(\\n  a,\\n  b,\\n)", "f(a, b)", "f(b, a)")
        'f(b, a)'
    """
    words = _WORD.findall(right)
    parts = [re.escape(words[0])]
    for before, word in itertools.pairwise(words):
        gap = r"\s+" if before[-1].isalnum() and word[0].isalnum() else r"\s*"
        parts.append((r",?\s*" if word in _CLOSING else gap) + re.escape(word))
    found = list(re.finditer("".join(parts), text))
    if len(found) != 1:
        raise ValueError(f"{right!r} must occur once; it occurs {len(found)} times")
    return text[: found[0].start()] + wrong + text[found[0].end() :]
