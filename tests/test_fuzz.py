"""Random problems: a few hundred for every change, tens of thousands in the full run."""

import equinox as eqx
import numpy as np
import pytest

import cases
from fuzz import projections
from selection import FULL, few

SEED = 20261129


@pytest.mark.parametrize("name", few(sorted(cases.DRAWS), *cases.SOLVERS))
def test_no_certificate_of_a_projection_is_wrong(name, capsys):
    """Every metric class and dtype; nothing is refused at condition ≤ 1e6 in float64."""
    wrong, refused, lines = projections.table(1000 if FULL else 60, SEED, [name])
    with capsys.disabled():
        print("", f"seed {SEED}", *lines, sep="\n")
    assert not wrong
    assert not refused


def test_a_wrong_certificate_would_be_found(monkeypatch):
    """A bound that is too small by far, and a value that is no member."""
    draw = projections.Draw("simplex", 5, 1e3, far=100.0)
    assert not projections.run(draw).wrong
    plain = projections.project

    def moved(point, onto, metric, *, throw):
        found = plain(point, onto, metric, throw=throw)
        value = onto.project(found.value + 1e-2 * np.arange(4)[None])
        return eqx.tree_at(lambda p: p.value, found, value)

    def outside(point, onto, metric, *, throw):
        found = plain(point, onto, metric, throw=throw)
        return eqx.tree_at(lambda p: p.value, found, found.value * (1 + 1e-5))

    for liar, word in ((moved, "nearer"), (outside, "no member")):
        monkeypatch.setattr(projections, "project", liar)
        assert word in projections.run(draw).wrong
