"""What `evaluate` hands back."""

import json
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer

from w2s_jax.arrays._counts import check_count
from w2s_jax.checks import Check, check_all
from w2s_jax.report._class_terms import alone
from w2s_jax.report._intervals import RATIOS, gap_terms, intervals, known
from w2s_jax.report._loss import words_of
from w2s_jax.report._means import WORDS
from w2s_jax.report._resampling import mean_interval
from w2s_jax.report._tables import as_html, as_text, figure, plain, span

_REFITTED = ("epsilon", "correction", "beyond", "drift")  # with heads fitted to these inputs


class Report(eqx.Module):
    """What `evaluate` found; scalars for one task, `(tasks,)` arrays for many.

    Numbers are numpy's, in float64; in a traced call JAX's. `print` shows them as a table with
    intervals and checks, a notebook as HTML, `to_dict` and `to_json` keep them. Of other losses d
    is theirs, in the directions that `evaluate` and the table name, and so are beyond and drift;
    what is infinite is inf, what follows from two such numbers NaN, and `finite` says why.

    Attributes:
        misfit: d(student, weak), squared label units; needs no true label.
        certificate: a lower bound on the weak error, equal to the misfit; valid where the truth is
            in the class and the student is its member nearest to the weak model on these inputs,
            whether the class is convex or not.
        weak_error: d(weak, truth); None without truth, as are the next three.
        student_error: d(student, truth).
        gain: weak error − student error.
        slack: gain − misfit, at least 0 under Theorem 1: the student's correction with the other
            sign, in which tables show it.
        correction: that of the projection, 2⟨w − Pw, f − Pf⟩ in a linear class, 2⟨w − Pw, f − Pw⟩
            in a convex one; gain = misfit − correction for a student that is the projection, and a
            table shows it for the others alone. None without features and in test mode.
        beyond: 2⟨w − s, f − f_s⟩ for the strong model f_s fitted on truth: how far what the student
            did not copy agrees with what f_s misses; None without f_s.
        drift: 2⟨w − s, f_s − s⟩; gain = misfit − beyond − drift on any inputs.
        epsilon: d(truth, its projection onto the class on these inputs); None without features.
        ceiling: the error of f_s; `pgr`: gain / (weak error − ceiling).
        rank: of the features, as many directions as the projection used; None without features.
        terms: what each input adds to the means above, `(n,)` or `(n, tasks)`, for the bootstrap.
        evidence: what the checks rest on besides.
        test: whether the student was fitted on other inputs.
        confined: whether the class is that of heads within a set.
        weak_accuracy: share of inputs whose class the weak model predicts; of losses of classes, as
            are the next. What is predicted, and true, is the class with the largest probability.
        student_accuracy: of the student.
        ceiling_accuracy: of the strong model.
        agreement: share of inputs on which student and weak model predict one class.
        accuracy_pgr: PGR of the accuracies; with zero-one loss it is `pgr`.
        mcnemar: p-value of McNemar's exact test that neither of student and weak model is more
            accurate; of zero-one loss.
        loss: "squared", "kl", "cross-entropy", "zero-one" or the name of a divergence.

    Example:
        >>> from w2s_jax import evaluate
        >>> print(evaluate(np.array([1.0, 2.0]), np.array([1.0, 1.0])).misfit)
        0.5
    """

    misfit: Any
    certificate: Any
    weak_error: Any  # None where unknown; so that callers need no cast; as are the next
    student_error: Any
    gain: Any
    slack: Any
    correction: Any
    beyond: Any
    drift: Any
    epsilon: Any
    ceiling: Any
    pgr: Any
    rank: Any
    terms: dict[str, Any]
    evidence: dict[str, Any]
    test: bool = eqx.field(static=True)
    confined: bool = eqx.field(static=True)
    weak_accuracy: Any = None
    student_accuracy: Any = None
    ceiling_accuracy: Any = None
    agreement: Any = None
    accuracy_pgr: Any = None
    mcnemar: Any = None
    loss: str = eqx.field(static=True, default="squared")

    @property
    def checks(self) -> dict[str, Check]:
        """The assumptions and conclusions that these numbers can test, by name."""
        numbers = {name: getattr(self, name) for name in WORDS} | self.evidence
        if self.ceiling is not None and known(gap := gap_terms(self)):
            numbers["gap_low"] = mean_interval(gap, 0.95)[0]
        return check_all(numbers, test=self.test, confined=self.confined, loss=self.loss)

    def interval(
        self, name: str, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Say how far a quantity may be off because the inputs are a sample; models are held fixed.

        Means get percentiles of a bootstrap in which inputs are resampled jointly (paired), PGR
        gets Fieller's interval, and the whole line, from −∞ to ∞, where the interval of weak
        error − ceiling holds 0. On the inputs that the student was fitted on, its own misfit is
        smaller than on others, and no resampling mends that: judge on fresh inputs.

        Args:
            name: a quantity of the report: "gain", "misfit", "pgr", …
            confidence: in (0, 1).
            resamples: number of resampled sets of inputs.
            seed: same seed, same resamples: intervals of different quantities are comparable.

        Returns:
            Lower and upper ends, shaped like the quantity.

        Raises:
            ValueError: resamples or a seed that is no count; an unknown or missing quantity; one
                that rests on heads fitted to these very inputs (ε, the correction): held fixed
                they would cover too seldom; a ceiling given as a number; a confidence outside
                (0, 1).

        Example:
            >>> from w2s_jax import evaluate
            >>> report = evaluate(np.array([1.0, 2.0, 2.0]), np.array([1.0, 1.0, 2.0]))
            >>> low, high = report.interval("misfit")
            >>> bool(low <= report.misfit <= high)
            True
        """
        names = self._with_interval()
        if name not in names:
            reason = f"this report knows {', '.join(names)}"
            if getattr(self, name, None) is not None and name in _REFITTED:
                reason = (
                    "it rests on heads fitted to these inputs, and resampling with the heads held "
                    "fixed covers too seldom; evaluate fresh inputs with the ceiling's predictions"
                )
            elif name == "ceiling" and self.ceiling is not None:
                reason = "it was given as a number; give the strong model's predictions instead"
            elif name == "mcnemar" and self.mcnemar is not None:
                reason = "a p-value has none; ask for that of 'gain'"
            raise ValueError(f"no interval for {name!r}: {reason}")
        check_count("resamples", resamples, 1)
        check_count("seed", seed, 0)
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
        low, high = intervals(self, (name,), confidence, resamples, seed)[name]
        return np.asarray(low), np.asarray(high)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, intervals and checks as plain numbers, lists and words.

        What is unknown, undefined or not finite is None, and so is a certificate where one of its
        assumptions was tested and fails. Intervals are those of `interval` by default.

        Example:
            >>> from w2s_jax import evaluate
            >>> kept = evaluate(np.array([1.0, 2.0]), np.array([1.0, 1.0])).to_dict()
            >>> kept["inputs"], kept["misfit"], kept["gain"]
            (2, 0.5, None)
        """
        checks = self.checks
        found = {name: getattr(self, name) for name in WORDS}
        if not _certified(checks):
            found["certificate"] = None
        names = [name for name in self._with_interval() if found[name] is not None]
        found |= {
            "rank": self.rank,
            "inputs": len(self.terms["misfit"]),
            "tasks": self.misfit.size if self.misfit.ndim else None,
            "test": self.test,
            "loss": self.loss,
            "intervals": intervals(self, names),
            "checks": {name: vars(check) for name, check in checks.items()},
        }
        return plain(found)

    def to_json(self) -> str:
        """Return `to_dict()` as JSON, for a file that any language reads.

        Example:
            >>> from w2s_jax import evaluate
            >>> report = evaluate(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
            >>> json.loads(report.to_json()) == report.to_dict()
            True
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)

    def __str__(self) -> str:
        if any(isinstance(leaf, Tracer) or not hasattr(leaf, "dtype") for leaf in _leaves(self)):
            return super().__repr__()  # within a transformation there are no numbers yet
        return as_text(*self._shown())

    def _repr_html_(self) -> str:
        return as_html(*self._shown())

    def _shown(self) -> tuple[str, list, dict[str, Check]]:
        checks, many, words = self.checks, self.misfit.ndim > 0, words_of(self.loss)
        shown = [name for name in WORDS if getattr(self, name) is not None]
        if "identity" in checks and checks["identity"].holds:
            shown.remove("correction")  # the student's own
        names = [name for name in shown if name in self._with_interval()]
        spans = {} if many else intervals(self, names)
        rows = [
            ("measure", "mean", "5–95 % of tasks")
            if many
            else ("measure", "value", "95 % interval")
        ]
        for name in shown:
            value = np.asarray(getattr(self, name))
            if name in RATIOS:
                value = np.where(np.isfinite(value), value, np.nan)
            value = value[np.isfinite(value)] if many else value
            ends = np.quantile(value, [0.05, 0.95]) if value.size and many else spans.get(name, ())
            middle = figure(value.mean()) if value.size else figure(np.nan)
            if name == "certificate" and not _certified(checks):
                middle, ends = "none", ()
            if name == "slack" and value.size:
                middle, ends = figure(0 - value.mean()), [0 - end for end in reversed(ends)]
            rows.append((words[name], middle, span(ends)))
        return self._title(), rows, checks

    def _title(self) -> str:
        parts = [f"{len(self.terms['misfit']):,} inputs"]
        parts += [f"{self.misfit.size} tasks"] if self.misfit.ndim else []
        if self.rank is not None:
            ranks = sorted(set(np.ravel(self.rank).tolist()))
            parts.append(f"rank {' to '.join(map(str, ranks[:: max(1, len(ranks) - 1)]))}")
        if "above" in self.evidence:
            near = [figure(float(self.evidence[name])) for name in ("above", "below", "cut")]
            parts[-1] += f" (singular values next to the cut {near[2]}: {near[0]}, {near[1]})"
        if self.mcnemar is not None:
            ours, theirs = alone(self.terms)
            parts.append(f"student alone right on {ours:,}, weak model alone on {theirs:,}")
        parts += ["not those that the student was fitted on"] if self.test else []
        return ", ".join(parts)

    def _with_interval(self) -> list[str]:
        """Name the quantities that rest on models, not on heads that were fitted here."""
        fixed = "ceiling" in self.terms
        without = {"epsilon", "correction"} if fixed else {*_REFITTED, "ceiling"}
        without |= {"mcnemar"}
        return [n for n in WORDS if n not in without and getattr(self, n) is not None]


def _leaves(report: Report) -> list:
    return jax.tree.leaves(report)


def _certified(checks: dict[str, Check]) -> bool:
    return "certificate" in checks and checks["certificate"].holds
