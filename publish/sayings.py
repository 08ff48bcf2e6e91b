"""The sentences of a page's paragraphs, as pieces of HTML."""

import re
from html import escape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

LINE = 230  # a paragraph up to this long is not cut into sentences
ENDS = re.compile(r"(?<!Fig)(?<!al)(?<!e\.g)(?<!i\.e)(?<!cf)[.?!:][”)]?\s+(?=[^a-z\s])")


def sentences(line: Tag) -> list[str]:
    """Return a paragraph's sentences, as HTML.

    >>> line = BeautifulSoup("<p>See Fig. 6. Is <i>it. So</i> wide? Yes.</p>", "html.parser").p
    >>> sentences(line)
    ['See Fig. 6.', 'Is <i>it. So</i> wide?', 'Yes.']
    """
    found = [""]
    for node in line.children:
        if not isinstance(node, NavigableString):
            found[-1] += str(node)
            continue
        text, begin = str(node), 0
        for end in ENDS.finditer(text):
            found[-1] += escape(text[begin : end.end()], quote=False)
            found.append("")
            begin = end.end()
        found[-1] += escape(text[begin:], quote=False)
    return [each.strip() for each in found if each.strip()]


def plain(piece: str) -> str:
    """Return the words of a piece of HTML, formulas once."""
    soup = BeautifulSoup(piece, "html.parser")
    for twice in soup.select(".katex-mathml"):
        twice.decompose()
    return soup.get_text()


def short(line: Tag, place: int) -> str:
    """Return a short paragraph whole, of a long one the first or the last sentence.

    One that goes on from a formula, or ends in one, is not whole.
    """
    whole = line.decode_contents().strip()
    found = sentences(line)
    words = plain(whole)
    cut = words[:1].islower() or words.endswith(",")
    return whole if (len(words) <= LINE and not cut) or not found else found[place]
