r"""Two supervisors from the literature: a published equation and a physics simulation.

On ESOL the teacher is Delaney's linear solubility model (2004), on FreeSolv the GAFF
molecular-dynamics calculation (Mobley and Guthrie 2014). Students are linear heads on fixed
chemical features, or on those of the frozen strong encoder, and see the teachers' values only,
never a measurement.

On any inputs, with $f_s$ the head of the same class fitted on measurements,

$$\text{gain} = \text{misfit} - 2\langle w-s, f-f_s \rangle - 2\langle w-s, f_s-s \rangle .$$

The first product, doubled, is `beyond`: how far what the student did not copy agrees with what a
head of its class, taught by measurements, still misses. The second is `drift`: zero when the
student is the projection on these very inputs, else the price of ridge and of a finite sample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.data import Split, Table, chembench_split, load_esol, load_freesolv
from w2s_jax.encoders._encoder import Encoder
from w2s_jax.encoders._weights import load_encoder
from w2s_jax.experiments.molecules._roles import roles_reversed
from w2s_jax.files._cache import Cache
from w2s_jax.heads import fit_heads
from w2s_jax.molecules._descriptors import descriptors, morgan_fingerprints
from w2s_jax.molecules._features import features as encoded
from w2s_jax.records._records import Rows
from w2s_jax.report import evaluate
from w2s_jax.representations import standardized

Vector = Float[np.ndarray, " n"]
Ridges = Float[np.ndarray, " ridges"]
Students = Float[np.ndarray, "n ridges"]
Matrix = Float[np.ndarray, "n d"]
Features = dict[str, Matrix]

_LOADERS: dict[str, tuple[Callable[..., Table], str]] = {
    "esol": (load_esol, "delaney"),
    "freesolv": (load_freesolv, "gaff"),
}
_REPRESENTATIONS = ("descriptors", "fingerprints", "both", "encoder", "teacher")
_HALF_DECADES = tuple(round(10 ** (k / 2), 6) for k in range(-10, 3))


@dataclass(frozen=True)
class SupervisorsConfig:
    """What to run.

    Attributes:
        datasets: of "esol" and "freesolv".
        seeds: ChemBench's split seeds.
        representations: of "descriptors", "fingerprints", "both", "encoder" (all blocks of the
            strong encoder) and "teacher" (the teacher's own value as the only feature: a head on
            it can do nothing but shrink, our control).
        ridges: λ of the heads, 0 for the projection itself.
        weak_labels: how many weakly labeled molecules the student sees, besides all of them.
        few_labels_for: the representations to try them with.
        true_labels: how many measurements both models see where roles may reverse.
        role_ridge: λ of the larger model there.

    Raises:
        ValueError: an unknown name, an empty tuple, a negative ridge, a count below 2.

    Example:
        >>> SupervisorsConfig(datasets=("esol",)).seeds
        (122, 123, 124)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv")
    seeds: tuple[int, ...] = (122, 123, 124)
    representations: tuple[str, ...] = _REPRESENTATIONS
    ridges: tuple[float, ...] = (0.0, *_HALF_DECADES)
    weak_labels: tuple[int, ...] = (25, 50, 100, 200, 400)
    few_labels_for: tuple[str, ...] = ("descriptors", "both")
    true_labels: tuple[int, ...] = (20, 40, 80, 160, 320)
    role_ridge: float = 1e-3

    def __post_init__(self) -> None:
        known = set(_REPRESENTATIONS)
        if not set(self.datasets) <= set(_LOADERS) or not self.datasets:
            raise ValueError(f"datasets must be of {sorted(_LOADERS)}, got {self.datasets}")
        if not set(self.representations) <= known or not self.representations:
            raise ValueError(
                f"representations must be of {sorted(known)}, got {self.representations}"
            )
        if not self.seeds or not self.ridges or min(*self.ridges, self.role_ridge) < 0:
            raise ValueError(f"need seeds and ridges ≥ 0, got {self.seeds} and {self.ridges}")
        if min(self.weak_labels + self.true_labels, default=2) < 2:
            raise ValueError(
                f"label counts must be at least 2, got {self.weak_labels}, {self.true_labels}"
            )


def run_supervisors(
    config: SupervisorsConfig,
    *,
    encoder_of: Callable[[str], Encoder] = load_encoder,
    cache: Cache = True,
    progress: bool = True,
) -> Rows:
    """Run every data set, split and representation.

    Args:
        config: what to run.
        encoder_of: name ↦ encoder; asked for "strong" where a representation needs it.
        cache: where its features are kept, as for `features`.
        progress: show a bar.

    Returns:
        Rows of three kinds by `experiment`: "ridge" (the whole ridge path on all weak labels),
        "few labels" and "roles". Errors are in squared label units, on the test split and, with
        the ending `_insample`, on the molecules the head was fitted on.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
    """
    rows: Rows = []
    bar = tqdm(
        total=len(config.datasets) * len(config.seeds), disable=not progress, desc="supervisors"
    )
    for name in config.datasets:
        load, teacher = _LOADERS[name]
        table = load()
        raw = {
            "descriptors": descriptors(table.smiles),
            "fingerprints": morgan_fingerprints(table.smiles),
        }
        if "encoder" in config.representations:
            strong = encoder_of("strong")
            raw["encoder"] = encoded(table.smiles, strong, layers="all", cache=cache)
        for seed in config.seeds:
            split = chembench_split(len(table), seed)
            weak = table.predictions[teacher]
            features = features_of(weak, raw, split.train)
            about = {"dataset": name, "teacher": teacher, "seed": seed}
            for row in (
                *_student_rows(config, features, weak, table.labels, split, seed),
                *roles_reversed(
                    features["descriptors"],
                    table.labels,
                    split,
                    seed,
                    counts=config.true_labels,
                    ridge=config.role_ridge,
                ),
            ):
                rows.append(about | row)
            bar.update()
    bar.close()
    return rows


