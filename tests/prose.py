"""What a reader of a page reads: its text without cells, listings and code."""

import re

FENCED = re.compile(r"^(`{3,})(?P<name>\{.+?\})?.*\n(?P<body>[\s\S]*?)^\1 *$", re.M)
CELLS = (None, "{code-cell}", "{raw}")
# Code between backticks, unless it belongs to a role; addresses, tags and front matter.
CODE = re.compile(
    r"(?<![}`])`[^`\n]+`|\]\([^)\n]*\)|https?://\S+|</?[a-z][^>\n]*>|\A---\n[\s\S]*?\n---\n"
)
MATH = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+)\$", re.S)


def prose(text: str) -> str:
    r"""Return a page without what only a machine reads.

    >>> prose("```{code-cell}\na = 1\n```\nText `code`.\n```{note}\nMore.\n```\n")
    '\nText .\nMore.\n\n'
    """
    body = FENCED.sub(lambda block: "" if block["name"] in CELLS else block["body"], text)
    return CODE.sub("", body)


def formulas(text: str) -> list[str]:
    """Return the formulas of a page.

    >>> formulas("Let $a$ be\\n\\n$$\\nb\\n$$")
    ['a', '\\nb\\n']
    """
    return [one or two for one, two in MATH.findall(prose(text))]


def words(text: str) -> str:
    """Return the prose of a page without its formulas."""
    return MATH.sub("", prose(text))
