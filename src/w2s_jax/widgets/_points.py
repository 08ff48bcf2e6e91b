"""`points`: panels of points, each with a card of words and drawings behind it."""

import gzip
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anywidget
import numpy as np
import traitlets

from w2s_jax.widgets._asking import asked
from w2s_jax.widgets._page import module_text, mount_html, style_text, with_html
from w2s_jax.widgets._panels import SHAPES, picture

BYTES = 110_000
"""What one figure may weigh on a page, gzipped."""

_HEAD = re.compile(r"\s+(?:version|baseProfile|xmlns(?::\w+)?|xml:space)=(['\"])[^'\"]*\1")
_LINE = re.compile(r"<path d='([^']*)' style='(fill:none;[^']*)' />")


@dataclass(frozen=True)
class Card:
    """What a reader sees who comes to a point.

    Args:
        title: names the point; read aloud.
        words: plain text below it; read aloud.
        pictures: drawings as `(svg, caption)` or `(svg, caption, facts)`; an `<svg>` element with
            its own `aria-label`, and what is listed below it, by name: a molecule's SMILES, its
            measured value, the teacher's and the student's.

    Raises:
        ValueError: an empty title, a picture that is no `<svg>` element.

    Example:
        >>> Card("Width 8, split 122", "It is wrong about ethanol.").pictures
        ()
    """

    title: str
    words: str = ""
    pictures: Sequence[tuple[str, str] | tuple[str, str, Mapping[str, str]]] = ()

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("a card needs a title; it is what is read aloud")
        for svg, *_ in self.pictures:
            if not (svg.startswith("<svg") and svg.endswith("</svg>")):
                raise ValueError(f"{self.title}: a picture is an <svg> element; got {svg[:40]!r}")


