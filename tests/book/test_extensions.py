"""The book's own Sphinx extensions."""

import doctest
import importlib
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from visits import ROOT

import claims
import data_needed
import pages

CHAPTER = """---
data: [esol]
---
# Title

```{code-cell}
:tags: [needs-data, hide-input]
load()
```

```{code-cell}
---
tags:
  - needs-data
---
more()
```

```{code-cell}
free()
```
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "results").mkdir()
    made = {"date": "2026-11-23", "commit": "0123456789abcdef"}
    (tmp_path / "results" / "supervisors.json").write_text(
        json.dumps({"provenance": made, "rows": []})
    )
    return SimpleNamespace(srcdir=tmp_path)


def test_a_chapter_without_its_data_says_so_and_skips_cells(app, monkeypatch):
    monkeypatch.setattr(data_needed, "unreachable", lambda name: f"no {name}")
    source = [CHAPTER]
    data_needed.read(app, "book/two", source)
    assert source[0].count("skip-execution") == 2
    assert ":tags: [needs-data, skip-execution, hide-input]" in source[0]
    assert "  - needs-data\n  - skip-execution" in source[0]
    title, box = source[0].index("# Title"), source[0].index(":::{warning}")
    assert title < box < source[0].index("load()")
    assert "results/supervisors.json" in source[0]
    assert "2026-11-23, commit `012345678`" in source[0]


def test_a_chapter_with_its_data_is_left_alone(app, monkeypatch):
    monkeypatch.setattr(data_needed, "unreachable", lambda name: None)
    source = [CHAPTER]
    data_needed.read(app, "book/two", source)
    assert source == [CHAPTER]


def test_data_that_cannot_be_had_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    (tmp_path / "delaney-processed.csv").write_text("not the file")
    reason = data_needed.unreachable.__wrapped__("esol")
    assert reason
    assert "delaney-processed.csv" in reason


def test_a_page_asks_for_the_style_sheet_that_there_is(tmp_path):
    page = '<link href="../_static/book.css?v=00000000"><script src="_static/no.js?v=00000000">'
    (tmp_path / "book.css").write_text("p { color: red }")
    first = pages.stamped(page, tmp_path)
    assert pages.stamped(first, tmp_path) == first
    assert first.count("00000000") == 1  # there is no such script
    (tmp_path / "book.css").write_text("p { color: blue }")
    assert pages.stamped(first, tmp_path) != first


@pytest.mark.parametrize(
    ("formula", "after", "held"),
    [
        ("s", ", the rest", ","),
        ("s", ".", "."),
        ("s", " and", None),
        ("s", "", None),
        ("s + " * 11 + "t", ", the rest", None),  # as long as a line
    ],
)
def test_a_short_formula_keeps_what_closes_it(formula, after, held):
    paragraph = nodes.paragraph("", "", nodes.math("", formula), nodes.Text(after))
    document = new_document("page")
    document += paragraph
    pages.HoldTogether(document).run()
    assert paragraph.astext() == formula + after
    kept = [node.astext() for node in paragraph.findall(nodes.inline)]
    assert kept == ([] if held is None else [formula + held])


def test_a_number_keeps_its_percent_sign():
    document = new_document("page")
    document += nodes.paragraph("", "", nodes.Text("95 % of 5 inputs"))
    document += nodes.literal_block("", "7 % 2")
    document += nodes.paragraph("", "", nodes.literal("", "7 % 2"))
    pages.HoldTogether(document).run()
    held = "95\N{NO-BREAK SPACE}% of 5 inputs"
    assert [node.astext() for node in document] == [held, "7 % 2", "7 % 2"]


def test_a_page_loses_what_it_does_not_use():
    page = '<script defer src="x/scripts/fontawesome.js?v=1"></script><p role="list">Text</p>'
    assert pages.UNUSED.sub("", page) == '<p role="list">Text</p>'


EXAMPLES = [p.stem for p in (ROOT / "book" / "_ext").glob("*.py") if ">>> " in p.read_text("utf8")]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_examples_in_docstrings_are_right(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert found.failed == 0


def test_the_configuration_names_every_extension():
    config = (ROOT / "_config.yml").read_text("utf8")
    folder = ROOT / "book" / "_ext"
    for path in folder.glob("*.py"):
        assert ("def setup(" in path.read_text("utf8")) == (f"    {path.stem}: book/_ext" in config)


HEAD = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
COUNT = "import jax.numpy as jnp\nprint(6 * 7, float(jnp.ones(3).sum()))"


@pytest.fixture
def site(tmp_path):
    """Build a small site of given cells; returns what Sphinx said, its errors and its folder."""
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_nb', 'keyed_cache', 'run_ahead']\n"
        "nb_execution_mode = 'cache'\n"
        "exclude_patterns = ['_build']\n"
    )
    (tmp_path / "requirements.txt").touch()

    def build(cells: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
        for name, cell in cells.items():
            text = f"{HEAD}# {name}\n\n```{{code-cell}}\n{cell}\n```\n"
            (tmp_path / f"{name}.md").write_text(text)
        toc = "\n".join(sorted(cells))
        (tmp_path / "index.md").write_text(f"# Top\n\n```{{toctree}}\n{toc}\n```\n")
        command = [
            sys.executable,
            "-m",
            "sphinx",
            *options,
            str(tmp_path),
            str(tmp_path / "_build" / "html"),
        ]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "book" / "_ext")}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return tmp_path, build


def test_chapters_run_side_by_side_and_every_failure_is_told(site):
    cells = {"good": COUNT, "bad": "raise ValueError('mend me')", "worse": "1 / 0"}
    built = site[1](cells)
    assert built.returncode != 0
    assert "running 3 chapters: bad, good, worse" in built.stdout
    assert "ran good in" in built.stdout
    assert "ran bad" not in built.stdout
    assert "mend me" in built.stderr
    assert "division by zero" in built.stderr
    assert "2 chapters failed: bad, worse" in built.stderr


def test_a_chapter_runs_when_it_must_and_never_twice(site):
    folder, build = site
    cells = {"one": COUNT, "two": "print(1)"}
    assert "running 2 chapters: one, two" in build(cells).stdout
    assert ">42 3.0\n" in (folder / "_build" / "html" / "one.html").read_text()
    other = cells | {"two": "print(2)"}
    assert "running 1 chapters: two" in build(other).stdout
    assert "chapters:" not in build(cells).stdout  # the first state is still there
    assert ">1\n" in (folder / "_build" / "html" / "two.html").read_text()
    (folder / "requirements.txt").write_text("changed")
    assert "running 2 chapters: one, two" in build(cells).stdout


def test_one_chapter_is_built_without_running_the_others(site):
    folder, build = site
    cells = {"one": COUNT, "two": "print(1)"}
    alone = build(cells, "-D", "w2s_chapter=two")
    assert "running 1 chapters: two" in alone.stdout
    page = (folder / "_build" / "html" / "two.html").read_text()
    assert ">1\n" in page
    assert 'href="one.html"' in page  # the navigation is whole
    assert ">42 3.0\n" not in (folder / "_build" / "html" / "one.html").read_text()
    assert "running 1 chapters: one" in build(cells).stdout
    assert ">42 3.0\n" in (folder / "_build" / "html" / "one.html").read_text()


@pytest.mark.parametrize(("claim", "rc"), [("assert x == 1", 0), ("assert x == 2", 1)])
def test_a_claim_that_falls_is_told(tmp_path, monkeypatch, capsys, claim, rc):
    text = (
        "```{code-cell}\nx = 1\n```\n\n```{code-cell}\n:tags: [remove-cell]\n" + claim + "\n```\n"
    )
    (tmp_path / "page.md").write_text(
        "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n" + text, "utf8"
    )
    monkeypatch.setattr(claims, "chapters", lambda: [tmp_path / "page.md"])
    assert claims.main(["page"]) == rc
    assert ("1 claims hold" in capsys.readouterr().out) == (rc == 0)
    with pytest.raises(SystemExit):
        claims.main(["pages"])
