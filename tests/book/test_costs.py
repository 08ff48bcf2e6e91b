"""What a chapter costs: a budget of compiled programs for each."""

import pytest
from test_dependencies import NAMES, executed

PROGRAMS = {
    "book/frontiers/auditing-your-own-models": 2,
    "book/frontiers/classification-in-practice": 1,
    "book/frontiers/kinds-of-disagreement": 1,
    "book/frontiers/ensembles-of-teachers": 4,
    "book/frontiers/other-losses": 4,
    "book/frontiers/when-misfit-lies": 7,
    "book/frontiers/shift": 1,
    "book/geometry/convex-sets-and-projections": 78,
    "book/geometry/pythagorean-bound": 98,
    "book/geometry/representations-and-heads": 105,
    "book/geometry/what-is-weak-to-strong": 131,
    "book/geometry/when-convexity-fails": 81,
    "book/index": 1,
    "book/language/french-reviews": 1,
    "book/language/reviews-as-inputs": 1,
    "book/molecules/choosing-a-supervisor": 0,
    "book/molecules/learning-representations": 21,
    "book/molecules/map-of-settings": 0,
    "book/molecules/molecules-as-inputs": 16,
    "book/molecules/qsar-experiments": 22,
    "book/molecules/two-supervisors": 10,
    "book/statistics/finite-samples": 40,
    "book/statistics/how-much-weak-data": 73,
    "book/statistics/how-wide-a-gap": 0,
    "book/statistics/non-realizable-case": 175,
    "book/statistics/synthetic-experiments": 70,
    "book/workshop/how-the-solvers-work": 16,
    "book/workshop/jax-in-ten-minutes": 185,
    "book/workshop/numbers-that-betray": 3,
    "book/workshop/train-an-encoder": 6,
    "book/workshop/your-own-arrays": 0,
    "book/workshop/your-own-molecules": 11,
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
