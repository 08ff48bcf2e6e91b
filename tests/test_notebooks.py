"""The paired notebooks: in step, plain, and running in a reader's own environment."""

import re
import shutil
import subprocess
from pathlib import Path

import links
import pytest
from visits import BUILT, ROOT

import pair
from addresses import SITE
from editions import WORDS
from notebook_runs import cells, execute
from selection import few

NOTEBOOKS = sorted(pair.paired())
NAMES = [p.relative_to(ROOT / "notebooks").as_posix() for p in NOTEBOOKS]
READER = ROOT / ".venv-binder" / "bin" / "python"
PLAIN = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})\{|\{[\w:-]+\}`|^\([\w-]+\)=\s*$|^%", re.M)


def text_of(path: Path) -> str:
    return "\n\n".join("".join(c["source"]) for c in cells(path) if c["cell_type"] == "markdown")


def test_there_are_notebooks_and_none_has_drifted():
    assert NOTEBOOKS
    assert pair.drift() == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_plain_and_free_of_outputs(path):
    code = [c for c in cells(path) if c["cell_type"] == "code"]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    assert '"google.colab" in sys.modules' in "".join(code[0]["source"])
    assert PLAIN.search(text_of(path)) is None
    ids = [c["id"] for c in cells(path)]
    assert len(set(ids)) == len(ids)


def test_claims_are_for_the_build_alone(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    claim = "```{code-cell}\n:tags: [remove-cell]\nassert x\n```\n"
    (tmp_path / "_toc.yml").write_text("root: book/page\nparts: []\n", "utf8")
    page = book / "page.md"
    page.write_text(f"# Title\n\n```{{code-cell}}\nx = 1\n```\n\n{claim}", "utf8")
    text = pair.notebook(page, book, {}, {})
    assert "x = 1" in text
    assert "assert x" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_leads_back_to_the_website(path):
    found = re.findall(re.escape(SITE) + r"([^)\s]+)", text_of(path))
    assert found
    assert [x for x in found if links.leads_nowhere(BUILT, "index.html", x)] == []


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """The folders that a reader's notebook may look into."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("notebooks", "results"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    return folder


def changed() -> set[str]:
    """Notebooks that differ from the main branch, or on it from the commit before."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout

    base = git("merge-base", "HEAD", "origin/main").strip()
    if base in ("", git("rev-parse", "HEAD").strip()):
        base = "HEAD~1"
    lines = git("diff", "--name-only", base, "--", "notebooks").split()
    lines += git("ls-files", "--others", "--exclude-standard", "--", "notebooks").split()
    return {line.removeprefix("notebooks/") for line in lines} & set(NAMES)


# the book has run the same cells: every change runs two, and its own, as a reader would
TWO = {"geometry/what-is-weak-to-strong.ipynb", "molecules/molecules-as-inputs.ipynb"}
EVERY_CHANGE = sorted(TWO | changed())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", few(NAMES, *EVERY_CHANGE))
def test_a_notebook_runs_in_a_clean_environment(copy, name):
    if not READER.is_file():
        pytest.fail("There is no reader's environment in .venv-binder: run make install.")
    run = execute(READER, copy / "notebooks" / name)
    assert run.rc == 0, run.stderr[-4000:]
    assert len(run.ran) > 1
    assert run.errors == []


def test_the_readers_package_is_a_built_wheel():
    where = "import w2s_jax; print(w2s_jax.__file__)"
    done = subprocess.run([READER, "-c", where], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(ROOT / ".venv-binder")


@pytest.fixture
def small_book(tmp_path):
    """A book of one chapter; returns its root and a way to write the chapter."""
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "book" / "references.bib", tmp_path / "book")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n"
        "- caption: A\n  numbered: 1\n  chapters:\n  - file: book/one\n"
    )

    def write(text: str) -> str:
        (tmp_path / "book" / "one.md").write_text(HEAD + text, "utf8")
        (path,) = pair.notebooks(tmp_path)
        pair.write(tmp_path)
        return text_of(path)

    return tmp_path, write


HEAD = """---
description: One.
kernelspec: {name: python3, display_name: Python 3}
jupytext: {text_representation: {extension: .md, format_name: myst}}
---
(one)=
# One

```{code-cell}
:tags: [needs-data]
x = 1
```

"""
LONE = "```{solution-start} s\n```\nDone.\n```{solution-end}\n```"
ASKED = "```{exercise-start} Sum ★\n:label: s\n```\nAdd.\n```{exercise-end}\n```\n\n"
CASES = {
    ":::{note}\nText\n:::": "> **Note**\n>\n> Text",
    "::::{tip}\n:::{warning} Hot\nText\n:::\n::::": "> **Tip**\n>\n> > **Hot**\n> >\n> > Text",
    "```{prf:theorem} Pythagoras\n:label: p\n$a$\n```": "> **Theorem (Pythagoras)**\n>\n> $a$",
    "$$\na\n$$ (e)": "$$\na\n\\tag{1.1}\n$$",
    "$$\na\n$$ (e)\n\nSee {eq}`e`.": (
        f"$$\na\n\\tag{{1.1}}\n$$\n\nSee [(1.1)]({SITE}book/one.html#equation-e)."
    ),
    "{ref}`one` and {ref}`it <one>`": (
        f"[One]({SITE}book/one.html#one) and [it]({SITE}book/one.html#one)"
    ),
    "{cite:t}`delaney2004esol`": f"[Delaney (2004)]({SITE}book/back/bibliography.html)",
    "% a remark\nText": "Text",
    r"$x \in \R$": r"$x \in \mathbb{R}$",
    "```{prf:proof}\n:class: dropdown\nDone.\n```": (
        "<details>\n<summary><b>Proof</b></summary>\n\nDone.\n\n</details>"
    ),
    "```{exercise-start} Sum ★\n:label: s\n```\nAdd.\n```{exercise-end}\n```": (
        "**Exercise (Sum ★)**\n\nAdd."
    ),
    f"{ASKED}```{{solution-start}} s\n:label: t\n```\nDone.\n```{{solution-end}}\n```": (
        f"**Exercise (Sum ★)**\n\nAdd.\n\n{WORDS}\n\n"
        f"[A solution]({SITE}book/one.html#t) is folded on the website."
    ),
    "```python\n{ref}`x`\n```": "```python\n{ref}`x`\n```",
    "[`here`](one.md)": f"[`here`]({SITE}book/one.html)",
    "[](#one)": f"[One]({SITE}book/one.html#one)",
    "{ref}`to come <later>`": "to come",
    "[out](https://jax.dev)": "[out](https://jax.dev)",
    "`{ref}` and ``{a}`b` ``": "`{ref}` and ``{a}`b` ``",
}


@pytest.mark.parametrize(("myst", "markdown"), CASES.items())
def test_myst_becomes_plain_markdown(small_book, myst, markdown):
    assert small_book[1](myst).endswith("\n\n" + markdown)


@pytest.mark.parametrize(
    ("myst", "error"),
    [
        ("{odd}`x`", ValueError),
        ("```{odd} x\n```", ValueError),
        (LONE, ValueError),
        ("{cite:t}`x`", KeyError),
    ],
)
def test_what_has_no_plain_form_is_refused(small_book, myst, error):
    with pytest.raises(error):
        small_book[1](myst)


def test_drift_is_noticed(small_book):
    root, write = small_book
    write("Text")
    assert pair.drift(root) == []
    path = root / "notebooks" / "one.ipynb"
    path.write_text(path.read_text("utf8").replace("Text", "Other"), "utf8")
    assert pair.drift(root) == ["notebooks/one.ipynb"]
    (root / "notebooks" / "stray.ipynb").touch()
    assert pair.drift(root) == ["notebooks/one.ipynb", "notebooks/stray.ipynb"]
    assert pair.write(root) == ["notebooks/one.ipynb", "notebooks/stray.ipynb"]
    assert pair.drift(root) == []


def test_a_cell_keeps_its_id_when_another_comes_before_it(small_book):
    root, write = small_book
    path = root / "notebooks" / "one.ipynb"
    write("Text")
    before = {"".join(c["source"]): c["id"] for c in cells(path)}
    write("```{code-cell}\ny = 2\n```\n\nText")
    after = {"".join(c["source"]): c["id"] for c in cells(path)}
    assert before.items() <= after.items()
