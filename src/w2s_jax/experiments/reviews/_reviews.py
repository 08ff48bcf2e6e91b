r"""Fig. 6 of the paper, on ratings and on a planted truth: gain and misfit of every pair.

The paper's weak models are variants of CamemBERT and FlauBERT, and its recipe is not recoverable;
ours are what `Teacher` names. On the test part, with $f_s$ a ridge head on the student's features
fitted to the truth of the student's own reviews,

$$\text{gain} = \text{misfit} - 2\langle w-s, f-f_s \rangle - 2\langle w-s, f_s-s \rangle ,$$

`beyond` and `drift` in the rows. On these reviews themselves an exact head obeys
gain = misfit − correction to rounding (columns ending in `_insample`), and `law_gain` is what
`w2s_jax.bounds.fresh_gain` then predicts for fresh ones.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from w2s_jax.bounds import FreshGain
from w2s_jax.data import Malformed
from w2s_jax.experiments.reviews._choices import ReviewsConfig, Teacher
from w2s_jax.experiments.reviews._inputs import Inputs, LayersOf, read_inputs
from w2s_jax.experiments.reviews._teaching import Lesson, Places, lessons, truths_of
from w2s_jax.files import write_whole
from w2s_jax.files._cache import Cache
from w2s_jax.records._records import Rows
from w2s_jax.report import Report, evaluate
from w2s_jax.text import Reviews, load_reviews


def run_reviews(
    config: ReviewsConfig,
    *,
    reviews_of: Callable[[], Reviews] = load_reviews,
    layers_of: LayersOf | None = None,
    cache: Cache = True,
    progress: bool = True,
    checkpoint: Path | None = None,
) -> Rows:
    """Run every truth, split, teaching and teacher.

    Args:
        config: what to run.
        reviews_of: what gives the reviews.
        layers_of: texts ↦ features of e5's layers by number; `w2s_jax.text.load_e5` if None.
        cache: where features and TF-IDF's directions are kept.
        progress: show a bar.
        checkpoint: a folder in which each split's rows are kept until all are there.

    Returns:
        A row for each, numbers with ten digits, errors in squared stars: on the test part, on the
        valid part (ending `_valid`) and, for exact heads, on the student's own reviews
        (`_insample`). `dataset` is the truth, `setting` the teaching, `mean_error` the test error
        of the training part's mean; `identity_insample` is |gain − misfit + correction|, taken
        before rounding.

    Raises:
        w2s_jax.data.Unavailable: reviews, word vectors or sentence encoder cannot be had.
        ImportError: e5 cannot (extra `e5`).
        ValueError: too few reviews.
    """
    reviews = reviews_of()
    names = {Teacher.named(name).inputs for name in config.teachers}
    inputs = read_inputs(reviews, names, layers_of=layers_of, cache=cache)
    truths = truths_of(config, inputs)
    kinds = dict.fromkeys(own.split for own in config.teachings)
    parts = [(kind, seed) for kind in kinds for seed in config.seeds]
    rows: Rows = []
    for kind, seed in tqdm(parts, disable=not progress, unit="split"):
        path = checkpoint and checkpoint / f"{kind}-{seed}.json"
        rows += _kept(path, lambda k=kind, s=seed: _of_split(config, inputs, truths, k, s))
    return rows


def best_teaching(rows: Rows) -> str:
    """Choose the teaching that the book shows first, by the valid part alone.

    Among those on ratings and random splits by rows, take the one with the largest mean over all
    pairs of teacher and split of gain / weak error on the valid part.

    Args:
        rows: of `run_reviews`.

    Returns:
        The teaching's name.

    Raises:
        ValueError: no such rows.

    Example:
        >>> row = {"dataset": "ratings", "split": "rows", "weak_error_valid": 0.8}
        >>> one = row | {"setting": "e5-8, ridge, rest, rows", "gain_valid": 0.04}
        >>> two = row | {"setting": "e5-8, exact, rest, rows", "gain_valid": -0.02}
        >>> best_teaching([one, two])
        'e5-8, ridge, rest, rows'
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["dataset"] == "ratings" and row["split"] == "rows":
            share = row["gain_valid"] / row["weak_error_valid"]
            found.setdefault(row["setting"], []).append(share)
    if not found:
        raise ValueError("rows must hold ratings on random splits by rows: run these")
    return max(found, key=lambda name: float(np.mean(found[name])))