def features_of(weak: Vector, raw: Features, train: np.ndarray) -> Features:
    """Standardize by the training molecules, whose labels stay unseen.

    Args:
        weak: the teacher's values.
        raw: "descriptors" and "fingerprints" of all n molecules, and what else stands beside them.
        train: indices of the training split.

    Returns:
        `(n, d)` features by name of representation; fingerprints stay bits.

    Example:
        >>> weak = np.array([1.0, 2.0, 4.0])
        >>> raw = {"descriptors": np.eye(3), "fingerprints": np.ones((3, 2))}
        >>> found = features_of(weak, raw, train=np.array([0, 1]))
        >>> found["both"].shape, found["teacher"][:, 0].tolist()
        ((3, 5), [-1.0, 1.0, 5.0])
    """
    found = {
        name: standardized(x, train)
        for name, x in (raw | {"teacher": weak[:, None]}).items()
        if name != "fingerprints"
    }
    bits = raw["fingerprints"]
    both = np.concatenate([found["descriptors"], bits], axis=1)
    return found | {"fingerprints": bits, "both": both}


def _student_rows(
    config: SupervisorsConfig,
    features: Features,
    weak: Vector,
    truth: Vector,
    split: Split,
    seed: int,
) -> Iterator[dict]:
    order = np.random.RandomState(seed).permutation(split.train)
    ridges = np.array(config.ridges)
    for name in config.representations:
        h = features[name]
        (students, strong), rank = _paths(h, (weak, truth), split.train, ridges)
        strong = strong[:, ((strong - truth[:, None])[split.valid] ** 2).mean(0).argmin()]
        common = {
            "representation": name,
            "ceiling": float(np.mean((strong - truth)[split.test] ** 2)),
        }
        for k, row in enumerate(_path_rows(students, ridges, weak, truth, strong, split)):
            about = {"experiment": "ridge", "weak_labels": len(order), "rank": rank}
            exact = _insample(weak, students[:, k], truth, h, split.train) if not ridges[k] else {}
            yield about | common | row | exact
        counts = config.weak_labels if name in config.few_labels_for else ()
        for count in (c for c in counts if c < len(order)):
            (students,), rank = _paths(h, (weak,), np.sort(order[:count]), ridges)
            rows = _path_rows(students, ridges, weak, truth, strong, split)
            about = {"experiment": "few labels", "weak_labels": count, "rank": rank}
            yield about | common | next(row for row in rows if row["chosen"])


def _paths(
    h: Matrix, labels: tuple[Vector, ...], seen: np.ndarray, ridges: Ridges
) -> tuple[list[Students], int]:
    repeated = np.repeat(np.stack([y[seen] for y in labels], axis=1), len(ridges), axis=1)
    heads = fit_heads(h[seen], repeated, ridge=np.tile(ridges, len(labels)))
    return np.split(np.asarray(heads(h)), len(labels), axis=1), int(heads.rank)


def _path_rows(
    students: Students, ridges: Ridges, weak: Vector, truth: Vector, strong: Vector, split: Split
) -> Iterator[dict]:
    valid = ((students - weak[:, None])[split.valid] ** 2).mean(0)
    for k, ridge in enumerate(ridges.tolist()):
        errors = _test_errors(weak, students[:, k], truth, strong, split.test)
        chosen = k == int(valid.argmin())
        yield {"ridge": ridge, "chosen": chosen, "misfit_valid": float(valid[k])} | errors


def _test_errors(
    weak: Vector, student: Vector, truth: Vector, strong: Vector, test: np.ndarray
) -> dict[str, float]:
    w, s, f, fs = weak[test], student[test], truth[test], strong[test]
    report = evaluate(w, s, f)
    numbers = {
        name: float(getattr(report, name))
        for name in ("weak_error", "student_error", "misfit", "gain")
    }
    return numbers | {
        "beyond": float(2 * np.mean((w - s) * (f - fs))),
        "drift": float(2 * np.mean((w - s) * (fs - s))),
    }


def _insample(
    weak: Vector, student: Vector, truth: Vector, h: Matrix, seen: np.ndarray
) -> dict[str, float]:
    report = evaluate(weak[seen], student[seen], truth[seen], features=h[seen])
    names = ("weak_error", "student_error", "misfit", "gain", "correction", "epsilon")
    return {f"{name}_insample": float(getattr(report, name)) for name in names}
