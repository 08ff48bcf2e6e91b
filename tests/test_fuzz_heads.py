"""Random heads against an oracle in extended precision: right, or refused in words."""

import os
from collections import Counter
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from fuzz.heads import draw, householder, judged
from selection import FULL
from w2s_jax import Gram, fit_head

SEED = int(os.environ.get("W2S_FUZZ_SEED", "0"))
CASES = 20_000 if FULL else 300


def verdicts(solve):
    """Judge all cases; return what is wrong, and how many were refused, by class."""
    wrong, asked, refused = [], Counter(), Counter()
    for seed in range(SEED, SEED + CASES):
        case = draw(seed)
        label = (case.stored, case.kind)
        asked[label] += 1
        try:
            head = solve(case)
        except ValueError:
            head = None
        if head is None:
            refused[label] += 1
            continue
        found = judged(case, head, int(head.rank))
        if found:
            wrong.append(f"seed {seed}, {case}: {found}")
    shares = {" ".join(label): f"{refused[label] / asked[label]:.1%}" for label in sorted(asked)}
    print(f"{CASES} heads from seed {SEED}, refused: {shares}")
    return wrong, sum(refused.values())


@pytest.mark.timeout(3600)
def test_no_head_is_wrong_in_silence():
    def solve(case):
        return fit_head(case.features, case.labels, ridge=case.ridge, bias=case.bias)

    wrong, refused = verdicts(solve)
    assert not wrong, "\n".join(wrong[:5])
    assert refused == 0


@pytest.mark.timeout(3600)
def test_no_sum_that_is_sure_is_wrong():
    def solve(case):
        gram = Gram.of(case.features, case.labels)
        head = gram.solve(ridge=case.ridge, bias=case.bias)
        sure = gram.check(bias=case.bias, accuracy=1e-8).holds
        return head if sure else None

    wrong, _ = verdicts(solve)
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.parametrize("seed", range(5))
def test_the_oracle_agrees_with_scipy_where_both_are_good(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(30, 4)), rng.normal(size=30)
    ours = householder(a.astype(np.longdouble), b.astype(np.longdouble)).astype(float)
    theirs: Any = scipy.linalg.lstsq(a, b)
    np.testing.assert_allclose(ours, theirs[0], rtol=1e-12)


def test_a_wrong_head_is_noticed():
    caught = 0
    for seed in range(20):
        case = draw(seed)
        head = fit_head(case.features, case.labels, ridge=case.ridge, bias=case.bias, cut=0.0)
        caught += bool(judged(case, head, case.rank)) or int(head.rank) != case.rank
    assert caught >= 5
