import re
import shlex
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from w2s_jax import sets
from w2s_jax.audit.command import main
from w2s_jax.projections import Status, project
from w2s_jax.records import recorded_rows

ROOT = Path(__file__).parents[1]
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def blocks(language: str, paper: str = "README.md") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(paper), re.MULTILINE | re.DOTALL)


def test_the_python_example_runs_and_does_what_it_says(capsys):
    (example,) = blocks("python")
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    report = names["report"]
    assert float(report.gain) > 0
    assert float(report.gain) == pytest.approx(float(report.misfit), rel=1e-9)
    assert capsys.readouterr().out.strip()


def test_the_misfit_needs_no_truth_as_the_readme_says():
    names = {}
    exec(compile(blocks("python")[0], "README.md", "exec"), names)
    blind = names["evaluate"](names["weak"], names["student"])
    assert float(blind.misfit) == pytest.approx(float(names["report"].misfit), rel=1e-12)
    assert float(blind.certificate) <= float(names["report"].weak_error)


def test_the_audit_says_what_the_readme_shows(tmp_path, monkeypatch, capsys):
    (block,) = [text for text in blocks("sh") if "w2s audit" in text]
    (shown,) = blocks("text")
    monkeypatch.chdir(tmp_path)
    commands = [line for line in block.replace("\\\n", " ").splitlines() if line[:4] == "w2s "]
    assert len(commands) == 2
    for line in commands:
        assert main(shlex.split(line, comments=True)[1:]) == 0
    said = capsys.readouterr().out
    assert shown in said
    printed = said[said.index("w2s audit") :].partition("\n\n")[0].replace("\\\n", " ")
    assert shlex.split(printed) == shlex.split(commands[1]), "one command, here and there"
    assert "1,500 inputs, 200 labels" in Path("made/audit.html").read_text("utf8")


def test_the_blocks_of_the_page_on_choosing_run():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(6, 3))
    names: dict[str, Any] = {"jax": jax, "sets": sets}
    names |= {"project": project, "Status": Status, "points": points, "q": points[0]}
    names |= {"G": np.eye(3), "metrics": np.stack([np.eye(3), np.diag([1.0, 2.0, 3.0])])}
    for block in blocks("python", "book/workshop/choose.md"):
        exec(compile(block, "choose.md", "exec"), names)
    assert names["found"].value.shape == (6, 3)
    assert names["values"].shape == (2, 3)


def test_the_page_on_choosing_says_what_its_record_says():
    rows = recorded_rows("choose")
    rounds, page = {}, " ".join(text_of("book/workshop/choose.md").split())
    for row in rows:
        if row["what"] == "rounds" and row["worst"] is not None and row["worst"] <= 1e-10:
            rounds.setdefault((row["set"], row["condition"]), row["round"])
    told = {"box": "from {} rounds to {} in the box", "simplex": "from {} to {} in the simplex"}
    told |= {"L1 ball": "from {} to {} in the L1 ball"}
    pairs = {name: (rounds[name, 1e2], rounds[name, 1e4]) for name, _ in rounds}
    for name, words in told.items():
        assert words.format(*pairs.pop(name)) in page
    assert len(pairs) == 5
    early = {row["set"] for row in rows if row["what"] == "rounds" and row["unbounded"]}
    assert early == {"polytope"}
    assert all(late <= early + 4 for early, late in pairs.values())
    timed = {row["set"]: row for row in rows if row["what"] == "time" and row["d"] == 64}
    assert 0.15 < timed["box"]["us"] * 1e-6 * 10_000 < 0.25
    faces = ("box", "simplex", "L1 ball", "hull", "monotone")
    assert all(1.4 < timed[name]["steps"] < 2.3 for name in faces)
    single = [row for row in rows if row["what"] == "float32"]
    shortest = 0.222  # of the weights at condition 1e8, where functions are the farthest off
    assert all(row["functions"] <= 1e-5**0.5 * shortest and row["gap"] <= 1e-5 for row in single)


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_is_a_target(paper):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)", "\n".join(blocks("sh", paper)), re.MULTILINE))
    named |= set(re.findall(r"`make ([a-z]+)`", text_of(paper)))
    assert {"book", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("paper", PAPERS)
def test_every_local_link_leads_somewhere(paper):
    links = re.findall(r"\]\(([^)\s]+)\)", text_of(paper))
    local = [link for link in links if not link.startswith("https://")]
    assert [link for link in local if not (ROOT / link).exists()] == []
    notebooks = [link.rpartition("notebooks/")[2] for link in links if link.endswith(".ipynb")]
    assert [name for name in notebooks if not (ROOT / "notebooks" / name).exists()] == []


def test_the_tests_that_contributing_names_exist():
    for path in re.findall(r"pytest (\S+)", text_of("CONTRIBUTING.md")):
        assert (ROOT / path).exists(), path
