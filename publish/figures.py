"""What an interactive figure shows to a class: its question, and its picture before and after."""

import copy
import html
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

ASKED = re.compile(r"<strong>((?:(?!</strong>).)*\?)</strong></p>", re.S)
KEPT = "role", "aria-label", "aria-labelledby", "viewbox", "fill", "fill-rule", "xmlns"
FONT = re.compile(r"font-size: *[\d.]+px")
_serial = itertools.count()


@dataclass(frozen=True)
class Asked:
    """What a reader guesses at: all texts are HTML, and empty where there is none."""

    question: str
    choices: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Figure:
    """A question, the picture that a reader sees with it, the one that answers, and its words."""

    asked: Asked | None
    before: str
    after: str
    said: str = ""


def bare(box: Tag) -> str:
    """Return a box's drawings, large, each with its caption; nothing if it has none."""
    found = []
    for drawing in box.find_all("svg"):
        if drawing.find_parent("svg") or drawing.get("aria-hidden"):
            continue
        one = copy.copy(drawing)
        old = str(one.get("style") or "")
        one.attrs = {name: value for name, value in one.attrs.items() if name.lower() in KEPT}
        if font := FONT.search(old):
            one["style"] = font[0]
        around = drawing.find_parent("figure")
        caption = around.find("figcaption") if around else None
        words = f"<figcaption>{caption.decode_contents()}</figcaption>" if caption else ""
        found.append(f"<figure>{one}{words}</figure>")
    return "".join(found)


def legend(box: Tag) -> str:
    """Return the line that says what the marks of a box's drawings mean, with these marks."""
    lines = [line for line in box.find_all("p") if line.select("svg[aria-hidden]")]
    return " ".join(line.decode_contents() for line in lines)


def width_by_height(drawn: str) -> float:
    """Return how much wider than high drawings beside each other are.

    >>> width_by_height('<svg viewBox="0 0 40 20"></svg><svg viewbox="0 0 10 20"></svg>')
    2.5
    """
    boxes = [box.split() for box in re.findall(r'viewbox="([^"]*)"', drawn, re.I)]
    return sum(float(wide) / float(high) for _, _, wide, high in boxes)


def figure(mount: Tag, static: Path) -> Figure:
    """Read off a widget's place on a page what it asks and shows."""
    model = mount.find("script")
    state = json.loads(model.get_text()) if model else {}
    spec = state.get("spec") or {}
    first = bare(mount)
    if "frames" not in spec:
        return Figure(_asked(spec) or _template(mount, static), first, first, legend(mount))
    start = list(state["at"])
    far = start.copy()
    last = len(spec["controls"][0]["texts"]) - 1
    if spec["controls"][0]["kind"] != "choice":  # of these none is further than another
        far[0] = 0 if start[0] == last else last
    before, after = _number(spec, start), _number(spec, far)
    mask = (spec["ask"] or {}).get("mask")
    if mask is not None:  # the first frame would give the answer away: it is the one to show
        before, after = mask, before
    elif not spec["ask"]:
        after = before
    bare_state = not spec["caption"] and all(c["kind"] == "switch" for c in spec["controls"])
    said = "" if bare_state else html.escape(spec["said"][after])
    return Figure(_asked(spec), _frame(spec, before), _frame(spec, after), said)


def _asked(spec: dict[str, Any]) -> Asked | None:
    ask = spec.get("ask")
    if not ask:
        return None
    choices = tuple(map(html.escape, ask["choices"]))
    right = choices[ask["answer"]] if ask["answer"] is not None else ""
    opening = f"<strong>Answer: {right.removesuffix('.')}.</strong> " if right else ""
    return Asked(html.escape(ask["question"]), choices, opening + html.escape(ask["because"]))


def _template(mount: Tag, static: Path) -> Asked | None:
    """Find the question of a widget that is drawn by a module of its own."""
    template = static / f"{mount.get('data-module')}-template.js"
    found = ASKED.findall(template.read_text("utf8")) if template.is_file() else []
    return Asked(found[0]) if found else None


def _number(spec: dict[str, Any], at: list[int]) -> int:
    number = 0
    for place, control in zip(at, spec["controls"], strict=True):
        number = number * len(control["texts"]) + place
    return number


def _frame(spec: dict[str, Any], number: int) -> str:
    """Unpack a frame as explore.js does; names within a drawing become this one's own."""
    runs, lines = spec["frames"][number], []
    for begin, count in zip(runs[::2], runs[1::2], strict=True):
        lines += spec["lines"][begin : begin + count]
    drawn = "\n".join(lines).replace("w2s@", f"w2sd{next(_serial)}-")
    return bare(BeautifulSoup(f"<div>{drawn}</div>", "html.parser").div or Tag(name="div"))
