"""Random reports, and what no two checks of one report may say together.

    python tests/fuzz/reports.py [COUNT [SEED]]

draws COUNT reports (5,000) and prints what contradicts itself, with the seed that draws it again.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from w2s_jax import Report, evaluate, fit_heads, sets

SETS = {"ball": sets.Ball(0.7), "box": sets.Box(-0.5, 0.5), "simplex": sets.Simplex()}
CONCLUSIONS = ("inequality", "certificate")


@dataclass(frozen=True)
class Case:
    """Arguments of `evaluate`, and what is known of them because they were made so."""

    given: dict[str, Any]
    projection: bool | None  # the student is the projection, or far from it; None: unknown
    realizable: bool | None
    words: str


def drawn(seed: int) -> Case:
    """Draw one case; the same seed draws the same."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.choice([4, 8, 40])), int(rng.choice([1, 3, 6]))
    confined = str(rng.choice(["", "", "", "", *SETS]))
    bias = bool(rng.integers(2)) or bool(confined)
    x = rng.normal(size=(n, d)) + (rng.choice([0.0, 100.0]) if bias and not confined else 0.0)
    if d > 1 and rng.random() < 0.3:
        x[:, 1] = x[:, 0]
    tasks = 1 if confined else int(rng.choice([1, 2]))
    weights = rng.normal(size=(d, tasks))
    if confined:
        weights = np.asarray(SETS[confined].project(weights.T)).T
    offset = float(rng.choice([0.0, 1.0, 1e4, 1e8])) if bias else 0.0
    truth = x @ weights + offset
    realizable = bool(rng.integers(2))
    if not realizable:
        truth = truth + rng.choice([0.3, 3.0]) * rng.normal(size=truth.shape)
    noise = rng.choice([0.0, 1e-8, 1e-3, 1.0])
    weak = truth + noise * rng.normal(size=truth.shape)
    dtype = rng.choice(["float64", "float64", "float32", "float16"]) if offset < 1e4 else "float64"
    x, weak, truth = (a.astype(dtype).astype(float) for a in (x, weak, truth))
    within = SETS[confined] if confined else None
    kind = str(rng.choice(["exact", "exact", "ridge", "elsewhere", "copy", "shrunk", "truth"]))
    student = _student(kind, x, weak, truth, bias, within)
    unit = 1.0 if dtype == "float16" or confined else float(rng.choice([1e-30, 1.0, 1e30]))
    given = {"weak": unit * weak, "student": unit * student, "truth": unit * truth}
    given = {name: a.astype(dtype if unit == 1.0 else float) for name, a in given.items()}
    given = {name: a[:, 0] if tasks == 1 else a for name, a in given.items()}
    given |= _more(rng, given, x.astype(dtype), bias, within)
    far = kind in ("ridge", "shrunk") and noise == 1.0 and offset < 1e4 and dtype == "float64"
    return Case(
        given,
        True if kind == "exact" else False if far and n > d + 1 and not confined else None,
        (True if realizable and dtype == "float64" else None),
        f"{n}×{d}, {confined or 'linear'}, {kind}, {dtype}, offset {offset:g}, noise {noise:g}",
    )


def _student(kind: str, x, weak, truth, bias: bool, within: Any) -> np.ndarray:
    if kind == "copy":
        return weak
    if kind == "truth":
        return truth
    some = slice(None, max(2, len(x) // 2)) if kind == "elsewhere" else slice(None)
    ridge = 0.3 if kind == "ridge" else 0.0
    head = fit_heads(x[some], weak[some], ridge=ridge, bias=bias, within=within)
    student = np.asarray(head(x))
    return 0.9 * student if kind == "shrunk" else student


def _more(rng, given: dict, x, bias: bool, within: Any) -> dict[str, Any]:
    more: dict[str, Any] = {"test": bool(rng.random() < 0.2)}
    if rng.random() < 0.8 or within is not None:
        more |= {"features": x, "bias": bias, "within": within}
    if rng.random() < 0.2:
        more["truth"] = None
    elif rng.random() < 0.6:
        error = float(np.mean((given["weak"] - given["truth"]).astype(float) ** 2))
        strong = given["truth"] + 0.5 * (given["student"] - given["truth"])
        more["ceiling"] = [0.0, 0.5 * error, 0.99 * error, 2 * error, strong][rng.integers(5)]
    return more


def contradictions(report: Report, case: Case) -> list[str]:
    """List what the checks of a report say against each other, and against what is known."""
    checks = report.checks
    good = {name for name, check in checks.items() if check.holds}
    bad = set(checks) - good
    found = []

    def never(says: str, both: bool) -> None:
        if both:
            found.append(says)

    never("the projection, and not the identity", "projection" in good and "identity" in bad)
    never("the projection, but a member is nearer", "projection" in good and "variational" in bad)
    never("a class that holds anything holds the truth", {"inputs"} <= bad and "realizable" in good)
    never("digits that cannot tell, told", "digits" in bad and bool(_of_student(checks)))
    never("gain ≥ misfit > weak error", "inequality" in good and "certificate" in bad)
    assumed = {"digits", "inputs", "projection", "realizable"}
    for name in CONCLUSIONS:
        never(f"{name}, though {bad & assumed}", name in checks and bool(bad & assumed))
    tested = {"projection", "realizable"} <= good
    never("theorem without effect", tested and "inequality" in bad)
    never("theorem without effect on the certificate", tested and "certificate" in bad)
    for name in CONCLUSIONS:
        names = set(checks[name].untested) if name in good else set()
        never(f"{name} untested and tested", bool(names & set(checks)))
        unsaid = name in good and not checks[name].untested
        never(f"{name} without its ifs", unsaid and not tested)
    never("the certificate is shown unsafe", _shown_unsafe(report, good))
    never(
        "a test with theorems", report.test and not set(checks) <= {"digits", "inputs", "ceiling"}
    )
    if "ceiling" in checks:
        defined = np.isfinite(report.interval("pgr")).all()
        never("PGR means something, undefined", "ceiling" in good and not defined)
    never("false alarm: projection", case.projection is True and "projection" in bad)
    never("missed: projection", case.projection is False and "projection" in good)
    never("false alarm: realizable", case.realizable is True and "realizable" in bad)
    never("a wrong figure", any(not c.value <= c.limit for n, c in checks.items() if n in good))
    return found


def _of_student(checks: Any) -> set[str]:
    return set(checks) - {"digits", "inputs", "ceiling"}


def _shown_unsafe(report: Report, good: set[str]) -> bool:
    return (report.to_dict()["certificate"] is not None) != ("certificate" in good)


def report_on(count: int, seed: int) -> tuple[Counter, list[str]]:
    """Report on `count` cases: how often each check spoke, and every contradiction."""
    spoke, found = Counter(), []
    for number in range(seed, seed + count):
        try:
            case = drawn(number)
        except ValueError:  # the head within a set was refused: another room's matter
            spoke["refused"] += 1
            continue
        report = evaluate(**case.given)
        spoke.update(f"{name} {'✓' if c.holds else '✗'}" for name, c in report.checks.items())
        found += [f"seed {number}: {says} ({case.words})" for says in contradictions(report, case)]
    return spoke, found


if __name__ == "__main__":
    import jax

    jax.config.update("jax_enable_x64", True)
    count, seed = (*map(int, sys.argv[1:3]), *(5000, 0)[len(sys.argv) - 1 :])
    spoke, found = report_on(count, seed)
    print(f"{count} reports from seed {seed}:", dict(sorted(spoke.items())))
    print(*found or ["no contradiction"], sep="\n")
