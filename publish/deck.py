"""A chapter's slides, in the order of its page: figures, statements, tables, takeaways, questions.

Proofs, code, folded boxes and exercises stay on the page.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any
from urllib.parse import urlsplit

from bs4 import Tag

import figures
from addresses import PROJECT, REF, SITE, SOURCE
from boxes import is_statement, table, titled
from leaves import QUESTIONS, Leaves, named, unanswer
from sayings import plain, sentences, short

LEFT = {"exercises", "summary"}  # sections that no slide shows
WIDE = 2.6  # drawings wider than so many times their height stand below their words
TOLD = '<p class="w2s-told">'  # opens a sentence that a full slide can do without
LED = '<p class="w2s-led">'  # and one that it gives up next
WHOLE = re.compile(r"[^a-z].*[.?!:)”]$", re.S)  # goes on from no formula, and ends in none
# what is said to a reader with the figure in her hand
TOUCH = re.compile(
    r"\b(guess|drag|tap|untick|reveal|try|step through|then move|(position|picture) below)\b", re.I
)


@dataclass(frozen=True)
class Slide:
    """One slide.

    Args:
        kind: what it shows, also the class of its element.
        head: its heading, HTML; `above` stands over it, smaller.
        blocks: what it holds, pieces of HTML between which it may be parted.
        picture: drawings that take the room that the blocks leave.
        name: its identifier, of a statement that of the page.
    """

    kind: str
    head: str
    blocks: tuple[str, ...] = ()
    above: str = ""
    picture: str = ""
    name: str = ""


@dataclass
class Deck:
    """A page's slides.

    Args:
        leaves: holds the page, with its widgets' models.
        page: where it lies on the website, without its suffix.
        part: the part of the book that it belongs to.
    """

    leaves: Leaves
    page: str
    part: str
    opened: bool = field(default=False, init=False)
    used: set[str] = field(default_factory=set, init=False)
    told: set[int] = field(default_factory=set, init=False)

    def slides(self) -> list[Slide]:
        """Return the slides, with links that lead to a slide or to the website."""
        article = self.leaves.articles[self.page]
        whole = article.find("section")
        if whole is None:
            raise ValueError(f"{self.page} must have a section, and has none")
        made = [self._title(whole), *self._of(whole, ""), self._end(article)]
        made = [replace(slide, name=slide.name or f"slide-{i}") for i, slide in enumerate(made, 1)]
        names = {slide.name for slide in made}
        for slide in made:
            for piece in (slide.head, *slide.blocks):
                names |= set(re.findall(r'\bid="([^"]+)"', piece))
        return [self._linked(slide, names) for slide in made]

    def _linked(self, slide: Slide, names: set[str]) -> Slide:
        def lead(found: re.Match[str]) -> str:
            name = found[1]
            if name in names:
                return found[0]
            place = "" if name == named(self.page) else f"#{name}"
            return f'href="{SITE}{self.page}.html{place}"'

        blocks = tuple(re.sub(r'href="#([^"]*)"', lead, block) for block in slide.blocks)
        return replace(slide, blocks=blocks, head=re.sub(r'href="#([^"]*)"', lead, slide.head))

    def _title(self, whole: Tag) -> Slide:
        lines = whole.find_all("p", recursive=False)
        first = whole.find("section", recursive=False)
        if not lines and first:
            lines = first.find_all("p", recursive=False)
        asked = next((line for line in lines if "?" in line.get_text()), None)
        opening = []
        if asked is not None:
            found = sentences(asked)
            last = max(i for i, each in enumerate(found) if "?" in each)
            opening = found[: last + 1]
            while len(plain("".join(opening))) > 420 and len(opening) > 1:
                opening = opening[1:]
        terms = (
            f'<p class="w2s-terms"><a href="{SITE}">Weak to Strong</a>, version '
            f"{PROJECT['version']}. The Weak to Strong authors. Text and figures are under "
            '<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.</p>'
        )
        blocks = (f"<p>{' '.join(opening)}</p>", terms) if opening else (terms,)
        head = escape(self.leaves.titles[self.page])
        return Slide("title", head, blocks, above=f"Weak to Strong · {escape(self.part)}")

    def _end(self, article: Tag) -> Slide:
        address = f"{SITE}{self.page}.html"
        notebook = f"blob/{REF}/notebooks/{self.page.removeprefix('book/')}.ipynb"
        path = urlsplit(SOURCE).path.strip("/")
        colab = f"https://colab.research.google.com/github/{path}/{notebook}"
        lines = [
            f'<a href="{address}">The chapter</a>, with all proofs, code and figures to take '
            "hold of",
            f'Its notebook, <a href="{colab}">on Colab</a> or '
            f'<a href="{SOURCE}/{notebook}">on GitHub</a>',
        ]
        boxes = article.select(".exercise")
        titles = [box.select_one(".admonition-title") for box in boxes]
        names = [re.sub(r"^[^(]*\((.*)\)$", r"\1", t.get_text().strip()) for t in titles if t]
        if names:
            listed = "; ".join(map(escape, names))
            first = "exercises" if article.select_one("#exercises") else boxes[0]["id"]
            lines.append(f'<a href="{address}#{first}">Exercises</a>: {listed}')
        items = "".join(f"<li>{line}</li>" for line in lines)
        return Slide("end", "On the page", (f"<ul>{items}</ul>",), above="Where to go on")

    def _of(self, section: Tag, above: str) -> Iterator[Slide]:
        """Give the slides of a section, and of those within it."""
        top = section.find(["h1", "h2", "h3", "h4"])
        head = top.decode_contents().strip() if top and top.name != "h1" else ""
        own = [child for child in section.children if isinstance(child, Tag)]
        here = [child for child in own if child.name != "section"]
        full = any(is_statement(c) or c.select_one(".w2s-figure, .w2s-mount") for c in here)
        lead: Tag | None = None
        for child in own:
            kinds = set(child.get("class") or [])
            if child.name == "section":
                if str(child.get("id")) not in LEFT:
                    yield from self._of(child, head or above)
            elif is_statement(child):
                yield self._statement(child, head or above)
            elif "cell" in kinds or (child.select_one("table") and not kinds & {"admonition"}):
                shown = list(self._outputs(child, lead, head, above))
                yield from shown
                lead = None if shown else lead
            elif "math" in kinds and not full and lead is not None and head:
                words = f"<p>{short(lead, -1)}</p>"
                yield Slide("formula", head, (words, str(child)), above=above)
                lead = None
            elif "tip" in kinds:
                yield Slide("takeaway", "Takeaway", self._inside(child))
                lead = None
            elif id(child) in self.told:
                continue
            elif "proof" in kinds:
                lead = None
            elif "admonition" in kinds:
                yield from self._asked(child, head or above)
                asks = "admonition-guess-first" in kinds
                lead = None if asks else child.select_one("p:not(.admonition-title)")
            elif "highlight" in " ".join(kinds):
                lead = None  # it led to code
            elif child.name == "p":
                lead = child

    def _inside(self, box: Tag) -> tuple[str, ...]:
        """Return what a box holds below its title, block by block."""
        inner = box.find("section", recursive=False) or box
        children = [child for child in inner.children if isinstance(child, Tag)]
        return tuple(str(c) for c in children if "admonition-title" not in (c.get("class") or []))

    def _statement(self, box: Tag, above: str) -> Slide:
        number, name = titled(box)
        blocks = tuple(b for b in self._inside(box) if not b.startswith("<p><em>Proof"))
        for after in box.find_next_siblings()[:2]:
            if is_statement(after):
                break
            bold = after.find("strong") if after.name == "p" else None
            if bold and bold.get_text().startswith("In plain words"):
                blocks += (f'<div class="w2s-plain">{after}</div>',)
                break
        over = " · ".join(filter(None, (number, above)))
        return Slide("statement", name, blocks, above=over, name=str(box.get("id") or ""))

    def _asked(self, box: Tag, above: str) -> Iterator[Slide]:
        title = box.select_one(".admonition-title")
        said = title.get_text().strip() if title else ""
        if "admonition-guess-first" in (box.get("class") or []):
            yield Slide("question", said, self._inside(box), above=above)
        elif QUESTIONS.search(said):
            asked = copy.copy(box)
            unanswer(asked)
            for kind, one in (("question", asked), ("answer", box)):
                listed = one.find("ol")
                pieces = listed.find_all("li", recursive=False) if listed else []
                blocks = tuple(f'<ol start="{i}">{li}</ol>' for i, li in enumerate(pieces, 1))
                head = said if kind == "question" else f"{said}: answers"
                yield Slide(kind, head, blocks or self._inside(one))

    def _outputs(self, cell: Tag, lead: Tag | None, head: str, above: str) -> Iterator[Slide]:
        everything = cell.select(".w2s-mount, .w2s-figure, table")
        folded = ["w2s-mount", "w2s-figure", "below-input"]
        outputs = [found for found in everything if not found.find_parent(class_=folded)]
        if not outputs:
            return
        words: dict[str, Any] = {"head": head or above, "above": above if head else ""}
        line = [short(lead, -1)] if lead is not None else []
        line = [each for each in line if each not in self.used and not TOUCH.search(each)]
        line = [each for each in line if WHOLE.match(plain(each).strip())]
        after = cell.find_next_sibling()
        told = []
        if after is not None and after.name == "p" and not after.find("strong"):
            told = [
                each
                for each in [short(after, 0)]
                if not each.endswith((":", ",")) and not TOUCH.search(each)
            ]
            self.used.update(told)
        before = [f"{LED}{each}</p>" for each in line]
        behind = [f"{TOLD}{each}</p>" for each in told]
        for found in outputs:
            kinds = found.get("class") or []
            if found.name == "table":
                yield Slide("table", blocks=(*before, table(found), *behind), **words)
            elif "w2s-mount" in kinds:
                yield from self._widget(found, lead, before, behind, words)
            elif drawn := figures.bare(found):
                self.opened = True
                blocks = (*before, *behind)
                if after is not None and "admonition-guess-first" in (after.get("class") or []):
                    self.told.add(id(after))
                    blocks = self._inside(after)
                yield Slide("figure", blocks=blocks, picture=drawn, **words)
            before = behind = []

    def _widget(
        self,
        mount: Tag,
        lead: Tag | None,
        before: list[str],
        behind: list[str],
        words: dict[str, Any],
    ) -> Iterator[Slide]:
        shown = figures.figure(mount, self.leaves.built / "_static")
        first, self.opened = not self.opened, True
        cell = mount.find_parent(class_="cell")
        led = cell is not None and cell.find_previous_sibling() is lead  # no code in between
        if shown.asked and (shown.asked.choices or first):
            said = before if led else []
            picture = shown.before if shown.asked.choices else ""
            if not picture and lead is not None:
                lines = [*lead.find_previous_siblings("p")[:1], lead]
                told = [each for line in lines for each in sentences(line)]
                said = [f"<p>{' '.join(each for each in told if not TOUCH.search(each))}</p>"]
            choices = "".join(f"<li>{choice}</li>" for choice in shown.asked.choices)
            blocks = [*said, f"<p><strong>{shown.asked.question}</strong></p>"]
            blocks += [f"<ul>{choices}</ul>"] if choices else []
            yield Slide("guess", words["head"], tuple(blocks), "A guess first", picture)
            before = [f"<p>{shown.asked.answer}</p>"] if shown.asked.answer else []
        if not shown.after:
            return
        caption = [f'<p class="w2s-note">{shown.said}</p>'] if shown.said else []
        blocks = (*before, *behind, *caption)
        yield Slide("figure", blocks=blocks, picture=shown.after, **words)
