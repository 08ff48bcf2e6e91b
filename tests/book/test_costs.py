"""What a chapter costs: a budget of compiled programs for each."""

import pytest
from test_dependencies import NAMES, executed

PROGRAMS = {
    "book/geometry/convex-sets-and-projections": 78,
    "book/geometry/pythagorean-bound": 138,
    "book/geometry/representations-and-heads": 127,
    "book/geometry/what-is-weak-to-strong": 148,
    "book/geometry/when-convexity-fails": 81,
    "book/index": 0,
    "book/workshop/jax-in-ten-minutes": 185,
    "book/molecules/choosing-a-supervisor": 0,
    "book/molecules/learning-representations": 21,
    "book/molecules/molecules-as-inputs": 15,
    "book/molecules/qsar-experiments": 26,
    "book/molecules/two-supervisors": 17,
    "book/numbers-that-betray": 0,
    "book/statistics/finite-samples": 87,
    "book/statistics/non-realizable-case": 175,
    "book/statistics/synthetic-experiments": 70,
    "book/workshop/train-an-encoder": 12,
}


def budget(programs: int) -> int:
    """A tenth more than measured, and a handful: versions of JAX differ by some."""
    return programs + programs // 10 + 5


def test_every_chapter_has_a_budget():
    assert sorted(PROGRAMS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_keeps_its_budget_of_programs(name):
    asked = executed(name).get("programs", 0)
    assert asked <= budget(PROGRAMS[name]), "compile less: one shape, one call, or numpy"
