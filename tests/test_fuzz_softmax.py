"""Random softmax heads: no gap is too small, and none is certified where there is no minimizer."""

import os
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fuzz.softmax import draw, judged
from selection import FULL
from w2s_jax.heads import SoftmaxStatus, fit_softmax

SEED = int(os.environ.get("W2S_FUZZ_SEED", "0"))
CASES = 2_000 if FULL else 100


def fit(case):
    given = {"ridge": case.ridge, "bias": case.bias, "max_steps": case.max_steps}
    return fit_softmax(case.features, case.labels, **given, throw=False)


@pytest.mark.timeout(3600)
def test_no_softmax_head_is_wrong_in_silence():
    wrong, open_, ended = [], [], Counter()
    for seed in range(SEED, SEED + CASES):
        case = draw(seed)
        head = fit(case)
        ended[SoftmaxStatus(int(head.status)).name] += 1
        found = judged(case, head)
        if found:
            (open_ if found.startswith("no answer") else wrong).append(f"{seed}, {case}: {found}")
    print(f"{CASES} softmax heads from seed {SEED}: {dict(ended)}, without an answer: {open_}")
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:8])
    assert len(open_) <= CASES / 100
    assert ended["certified"] > CASES / 4
    assert ended["no_minimizer"] > CASES / 20


def test_a_wrong_gap_is_noticed():
    caught = 0
    for seed in range(30):
        case = replace(draw(seed), max_steps=2)
        head = fit(case)
        object.__setattr__(head, "gap", np.array(1e-15))
        caught += bool(judged(case, head))
    assert caught >= 10