def _of_split(config: ReviewsConfig, inputs: Inputs, truths: dict, kind: str, seed: int) -> Rows:
    found = lessons(config, inputs, truths, kind, seed)
    return [row for lesson in found for row in _rows(lesson, config)]


def _kept(path: Path | None, compute: Callable[[], Rows]) -> Rows:
    """Find rows in a file, or compute them and keep them there."""
    if path is not None and path.is_file():
        try:
            return json.loads(path.read_text(encoding="utf8"))
        except ValueError as error:
            raise Malformed(f"{path} is no checkpoint: remove it ({error})") from error
    rows = compute()
    if path is not None:
        write_whole(path, json.dumps(rows).encode())
    return rows


def _rows(lesson: Lesson, config: ReviewsConfig) -> Iterator[dict]:
    teaching, split, truth = lesson.teaching, lesson.split, lesson.truth
    numbers = {"misfit_pool": ((lesson.student - lesson.weak)[lesson.pool] ** 2).mean(0)}
    if lesson.ridge is not None:
        numbers["ridge"] = lesson.ridge
    report = _report(lesson, split.test, lesson.strong)
    for name in ("weak_error", "student_error", "misfit", "gain", "beyond", "drift"):
        numbers[name] = np.asarray(getattr(report, name))
    for name in ("gain", "misfit"):
        ends = report.interval(name, resamples=config.resamples, seed=lesson.seed)
        numbers |= {f"{name}_low": ends[0], f"{name}_high": ends[1]}
    valid = _report(lesson, split.valid, lesson.strong)
    for name in ("weak_error", "misfit", "gain"):
        numbers[f"{name}_valid"] = np.asarray(getattr(valid, name))
    if lesson.projected is not None:
        numbers |= _insample(lesson, lesson.projected)
    missed = (lesson.strong - truth) ** 2
    plain = (truth[split.train].mean() - truth[split.test]) ** 2
    common = {
        "dataset": lesson.truth_name,
        "seed": lesson.seed,
        "setting": teaching.name,
        "student": teaching.student,
        "head": teaching.head,
        "pool": teaching.pool,
        "split": teaching.split,
        "inputs": len(lesson.pool),
        "ceiling": _digits(missed[split.test].mean()),
        "ceiling_valid": _digits(missed[split.valid].mean()),
        "mean_error": _digits(plain.mean()),
    } | ({} if lesson.rank is None else {"rank": lesson.rank})
    for k, name in enumerate(config.teachers):
        teacher = Teacher.named(name)
        about = {"teacher": name, "kind": teacher.kind, "weak_labels": teacher.labels}
        yield about | common | {key: _digits(values[k]) for key, values in numbers.items()}


def _report(lesson: Lesson, rows: Places, strong: np.ndarray) -> Report:
    weak, student = lesson.weak[rows], lesson.student[rows]
    truth, ceiling = (np.repeat(v[rows, None], weak.shape[1], 1) for v in (lesson.truth, strong))
    return evaluate(weak, student, truth, ceiling=ceiling)


def _insample(lesson: Lesson, projected: np.ndarray) -> dict[str, np.ndarray]:
    """Compare on the pool, where the strong head is the truth's own projection."""
    report = _report(lesson, lesson.pool, projected)
    correction = np.asarray(report.beyond)  # 2⟨w − s, f − Pf⟩
    found = {f"{n}_insample": np.asarray(getattr(report, n)) for n in ("weak_error", "gain")}
    found |= {"correction_insample": correction, "epsilon_insample": np.asarray(report.ceiling)}
    misfit = np.asarray(report.misfit)
    found["identity_insample"] = abs(found["gain_insample"] - misfit + correction)
    law = FreshGain.of(misfit, inputs=len(lesson.pool), rank=lesson.rank or 0)
    return found | {"law_gain": np.asarray(law.gain), "law_misfit": np.asarray(law.misfit)}


def _digits(value: float) -> float:
    return float(f"{value:.10g}")
