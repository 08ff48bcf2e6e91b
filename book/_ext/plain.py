"""MyST text to the plain Markdown that every notebook viewer draws.

What no chapter uses is refused, so that whoever uses it first says here how it looks.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import addresses
import labels
import macros

OPEN = re.compile(r"^(?P<fence>`{3,}|:{3,})(?:\{(?P<name>[\w:.-]+)\})? *(?P<rest>.*)$")
OPTIONS = re.compile(r"(?:^ *:[\w-]+:.*\n?)*", re.M)
# A role, or a stretch of code that only looks like one.
SPAN = re.compile(r"\{([\w:-]+)\}`([^`]+)`|(`+)(?!`).+?(?<!`)\3(?!`)", re.DOTALL)
WORDS = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|mailto:)([^)\s]+)\)")
BOXES = ("note", "tip", "hint", "important", "warning", "caution", "seealso", "admonition")


@dataclass(frozen=True)
class Chapter:
    """What the conversion must know about the chapter around the text."""

    path: Path
    book: Path
    targets: dict[str, labels.Target]
    works: dict[str, tuple[str, str]]
    numbers: dict[str, str]

    def link(self, target: str, said: str | None, tail: str = "") -> str:
        """Return a link to a label or page; the website's build complains of one that is not."""
        if target not in self.targets:
            return said or target
        found = self.targets[target]
        return f"[{said or found.words}]({addresses.SITE}{found.address}{tail})"

    def page(self, target: str) -> str:
        """Return the name under which the targets hold a page."""
        path = os.path.normpath(self.path.parent / target)
        return Path(path).relative_to(self.book).as_posix()


def directive(name: str, title: str, body: str, chapter: Chapter) -> str:
    """Return one directive as plain Markdown."""
    if name == "chapters" or name.endswith("-end"):
        return ""
    options = OPTIONS.match(body)[0]  # pyright: ignore[reportOptionalSubscript]
    text, title = convert(body.removeprefix(options).strip("\n"), chapter), inline(title, chapter)
    if name == "exercise-start":
        return f"**{labels.name('exercise', title)}**\n\n{text}".rstrip()
    if name not in BOXES and not name.startswith("prf:"):
        raise ValueError(f"{chapter.path.name}: no plain form for the directive {{{name}}}")
    heading = (title or name.capitalize()) if name in BOXES else labels.name(name, title)
    if "dropdown" in options:
        return f"<details>\n<summary><b>{heading}</b></summary>\n\n{text}\n\n</details>"
    return "\n".join(f"> {line}".rstrip() for line in f"**{heading}**\n\n{text}".split("\n"))


def role(match: re.Match[str], chapter: Chapter) -> str:
    """Return one role as plain Markdown."""
    name, content = match[1], match[2].replace("\n", " ")
    said, target = m.groups() if (m := WORDS.match(content)) else (None, content)
    if name in ("cite:p", "cite:t"):
        address = f"{addresses.SITE}book/back/bibliography.html"
        works = [chapter.works[key.strip()] for key in content.split(",")]
        form = "{} ({})" if name == "cite:t" else "{}, {}"
        text = "; ".join(f"[{form.format(*work)}]({address})" for work in works)
        return text if name == "cite:t" else f"({text})"
    if name in ("ref", "numref", "prf:ref", "eq"):
        return chapter.link(target, said)
    if name == "term":
        return chapter.link(labels.term(target), said or target)
    if name == "doc":
        return chapter.link(chapter.page(f"{target}.md"), said)
    raise ValueError(f"{chapter.path.name}: no plain form for the role {{{name}}}")


def link(match: re.Match[str], chapter: Chapter) -> str:
    """Return a link within the book as a link to the website."""
    said, target = match[1] or None, match[2]
    target, _, fragment = target.partition("#")
    if not target or (target in chapter.targets and "/" not in target):
        return chapter.link(fragment or target, said)
    if not target.endswith(".md"):
        return match[0]
    return chapter.link(chapter.page(target), said, f"#{fragment}" if fragment else "")


def inline(text: str, chapter: Chapter) -> str:
    """Convert roles and links, and leave code spans alone."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0] if match[3] else role(match, chapter))
        return f"\0{len(kept) - 1}\0"

    text = LINK.sub(lambda m: link(m, chapter), SPAN.sub(keep, text))
    return re.sub(r"\0(\d+)\0", lambda m: kept[int(m[1])], macros.expand(text))


def convert(text: str, chapter: Chapter) -> str:
    """Convert a stretch of MyST text."""
    out, lines = [""], iter(text.split("\n"))
    for line in lines:
        match = OPEN.match(line)
        if match is None:
            out[-1] += f"{line}\n"
            continue
        body = "".join(f"{each}\n" for each in iter(lines.__next__, match["fence"]))
        if match["name"] is None:
            block = f"{line}\n{body}{match['fence']}"
        else:
            block = directive(match["name"], match["rest"].strip(), body, chapter)
        out += [f"\0{block}", ""]
    made = [each[1:] if each[:1] == "\0" else prose(each, chapter).strip("\n") for each in out]
    return "\n\n".join(block for block in made if block.strip())


def prose(text: str, chapter: Chapter) -> str:
    """Convert text without directives: labels and comments go, roles and links become plain."""
    text = re.sub(r"^\([^)\s]+\)=\n+", "", text, flags=re.M)
    text = re.sub(r"^%.*\n?", "", text, flags=re.M)

    def tag(match: re.Match[str]) -> str:
        return f"\\tag{{{chapter.numbers[match[1]]}}}\n$$"

    text = re.sub(r"\$\$ *\(([^)\s]+)\) *$", tag, text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", inline(text, chapter))
