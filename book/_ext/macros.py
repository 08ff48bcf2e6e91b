"""The book's TeX macros, without arguments: KaTeX knows them, notebooks get them spelled out."""

import re

MACROS = {
    r"\R": r"\mathbb{R}",
    r"\E": r"\mathbb{E}",
    r"\argmin": r"\operatorname*{arg\,min}",
}


def expand(tex: str) -> str:
    r"""Replace each macro by its meaning.

    >>> print(expand(r"x \in \R^d, \Rightarrow"))
    x \in \mathbb{R}^d, \Rightarrow
    """
    for name, meaning in MACROS.items():
        tex = re.sub(re.escape(name) + r"(?![A-Za-z])", lambda _, m=meaning: m, tex)
    return tex
