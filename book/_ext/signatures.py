"""Signatures as a reader wants them: shapes in words, the package's own types by public name."""

import enum
import importlib
import inspect
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

import api_names

# A shape of either kind of array is one shape to a reader, and so on.
SHORT = {
    re.compile(r"jaxlib\._jax\.Array"): "Array",
    re.compile(r"(~jaxtyping\.\w+\[)Array, ('[^']*'\]) \| \1ndarray, \2"): r"\1Array, \2",
    re.compile(r"~jaxtyping\.Key\[[^|]*(?: \| ~jaxtyping\.UInt32\[Array, '\d'\])+"): "PRNGKeyArray",
    re.compile(r"(?:\S*(?:Array|ndarray|bool|number|int|float) \| ){7}complex"): "ArrayLike",
    re.compile(r"\[\[\.\.\.\], "): "[..., ",
}
OURS = re.compile(r"~?(w2s_jax(?:\.\w+)+)\.(\w+)")


def short(text: str) -> str:
    """Shorten what autodoc wrote.

    >>> short("~jaxtyping.Float[jaxlib._jax.Array, 'n'] | ~jaxtyping.Float[ndarray, 'n']")
    "~jaxtyping.Float[Array, 'n']"
    >>> short("~w2s_jax.heads._least_squares.LinearHead | ~w2s_jax.heads._sums.Sums")
    '~w2s_jax.heads.LinearHead | Sums'
    """

    def public(match: re.Match[str]) -> str:
        path = api_names.path_of(getattr(importlib.import_module(match[1]), match[2], None))
        return f"~{path}" if path else match[2]

    for long, brief in SHORT.items():
        text = long.sub(brief, text)
    return OURS.sub(public, text)


class _Dots:
    def __repr__(self) -> str:
        return "..."


def _brief(given: inspect.Parameter) -> inspect.Parameter:
    """Leave out a default that no reader would read."""
    words = repr(given.default)
    unread = len(words) > 60 or words[0] == "<" or words == "traitlets.Undefined"
    return given.replace(default=_Dots()) if unread else given


def _of_class(thing: Any) -> str:
    """Return a class's arguments; a widget's are the values that it shares with its picture."""
    made = inspect.signature(thing).parameters.values()
    if hasattr(thing, "class_own_traits"):
        traits = thing.class_own_traits(sync=True).items()
        kind = inspect.Parameter.KEYWORD_ONLY
        made = [inspect.Parameter(name, kind, default=t.default_value) for name, t in traits]
    kept = [p if p.default is p.empty else _brief(p) for p in made if p.name[0] != "_"]
    return stringify_signature(inspect.Signature(kept), unqualified_typehints=True)


def sign(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, given: str | None, back: str | None
) -> tuple[str, str | None]:
    """Write a signature; none for an error or an enumeration, which a reader does not make."""
    if what == "exception" or (what == "class" and issubclass(thing, enum.Enum)):
        return "", None
    given = _of_class(thing) if what == "class" else given
    return short(given or ""), None if back in (None, "None") else short(back)
