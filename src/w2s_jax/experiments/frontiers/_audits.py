"""How often an audit is right: coverage of its intervals, and verdicts that are false."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from w2s_jax.audit import audit, estimate_gain
from w2s_jax.experiments.frontiers._audited import SETTINGS, Made, covered, made
from w2s_jax.experiments.frontiers._audited_classes import of_classes
from w2s_jax.records._records import Rows


@dataclass(frozen=True)
class AuditsConfig:
    """What to run.

    Attributes:
        draws: problems for each setting and number of labels.
        inputs: of each.
        counts: numbers of labels.
        audits: problems that are given a verdict, a third of them without gain or harm.
        counts_of_audits: numbers of labels there.
        seed: of everything.

    Raises:
        ValueError: a number below 1, labels below 10 or above half of the inputs.

    Example:
        >>> AuditsConfig().counts
        (20, 50, 200)
    """

    draws: int = 1000
    inputs: int = 2000
    counts: tuple[int, ...] = (20, 50, 200)
    audits: int = 2000
    counts_of_audits: tuple[int, ...] = (20, 50, 100, 200)
    seed: int = 0

    def __post_init__(self) -> None:
        some = (*self.counts, *self.counts_of_audits)
        if min(self.draws, self.audits) < 1 or not 10 <= min(some) <= max(some) <= self.inputs / 2:
            raise ValueError(
                "need counts of at least 1 and labels from 10 to half of the inputs, got "
                f"{self.draws} draws, {self.audits} audits, labels {some}, {self.inputs} inputs"
            )


def run_audits(config: AuditsConfig, *, progress: bool = True) -> Rows:
    """Measure coverage and widths of both intervals, and count verdicts.

    Returns:
        Rows of two kinds by `kind`. "coverage", of a `setting`, number of `labels` and `method`
        ("naive", "powered"): the shares of 95 % intervals that hold the gain (`cover`), lie above
        it (`above`) and below it (`below`), the median `width` and the median of the widths
        relative to the naive ones (`relative`). "verdict", of a number of `labels` and the `sign`
        of the gain: how many `audits`, and how many of them said `gain shown`, `harm shown` and
        `not settled`.

    Example:
        >>> rows = run_audits(AuditsConfig(draws=1, audits=1, counts=(20,)), progress=False)
        >>> len(rows), rows[0]["method"]
        (27, 'naive')
    """
    with tqdm(disable=not progress, desc="audits") as bar:
        own = [*_coverage(config, bar), *_verdicts(config, bar)]
        return [*own, *of_classes(config, bar)]


def _coverage(config: AuditsConfig, bar: tqdm) -> Iterator[dict]:
    for k, (name, setting) in enumerate(SETTINGS.items()):
        for m in config.counts:
            found = []
            for draw in range(config.draws):
                rng = np.random.default_rng([config.seed, k, m, draw])
                found.append(_ends(made(setting, config.inputs, m, rng)))
                bar.update()
            about = {"kind": "coverage", "setting": name, "labels": m}
            yield from (about | row for row in covered(found, ("naive", "powered")))


def _ends(problem: Made) -> tuple[list, float]:
    found = estimate_gain(
        problem.weak,
        problem.student,
        problem.labels,
        labelled=problem.rows,
        features=problem.features,
    )
    powered = found.powered()
    assert powered is not None  # most inputs have no label
    return [found.naive().interval(0.95), powered.interval(0.95)], problem.gain


def _verdicts(config: AuditsConfig, bar: tqdm) -> Iterator[dict]:
    told: dict[tuple[int, int], dict[str, int]] = {
        (m, sign): dict.fromkeys(("gain shown", "harm shown", "not settled"), 0)
        for m in config.counts_of_audits
        for sign in (-1, 0, 1)
    }
    kinds = list(SETTINGS.values())
    for k in range(config.audits):
        rng = np.random.default_rng([config.seed, 99, k])
        m = int(rng.choice(config.counts_of_audits))
        lean = 0.5 if k % 3 == 0 else float(rng.uniform())
        problem = made(kinds[rng.integers(len(kinds))], config.inputs, m, rng, lean)
        found = audit(
            problem.weak,
            problem.student,
            labels=problem.labels,
            labelled=problem.rows,
            features=problem.features,
        )
        told[m, int(np.sign(problem.gain))][found.verdict.kind] += 1
        bar.update()
    for (m, sign), counts in told.items():
        about = {"kind": "verdict", "labels": m, "sign": sign, "audits": sum(counts.values())}
        if about["audits"]:
            yield about | counts
