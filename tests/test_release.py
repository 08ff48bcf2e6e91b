"""A release, made in a copy of this checkout that is thrown away."""

import doctest
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import release
from addresses import REF, ROOT, SOURCE
from test_repository import tracked

NOW = release.project(ROOT)["version"]
NEXT = release.next_versions(NOW)[1]
TAG = f"v{NEXT}"
WHO = ["-c", "user.name=A reader", "-c", "user.email=reader@example.org"]


def commit_all(root: Path) -> None:
    """Commit whatever lies in a folder."""
    release.git(root, "add", "--all", "--force")
    release.git(root, *WHO, "commit", "--quiet", "--message", "All")


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A repository of its own with the files of this one."""
    root = tmp_path_factory.mktemp("copy")
    for path in tracked():
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    release.git(root, "init", "--quiet", "--initial-branch", "main")
    for setting in WHO[1::2]:
        release.git(root, "config", *setting.split("=", 1))
    commit_all(root)
    return root


def run(root: Path, version: str, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, root / "publish" / "release.py", version, *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("0.2", "VERSION must be three numbers such as 0.2.0, got '0.2'."),
        (NOW, f"After {NOW} comes "),
        ("9.9.9", f"After {NOW} comes "),
    ],
)
def test_a_version_out_of_order_is_refused(copied, version, told):
    ran = run(copied, version)
    assert ran.returncode == 1
    assert ran.stderr.startswith(told)
    assert ran.stderr.count("\n") == 1


def test_a_dirty_tree_is_refused(copied):
    new = copied / "new.txt"
    new.write_text("not committed", "utf8")
    told = release.refusal(copied, NEXT)
    new.unlink()
    assert told == (
        "The tree holds changes that no commit has (new.txt): commit or stash them first."
    )


def test_an_empty_changelog_is_refused(copied):
    path = copied / "CHANGELOG.md"
    before, head = path.read_text("utf8"), release.git(copied, "rev-parse", "HEAD")
    path.write_text(before.replace(release.notes(before), "Nothing yet."), "utf8")
    commit_all(copied)
    told = release.refusal(copied, NEXT)
    release.git(copied, "reset", "--quiet", "--hard", head)
    assert told == "CHANGELOG.md lists nothing under Unreleased: say there what is new."


def test_a_tag_that_is_there_is_refused(copied):
    release.git(copied, "tag", TAG)
    told = release.refusal(copied, NEXT)
    release.git(copied, "tag", "--delete", TAG)
    assert told.startswith(f"The tag {TAG} is there already")


@pytest.fixture(scope="module")
def released(copied):
    """The repository after its release; the tests above left it as it was."""
    assert release.refusal(copied, NEXT) == ""
    ran = run(copied, NEXT)
    assert ran.returncode == 0, ran.stderr
    assert f"git push origin main {TAG}" in ran.stdout
    return copied


def at(root: Path, commit: str, path: str) -> str:
    return release.git(root, "show", f"{commit}:{path}")


def installs(root: Path, commit: str) -> set[str]:
    """List what the notebooks of a commit ask pip for, extras aside."""
    names = release.git(root, "ls-tree", "-r", "--name-only", commit, "notebooks").splitlines()
    first = [json.loads(at(root, commit, n))["cells"] for n in names if n.endswith(".ipynb")]
    code = ["".join(c["source"]) for cells in first for c in cells if c["cell_type"] == "code"]
    return {
        line.split(" @ ")[1] for cell in code for line in cell.splitlines() if " @ git+" in line
    }


def test_the_tag_holds_the_version_wherever_it_stands(released):
    whole = tomllib.loads(at(released, TAG, "pyproject.toml"))
    citation = yaml.safe_load(at(released, TAG, "CITATION.cff"))
    changelog = at(released, TAG, "CHANGELOG.md")
    day = str(citation["date-released"])
    assert whole["project"]["version"] == NEXT
    assert whole["tool"]["weak-to-strong"]["ref"] == TAG
    assert f'__version__ = "{NEXT}"' in at(released, TAG, "src/w2s_jax/__init__.py")
    assert citation["version"] == citation["preferred-citation"]["version"] == NEXT
    assert f"## [{NEXT}] - {day}\n" in changelog
    assert f"[{NEXT}]: {SOURCE}/releases/tag/{TAG}" in changelog
    assert release.notes(changelog) == ""
    assert release.notes(changelog, NEXT) == release.notes(
        (ROOT / "CHANGELOG.md").read_text("utf8")
    )
    assert "pip install w2s-jax\n" in at(released, TAG, "README.md")
    assert "git+" not in at(released, TAG, "book/preface.md")


def test_the_tag_s_notebooks_install_the_tag_and_the_branch_s_the_branch(released):
    assert installs(released, TAG) == {f'git+{SOURCE}@{TAG}"'}
    assert installs(released, "main") == {f'git+{SOURCE}"'}
    assert release.git(released, "rev-parse", "main~1") == release.git(
        released, "rev-parse", f"{TAG}^{{commit}}"
    )
    assert release.git(released, "status", "--porcelain") == ""


def test_what_is_new_can_be_printed_for_the_announcement(released):
    printed = run(released, NEXT, "--notes").stdout
    assert printed.strip() == release.notes((ROOT / "CHANGELOG.md").read_text("utf8"))
    assert run(released, "8.0.0", "--notes").stderr == "CHANGELOG.md says nothing of 8.0.0.\n"


def test_the_examples_run_and_this_checkout_follows_a_branch_or_its_own_tag():
    tried = doctest.testmod(release)
    assert (tried.failed, tried.attempted > 3) == (0, True)
    assert REF in ("main", f"v{NOW}")
