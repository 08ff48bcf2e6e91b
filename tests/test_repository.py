"""The repository keeps its own rules. Each rule is also shown a case that breaks it."""

import hashlib
import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from links import soup
from visits import BUILT, ROOT

import front_matter
import pair
from addresses import SITE, SOURCE
from w2s_jax.data import SOURCES

LARGEST = 20 * 2**20
# Beyond the sets that the package downloads: reviews, pretraining corpus, their by-products.
UNSHIPPED = {source.sha256 for source in SOURCES.values()} | {
    "b378834c0a703bccc969acc653f036f61941325747cbc9ef7dfe29becb2a954f",
    "d93ad5a3e0378b66913cda9d87c543fa92f2b07de7ef6f4861871992adb80854",
    "7de6af4c9a9b65c5453962abe3cb9bc9b1d958f8c07eb884a16bada64e41b117",
    "00447e93443c25f31d87cc75a2a0472b9b692f6f8ab88b03e016ff07ba92246e",
    "ba9b4aec53cf66065187d1c2d2201256820b3e22edd4ee0844f288ca50473d40",
}
# A repository or a site at GitHub, whether it is read, launched, installed or downloaded from.
ADDRESS = re.compile(
    r"(?:github(?:usercontent)?\.com|mybinder\.org/v2/gh|google\.com/github)/([\w-]+/[\w-]+)"
    r"|([\w-]+\.github\.io/(?:[\w-]+/)?)"
)
OTHERS = {
    "Abirate/Dataset_Creation_Scrapy_Project_French_book_reviews",
    "BenevolentAI/MolBERT",
    "chogba/wtsg-regression",
    "explosion/spacy-models",
    "googlecolab/backend-info",
    "jax-ml/jax",
    "openai/weak-to-strong",
}
RAW = {"README.md", "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml"}
MACHINE = re.compile(r"(?<![\w.}/])/(?:work|tmp|root|home)/\w|pypi\.org/simple|registry\.npmjs")
CELL = re.compile(r"^[`:]{3,}\{code-cell\}.*?^[`:]{3,}\s*$", re.S | re.M)
EXERCISE = re.compile(r"^[`:]{3,}\{exercise(?:-start)?\}.*\n(?:\s*:[\w-]+:.*\n)*", re.M)
SOLUTION = re.compile(r"^[`:]{3,}\{solution-start\} *(\S+)(.*?)\{solution-end\}", re.S | re.M)
LABEL = re.compile(r"^\s*:label: *(\S+)", re.M)


def toc(text: str) -> list[str]:
    made = yaml.safe_load(text)
    pages = [c for part in made["parts"] for c in part["chapters"]]
    below = [section for page in pages for section in page.get("sections", [])]
    return [made["root"], *(page["file"] for page in pages + below)]


PAGES = toc((ROOT / "_toc.yml").read_text("utf8"))
CHAPTERS = [p for p in PAGES if p != "book/index" and pair.has_code(ROOT / f"{p}.md")]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [p for name in listed.stdout.split("\0") if name and (p := ROOT / name).is_file()]


def machine_paths(text: str) -> list[str]:
    return [line for line in text.splitlines() if MACHINE.search(line)]


def unsolved(chapter: str) -> list[str]:
    solved = {label for label, body in SOLUTION.findall(chapter) if CELL.search(body)}
    labels = [LABEL.search(m[0]) for m in EXERCISE.finditer(chapter)]
    return [m[1] if m else "without label" for m in labels if not m or m[1] not in solved]


def long_cells(chapter: str, limit: int = 40) -> list[str]:
    return [m[0] for m in CELL.finditer(chapter) if m[0].count("\n") - 1 > limit]


def shipped_data(paths: list[Path]) -> list[Path]:
    return [p for p in paths if hashlib.sha256(p.read_bytes()).hexdigest() in UNSHIPPED]


def test_files_are_small_and_none_is_a_data_set():
    paths = tracked()
    assert len(paths) > 20
    assert [p for p in paths if p.stat().st_size > LARGEST] == []
    assert shipped_data(paths) == []


def test_no_file_knows_the_machine_it_was_made_on():
    found = {}
    for path in tracked():
        try:
            lines = machine_paths(path.read_text("utf8"))
        except UnicodeDecodeError:
            continue
        if lines and path != Path(__file__):
            found[path.relative_to(ROOT).as_posix()] = lines
    assert found == {}


def addresses(text: str, source: str = SOURCE, site: str = SITE) -> tuple[bool, list[str]]:
    """Say whether a text names the project's addresses; list those of nobody we know."""
    ours = {source.removeprefix("https://github.com/"), site.removeprefix("https://")}
    found = {m[1] or m[2] for m in ADDRESS.finditer(text)}
    return bool(found & ours), sorted(found - ours - OTHERS)


