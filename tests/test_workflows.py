"""The workflows: pinned, with few rights, and of commands that there are."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml
from visits import ROOT

import fetch_data
from w2s_jax.data import Source, Unavailable

HOME = ROOT / ".github"
WORKFLOWS = sorted((HOME / "workflows").glob("*.yml"))
ACTIONS = sorted((HOME / "actions").rglob("action.yml"))
FORMS = [p for p in sorted((HOME / "ISSUE_TEMPLATE").glob("*.yml")) if p.stem != "config"]
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
WRITERS = {("site", "publish"), ("release", "github"), ("release", "pypi")}


def name(path: Path) -> str:
    return path.relative_to(HOME).as_posix()


def jobs(path: Path) -> dict[str, dict]:
    return yaml.safe_load(path.read_text("utf8"))["jobs"]


def loose(text: str) -> list[str]:
    """List the actions of others that could change without a commit here."""
    uses = [line.strip().removeprefix("- ") for line in text.splitlines() if "uses: " in line]
    return [use for use in uses if not use.startswith("uses: ./") and not PINNED.match(use)]


def commands(steps: list[dict]) -> list[str]:
    return [step["run"] for step in steps if "run" in step]


def lacking(command: str) -> list[str]:
    """List make's targets, scripts and tests that a command names and that are not there."""
    makefile = (ROOT / "Makefile").read_text("utf8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    called = [word for m in re.finditer(r"\bmake ([^\n#]+)", command) for word in m[1].split()]
    missing = [word for word in called if re.fullmatch("[a-z-]+", word) and word not in targets]
    paths = re.findall(r"\b(?:publish|tests|book)/[\w/]+\.\w+", command)
    return missing + [path for path in paths if not (ROOT / path).is_file()]


@pytest.mark.parametrize("path", WORKFLOWS + ACTIONS, ids=name)
def test_actions_of_others_are_pinned(path):
    assert loose(path.read_text("utf8")) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_a_workflow_reads_and_only_the_jobs_that_publish_write(path):
    assert yaml.safe_load(path.read_text("utf8"))["permissions"] == {"contents": "read"}
    given = {(path.stem, job) for job, what in jobs(path).items() if "permissions" in what}
    assert given == {writer for writer in WRITERS if writer[0] == path.stem}
    for what in jobs(path).values():
        assert "uses" in what or what["timeout-minutes"] <= 240
        for step in what.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS + ACTIONS, ids=name)
def test_commands_are_there_and_take_nothing_from_outside(path):
    made = yaml.safe_load(path.read_text("utf8"))
    lists = (
        [made["runs"]["steps"]]
        if "runs" in made
        else [j.get("steps", []) for j in jobs(path).values()]
    )
    found = [command for steps in lists for command in commands(steps)]
    assert found
    assert [miss for command in found for miss in lacking(command)] == []
    assert [command for command in found if "${{" in command] == []


def test_every_python_that_the_package_names_is_tried():
    asked = jobs(HOME / "workflows" / "tests.yml")["test"]["strategy"]["matrix"]["python"]
    project = (ROOT / "pyproject.toml").read_text("utf8")
    assert asked == re.findall(r"Python :: (3\.\d+)", project)


@pytest.mark.parametrize("path", FORMS, ids=name)
def test_a_form_asks_for_something(path):
    form = yaml.safe_load(path.read_text("utf8"))
    assert set(form) == {"name", "description", "labels", "body"}
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field["validations"]["required"] for field in fields)


def test_a_container_makes_what_make_knows():
    made = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf8"))
    assert lacking(made["postCreateCommand"]) == []


def test_what_is_loose_or_lacking_is_noticed():
    assert loose("- uses: actions/checkout@v5") == ["uses: actions/checkout@v5"]
    assert loose("uses: a/b@" + "0" * 40 + " # v1.0.0\nuses: ./.github/actions/prepare") == []
    assert lacking("make book nothing FRESH=1") == ["nothing"]
    assert lacking("python publish/nothing.py && pytest tests/nothing.py") == [
        "publish/nothing.py",
        "tests/nothing.py",
    ]


def test_a_runner_gets_the_data_that_have_an_address(tmp_path, monkeypatch, capsys):
    there = Source("there.csv", "https://example.org/there.csv", hashlib.sha256(b"a").hexdigest())
    monkeypatch.setattr(fetch_data, "SOURCES", {"there": there, "none": Source("none", "", "")})
    (tmp_path / "there.csv").write_bytes(b"a")
    fetch_data.main(str(tmp_path))
    assert capsys.readouterr().out == f"{tmp_path / 'there.csv'}\n"
    (tmp_path / "there.csv").write_bytes(b"b")
    with pytest.raises(Unavailable, match=r"there\.csv is not the expected file"):
        fetch_data.main(str(tmp_path))
