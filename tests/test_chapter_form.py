"""The form of a chapter: code that teaches on the page, claims and drawing out of sight."""

import ast
import itertools
import re
import subprocess
import sys

import jupytext
import pytest
from visits import ROOT

import cell_tags
import coursework
import minutes
import pair

NAMES = [p.relative_to(ROOT / "book").with_suffix("").as_posix() for p in pair.chapters()]
MAIN = [name for name in NAMES if "/" in name and not name.startswith("workshop/")]
WIDE = 75


def read(name):
    return coursework.as_read((ROOT / "book" / f"{name}.md").read_text("utf8"))


def cells(name):
    """The cells of a chapter that a reader meets."""
    found = jupytext.reads(read(name), fmt="md:myst").cells
    return [cell for cell in found if not cell_tags.is_claim(cell)]


def code(name):
    return [cell for cell in cells(name) if cell.cell_type == "code"]


def asserted(cell):
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))


def in_a_row(found):
    """Folded cells that follow another with nothing between them."""
    folded = [c.cell_type == "code" and cell_tags.is_folded(c) for c in found]
    return [
        b.source
        for (a, b), two in zip(itertools.pairwise(found), itertools.pairwise(folded), strict=True)
        if all(two)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_that_a_reader_meets_asserts(name):
    assert [cell.source for cell in code(name) if asserted(cell)] == []


@pytest.mark.parametrize("name", NAMES)
def test_shown_code_fits_the_column(name):
    lines = [line for cell in code(name) for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > WIDE] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_two_folded_cells_follow_each_other(name):
    assert in_a_row(cells(name)) == []


def test_few_cells_are_folded_and_steps_are_explained():
    found = [cell for name in NAMES for cell in code(name)]
    folded = [cell for cell in found if cell_tags.is_folded(cell)]
    assert len(folded) <= 0.15 * len(found)
    lines = [line for cell in found for line in cell.source.splitlines() if line.strip()]
    assert sum("#" in line for line in lines) >= 0.05 * len(lines)


@pytest.mark.parametrize("name", [name for name in NAMES if "/" in name])
def test_a_chapter_is_as_long_as_a_sitting(name):
    """1,000 to 3,000 words, by the rule that counts its minutes; without code and exercises."""
    assert 1000 <= minutes.words((ROOT / "book" / f"{name}.md").read_text("utf8")) <= 3000


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_asks_three_quick_questions(name):
    """Side rooms may do without."""
    text = (ROOT / "book" / f"{name}.md").read_text("utf8")
    assert text.count("Three quick questions") in ((1,) if name in MAIN else (0, 1))


def test_no_shown_cell_leans_on_a_claim_and_the_code_is_clean():
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--config",
        "notebooks/ruff.toml",
        "notebooks",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_without_the_data_no_cell_leans_on_one_that_needs_them(name):
    text = read(name)
    found = [c for c in jupytext.reads(text, fmt="md:myst").cells if c.cell_type == "code"]
    left = [c.source for c in found if "needs-data" not in cell_tags.tags(c)]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "-"]
    done = subprocess.run(command, input="\n\n".join(left), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_minutes_are_counted(name):
    text = (ROOT / "book" / f"{name}.md").read_text("utf8")
    assert minutes.corrected(text) == text
    assert not re.search(r"\*\*Time\*\*", text) or minutes.said(text) in text


def test_the_form_would_be_missed():
    """Each rule against a chapter that breaks it."""
    page = "```{{code-cell}}\n:tags: [hide-input]\n{0}\n```\n\n"
    found = jupytext.reads(page.format("x = 1") + page.format("assert x"), fmt="md:myst").cells
    assert in_a_row(found) == ["assert x"]
    assert [asserted(cell) for cell in found] == [False, True]
