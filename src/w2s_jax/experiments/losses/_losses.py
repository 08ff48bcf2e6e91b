"""Other losses: which class, fitted how, gains what in which error."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tqdm import tqdm

from w2s_jax.experiments.losses._confidence import KINDS, confidence
from w2s_jax.experiments.losses._files import FILES, of_file
from w2s_jax.experiments.losses._problems import compared, labeled, sharpened
from w2s_jax.records._records import Rows


@dataclass(frozen=True)
class LossesConfig:
    """What to run.

    Attributes:
        problems: random ones, of four classes each.
        inputs: of each, 400 in the book.
        experts: of a mixture.
        features: of a softmax head, beside its constant.
        starts: for softmax heads fitted with the prediction first, which is not convex.
        sharpness: factors for the teacher's logits.
        draws: of the auxiliary confidence loss, for each kind of features.
        shares: of the student's own hardened labels in that loss.
        files: of "molecules", "reversed" (teacher and student change places) and "reviews".
        seeds: of their splits.
        labels: true ones that their weak models are fitted on.
        seed: of everything else.

    Raises:
        ValueError: a number below 1, fewer than three features, or inputs too few for them; an
            unknown file; a share outside [0, 1).

    Example:
        >>> LossesConfig(files=()).problems
        100
    """

    problems: int = 100
    inputs: int = 400
    experts: int = 6
    features: int = 8
    starts: int = 6
    sharpness: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
    draws: int = 12
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 0.9)
    files: tuple[str, ...] = FILES
    seeds: tuple[int, ...] = (122, 123, 124)
    labels: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.problems, self.experts, self.features, self.starts, self.draws, self.labels)
        if min(counts) < 1 or self.features < 3 or self.inputs < 10 * self.features:
            raise ValueError(
                "need at least one problem, expert, start, draw and label, three features and ten "
                f"inputs for each, got {counts} and {self.inputs} inputs"
            )
        if not set(self.files) <= set(FILES):
            raise ValueError(f"files must be of {FILES}, got {self.files}")
        if not all(0 <= share < 1 for share in self.shares):
            raise ValueError(f"shares must be in [0, 1), got {self.shares}")


def run_losses(config: LossesConfig, *, progress: bool = True) -> Rows:
    """Measure every cell of the table, and what labels, teachers and losses change.

    Returns:
        Rows of five kinds by `kind`; KL in nats, "first" where the truth stands first, "last" where
        it stands last: `weak_first` = KL(f ‖ w), `student_first` = KL(f ‖ s), `misfit_first` =
        KL(s ‖ w), `weak_last` = KL(w ‖ f), `student_last` = KL(s ‖ f), `misfit_last` = KL(w ‖ s).
        "table": a problem, the `straight` in "probabilities" (mixtures) or "logits" (softmax
        heads), the argument that stood `first` in the fit. "sharpness": the two cells with a
        guarantee, the teacher's logits times `factor`. "labels": softmax heads by cross-entropy on
        "soft", "drawn" or "hardened" weak labels. "confidence": accuracies with a `share` of the
        auxiliary confidence loss, on `features` "normal" or "relu", and the `cosine` of the head
        with the plain one. "file": molecules and reviews as classes, the ceiling for the truth.

    Raises:
        w2s_jax.data.Unavailable: a file cannot be had.

    Example:
        >>> small = LossesConfig(problems=1, draws=1, shares=(0.0,), files=(), starts=1)
        >>> sorted({row["kind"] for row in run_losses(small, progress=False)})
        ['confidence', 'labels', 'sharpness', 'table']
    """
    return list(tqdm(_rows(config), disable=not progress, desc="losses"))


def _rows(config: LossesConfig) -> Iterator[dict]:
    made: tuple[tuple[str, Callable], ...] = (
        ("table", compared),
        ("sharpness", sharpened),
        ("labels", labeled),
    )
    for kind, measure in made:
        for problem in range(config.problems):
            for row in measure(config, [config.seed, problem]):
                yield {"kind": kind, "problem": problem} | row
    for features in KINDS:
        for draw in range(config.draws):
            for row in confidence(config.shares, features, [config.seed, draw]):
                yield {"kind": "confidence", "features": features, "draw": draw} | row
    for name in config.files:
        for seed in config.seeds:
            yield {"kind": "file", "file": name, "seed": seed} | of_file(name, config.labels, seed)
