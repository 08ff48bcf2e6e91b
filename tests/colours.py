"""Which colour stands for which object, read off what was drawn rather than off the code."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from w2s_jax.plots import COLOURS

_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
_SEEN = re.compile("|".join([*COLOURS.values(), r"--w2s-(?:" + "|".join(COLOURS) + r")\b"]))
_NAMES = {colour: name for name, colour in COLOURS.items()}


def named(text: str) -> set[str]:
    """The objects whose colours a piece of CSS or SVG asks for."""
    seen = map(str, _SEEN.findall(text.lower()))
    return {_NAMES.get(each, each.removeprefix("--w2s-")) for each in seen}


def strangers(svg: str) -> list[str]:
    """Elements in the colour of an object that they do not say they show.

    A legend only repeats what is drawn.
    """
    found = []
    for node in BeautifulSoup(svg, "html.parser").find_all(True):
        worn = named(" ".join(str(node.get(key, "")) for key in ("style", "fill", "stroke")))
        line: Iterator[Tag] = iter([node, *node.parents])
        if not worn or any("legend" in str(above.get("id")) for above in node.parents):
            continue
        said = next((str(above["data-of"]) for above in line if above.get("data-of")), "nothing")
        if worn != {said}:
            found.append(f"{said} in the colour of {', '.join(sorted(worn))}: {str(node)[:100]}")
    return found


def odd_rules(css: str) -> list[str]:
    """Rules that use an object's colour for what has not its name at the end of its class."""
    found = []
    for selectors, body in _RULE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        declared = re.sub(r"--w2s-(\w+): #\w+", "", body)  # where the colour itself is given
        for selector in selectors.split(","):
            last = re.split(r"[\s>+~]+", selector.strip())[-1]
            odd = [name for name in sorted(named(declared)) if f"-{name}" not in last]
            found += [f"{selector.strip()} in the colour of {name}" for name in odd]
    return found
