r"""Compare a weak model, its student and the truth.

With $d(g, k) = \mathbb E_x (g(x) - k(x))^2$ over the given inputs, weak model $w$, student $s$ and
truth $f$ (Charikar et al. 2024):

$$\text{gain} = d(w, f) - d(s, f), \qquad \text{misfit} = d(s, w), \qquad
\text{slack} = \text{gain} - \text{misfit} .$$

When the student is the projection $P w$ onto a linear span,
$\text{gain} = \text{misfit} - 2\langle w - P w, f - P f\rangle$ exactly, realizable or not; the
inner product, doubled, is the `correction`. On a convex class $P f$ in it gives way to $P w$.

A student fitted on other inputs is no projection on these. With $f_s$ the head of its class fitted
on true labels there still holds, for any three models,

$$\text{gain} = \text{misfit} - \underbrace{2\langle w - s, f - f_s\rangle}_{\text{beyond}}
- \underbrace{2\langle w - s, f_s - s\rangle}_{\text{drift}} .$$
"""

from typing import Any

import jax
import numpy as np

from w2s_jax.report._class_evidence import class_evidence
from w2s_jax.report._class_reading import read_classes
from w2s_jax.report._class_terms import class_quantities, class_terms
from w2s_jax.report._loss import Loss, chosen
from w2s_jax.report._means import WORDS, compared_terms, quantities
from w2s_jax.report._projecting import projected, sizes
from w2s_jax.report._reading import read
from w2s_jax.report._result import Report
from w2s_jax.sets._base import ConvexSet, convex_set_or_none


def evaluate(
    weak: Any,
    student: Any,
    truth: Any = None,
    *,
    loss: Any = "squared",
    features: Any = None,
    experts: Any = None,
    bias: bool = True,
    within: ConvexSet | None = None,
    cut: float | None = None,
    head: Any = None,
    ceiling: Any = None,
    test: bool = False,
) -> Report:
    """Compare a weak model, its student and, when known, the truth on the same inputs.

    Known arrays of any library and dtype are compared in float64 whatever JAX's flag, differences
    before squares; traced ones by JAX in their own dtype. Labels that are 0 or 1 give error rates:
    the squared error of hard predictions is their share of mistakes, so that gain is the gain in
    accuracy and PGR is the PGR of accuracies.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape.
        truth: true labels, same shape; without them only misfit and certificate are known.
        loss: "squared"; "kl", KL(student‖weak), whose errors are KL(truth‖·), the log loss where
            labels are hard; "cross-entropy", KL(weak‖student), whose errors are KL(·‖truth);
            "zero-one"; or a divergence of `w2s_jax.divergences`, whose error and misfit have truth
            and student for its prediction. Other losses than the squared one take probabilities,
            `(n, classes)`, or class numbers, `(n,)`, with zero-one loss labels of any kind; they
            add accuracies, and checks of the cell of the 2×2 table that the student is in.
        features: `(n, d)` or `(tasks, n, d)`, the student's features on these inputs: adds ε, the
            correction of the exact identity and the checks that rest on the projection. With "kl"
            and "cross-entropy" they say that the student is a softmax head on them.
        experts: `(k, n, classes)`, probabilities of the experts that the student mixes, with "kl"
            or another divergence.
        bias: whether the student's head has a constant.
        within: the convex set that the head's weights are confined to, if any.
        cut: relative singular-value cut of the projection, as `fit_heads` was given; by default
            its own.
        head: the student's `LinearHead`, whose cut is used where `cut` is not given.
        ceiling: the strong model fitted on true labels: its predictions on these inputs, shaped as
            `weak` and resampled with the rest, or its error, one number or `(tasks,)`, which is
            taken as exact. Adds PGR; predictions add `beyond` and `drift`.
        test: the student was fitted on other inputs, so that it is not the projection on these and
            no theorem speaks: the checks say only what can be expected to hold. With `features`
            but without the ceiling's predictions, `beyond` and `drift` refer to the head fitted to
            the truth on these inputs.

    Returns:
        A `Report`; over many tasks its quantities are `(tasks,)`.

    Raises:
        ValueError: arguments that are no finite numbers of the shapes above, or whose pandas
            indexes differ; logits in place of probabilities; arguments of another loss; labels
            whose squares float64 cannot hold; a ceiling without truth, a negative one or one of
            another shape; `cut` or `head` without features.

    Example:
        >>> from w2s_jax import fit_heads
        >>> features = np.array([[0.0], [1.0], [2.0]])
        >>> weak, truth = np.array([2.0, 3.0, 6.0]), np.array([1.0, 3.0, 5.0])
        >>> student = fit_heads(features, weak[:, None])(features)[:, 0]
        >>> report = evaluate(weak, student, truth, features=features)
        >>> print(report.gain.round(6), report.misfit.round(6))
        0.222222 0.222222
        >>> weak, student = [[0.6, 0.4], [0.6, 0.4]], [[0.9, 0.1], [0.4, 0.6]]
        >>> print(evaluate(weak, student, truth=[0, 1], loss="kl").gain.round(6))  # in nats
        0.405465
    """
    given = weak, student, truth, ceiling, features
    found = chosen(loss)
    cut = _cut(cut, head, features)
    convex_set_or_none(within)
    if found.name == "squared":
        if experts is not None:
            raise ValueError(
                "experts are mixed by other losses: pass loss='kl', or the experts' predictions as "
                "features with within=Simplex()"
            )
        return _squared(*given, bias=bias, within=within, cut=cut, test=test)
    _demand_class(found, features, experts, within)
    c = read_classes(
        found,
        **dict(zip(("weak", "student", "truth", "ceiling", "features"), given, strict=True)),
        experts=experts,
    )
    with np.errstate(all="ignore"):
        terms = class_terms(c, found)
        more, evidence, rank = class_evidence(c, found, terms, bias=bias, cut=cut, test=test)
        known = class_quantities(c, found, terms | more)
    named: dict[str, Any] = {name: known.get(name) for name in WORDS}
    return Report(
        **named,
        rank=rank,
        terms=terms | more,
        evidence=evidence,
        test=test,
        confined=False,
        loss=found.name,
    )


