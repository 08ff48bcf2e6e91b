"""Roles reverse: with few measurements the larger model is the worse one, and so the teacher.

A large head (all descriptors) and a small one (six of them) are fitted on the same few
measurements; then each is taught by the other on the remaining training molecules, whose
measurements stay unseen.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from w2s_jax.data import Split
from w2s_jax.heads import fit_head
from w2s_jax.molecules._descriptors import descriptor_names
from w2s_jax.report import evaluate

SMALL = ("MolLogP", "MolWt", "NumRotatableBonds", "TPSA", "RingCount", "FractionCSP3")


def roles_reversed(
    features: Float[np.ndarray, "n d"],
    truth: Float[np.ndarray, " n"],
    split: Split,
    seed: int,
    *,
    counts: tuple[int, ...],
    ridge: float,
) -> Iterator[dict]:
    """Let the large and the small model teach each other.

    Args:
        features: standardized descriptors of all molecules, columns as in `descriptor_names()`.
        truth: measurements, label units.
        split: of the molecules; errors are on its test part.
        seed: of the order in which measurements become known.
        counts: how many measurements both models see.
        ridge: λ of the large model when it learns from measurements.

    Returns:
        One row for each count and each direction; `own_error` is the student's error when it
        learns from the few measurements itself.

    Example:
        >>> from w2s_jax.data import chembench_split
        >>> features = np.random.default_rng(0).normal(size=(60, len(descriptor_names())))
        >>> found = roles_reversed(
        ...     features, features[:, 0], chembench_split(60), 122, counts=(10,), ridge=0.1
        ... )
        >>> [(row["role_teacher"], row["role_student"]) for row in found]
        [('large', 'small'), ('small', 'large')]
    """
    columns = [descriptor_names().index(name) for name in SMALL]
    models = {"large": (features, ridge), "small": (features[:, columns], 0.0)}
    order = np.random.RandomState(seed).permutation(split.train)
    test: Int[np.ndarray, " test"] = split.test
    for count in (c for c in counts if c < len(order)):
        labeled, rest = order[:count], order[count:]
        own = {
            name: np.asarray(fit_head(x[labeled], truth[labeled], ridge=penalty)(x))
            for name, (x, penalty) in models.items()
        }
        for teacher, student in (("large", "small"), ("small", "large")):
            x = models[student][0]
            taught = np.asarray(fit_head(x[rest], own[teacher][rest])(x))
            report = evaluate(own[teacher][test], taught[test], truth[test])
            names = ("weak_error", "student_error", "misfit", "gain")
            yield {
                "experiment": "roles",
                "role_teacher": teacher,
                "role_student": student,
                "true_labels": count,
                "own_error": float(np.mean((own[student] - truth)[test] ** 2)),
            } | {name: float(getattr(report, name)) for name in names}
