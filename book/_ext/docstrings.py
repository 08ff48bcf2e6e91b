"""The package's docstrings, Markdown with formulas, as the reStructuredText that autodoc wants."""

import re
from collections.abc import Callable

# In this order: what is reStructuredText already, formulas, code.
TOKEN = re.compile(
    r"(?P<kept>``.+?``|:[\w:]+:`[^`]+`)"
    r"|^(?P<indent> *)(?P<before>\S[^$\n]*?)?\$\$(?P<display>.+?)\$\$"
    r"|(?<!\\)\$(?P<formula>[^$]+?)\$"
    r"|`(?P<code>[^`]+)`",
    re.DOTALL | re.MULTILINE,
)
EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,2})(?=\S)[^*]+?(?<=\S)\1(?![\w*])")
SPECIAL = re.compile(r"[*|\\]|(?<=\w)_(?!\w)")
RETURNS = re.compile(r"^( *)Returns:\n((?:\1 +\S.*\n?|\n(?=\1 +\S))+)", re.MULTILINE)
EXAMPLE = re.compile(r"^ *>>> (?:.*\S.*\n?)+", re.MULTILINE)


def escape(text: str) -> str:
    r"""Protect what prose does not mean as markup, and keep emphasis.

    >>> print(escape("a * b, |x| and *so*"))
    a \* b, \|x\| and *so*
    """
    parts, end = [], 0
    for match in EMPHASIS.finditer(text):
        parts += [SPECIAL.sub(r"\\\g<0>", text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, SPECIAL.sub(r"\\\g<0>", text[end:])])


def prose(text: str, link: Callable[[str], str | None] = lambda name: None) -> str:
    r"""Convert text without examples.

    Args:
        text: Markdown with `$…$`, `$$…$$` and code.
        link: code ↦ the full name of what it stands for, None where it is only code.

    >>> print(prose("of `x` and $x^2$"))
    of ``x`` and :math:`x^2`
    """
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        parts.append(escape(text[end : match.start()]))
        before = text[match.start() - 1 : match.start()] if match.start() else ""
        parts.append(_token(match, link, before, text[match.end() : match.end() + 1]))
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _token(match: re.Match, link: Callable[[str], str | None], before: str, after: str) -> str:
    if match["kept"]:
        return match[0]
    if match["display"]:
        indent, formula = match["indent"], " ".join(match["display"].split())
        opening = f"{indent}{prose(match['before'], link)}\n\n" if match["before"] else ""
        return f"{opening}\n{indent}.. math::\n\n{indent}   {formula}\n\n{indent}"
    if match["formula"]:
        made = f":math:`{' '.join(match['formula'].split())}`"
    else:
        code = " ".join(match["code"].split())
        full = link(code)
        made = f":py:obj:`{code} <{full}>`" if full else f"``{code}``"
    # Markup must stand apart from letters; an escaped blank separates and is not printed.
    left = "\\ " if before.strip() else ""
    return f"{left}{made}" + ("\\ " if after.strip() else "")


def returns(text: str) -> str:
    r"""Write "Returns" as a field: in the section, napoleon takes words before a colon for a type.

    >>> returns("Returns:\n    The file: a path.\n")
    ':returns:\n    The file: a path.\n'
    """
    return RETURNS.sub(lambda m: f"{m[1]}:returns:\n{m[2]}", text)


def convert(lines: list[str], link: Callable[[str], str | None] = lambda name: None) -> list[str]:
    """Convert a docstring, its examples left alone."""
    text, parts, end = returns("\n".join(lines) + "\n"), [], 0
    for match in EXAMPLE.finditer(text):
        parts += [prose(text[end : match.start()], link), match[0]]
        end = match.end()
    return "".join([*parts, prose(text[end:], link)]).split("\n")