def _squared(
    weak, student, truth, ceiling, features, *, bias: bool, within: Any, cut: Any, test: bool
) -> Report:
    c = read(weak, student, truth, ceiling, features, *jax.tree.leaves(within))
    rank = None
    with np.errstate(all="ignore"):  # JAX does not warn either
        terms, evidence = compared_terms(c), sizes(c, bias=bias)
        if features is not None:
            more, own, rank = projected(c, bias=bias, within=within, cut=cut, test=test)
            terms, evidence = terms | more, evidence | own
        known = quantities(c, terms)
    named: dict[str, Any] = {name: known.get(name) for name in WORDS}
    return Report(
        **named, rank=rank, terms=terms, evidence=evidence, test=test, confined=within is not None
    )


def _demand_class(loss: Loss, features: Any, experts: Any, within: Any) -> None:
    if within is not None:
        raise ValueError(f"within confines heads of loss='squared', got loss={loss.name!r}")
    if features is not None and experts is not None:
        raise ValueError("features and experts name two classes: pass those of the student")
    if features is not None and loss.name not in ("kl", "cross-entropy"):
        raise ValueError(
            f"features say of which heads the student is one, for loss='squared', 'cross-entropy' "
            f"and 'kl': leave them out with loss={loss.name!r}"
        )
    if experts is not None and loss.divergence is None:
        raise ValueError("experts say of which mixtures the student is one: zero-one loss has none")


def _cut(cut: float | None, head: Any, features: Any) -> float | None:
    if features is None and not (cut is None and head is None):
        raise ValueError("cut and head say how features are projected on: pass features as well")
    if head is None:
        return cut
    width, own = np.shape(head.weights)[0], np.shape(features)[-1]
    if width != own:
        raise ValueError(f"head was fitted on width {width}, but features have width {own}")
    return getattr(head, "cut", None) if cut is None else cut
