"""Five questions a chapter, each with four answers: book/quiz/CHAPTER.yml.

Each wrong answer is what somebody believes who misunderstood one thing, and says which.
"""

import ast
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import contents
import labels
import minutes
from addresses import ROOT

FOLDER = "book/quiz"
COUNT, LETTERS = 5, "ABCD"
NEEDED, OPTIONAL = ("asks", "right", "why", "section", "wrong"), ("check",)
HEADING = re.compile(r"^#{1,3} (.+)$", re.M)
LABEL = re.compile(r"^\(([^)\s]+)\)=\n\s*(?:#+ (.+))?", re.M)


@dataclass(frozen=True)
class Answer:
    """An answer, why it is right or which mistake leads to it, and which of the two."""

    says: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        asks: MyST.
        answers: four, in the order in which they are shown.
        section: the name of the place that explains it, as the chapter's anchors have it.
        check: Python whose last line is true if the numbers are; "" where there are none.
    """

    asks: str
    answers: tuple[Answer, ...]
    section: str
    check: str

    @property
    def right(self) -> int:
        """The place of the right answer."""
        return [answer.right for answer in self.answers].index(True)


@dataclass(frozen=True)
class Place:
    """Where a chapter explains something: words, the id on its page, MyST that links to it."""

    words: str
    ident: str
    link: str


def shuffled(asks: str, answers: list[Answer]) -> tuple[Answer, ...]:
    """Return answers in an order that the question draws, and no run changes.

    >>> [answer.says for answer in shuffled("?", [Answer(c, "", False) for c in "abcd"])]
    ['d', 'c', 'a', 'b']
    """

    def drawn(answer: Answer) -> bytes:
        return hashlib.sha256(f"{asks}\0{answer.says}".encode()).digest()

    return tuple(sorted(answers, key=drawn))


def _texts(found: Any, names: tuple[str, ...], where: str) -> dict[str, str]:
    """Return the named texts of a mapping, each of which must say something."""
    if not isinstance(found, dict):
        raise ValueError(f"{where} must be a mapping with {', '.join(names)}, got {found!r}")
    for name in names:
        if not isinstance(found.get(name), str) or not found[name].strip():
            raise ValueError(
                f"{where} must have a text {name!r} (a number in quotes), got {found.get(name)!r}"
            )
    return {name: found[name].strip() for name in names}


def spoken(answer: str) -> str:
    r"""Return an answer whose first number begins a sentence and not a list.

    >>> print(spoken("0. All was wrong."), spoken("0.5"))
    0\. All was wrong. 0.5
    """
    return re.sub(r"\A(\d+)([.)])(?=\s)", r"\1\\\2", answer)


def question(found: Any, where: str) -> Question:
    """Return a question.

    Raises:
        ValueError: something is missing, twice there, or has a name that nobody reads.
    """
    own = _texts(found, NEEDED[:-1], where)
    if strange := sorted(set(found) - {*NEEDED, *OPTIONAL}):
        raise ValueError(f"{where} may have {', '.join((*NEEDED, *OPTIONAL))}, got {strange[0]!r}")
    wrong = found.get("wrong")
    if not isinstance(wrong, list) or len(wrong) != len(LETTERS) - 1:
        got = len(wrong) if isinstance(wrong, list) else wrong
        raise ValueError(f"{where} must have exactly three answers under 'wrong', got {got!r}")
    answers = [Answer(spoken(own["right"]), own["why"], right=True)]
    for number, each in enumerate(wrong, 1):
        place = f"{where}, wrong answer {number},"
        texts = _texts(each, ("says", "why"), place)
        if strange := sorted(set(each) - set(texts)):
            raise ValueError(f"{place} may have says and why, got {strange[0]!r}")
        answers.append(Answer(spoken(texts["says"]), texts["why"], right=False))
    if len({answer.says for answer in answers}) < len(answers):
        raise ValueError(f"{where} has the same answer twice")
    check = str(found.get("check", "")).strip()
    return Question(own["asks"], shuffled(own["asks"], answers), own["section"], check)


def read(path: Path) -> list[Question]:
    """Return the questions of a file.

    Raises:
        ValueError: the file, the question and what it lacks, in a sentence.
    """
    try:
        found = yaml.safe_load(path.read_text("utf8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} is no YAML: {error}") from error
    if not isinstance(found, list) or len(found) != COUNT:
        got = f"{len(found)} of them" if isinstance(found, list) else type(found).__name__
        raise ValueError(f"{path.name} must be a list of exactly {COUNT} questions, got {got}")
    return [question(each, f"{path.name}, question {n},") for n, each in enumerate(found, 1)]


def asked(root: Path = ROOT) -> dict[Path, Path]:
    """Return the file of questions of each page that has one, in the order of the book."""
    pages = [page for part in contents.contents(root).values() for page in part]
    files = {page: root / FOLDER / f"{page.stem}.yml" for page in pages}
    return {page: path for page, path in files.items() if path.is_file()}


def slug(heading: str) -> str:
    """Return the anchor by which MyST knows a heading.

    >>> slug("What breaks it: a student's error")
    'what-breaks-it-a-students-error'
    """
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace(" ", "-"))


def places(text: str, page: str) -> dict[str, Place]:
    """Return what a question may name of a chapter: its labels, and the anchors of headings.

    Args:
        text: the chapter's.
        page: its path without ending, as `doc` has it.
    """
    shown = minutes.prose(minutes.shown(text))
    found = {}
    for heading in HEADING.findall(shown):
        place = Place(heading, labels.anchor(heading), f"[]({page}.md#{slug(heading)})")
        found |= {slug(heading): place, labels.anchor(heading): place}
    for each in LABEL.finditer(shown):
        label, heading = each.groups()
        words = heading or HEADING.findall(shown[: each.start()])[-1]
        named = label if heading else f"{words} <{label}>"  # only a heading lends its words
        found[label] = Place(words, labels.anchor(label), f"{{ref}}`{named}`")
    for kind, title, options in labels.DIRECTIVE.findall(shown):
        label = labels.OPTION.search(options)
        if label and kind.startswith("prf:"):
            words = f"{kind.removeprefix('prf:').capitalize()}: {title.strip()}"
            found[label[1]] = Place(words, labels.anchor(label[1]), f"{{prf:ref}}`{label[1]}`")
    return found


def place(question: Question, found: dict[str, Place], where: str) -> Place:
    """Return the place that explains a question.

    Raises:
        ValueError: the chapter has no such place.
    """
    if question.section not in found:
        names = ", ".join(sorted(found))
        raise ValueError(f"{where}: the chapter has no {question.section!r}; it has {names}")
    return found[question.section]


def holds(check: str) -> bool:
    r"""Run a check and say whether its last line is true.

    >>> holds("a = 0.3 - 0.1\nabs(a - 0.2) < 1e-12"), holds("0.3 - 0.1 == 0.3")
    (True, False)
    """
    import numpy as np

    import w2s_jax

    *steps, last = ast.parse(check).body
    if not isinstance(last, ast.Expr):
        raise ValueError(f"the last line of a check must be an expression, got {check!r}")
    names: dict[str, Any] = {"np": np, "w2s_jax": w2s_jax}
    exec(compile(ast.Module(steps, []), "check", "exec"), names)
    return bool(eval(compile(ast.Expression(last.value), "check", "eval"), names))
