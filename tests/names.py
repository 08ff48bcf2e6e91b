"""Print the name of every test that the full run holds, sorted: python tests/names.py

So that moving tests loses none: kept in a file before and after, the names are compared by
`comm -23 BEFORE AFTER`, which prints what is gone.
"""

import contextlib
import os
import sys
from pathlib import Path

import pytest


class Names:
    """A plugin that keeps what was collected."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the names."""
        self.found = sorted(item.nodeid for item in session.items)


def main() -> int:
    """Collect everything and print the names alone."""
    os.chdir(Path(__file__).parents[1])
    os.environ["W2S_FULL"] = "1"
    names = Names()
    with contextlib.redirect_stdout(sys.stderr):
        failed = pytest.main(["--collect-only", "-qqq", *sys.argv[1:]], plugins=[names])
    print(*names.found, sep="\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
