"""MyST text to the plain Markdown that every notebook viewer draws."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import addresses
import labels
import macros

OPEN = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|:{3,}|~{3,})(?:\{(?P<name>[\w:.-]+)\})? *(?P<rest>.*)$"
)
# A role, or a stretch of code that only looks like one.
SPAN = re.compile(r"\{([\w:-]+)\}`([^`]+)`|(`+)(?!`).+?(?<!`)\3(?!`)", re.DOTALL)
WORDS = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|mailto:)([^)\s]+)\)")
BOXES = {"note", "tip", "hint", "important", "warning", "caution", "danger", "attention", "error"}
BOXES |= {"seealso"}
PROOFS = {"theorem", "lemma", "proposition", "corollary", "definition", "remark", "example"}
PROOFS |= {"conjecture", "axiom", "assumption", "proof", "algorithm"}
TEXT = {"grid", "grid-item-card", "card", "tab-set", "tab-item", "margin", "sidebar", "epigraph"}
TEXT |= {"div", "container"}
GONE = {"tableofcontents", "contents", "toctree", "bibliography", "index"}


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


def quote(text: str) -> str:
    """Set text as a block quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def fold(title: str, text: str) -> str:
    """Set text so that a click shows it."""
    return f"<details>\n<summary><b>{title}</b></summary>\n\n{text}\n\n</details>"


