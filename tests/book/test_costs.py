"""What a chapter costs: a budget of programs, and the processor seconds that were recorded."""

import json

import pytest
from test_dependencies import NAMES, executed
from visits import ROOT

RECORD = ROOT / "results" / "chapters.json"
COLD, WARM = 30.0, 15.0
# It trains three encoders while one reads, which is what it teaches.
ABOVE = {"book/molecules/learning-representations"}


def recorded() -> dict[str, dict]:
    rows = json.loads(RECORD.read_text("utf8"))["rows"]
    return {row["chapter"]: row for row in rows}


def budget(programs: int) -> int:
    """A tenth more than recorded, and a handful: JAX's versions differ by some."""
    return programs + programs // 10 + 5


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_keeps_its_budget_of_programs(name):
    asked = executed(name).get("programs", 0)
    known = recorded()[name]["programs"]
    assert asked <= budget(known), "compile less, or record the new number: make costs"


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_is_cheap_enough_to_be_run(name):
    row = recorded()[name]
    dear = row["cold_cpu_seconds"] > COLD or row["warm_cpu_seconds"] > WARM
    assert dear == (name in ABOVE)


def test_a_budget_is_soon_exceeded():
    assert budget(100) == 115
    assert budget(0) == 5
