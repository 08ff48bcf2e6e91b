r"""Fig. 2 (d–f) and Tables 1–3 on molecules: gain and misfit of every weak model, split, setting.

The paper's strong model is MolBERT; ours are the encoders that ship with the package
(`w2s_jax.encoders._weights`). On the test split, with $f_s$ the strong head fitted on measurements,

$$\text{gain} = \text{misfit} - 2\langle w-s, f-f_s \rangle - 2\langle w-s, f_s-s \rangle ,$$

`beyond` and `drift` in the rows. On the student's own molecules, for a linear head with λ = 0, the
identity of the realizability gap holds to rounding (columns ending in `_insample`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from w2s_jax.experiments.molecules._choices import QsarConfig
from w2s_jax.experiments.molecules._teaching import Outcome, Places, outcomes
from w2s_jax.heads import LinearHead, fit_heads
from w2s_jax.records._records import Rows
from w2s_jax.report import Report, evaluate


def run_qsar(config: QsarConfig, *, corpus: Sequence[str], **where) -> Rows:
    """Run every data set, split, setting and weak width.

    Args:
        config: what to run.
        corpus: flat SMILES of unlabeled molecules, at least `config.corpus`.
        **where: `encoder_of`, `cache` and `progress`, as for `outcomes`.

    Returns:
        A row for each: errors in squared label units on the test split, on the valid split (ending
        `_valid`) and, for linear heads on measured molecules, in-sample with λ = 0 (`_insample`);
        `nearer` and `farther` are the numbers of the test molecules whose value the student moved
        most toward the truth and away from it, by squared error.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
        ValueError: the corpus is too short.
    """
    rows: Rows = []
    for outcome in outcomes(config, corpus, **where):
        rows.extend(_rows(outcome, config))
    return rows


def main_setting(rows: Rows) -> str:
    """Choose the setting that the book shows first, by the valid split alone.

    Among the settings that every data set has, and in which ceiling < weak error on the valid split
    for at least 95 % of the pairs (weak width, split), so that weak models are weak, take the
    one with the largest mean over the data sets of the mean over pairs of gain / weak error.

    Args:
        rows: of `run_qsar`.

    Returns:
        The setting's name.

    Raises:
        ValueError: no setting is left.

    Example:
        >>> row = {"dataset": "esol", "ceiling_valid": 0.4, "weak_error_valid": 1.0}
        >>> one = row | {"setting": "probe, 150, own, last", "gain_valid": 0.1}
        >>> two = row | {"setting": "probe, half, own, last", "gain_valid": 0.02}
        >>> main_setting([one, two])
        'probe, 150, own, last'
    """
    datasets = {row["dataset"] for row in rows}
    found = {}
    for name in dict.fromkeys(row["setting"] for row in rows):
        own = [row for row in rows if row["setting"] == name]
        weak = np.mean([row["ceiling_valid"] < row["weak_error_valid"] for row in own])
        if weak < 0.95 or {row["dataset"] for row in own} != datasets:
            continue
        shares = [
            np.mean([r["gain_valid"] / r["weak_error_valid"] for r in own if r["dataset"] == each])
            for each in sorted(datasets)
        ]
        found[name] = float(np.mean(shares))
    if not found:
        raise ValueError("no setting has weak models that are weak on every data set")
    return max(found, key=found.__getitem__)


def _rows(outcome: Outcome, config: QsarConfig) -> Iterator[dict]:
    split, setting, weak, student = outcome.split, outcome.setting, outcome.weak, outcome.student
    n, truth = len(outcome.truth), outcome.truth[:, None]
    numbers = {"misfit_pool": ((student - weak)[outcome.pool] ** 2).mean(0)}
    if outcome.ridge is not None:
        numbers["ridge"] = outcome.ridge
        if outcome.pool.max() < n:
            numbers |= _insample(outcome)
    reports = {"": _report(outcome, split.test), "_valid": _report(outcome, split.valid)}
    for ending, report in reports.items():
        for name in ("weak_error", "student_error", "misfit", "gain"):
            numbers[name + ending] = np.asarray(getattr(report, name))
    for name in ("gain", "misfit"):
        ends = reports[""].interval(name, resamples=config.resamples, seed=outcome.seed)
        numbers |= {f"{name}_low": ends[0], f"{name}_high": ends[1]}
    copied, strong = (weak - student)[split.test], outcome.strong[:, None]
    numbers["beyond"] = 2 * (copied * (truth - strong[:n])[split.test]).mean(0)
    numbers["drift"] = 2 * (copied * (strong - student)[split.test]).mean(0)
    moved = ((weak[:n] - truth) ** 2 - (student[:n] - truth) ** 2)[split.test]
    missed = (outcome.strong[:n] - outcome.truth) ** 2
    common = {
        "dataset": outcome.dataset,
        "seed": outcome.seed,
        "setting": setting.name,
        "weak": setting.weak,
        "labels": setting.labels,
        "pool": setting.pool,
        "strong": setting.strong,
        "inputs": len(outcome.pool),
        "ceiling": float(missed[split.test].mean()),
        "ceiling_valid": float(missed[split.valid].mean()),
    }
    for k, width in enumerate(config.widths):
        places = {
            "nearer": int(split.test[moved[:, k].argmax()]),
            "farther": int(split.test[moved[:, k].argmin()]),
        }
        own = {key: float(f"{values[k]:.13g}") for key, values in numbers.items()}
        yield {"weak_width": width} | common | own | places


def _report(outcome: Outcome, rows: Places) -> Report:
    weak, student = outcome.weak[rows], outcome.student[rows]
    return evaluate(weak, student, np.repeat(outcome.truth[rows, None], weak.shape[1], axis=1))


def _insample(outcome: Outcome) -> dict[str, np.ndarray]:
    pool = outcome.pool
    weak, h = outcome.weak[pool], outcome.features[pool]
    exact: LinearHead = fit_heads(h, weak)
    repeated = np.repeat(outcome.truth[pool, None], weak.shape[1], axis=1)
    report = evaluate(weak, np.asarray(exact(h)), repeated, features=h)
    names = ("weak_error", "student_error", "misfit", "gain", "correction", "epsilon")
    found = {f"{name}_insample": np.asarray(getattr(report, name)) for name in names}
    return found | {"rank": np.full(weak.shape[1], int(exact.rank))}