def test_every_address_is_the_one_in_pyproject():
    strange, ours = {}, set()
    texts = (".md", ".bib", ".cff", ".toml", ".yml", ".py", ".js", ".ipynb", ".txt", "")
    for path in tracked():
        if path.suffix in texts and path != Path(__file__):
            name = path.relative_to(ROOT).as_posix()
            named, others = addresses(path.read_text("utf8"))
            strange |= {name: others} if others else {}
            ours |= {name} if named else set()
    assert strange == {}, "a fork changes these, and pyproject's [project.urls], or adds to OTHERS"
    assert ours >= RAW
    assert {n for n in ours - RAW if not n.startswith(("book/", "notebooks/"))} == set()
    assert {n for n in ours if n.startswith("book/") and not n.endswith(".md")} == set()


def test_the_table_of_contents_lists_every_page_once():
    written = (ROOT / "book").rglob("*.md")
    assert sorted(PAGES) == sorted(p.relative_to(ROOT).with_suffix("").as_posix() for p in written)
    assert not [p for p in PAGES if re.search(r"\d", Path(p).name)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_describes_itself(page):
    matter, text = front_matter.split((ROOT / f"{page}.md").read_text("utf8"))
    assert 20 <= len(matter["description"]) <= 200
    assert len(re.findall(r"^# ", CELL.sub("", text), re.M)) == 1


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_objectives_and_exercises_that_are_solved(chapter):
    text = (ROOT / f"{chapter}.md").read_text("utf8")
    assert "objectives" in text.lower()
    assert EXERCISE.search(text)
    assert unsolved(text) == []
    assert long_cells(text) == []


@cache
def code(path: Path) -> list[dict]:
    cells = json.loads(path.read_text("utf8"))["cells"]
    return [c for c in cells if c["cell_type"] == "code"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_cell_and_every_solution_ran(chapter):
    shown = [c["source"] for c in code(ROOT / "_build" / "jupyter_execute" / f"{chapter}.ipynb")]
    runs = map(code, (ROOT / "_build" / "cache").glob("executed/*/base.ipynb"))
    run = next(cells for cells in runs if [c["source"] for c in cells] == shown)
    idle = [c for c in run if not c["execution_count"]]
    assert [c for c in idle if "skip-execution" not in c["metadata"].get("tags", [])] == []
    boxes = soup(BUILT / f"{chapter}.html").select("div.solution")
    assert len(boxes) == len(SOLUTION.findall((ROOT / f"{chapter}.md").read_text("utf8")))
    assert all(box.select("div.cell_input") for box in boxes)


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    init = (ROOT / "src" / "w2s_jax" / "__init__.py").read_text("utf8")
    assert citation["version"] == project["version"]
    assert f'__version__ = "{project["version"]}"' in init


def test_the_papers_say_what_there_is():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(version)})\]", changelog, re.M)
    readme = (ROOT / "README.md").read_text("utf8")
    assert "make book" in readme
    assert "make test" in readme
    assert SITE in readme


@pytest.mark.parametrize("lock", ["requirements.txt", "binder/requirements.txt"])
def test_every_locked_package_has_a_hash(lock):
    text = (ROOT / lock).read_text("utf8")
    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert len(pins) > 50
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


EXERCISE_TEXT = """```{{exercise-start}} One ★
:label: one
```
Do.
```{{exercise-end}}
```
```{{solution-start}} {label}
:class: dropdown
```
{body}
```{{solution-end}}
```
"""


def test_an_exercise_without_a_solution_that_runs_is_noticed():
    cell = "```{code-cell}\nx = 1\n```"
    assert unsolved(EXERCISE_TEXT.format(label="one", body=cell)) == []
    assert unsolved(EXERCISE_TEXT.format(label="one", body="Prose.")) == ["one"]
    assert unsolved(EXERCISE_TEXT.format(label="other", body=cell)) == ["one"]
    assert unsolved("```{exercise} One\nDo.\n```") == ["without label"]


def test_other_broken_cases_are_noticed(tmp_path):
    assert machine_paths("see /" + "work/main/x and\nhttps://x.org/work/y") == [
        "see /" + "work/main/x and"
    ]
    cell = "```{code-cell}\n" + "x = 1\n" * 41 + "```\n"
    assert long_cells(cell)
    old = "see https://github.com/ab/c, git+https://github.com/de/f.git and x.github.io/y/z.html"
    assert addresses(old, "https://github.com/ab/c", "https://g.github.io/y/") == (
        True,
        ["de/f", "x.github.io/y/"],
    )
    copy = tmp_path / "table.csv"
    copy.write_bytes(b"made up")
    assert shipped_data([copy]) == []
    UNSHIPPED.add(hashlib.sha256(b"made up").hexdigest())
    assert shipped_data([copy]) == [copy]
