"""How often an audit is right: coverage of its intervals, and verdicts that are false."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from w2s_jax.audit import audit, estimate_gain
from w2s_jax.records._records import Rows

_OWN, _BEYOND, _TAUGHT = 40, 20, 10  # features of the student, others, those a teacher was taught


class Setting(NamedTuple):
    """A kind of problem.

    Attributes:
        gap: ε, variance of the truth out of the student's reach.
        knows: which part of it the teacher knows.
        noise: standard deviation of a label about the truth.

    Example:
        >>> SETTINGS["label noise"].noise
        0.5
    """

    gap: float
    knows: float
    noise: float


SETTINGS = {
    "realizable": Setting(0.0, 0.0, 0.0),
    "small gap": Setting(0.1, 0.0, 0.0),
    "teacher knows": Setting(0.1, 1.0, 0.0),
    "label noise": Setting(0.1, 1.0, 0.5),
}


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


class Made(NamedTuple):
    """A made problem: Gaussian features, a linear truth, a fixed teacher and its best student.

    Example:
        >>> made(SETTINGS["realizable"], 30, 10, np.random.default_rng(0)).labels.shape
        (10,)
    """

    weak: np.ndarray  # (n,)
    student: np.ndarray  # (n,)
    features: np.ndarray  # (n, d)
    rows: np.ndarray  # (m,)
    labels: np.ndarray  # (m,)
    gain: float  # over all inputs there could be


def made(
    setting: Setting, inputs: int, labels: int, rng: np.random.Generator, lean: float | None = None
) -> Made:
    r"""Draw a problem.

    The truth has the coefficients $\beta$, the teacher $b$, on features that the student has and
    on others; the student drops the others, so that gain = $|b_o|^2 - 2 \langle b_o, \beta_o
    \rangle$ for the parts on these.

    Args:
        setting: of the problem.
        inputs: n.
        labels: m, of inputs drawn at random.
        rng: draws.
        lean: how much of the teacher's part out of reach is in the truth: gain is
            $|b_o|^2 (1 - 2\,\text{lean})$. None: as the setting says.

    Example:
        >>> made(SETTINGS["small gap"], 30, 10, np.random.default_rng(0), lean=0.5).gain
        0.0
    """
    truth, teacher = np.zeros((2, _OWN + _BEYOND))
    truth[:_OWN] = rng.normal(size=_OWN) / _OWN**0.5
    teacher[:_TAUGHT] = truth[:_TAUGHT]
    teacher[:_OWN] += 0.08 * rng.normal(size=_OWN)
    beyond = (setting.gap / _BEYOND) ** 0.5 * rng.choice([-1.0, 1.0], _BEYOND)
    own = setting.knows * beyond + 0.12 * rng.normal(size=_BEYOND)
    if lean is not None:
        beyond = beyond - beyond @ own / (own @ own) * own + lean * own
    truth[_OWN:], teacher[_OWN:] = beyond, own
    x = rng.normal(size=(inputs, _OWN + _BEYOND))
    rows = rng.choice(inputs, labels, replace=False)
    seen = x[rows] @ truth + setting.noise * rng.normal(size=labels)
    gain = own @ own - 2 * own @ beyond if lean is None else own @ own * (1 - 2 * lean)
    student = x[:, :_OWN] @ teacher[:_OWN]
    return Made(x @ teacher, student, x[:, :_OWN], rows, seen, float(gain))


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
        (9, 'naive')
    """
    total = len(SETTINGS) * len(config.counts) * config.draws + config.audits
    with tqdm(total=total, disable=not progress, desc="audits") as bar:
        return [*_coverage(config, bar), *_verdicts(config, bar)]


def _coverage(config: AuditsConfig, bar: tqdm) -> Iterator[dict]:
    for k, (name, setting) in enumerate(SETTINGS.items()):
        for m in config.counts:
            found = []
            for draw in range(config.draws):
                rng = np.random.default_rng([config.seed, k, m, draw])
                found.append(_ends(made(setting, config.inputs, m, rng)))
                bar.update()
            ends, gain = np.array([e for e, _ in found]), np.array([g for _, g in found])
            width = ends[..., 1] - ends[..., 0]
            for j, method in enumerate(("naive", "powered")):
                above, below = (ends[:, j, 0] > gain).mean(), (ends[:, j, 1] < gain).mean()
                yield {
                    "kind": "coverage",
                    "setting": name,
                    "labels": m,
                    "method": method,
                    "cover": round(float(1 - above - below), 4),
                    "above": float(above),
                    "below": float(below),
                    "width": float(f"{np.median(width[:, j]):.4g}"),
                    "relative": float(f"{np.median(width[:, j] / width[:, 0]):.4g}"),
                }


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
