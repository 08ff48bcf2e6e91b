"""The gain of the labeled inputs, the guesses of all others, and which mean of them decides."""

import math
from typing import Any, NamedTuple

import numpy as np

from w2s_jax.audit._counts import added
from w2s_jax.audit._linear import linear
from w2s_jax.audit._powered import Mean, guess, naive, powered, typical
from w2s_jax.audit._reading import Asked, read_asked
from w2s_jax.report import Report, evaluate

ENOUGH = 50  # labels from which on the powered mean decides


class Gains(NamedTuple):
    """The gains of the labeled inputs, and what all inputs are guessed to gain.

    Attributes:
        measured: `(m,)`.
        labeled: `(m,)`, their guesses, or None where the loss has none.
        every: `(n,)`, those of all inputs, or None.
        rows: `(m,)`, the labeled inputs.
        added: gains of inputs that intervals are given in addition, for counts (`_counts`).

    Example:
        >>> Gains(np.array([1.0, 3.0]), None, None, np.array([4, 5])).naive().value
        2.0
    """

    measured: np.ndarray
    labeled: Any
    every: Any
    rows: np.ndarray
    added: tuple[float, ...] = ()

    @property
    def telling(self) -> int:
        """How many labeled inputs tell the two apart: their gain is not 0."""
        return int(np.count_nonzero(self.measured))

    def naive(self, among: Any = None) -> Mean:
        """Return the mean of the labeled inputs, or of those of them in a mask of all."""
        inside = slice(None) if among is None else among[self.rows]
        return naive(self.measured[inside], added=self.added)

    def powered(self, among: Any = None) -> Mean | None:
        """Return labels and guesses combined; None where there is nothing to guess."""
        if self.every is None or len(self.rows) == len(self.every):
            return None
        others = np.ones(len(self.every), bool) if among is None else among.copy()
        inside = slice(None) if among is None else among[self.rows]
        others[self.rows] = False
        some = self.measured[inside], self.labeled[inside], self.every[others]
        return powered(*some, added=self.added)

    def labels_for(self, shorter: float) -> int:
        r"""Return how many labels in all would make the deciding mean's standard error so short.

        With the scatter of the labels at hand, guesses that stay as good, and λ = 1 − m/n, m labels
        of the n inputs leave the variance

        $$\frac{\operatorname{var}(g - \lambda z)}{m}
        + \lambda^2 \frac{\operatorname{var}(z)}{n - m} ,$$

        of which the second part falls only as inputs without a label get one. Below 50 labels, with
        all inputs labeled and beyond, it is var(g)/m; nor are more labels asked for than by that,
        for with more labels guesses that do not help are given up.

        Args:
            shorter: in units of the standard error as it is, above 0.

        Example:
            >>> Gains(np.array([1.0, 3.0, 2.0]), None, None, np.arange(3)).labels_for(0.5)
            12
        """
        m, n = len(self.rows), len(self.rows) if self.every is None else len(self.every)
        own = np.append(self.measured, self.added)
        now, alone = self.decisive()[0].error ** 2, own.var(ddof=1)
        if now == 0:
            return m
        wanted = now * shorter**2
        few = max(1, math.ceil(alone / wanted - 1e-9) - len(self.added))
        if self.powered() is not None:
            others = np.delete(self.every, self.rows)
            among = np.unique(np.geomspace(min(ENOUGH, n - 2), n - 2, 2000).astype(int))
            share = 1 - among / n
            guessed = np.append(self.labeled, [typical(others)] * len(self.added))
            joint = np.cov(own, guessed)
            left = joint[0, 0] - 2 * share * joint[0, 1] + share**2 * joint[1, 1]
            variance = left / (among + len(self.added)) + share**2 * others.var(ddof=1) / (
                n - among
            )
            enough = among[(variance <= wanted * (1 + 1e-9)) & (among >= ENOUGH)]
            return min([few, *enough[:1].tolist()])
        return few

    def decisive(self, among: Any = None) -> tuple[Mean, str]:
        """Return the mean that decides and its method, named by the number of labels alone."""
        inside = slice(None) if among is None else among[self.rows]
        if len(self.measured[inside]) >= ENOUGH:
            found = self.powered(among)
            if found is not None:
                return found, "powered"
        return self.naive(among), "naive"


def measured(asked: Asked, report: Report, weak: np.ndarray, student: np.ndarray) -> Gains:
    """Measure the gains of the labeled inputs and guess all others.

    Args:
        asked: of the audit.
        report: on the labeled inputs.
        weak: on all inputs; as is the next.
        student: predictions.

    Example:
        >>> from w2s_jax import evaluate
        >>> from w2s_jax.audit._reading import read_asked
        >>> w, s = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])
        >>> asked = read_asked(w, s, labels=[1.0, 2.0], labelled=[0, 1])
        >>> measured(asked, evaluate(w[:2], s[:2], [1.0, 2.0]), w, s).measured
        array([ 0., -1.])
    """
    terms = report.terms
    with np.errstate(invalid="ignore"):
        own = np.asarray(terms["weak_error"], float) - np.asarray(terms["student_error"])
    if report.loss == "squared":  # differences before squares keep digits
        w, s, f = weak[asked.rows], student[asked.rows], asked.labels
        own = (w - s) * ((w - f) + (s - f))
    none = Gains(own, None, None, asked.rows, added(report.loss))
    if len(asked.rows) == asked.inputs or not np.isfinite(own).all():
        return none
    parts = linear(report.loss, weak, student, asked.labels, asked.rows, own)
    if parts is None:
        return none
    found = guess(parts, asked.rows, asked.features)
    return none._replace(labeled=found.labeled, every=found.every)


def estimate_gain(
    weak: Any,
    student: Any,
    labels: Any,
    *,
    labelled: Any = None,
    features: Any = None,
    loss: Any = "squared",
) -> Gains:
    r"""Estimate the gain from few labels in two ways: by them alone, and with guesses of the rest.

    With $z(x; f)$ the gain at x and guesses $\hat f$, each made without the label of its input,

    $$\frac1n \sum_{i=1}^n z(x_i; \hat f) + \frac1m \sum_{i \text{ labeled}}
    \bigl( z(x_i; f) - z(x_i; \hat f) \bigr)$$

    is right on average whatever the guesses. `audit` says more, and what is decided by which.

    Args:
        weak: the teacher's predictions, `(n,)`, for other losses also `(n, classes)`.
        student: the student's, likewise.
        labels: as in `audit`, as are the next.
        labelled: inputs that the labels belong to.
        features: `(n, d)`, for the guesses; without them predictions alone serve.
        loss: "squared", "zero-one" or "kl" have guesses; others the naive mean alone.

    Returns:
        A `Gains`.

    Raises:
        ValueError: as `audit`; no label.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(2000, 5))
        >>> weak, student, truth = x.sum(1) + rng.normal(size=2000), 0.9 * x.sum(1), x.sum(1)
        >>> found = estimate_gain(weak, student, truth[:80], labelled=range(80), features=x)
        >>> [round(end, 2) for end in found.naive().interval(0.95)]
        [0.61, 1.11]
        >>> [round(end, 2) for end in found.powered().interval(0.95)]
        [0.89, 1.03]
    """
    asked = read_asked(weak, student, features, labels, labelled, loss)
    if asked.labels is None:
        raise ValueError("labels holds none: pass some, at least ten")
    w, s = (next(iter(each.values())) for each in (asked.weak, asked.student or {}))
    report = evaluate(w[asked.rows], s[asked.rows], asked.labels, loss=loss, test=True)
    return measured(asked, report, w, s)
