"""Made problems of audits whose gain is known, and how often intervals hold it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

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


def models(
    setting: Setting, rng: np.random.Generator, lean: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the coefficients of a truth and of a teacher, `(60,)`; the student has the first 40.

    Args:
        setting: of the problem.
        rng: draws.
        lean: how much of the teacher's part out of reach is in the truth. None: as the setting
            says.

    Example:
        >>> truth, teacher = models(SETTINGS["realizable"], np.random.default_rng(0))
        >>> bool((truth[40:] == 0).all())
        True
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
    return truth, teacher


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
    truth, teacher = models(setting, rng, lean)
    x = rng.normal(size=(inputs, _OWN + _BEYOND))
    rows = rng.choice(inputs, labels, replace=False)
    seen = x[rows] @ truth + setting.noise * rng.normal(size=labels)
    own, beyond = teacher[_OWN:], truth[_OWN:]
    gain = own @ own - 2 * own @ beyond if lean is None else own @ own * (1 - 2 * lean)
    student = x[:, :_OWN] @ teacher[:_OWN]
    return Made(x @ teacher, student, x[:, :_OWN], rows, seen, float(gain))


def covered(found: list, methods: tuple[str, ...]) -> Iterator[dict]:
    """Count how often intervals hold a gain, and say how wide they are.

    Args:
        found: of each problem the ends, one pair a method, and the gain.
        methods: their names, the naive one first.

    Example:
        >>> (row,) = covered([([(0.0, 1.0)], 0.5), ([(0.0, 3.0)], 4.0)], ("naive",))
        >>> row["cover"], row["below"], row["width"]
        (0.5, 0.5, 2.0)
    """
    ends, gain = np.array([e for e, _ in found]), np.array([g for _, g in found])
    width = ends[..., 1] - ends[..., 0]
    for j, method in enumerate(methods):
        above, below = (ends[:, j, 0] > gain).mean(), (ends[:, j, 1] < gain).mean()
        yield {
            "method": method,
            "cover": round(float(1 - above - below), 4),
            "above": float(above),
            "below": float(below),
            "width": float(f"{np.median(width[:, j]):.4g}"),
            "relative": float(f"{np.median(width[:, j] / width[:, 0]):.4g}"),
        }
