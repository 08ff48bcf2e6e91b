"""Release a version: bump it everywhere, date the changelog, commit, tag. Nothing is pushed.

Usage: ``python publish/release.py 0.2.0``

Two commits are made. The tag stands on the first, whose notebooks install that very version and
whose pages open them; the second lets notebooks follow the branch again.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[|^\[Unreleased\]: )", re.M | re.S)
NEWEST = re.compile(r"^\[Unreleased\]: (\S+?)/(?:commits/main|compare/\S+)$", re.M)
REF = re.compile(r'^ref = "[^"]*"', re.M)


def git(root: Path, *arguments: str) -> str:
    """Run git, and return what it says."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def next_versions(version: str) -> list[str]:
    """List the versions that may follow one.

    >>> next_versions("0.1.2")
    ['0.1.3', '0.2.0', '1.0.0']
    """
    major, minor, patch = map(int, version.split("."))
    return [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"]


def notes(changelog: str, version: str = "Unreleased") -> str:
    r"""Return what a changelog says of a version.

    >>> notes("## [Unreleased]\n\n- new\n\n## [0.1.0] - 2026-01-01\n\n- old\n", "0.1.0")
    '- old'
    """
    head = rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|^\[[^\]]+\]: |\Z)"
    found = re.search(head, changelog, re.M | re.S)
    return found[1].strip() if found else ""


def refusal(root: Path, version: str) -> str:
    """Say in a sentence why a version cannot be released now; nothing if it can."""
    if not VERSION.fullmatch(version):
        return f"VERSION must be three numbers such as 0.2.0, got {version!r}."
    if changed := git(root, "status", "--porcelain"):
        files = ", ".join(line.split()[-1] for line in changed.splitlines()[:5])
        return f"The tree holds changes that no commit has ({files}): commit or stash them first."
    now = project(root)["version"]
    if version not in (following := next_versions(now)):
        return f"After {now} comes {', '.join(following[:2])} or {following[2]}, got {version}."
    if git(root, "tag", "--list", f"v{version}"):
        return f"The tag v{version} is there already: delete it, or choose the next version."
    if not re.search(r"^- ", notes((root / "CHANGELOG.md").read_text("utf8")), re.M):
        return "CHANGELOG.md lists nothing under Unreleased: say there what is new."
    return ""


def project(root: Path) -> dict:
    """Return what pyproject.toml says of the project."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf8"))["project"]


def dated(changelog: str, version: str, day: str) -> str:
    r"""Move what stands under Unreleased below the version, and link what changed since.

    >>> text = "## [Unreleased]\n\n- a\n\n[Unreleased]: x/y/commits/main"
    >>> print(dated(text, "0.2.0", "2026-01-01"))
    ## [Unreleased]
    <BLANKLINE>
    ## [0.2.0] - 2026-01-01
    <BLANKLINE>
    - a
    <BLANKLINE>
    [Unreleased]: x/y/compare/v0.2.0...main
    [0.2.0]: x/y/releases/tag/v0.2.0
    """
    text = UNRELEASED.sub(rf"## [Unreleased]\n\n## [{version}] - {day}\n\1", changelog, count=1)
    links = rf"[Unreleased]: \1/compare/v{version}...main\n[{version}]: \1/releases/tag/v{version}"
    return NEWEST.sub(links, text, count=1)


def bump(root: Path, version: str, day: str) -> None:
    """Write the version wherever it stands."""
    known = project(root)

    def edit(path: str, *changes: tuple[str, str]) -> None:
        text = (root / path).read_text("utf8")
        for pattern, new in changes:
            text, count = re.subn(pattern, new, text, flags=re.M)
            if not count:
                raise ValueError(f"{path} must hold {pattern!r}, which a release changes")
        (root / path).write_text(text, "utf8")

    edit(
        "pyproject.toml",
        (r'^version = ".*"', f'version = "{version}"'),
        (REF.pattern, f'ref = "v{version}"'),
    )
    edit("src/w2s_jax/__init__.py", ('^__version__ = ".*"', f'__version__ = "{version}"'))
    edit(
        "CITATION.cff",
        (r"^( *)version: .*", rf"\1version: {version}"),
        (
            r"^version: .*\n(?:date-released: .*\n)?",
            f'version: {version}\ndate-released: "{day}"\n',
        ),
    )
    from_source = f'pip install "{known["name"]} @ git+{known["urls"]["Source"]}"'
    for paper in ("README.md", "book/preface.md"):
        path = root / paper
        text = path.read_text("utf8").replace(from_source, f"pip install {known['name']}")
        path.write_text(text, "utf8")
    path = root / "CHANGELOG.md"
    path.write_text(dated(path.read_text("utf8"), version, day), "utf8")


def commit(root: Path, subject: str) -> None:
    """Write the notebooks as pyproject.toml now asks, and commit all that is tracked."""
    subprocess.run([sys.executable, str(root / "book" / "_ext" / "pair.py")], check=True, cwd=root)
    git(root, "commit", "--all", "--message", subject)


def release(root: Path, version: str, day: str) -> None:
    """Commit and tag the version, then let notebooks follow the branch again."""
    bump(root, version, day)
    commit(root, f"Release {version}")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    path = root / "pyproject.toml"
    path.write_text(REF.sub('ref = "main"', path.read_text("utf8")), "utf8")
    commit(root, "Let notebooks follow the branch again")


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Release a version; push nothing.")
    parser.add_argument("version", help="for example 0.2.0")
    parser.add_argument("--notes", action="store_true", help="print its changes, and no more")
    options = parser.parse_args(arguments)
    if options.notes:
        said = notes((ROOT / "CHANGELOG.md").read_text("utf8"), options.version)
        print(said or sys.exit(f"CHANGELOG.md says nothing of {options.version}."))
        return
    if reason := refusal(ROOT, options.version):
        sys.exit(reason)
    release(ROOT, options.version, date.today().isoformat())
    print(
        f"v{options.version} is tagged. To publish it: git push origin main v{options.version}\n"
        f"To take it back: git tag -d v{options.version} && git reset --hard HEAD~2"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
