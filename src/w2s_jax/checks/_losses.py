"""What can be told of other losses: which cell of the 2×2 table applies, and whether it holds.

A theorem says gain ≥ misfit where a class is straight in the coordinates that its divergence asks
for: in probabilities where the prediction stands first in the divergence, in logits where the
label does. Zero-one loss has no theorem.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from w2s_jax.checks._rules import Amount, Numbers, Rule, relative
from w2s_jax.checks._squares import RULES, ceiling, inputs

_SYMBOLS = {"kl": "KL(prediction‖label)", "cross-entropy": "KL(label‖prediction)"}
_STATED = ("finite", "inputs", "member", "variational", "realizable")


def between(loss: str, prediction: str, label: str) -> str:
    """Write a loss of a prediction against a label, the direction named.

    Example:
        >>> between("kl", "student", "weak"), between("cross-entropy", "student", "weak")
        ('KL(student‖weak)', 'KL(weak‖student)')
    """
    symbol = _SYMBOLS.get(loss, loss)
    words = {"prediction": prediction, "label": label}
    return "".join(words.get(part, part) for part in _parts(symbol))


def _parts(symbol: str) -> list[str]:
    name, _, rest = symbol.partition("(")
    mark = "‖" if "‖" in rest else ", "
    one, _, other = rest.rstrip(")").partition(mark)
    return [name, "(", one, mark, other, ")"]


def rules_of(loss: str, numbers: Numbers) -> Mapping[str, Rule]:
    """Return the rules of a loss, in the words of the class that the student was said to be of.

    Args:
        loss: "squared", "zero-one", "kl", "cross-entropy" or a divergence's name with its
            arguments, such as "ItakuraSaito(prediction, label)".
        numbers: of `check_all`; `straight` is 1 for a class straight in logits, 0 for one that is
            convex in probabilities, absent where nobody said.

    Example:
        >>> [*rules_of("zero-one", {})]
        ['ties', 'sums', 'ceiling', 'mcnemar']
    """
    if loss == "squared":
        return RULES
    told = {"ties": _TIES, "sums": _SUMS}
    if loss == "zero-one":
        return told | {"ceiling": _ceiling(()), "mcnemar": _MCNEMAR}
    straight = numbers.get("straight")
    words = _Words(loss, None if straight is None else bool(straight))
    return (
        {"finite": words.finite()}
        | told
        | {"cell": words.cell(), "inputs": RULES["inputs"]._replace(measure=inputs, unless=())}
        | words.student()
        | words.conclusions()
        | {"ceiling": _ceiling(("finite",))}
    )


def _share(name: str, limit: float = 0.0) -> Any:
    return lambda m: (m[name], np.full_like(np.asarray(m[name], float), limit))


def _pair(name: str) -> Any:
    return lambda m: (m[name], m[f"{name}_limit"])


_SUMS = Rule(
    _pair("sums"),
    ("sums",),
    "Rows of probabilities sum to 1 within the rounding of their digits.",
    "Rows of probabilities sum to 1 only within the decimals that they were written with: each was "
    "divided by its sum.",
    unless=(),
    in_test=True,
)
_TIES = Rule(
    _share("tied"),
    ("tied",),
    "In no row do two classes share the largest probability.",
    "In some rows several classes share the largest probability: the first of them was taken as "
    "what is predicted.",
    unless=(),
    in_test=True,
)
_MCNEMAR = Rule(
    _share("mcnemar", 0.05),
    ("mcnemar",),
    "Student and weak model differ in accuracy by more than chance (McNemar's exact test, 5 %).",
    "Student and weak model may differ in accuracy by chance: of the inputs on which one of them "
    "alone is right, coins would split as many so (McNemar's exact test, 5 %).",
    unless=(),
    in_test=True,
)


def _ceiling(unless: tuple[str, ...]) -> Rule:
    return RULES["ceiling"]._replace(measure=ceiling, unless=unless)


def _short(m: Numbers) -> Any:
    """How far gain may fall below misfit if student and truth are off by their limits."""
    found = m["short"] + m.get("pull", 0.0) * m.get("truth_outside_limit", 0.0)
    return found + 1e-14 * (m["weak_error"] + m["student_error"] + m["misfit"])


def _identity(m: Numbers) -> Amount:
    scale = m["weak_error"] + m["student_error"] + m["misfit"]
    return relative(abs(m["slack"] + m["correction"]), m["short"] + 1e-14 * scale, scale)


def _inequality(m: Numbers) -> Amount:
    limit = _short(m) if "short" in m else 1e-14 * (m["weak_error"] + m["student_error"])
    return relative(-m["slack"], limit, m["weak_error"] + m["misfit"])


def _certificate(m: Numbers) -> Amount:
    if m.get("weak_error") is None:  # nothing to test
        return np.zeros_like(m["misfit"]), np.zeros_like(m["misfit"])
    limit = _short(m) if "short" in m else 1e-14 * m["weak_error"]
    return relative(m["misfit"] - m["weak_error"], limit, m["weak_error"] + m["misfit"])


class _Words:
    """The sentences of one divergence and one class."""

    def __init__(self, loss: str, logits: bool | None):
        self.loss, self.logits = loss, logits
        self.label_first = _parts(_SYMBOLS.get(loss, loss))[2] == "label"
        self.asked = "straight in logits"
        if loss != "cross-entropy":
            kind = "probabilities" if loss == "kl" else "predictions"
            kind = "straight in its potential's slopes" if self.label_first else f"convex in {kind}"
            self.asked = kind
        self.misfit = between(loss, "student", "weak")
        self.weak, self.student_ = (between(loss, "truth", m) for m in ("weak", "student"))

    def finite(self) -> Rule:
        why = {
            "cross-entropy": "a class has probability 0 in the truth or the student where another "
            "deems it possible, as hard labels do. What is undefined shows no number; loss='kl' "
            "measures the log loss, −log of the true class's probability.",
            "kl": "a model gives probability 0 to a class that the truth or the student deems "
            "possible. Nothing is clipped, and what is undefined shows no number.",
        }.get(self.loss, "nothing is clipped, and what is undefined shows no number.")
        return Rule(
            _share("infinite"),
            ("infinite",),
            "Errors and misfit are finite.",
            f"{self.weak}, {self.student_} or {self.misfit} is infinite: {why}",
            unless=(),
            in_test=True,
        )

    def cell(self) -> Rule:
        errors = f"{self.weak} and {self.student_}"
        other = {"kl": "cross-entropy", "cross-entropy": "kl"}.get(self.loss)
        remedy = f" Of loss={other!r} one does." if other else ""
        given = "softmax head's class is straight in logits"
        given = given if self.logits else "class of mixtures is convex in probabilities"
        theorem = "gain = misfit" if self.loss == "cross-entropy" else "gain ≥ misfit"
        return Rule(
            _share("off_cell"),
            ("off_cell",),
            f"The class is {self.asked} and the misfit is {self.misfit}: a cell of the 2×2 table "
            f"in which {theorem} is a theorem, of the errors {errors}.",
            f"A {given}, but {self.misfit} asks for one that is {self.asked}: a cell of the 2×2 "
            f"table in which no theorem speaks, and gain may fall short of misfit.{remedy}",
            unless=(),
            assumes=("class",),
            conditional=f"With the misfit {self.misfit} gain ≥ misfit is a theorem, of the errors "
            f"{errors}, where the student's class is {self.asked}; of what class it is, nobody "
            "said.",
        )

    def student(self) -> dict[str, Rule]:
        kind = "softmax heads on these features" if self.logits else "mixtures of these experts"
        unless = ("finite", "inputs", "cell")
        return {
            "member": Rule(
                _pair("outside"),
                ("outside",),
                f"The student is one of the {kind}.",
                f"The student is none of the {kind}, which the theorem speaks of"
                + (": no softmax is exactly 0, for one." if self.logits else "."),
                unless=unless,
            ),
            "variational": Rule(
                _pair("competition"),
                ("competition",),
                f"No member of the class has a smaller {self.misfit}: "
                + (
                    "the features' moments of the student equal those of the weak model."
                    if self.logits
                    else "its slope toward every expert is at least 0."
                )
                + " No true label was needed.",
                f"Another member of the class has a smaller {self.misfit}: the student was fitted "
                "on other inputs (then pass test=True), by another loss, with ridge, or not to "
                "convergence. No true label was needed.",
                unless=unless,
            ),
            "realizable": Rule(
                _pair("truth_outside"),
                ("truth_outside",),
                f"The truth is one of the {kind}.",
                f"The truth is none of the {kind}"
                + (", as hard labels never are" if self.logits else "")
                + ": gain may fall short of misfit.",
                unless=unless,
            ),
        }

    def conclusions(self) -> dict[str, Rule]:
        assumed = ("class", "member", "variational", "realizable")
        return {
            "identity": Rule(
                _identity,
                ("slack", "correction", "short"),
                "gain = misfit − correction.",
                "gain differs from misfit − correction: the student is not the head that "
                "cross-entropy fits here.",
                unless=("finite", "inputs", "cell", "member", "variational"),
            ),
            "inequality": Rule(
                _inequality,
                ("slack",),
                "gain ≥ misfit, as this cell's theorem says.",
                f"gain < misfit: an assumption of the theorem fails ({self._assumed()}).",
                unless=(*_STATED, "cell"),
                assumes=assumed,
                conditional=f"gain ≥ misfit. A theorem promises it under assumptions "
                f"({self._assumed()}) of which not all were tested.",
            ),
            "certificate": Rule(
                _certificate,
                ("misfit", "certificate"),
                f"{self.weak} is at least the misfit, as it must be for the nearest member of a "
                "class that holds the truth.",
                f"{self.weak} is below the misfit: the truth is outside the class, or the student "
                f"is not the member with the smallest {self.misfit}.",
                unless=_STATED,
                assumes=assumed[1:],
                conditional=f"{self.weak} is at least the misfit if the class, whatever its shape, "
                f"holds the truth and the student is its member with the smallest {self.misfit}; "
                "not all of this was tested.",
            ),
        }

    def _assumed(self) -> str:
        return (
            f"a class {self.asked} that holds the truth, and the student its member with the "
            f"smallest {self.misfit} on these inputs"
        )
