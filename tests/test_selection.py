"""What is left to the full run, and that it is counted."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from selection import beyond, few

ROOT = Path(__file__).parents[1]


def names(value):
    return [mark.name for mark in value.marks]


def test_of_many_alike_a_few_run_for_every_change():
    kept, left = few(["ball", "hull"], "ball")
    assert kept == "ball"
    assert (left.values, names(left)) == (("hull",), ["full"])
    assert beyond(("ball", 2)).values == ("ball", 2)
    with pytest.raises(ValueError, match=r"ordinary must be among the values, got \['cube'\]"):
        few(["ball"], "cube")


class Item:
    def __init__(self, *marks):
        self.marks = marks

    def get_closest_marker(self, name):
        return name if name in self.marks else None


@pytest.mark.parametrize("full", [False, True])
def test_the_full_run_takes_what_others_leave_out(request, monkeypatch, full):
    plugin = request.config.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    monkeypatch.setattr(plugin, "FULL", full)
    deselected = []
    hook = SimpleNamespace(pytest_deselected=lambda items: deselected.extend(items))
    plain, long = Item("timeout"), Item("full")
    items = [plain, long]
    plugin.pytest_collection_modifyitems(SimpleNamespace(stash={}, hook=hook), items)
    assert items == ([plain, long] if full else [plain])
    assert deselected == ([] if full else [long])


def test_the_fast_tests_are_there():
    lines = (ROOT / "tests" / "fast.txt").read_text("utf8").split()
    paths = [line for line in lines if not line.startswith("-")]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