@dataclass(frozen=True)
class Panel:
    """One scatter of `points`.

    Args:
        title: stands above it.
        x: one finite number a point, `(n,)`.
        y: the same.
        groups: a number for each point; the larger, the larger and fuller its mark.
        cards: what stands behind each point.
        unit: of both axes; follows their labels.
        splits: the split of each point, by name, at most four; each has a shape of its own.
        intervals: lower and upper end for each y, `(n, 2)`, drawn as a bar.
        parts: what is taken from x to get y, by name, each `(n,)`: the card shows the sum with its
            numbers, gain = misfit − correction for instance.

    Raises:
        ValueError: no points, lengths that differ, a number that is not finite, parts that do not
            make up the difference.

    Example:
        >>> len(Panel("ESOL", [0.1, 0.2], [0.0, 0.1], [8, 96], [Card("One"), Card("Two")]).x)
        2
    """

    title: str
    x: Any
    y: Any
    groups: Any
    cards: Sequence[Card]
    unit: str = ""
    splits: Sequence[str] = ()
    intervals: Any = ()
    parts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ends = np.reshape(np.asarray(self.intervals, dtype=np.float64), (-1, 2))
        object.__setattr__(self, "intervals", ends)
        object.__setattr__(self, "splits", tuple(self.splits))
        for name, given in (("splits", self.splits), ("intervals", ends)):
            if len(given) not in (0, len(self.cards)):
                raise ValueError(f"{self.title}: {name} must be none, or one for each point")
        if not np.isfinite(ends).all():
            raise ValueError(f"{self.title}: intervals must be finite")
        for name in ("x", "y", "groups"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.ndim != 1 or not np.isfinite(values).all():
                raise ValueError(f"{self.title}: {name} must be one finite number a point")
            object.__setattr__(self, name, values)
        if not len(self.x) == len(self.y) == len(self.groups) == len(self.cards) > 0:
            raise ValueError(
                f"{self.title}: need as many y ({len(self.y)}), groups ({len(self.groups)}) and "
                f"cards ({len(self.cards)}) as x ({len(self.x)}), and at least one"
            )
        parts = {name: np.asarray(own, dtype=np.float64) for name, own in self.parts.items()}
        object.__setattr__(self, "parts", parts)
        if any(own.shape != self.x.shape for own in parts.values()):
            raise ValueError(f"{self.title}: parts must have one number for each point")
        if parts and not np.allclose(self.x - sum(parts.values()), self.y, atol=1e-6):
            raise ValueError(f"{self.title}: y must be x − {' − '.join(parts)}; it is not")


def _slim(svg: str) -> str:
    """Join lines of one style into one path: a drawing by RDKit takes a third of its text."""
    head, body = svg.split(">", 1)
    kept: list[tuple[str, str]] = []  # what is drawn, and for lines their style
    for line in body.split("\n"):
        found = _LINE.fullmatch(line)
        if found and kept and kept[-1][1] == found[2]:
            kept[-1] = f"{kept[-1][0]} {found[1]}", found[2]
        else:
            kept.append((found[1], found[2]) if found else (line, ""))
    drawn = (f"<path d='{text}' style='{style}'/>" if style else text for text, style in kept)
    return f"{_HEAD.sub('', head)}>{''.join(drawn)}"


def _drawing(one: Sequence[Any], drawings: dict[str, int]) -> list[Any]:
    """Return a drawing's number, its caption and, where it has some, its facts."""
    svg, caption, *facts = one
    listed = [[[name, text] for name, text in known.items()] for known in facts]
    return [drawings.setdefault(_slim(svg), len(drawings)), caption, *listed]


class Points(anywidget.AnyWidget):
    """What `points` returns: it displays itself as the last expression of a cell.

    Example:
        >>> panel = Panel("ESOL", [0.1], [0.0], [8], [Card("Width 8, split 122")])
        >>> made = points([panel], xlabel="misfit", ylabel="gain", alt="One point at gain 0.")
        >>> made.spec["cards"]
        [[['Width 8, split 122', '', [], [0.0, 0.1]]]]
    """

    _esm = module_text("points")
    _css = style_text("points")

    spec = traitlets.Dict().tag(sync=True)

    def _html(self) -> str:
        text = "With JavaScript, each point shows a card with its words and drawings."
        question = self.spec["ask"] and f"<p>{html.escape(self.spec['ask']['question'])}</p>"
        still = f"{question or ''}{self.spec['picture']}"
        return mount_html("points", {"spec": self.spec}, text, still)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_html(super()._repr_mimebundle_(**kwargs), self._html())


def points(
    panels: Sequence[Panel],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    group: str = "",
    hint: str = "Point at a mark, tap it, or focus a panel and walk with the arrow keys.",
    ask: str | None = None,
    choices: Sequence[str] = (),
    answer: int | None = None,
    because: str = "",
    presets: Mapping[str, tuple[int, int]] | None = None,
) -> Points:
    """Show points whose cards the reader calls up by pointer, touch or keys.

    Each panel has the line $y = x$ and the line $y = 0$. A question comes before the marks, which
    are hidden until the reader has guessed; a guess that is a panel's title may be made in the
    panel. Without JavaScript, and in print, nothing is hidden and the cards are missing.

    Args:
        panels: scatters, side by side where there is room.
        xlabel: what stands below each.
        ylabel: what stands beside each.
        alt: what the whole picture shows, for readers who cannot see it.
        group: what the panels' groups are, for the legend.
        hint: what to do; it stands where the cards will.
        ask: a question to guess at before the marks show.
        choices: the guesses on offer, shown in an order that does not give the answer away.
        answer: the position of the right one.
        because: follows the verdict.
        presets: points worth a look, where a claim breaks for instance: for each name the position
            of a panel and of a point as it was given.

    Returns:
        The figure, to be the last expression of a cell.

    Raises:
        ValueError: no panels, an empty `alt`, more than four splits, more than 110 kB, an answer
            that is not among the choices, a preset of no point, panels of different parts.

    Example:
        >>> cards = [Card("First", "Near the line."), Card("Second", "Below zero.")]
        >>> panel = Panel("ESOL", [0.3, 0.2], [0.28, -0.1], [8, 96], cards)
        >>> made = points([panel], xlabel="misfit", ylabel="gain", alt="One gain is negative.")
        >>> [title for title, *_ in made.spec["cards"][0]]  # in the order of x
        ['Second', 'First']
    """
    if not panels or not alt.strip():
        raise ValueError("points needs a panel, and alt must say what the picture shows")
    splits = {split for panel in panels for split in panel.splits}
    if len(splits) > len(SHAPES):
        raise ValueError(f"marks have {len(SHAPES)} shapes, and {len(splits)} splits were given")
    names = [*panels[0].parts]
    if any([*panel.parts] != names for panel in panels):
        raise ValueError("all panels must have the same parts, in the same order")
    orders = [np.argsort(panel.x, kind="stable").tolist() for panel in panels]
    known = {(nth, at) for nth, order in enumerate(orders) for at in order}
    for name, place in (presets or {}).items():
        if tuple(place) not in known:
            raise ValueError(
                f"preset {name!r} must be the positions of a panel and of a point of it; got "
                f"{place!r}"
            )
    drawings: dict[str, int] = {}  # each stored once
    cards = [
        [
            [
                card.title,
                card.words,
                [_drawing(one, drawings) for one in card.pictures],
                [float(own[at]) for own in (panel.y, panel.x, *panel.parts.values())],
            ]
            for at, card in ((at, panel.cards[at]) for at in order)
        ]
        for panel, order in zip(panels, orders, strict=True)
    ]
    spec = {
        "picture": picture(panels, xlabel=xlabel, ylabel=ylabel, alt=alt, group=group),
        "hint": hint,
        "titles": [panel.title for panel in panels],
        "cards": cards,
        "drawings": list(drawings),
        "terms": [ylabel, xlabel, *names] if names else [],
        "ask": asked(ask, choices, answer, because),
        "presets": [[n, [nth, orders[nth].index(at)]] for n, (nth, at) in (presets or {}).items()],
    }
    size = len(gzip.compress(json.dumps(spec).encode()))
    if size > BYTES:
        raise ValueError(
            f"{len(drawings)} drawings take {size} bytes of the page, gzipped, and {BYTES} are "
            "allowed: give fewer, or draw the same ones again"
        )
    return Points(spec=spec)