def options_of(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split a directive's options from its text."""
    options = {}
    if body and body[0].strip() == "---":
        end = next(i for i, line in enumerate(body[1:], 1) if line.strip() == "---")
        pairs = [line.split(":", 1) for line in body[1:end] if ":" in line]
        return {k.strip(): v.strip() for k, v in pairs}, body[end + 1 :]
    while body and (match := re.match(r"^ *:([\w-]+):(?: +(.*))?$", body[0])):
        options[match[1]] = (match[2] or "").strip()
        body = body[1:]
    return options, body


def directive(name: str, title: str, body: list[str], chapter: Chapter) -> str:
    """Return one directive as plain Markdown."""
    options, rest = options_of(body)
    kind = name.removeprefix("prf:").removesuffix("-start")
    folded = "dropdown" in options.get("class", "") or name == "dropdown"
    if name in GONE or name.endswith("-end"):
        return ""
    if name == "math":
        number = chapter.numbers.get(options.get("label", ""))
        lines = [title, *rest] if title else rest
        tag = [f"\\tag{{{number}}}"] if number else []
        return macros.expand("\n".join(["$$", *lines, *tag, "$$"]))
    if name in ("code-block", "code", "sourcecode"):
        return "\n".join([f"```{title}", *rest, "```"])
    if name in ("figure", "image"):
        source = os.path.normpath(chapter.path.parent / title)
        picture = Path(source).relative_to(chapter.book.parent).as_posix()
        caption = convert("\n".join(rest).strip(), chapter)
        return f"![{options.get('alt', '')}]({addresses.RAW}{picture})\n\n{caption}".rstrip()
    if name == "list-table":
        return list_table(inline(title, chapter), rest, chapter)
    text = convert("\n".join(rest).strip("\n"), chapter)
    title = inline(title, chapter)
    if name == "raw":
        return "\n".join(rest)
    if name in TEXT:
        return f"**{title}**\n\n{text}" if title else text
    if name == "table":
        return f"**{title}**\n\n{text}"
    if name in ("admonition", "dropdown"):
        return fold(title, text) if folded else quote(f"**{title}**\n\n{text}")
    if name in BOXES:
        heading = title or ("See also" if name == "seealso" else name.capitalize())
        return fold(heading, text) if folded else quote(f"**{heading}**\n\n{text}")
    if name.startswith("prf:") and kind in PROOFS:
        heading = labels.name(kind, title)
        return fold(heading, text) if folded else quote(f"**{heading}**\n\n{text}")
    if name in ("exercise", "exercise-start"):
        return f"**{labels.name('exercise', title)}**\n\n{text}".rstrip()
    if name == "solution":
        return fold("Solution", text)
    if name == "solution-start":
        return f"**Solution**\n\n{text}".rstrip()
    raise ValueError(f"{chapter.path.name}: no plain form for the directive {{{name}}}")


def list_table(title: str, lines: list[str], chapter: Chapter) -> str:
    """Return a list-table as a pipe table."""
    rows: list[list[str]] = []
    for line in filter(str.strip, lines):
        if match := re.match(r"^ *\* - ?(.*)$", line):
            rows.append([match[1]])
        elif match := re.match(r"^ *- ?(.*)$", line):
            rows[-1].append(match[1])
        else:
            rows[-1][-1] += " " + line.strip()
    made = ["| " + " | ".join(inline(cell, chapter) for cell in row) + " |" for row in rows]
    rule = "|" + " --- |" * len(rows[0])
    return "\n".join([*([f"**{title}**", ""] if title else []), made[0], rule, *made[1:]])


def role(match: re.Match[str], chapter: Chapter) -> str:
    """Return one role as plain Markdown."""
    name, content = match[1], match[2].replace("\n", " ")
    said, target = m.groups() if (m := WORDS.match(content)) else (None, content)
    if name.startswith("cite"):
        address = f"{addresses.SITE}book/back/bibliography.html"
        works = [chapter.works[key.strip()] for key in content.split(",")]
        form = "{} ({})" if name == "cite:t" else "{}, {}"
        text = "; ".join(f"[{form.format(*work)}]({address})" for work in works)
        return text if name == "cite:t" else f"({text})"
    if name in ("ref", "numref", "prf:ref", "eq"):
        return chapter.link(target, said)
    if name == "doc":
        path = os.path.normpath(chapter.path.parent / f"{target}.md")
        return chapter.link(Path(path).relative_to(chapter.book).as_posix(), said)
    plain: dict[str, Callable[[str], str]] = {
        "math": lambda t: f"${macros.expand(t)}$",
        "sub": lambda t: f"<sub>{t}</sub>",
        "sup": lambda t: f"<sup>{t}</sup>",
        "kbd": lambda t: f"<kbd>{t}</kbd>",
        "code": lambda t: f"`{t}`",
        "term": lambda t: said or t,
        "abbr": lambda t: t,
    }
    if name not in plain:
        raise ValueError(f"{chapter.path.name}: no plain form for the role {{{name}}}")
    return plain[name](content)


def link(match: re.Match[str], chapter: Chapter) -> str:
    """Return a link within the book as a link to the website."""
    said, target = match[1] or None, match[2]
    target, _, fragment = target.partition("#")
    if not target or (target in chapter.targets and "/" not in target):
        return chapter.link(fragment or target, said)
    if not target.endswith(".md"):
        return match[0]
    path = Path(os.path.normpath(chapter.path.parent / target)).relative_to(chapter.book)
    return chapter.link(path.as_posix(), said, f"#{fragment}" if fragment else "")


def inline(text: str, chapter: Chapter) -> str:
    """Convert roles and links, and leave code spans alone."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0] if match[3] else role(match, chapter))
        return f"\0{len(kept) - 1}\0"

    text = LINK.sub(lambda m: link(m, chapter), SPAN.sub(keep, text))
    text = macros.expand(re.sub(r"\[([^\]]+)\]\{[.#][^}]*\}", r"\1", text))
    return re.sub(r"\0(\d+)\0", lambda m: kept[int(m[1])], text)


def convert(text: str, chapter: Chapter) -> str:
    """Convert a stretch of MyST text."""
    out: list[str] = []
    prose: list[str] = []
    lines = iter(text.split("\n"))

    def flush() -> None:
        if prose:
            out.append(prose_text("\n".join(prose), chapter).strip("\n"))
            prose.clear()

    for line in lines:
        match = OPEN.match(line)
        if match is None:
            prose.append(line)
            continue
        flush()
        indent, fence = len(match["indent"]), match["fence"]
        close = re.compile(rf"^ *{re.escape(fence)}{re.escape(fence[0])}* *$")
        body = []
        for inner in lines:
            if close.match(inner):
                break
            body.append(inner[indent:] if inner[:indent].isspace() or not indent else inner)
        if match["name"] is None:
            block = "\n".join([fence + match["rest"], *body, fence])
        else:
            block = directive(match["name"], match["rest"].strip(), body, chapter)
        out.append("\n".join(" " * indent + x if x else x for x in block.split("\n")))
    flush()
    return "\n\n".join(block for block in out if block.strip())


def prose_text(text: str, chapter: Chapter) -> str:
    """Convert text without directives: labels and comments go, roles and links become plain."""
    text = re.sub(r"^\([^)\s]+\)=\n+", "", text, flags=re.M)
    text = re.sub(r"^%.*\n?", "", text, flags=re.M)

    def tag(match: re.Match[str]) -> str:
        return f"\\tag{{{chapter.numbers[match[1]]}}}\n$$"

    text = re.sub(r"\$\$ *\(([^)\s]+)\) *$", tag, text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", inline(text, chapter))
