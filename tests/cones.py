"""Bregman projections by another solver: exponential cones, solved by Clarabel."""

from typing import Any

import clarabel as _clarabel
import numpy as np
import scipy.sparse as sp

import oracles

clarabel: Any = _clarabel  # a compiled module, which states no types
Array = np.ndarray


def nearest(at: oracles.Region, point: Array, kind: str, first: str) -> Array:
    """argmin over v in the region of the divergence of v from the point.

    Args:
        at: the set.
        point: `(d,)`.
        kind: "kl", "itakura-saito" or "logistic".
        first: "prediction" or "label".
    """
    d, one, none = len(point), np.ones(len(point)), np.zeros(len(point))
    M, m = at.matrix, at.shift
    # Each part is (entropic, rows, shift, weight): a log(a / w), or −w log a, of a = rows x + shift
    if kind == "kl":
        own = first == "prediction"
        parts, linear = [(own, M, m, point)], -one if own else one
    elif kind == "itakura-saito":
        parts, linear = [(False, M, m, one)], 1 / point
    else:
        own = first == "prediction"
        parts, linear = [(own, M, m, point), (own, -M, 1 - m, 1 - point)], none
    n, extra = M.shape[1], d * len(parts)
    cost = np.r_[linear @ M, np.zeros(extra)]
    blocks, right = [at.E, at.F], [at.e, at.f]
    cones: list = [clarabel.ZeroConeT(len(at.e)), clarabel.NonnegativeConeT(len(at.f))]
    for S, s, r in at.balls:
        blocks.append(np.vstack([np.zeros((1, n)), -S]))
        right.append(np.r_[r, s])
        cones.append(clarabel.SecondOrderConeT(1 + len(s)))
    blocks = [np.hstack([block, np.zeros((len(block), extra))]) for block in blocks]
    for k, (entropic, rows, shift, weight) in enumerate(parts):
        for i in range(d):
            at_i = n + k * d + i
            block, side = np.zeros((3, n + extra)), np.zeros(3)
            if entropic:  # (−t, a, w): a exp(−t / a) ≤ w
                block[0, at_i], cost[at_i] = 1.0, 1.0
                block[1, :n], side[1:] = -rows[i], (shift[i], weight[i])
            else:  # (r, 1, a): exp(r) ≤ a
                block[0, at_i], cost[at_i] = -1.0, -weight[i]
                block[2, :n], side[1:] = -rows[i], (1.0, shift[i])
            blocks.append(block)
            right.append(side)
            cones.append(clarabel.ExponentialConeT())
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    zero = sp.csc_matrix((n + extra, n + extra))
    rows = sp.csc_matrix(np.vstack(blocks))
    found = clarabel.DefaultSolver(zero, cost, rows, np.concatenate(right), cones, settings).solve()
    if "Solved" not in str(found.status):
        raise AssertionError(f"the oracle ended with {found.status}")
    return M @ np.array(found.x)[:n] + m
