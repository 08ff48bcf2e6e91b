r"""Errors, misfit, gain and what follows from them, with intervals and checks.

With $d(g, k) = \mathbb E_x (g(x) - k(x))^2$ over the given inputs, weak model $w$, student $s$ and
truth $f$ (Charikar et al. 2024):

$$\text{gain} = d(w, f) - d(s, f), \qquad \text{misfit} = d(s, w), \qquad
\text{slack} = \text{gain} - \text{misfit} .$$

When the student is the projection $P w$ onto a linear span,
$\text{gain} = \text{misfit} - 2\langle w - P w, f - P f\rangle$ exactly, realizable or not; the
inner product, doubled, is the `correction`. On a convex class $P f$ in it gives way to $P w$.
"""

import html
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jaxtyping import Float

from w2s_jax._host import namespace, to_jax
from w2s_jax.checks import Check, check_all
from w2s_jax.heads import fit_heads
from w2s_jax.sets.base import ConvexSet, accuracy

Predictions = Float[Array | np.ndarray, "n *tasks"]

_WORDS = {
    "weak_error": "weak error",
    "student_error": "student error",
    "misfit": "misfit",
    "gain": "gain",
    "slack": "slack (gain − misfit)",
    "correction": "correction",
    "epsilon": "ε (realizability gap)",
    "ceiling": "ceiling",
    "pgr": "PGR",
    "certificate": "certificate (weak error ≥)",
}


class Report(eqx.Module):
    """What `evaluate` found; scalars for one task, `(tasks,)` arrays for many.

    Attributes:
        misfit: d(student, weak), squared label units; needs no true label.
        certificate: a lower bound on the weak error, equal to the misfit, valid when the class is
            convex and realizable and the student is the projection.
        weak_error: d(weak, truth); None without truth, as are the next three.
        student_error: d(student, truth).
        gain: weak error − student error.
        slack: gain − misfit, at least 0 under Theorem 1.
        epsilon: d(truth, its projection onto the class); None without features.
        correction: 2⟨w − Pw, f − Pf⟩ in a linear class, 2⟨w − Pw, f − Pw⟩ in a convex one;
            gain = misfit − correction for a projection.
        ceiling: the error given as such; `pgr`: gain / (weak error − ceiling).
        terms: what each input adds to the means above, `(n,)` or `(n, tasks)`, for the bootstrap.

    Example:
        >>> print(evaluate(np.array([1.0, 2.0]), np.array([1.0, 1.0])).misfit)
        0.5
    """

    misfit: Array
    certificate: Array
    weak_error: Any  # Array, or None where unknown, so that callers need no cast; as are the next
    student_error: Any
    gain: Any
    slack: Any
    epsilon: Any
    correction: Any
    ceiling: Any
    pgr: Any
    terms: dict[str, Array]
    evidence: dict[str, Array]

    @property
    def checks(self) -> dict[str, Check]:
        """The assumptions and conclusions that these numbers can test, by name."""
        eps = float(jnp.finfo(self.misfit.dtype).eps)
        return check_all({name: getattr(self, name) for name in _WORDS} | self.evidence, eps)

    def interval(
        self, name: str, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Bootstrap a percentile interval, inputs resampled jointly for all quantities (paired).

        Args:
            name: a quantity of the report: "gain", "misfit", "pgr", …
            confidence: in (0, 1).
            resamples: number of resampled sets of inputs.
            seed: same seed, same resamples: intervals of different quantities are comparable.

        Returns:
            Lower and upper ends, shaped like the quantity.

        Raises:
            ValueError: an unknown or missing quantity, a confidence outside (0, 1).

        Example:
            >>> report = evaluate(np.array([1.0, 2.0, 2.0]), np.array([1.0, 1.0, 2.0]))
            >>> low, high = report.interval("misfit")
            >>> bool(low <= report.misfit <= high)
            True
        """
        if name not in _WORDS or name == "ceiling" or getattr(self, name) is None:
            known = [word for word in _WORDS if getattr(self, word) is not None]
            raise ValueError(f"no interval for {name!r}: this report knows {', '.join(known)}")
        if not 0 < confidence < 1 or resamples < 1:
            raise ValueError(
                f"need confidence in (0, 1) and resamples ≥ 1, got {confidence} and {resamples}"
            )
        low, high = self._intervals((name,), confidence, resamples, seed)[name]
        return np.asarray(low), np.asarray(high)

    def _intervals(self, names, confidence=0.95, resamples=2000, seed=0):
        inputs = len(self.terms["misfit"])
        weights = np.full(inputs, 1 / inputs)
        counts = np.random.default_rng(seed).multinomial(inputs, weights, resamples) / inputs
        means = {key: np.tensordot(counts, np.asarray(t), 1) for key, t in self.terms.items()}
        ceiling = None if self.ceiling is None else np.asarray(self.ceiling)[None]
        drawn = _quantities(means, ceiling)
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        return {name: np.quantile(drawn[name], ends, axis=0) for name in names}

    def _repr_html_(self) -> str:
        known = [name for name in _WORDS if getattr(self, name) is not None]
        many = self.misfit.ndim > 0
        spans = {} if many else self._intervals([name for name in known if name != "ceiling"])
        columns = ("mean", "5–95 % of tasks") if many else ("value", "95 % interval")
        rows = _row("col", "measure", *columns)
        for name in known:
            value = np.asarray(getattr(self, name))
            ends = np.quantile(value, [0.05, 0.95]) if many else spans.get(name, ())
            rows += _row("row", _WORDS[name], _figure(value.mean()), " … ".join(map(_figure, ends)))
        marks = "".join(
            f"<li><b>{'✓' if check.holds else '✗'} {name}</b>: {html.escape(check.sentence)}</li>"
            for name, check in self.checks.items()
        )
        return f"<div class='w2s-report'><table>{rows}</table><ul>{marks}</ul></div>"


def _figure(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _row(scope: str, word: str, *cells: str) -> str:
    # Styled in place: Colab and JupyterLab have no style sheet of ours.
    tag = "th scope='col'" if scope == "col" else "td"
    style = "style='text-align: right; padding: 0.15em 0.7em'"
    row = "".join(f"<{tag} {style}>{cell}</{tag[:2]}>" for cell in cells)
    left = "style='text-align: left; padding: 0.15em 0'"
    return f"<tr><th scope='{scope}' {left}>{word}</th>{row}</tr>"


def evaluate(
    weak: Predictions,
    student: Predictions,
    truth: Predictions | None = None,
    *,
    features: Float[Array | np.ndarray, "*own n d"] | None = None,
    bias: bool = True,
    within: ConvexSet | None = None,
    ceiling: float | Float[Array | np.ndarray, "*tasks"] | None = None,
) -> Report:
    """Compare a weak model, its student and, when known, the truth on the same inputs.

    Args:
        weak: predictions of the weak model, `(n,)` or `(n, tasks)`, label units.
        student: predictions of the student, same shape.
        truth: true labels, same shape; without them only misfit and certificate are known.
        features: `(n, d)` or `(tasks, n, d)`, the student's features on these inputs: adds ε, the
            correction of the exact identity and the checks that rest on the projection.
        bias: whether the student's head has a constant; only used with `features`.
        within: the convex set that the head's weights are confined to, where they are; the class,
            and with it ε, correction and checks, is then that of these heads.
        ceiling: error of the strong model fitted on true labels, for PGR.

    Returns:
        A `Report`.

    Raises:
        ValueError: shapes that differ, no inputs, NaN or infinity, a ceiling without truth.

    Fails when:
        the student was fitted on other inputs: the numbers stay true, the theorems are then about
        those other inputs, and `checks["projection"]` says so.

    Example:
        >>> features, truth = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0])
        >>> weak = np.array([2.0, 5.0, 6.0])
        >>> student = fit_heads(features, weak[:, None])(features)[:, 0]
        >>> report = evaluate(weak, student, truth, features=features)
        >>> print(report.gain.round(6), report.misfit.round(6))
        0.222222 0.222222
    """
    given = {"weak": weak, "student": student} | ({} if truth is None else {"truth": truth})
    xp = namespace(*given.values(), features, ceiling, *jax.tree.leaves(within))
    w, s, *rest = (_clean(name, array, np.shape(weak), xp) for name, array in given.items())
    f = rest[0] if rest else None
    if ceiling is not None and f is None:
        raise ValueError("a ceiling needs truth: PGR is gain / (weak error − ceiling)")
    with np.errstate(all="ignore"):  # JAX does not warn either
        terms, evidence = {"misfit": (s - w) ** 2}, {}
        if f is not None:
            terms |= {"weak_error": (w - f) ** 2, "student_error": (s - f) ** 2}
        if features is not None:
            more_terms, evidence = _projected(w, s, f, xp.asarray(features), bias, within)
            terms |= more_terms
        known = _quantities({name: _mean(term) for name, term in terms.items()}, ceiling)
    quantities: dict = {name: known.get(name) for name in _WORDS}
    return Report(**to_jax(quantities | {"terms": terms, "evidence": evidence}))


def _mean(terms: Any) -> Any:
    if not isinstance(terms, np.ndarray):
        return terms.mean(0)
    # Down a column numpy adds one number after the other, which costs digits in float32.
    return terms.mean(0, dtype=np.float64).astype(terms.dtype)


def _quantities(means: Mapping, ceiling) -> dict:
    known = dict(means)
    known["certificate"] = known["misfit"]
    if "weak_error" in known:
        known["gain"] = known["weak_error"] - known["student_error"]
        known["slack"] = known["gain"] - known["misfit"]
    if ceiling is not None:
        xp = namespace(ceiling, known["misfit"])
        known["ceiling"] = xp.array(ceiling, known["misfit"].dtype)
        known["pgr"] = known["gain"] / (known["weak_error"] - known["ceiling"])
    return known


def _projected(w: Any, s: Any, f: Any | None, features, bias: bool, within):
    xp: Any = np if isinstance(w, np.ndarray) else jnp

    def nearest(labels: Any) -> tuple[Any, Any]:
        heads = fit_heads(features, labels, bias=bias, within=within)
        return xp.asarray(heads(features)), xp.asarray(heads.rank)

    flat = [p.reshape(p.shape[0], -1) for p in (w, f) if p is not None]
    if features.ndim == 2:
        both, rank = nearest(xp.concatenate(flat, axis=1))
        projected = xp.split(both, len(flat), axis=1)
    else:
        projected, ranks = zip(*map(nearest, flat), strict=True)
        rank = ranks[0]
    pw = projected[0].reshape(w.shape)
    evidence = {
        "distance_to_projection": _mean((s - pw) ** 2),
        "competition": 2 * _mean((w - s) * (pw - s)),
        "weak_scale": _mean(w**2),
        "directions": rank + int(bias),
        "inputs": xp.asarray(w.shape[0]),
        "uncertainty": xp.asarray(0.0 if within is None else 4 * accuracy(w.dtype)),
    }
    if f is None:
        return {}, evidence
    pf = projected[1].reshape(f.shape)
    evidence["truth_scale"] = _mean(f**2)
    # In a subspace w - pw is orthogonal to pf - pw, and the two forms agree; pf rounds less.
    correction = 2 * (w - pw) * (f - (pf if within is None else pw))
    return {"epsilon": (f - pf) ** 2, "correction": correction}, evidence


def _clean(name: str, array, shape: tuple[int, ...], xp: Any) -> Any:
    if np.shape(array) != shape:
        raise ValueError(f"{name} has shape {np.shape(array)}, but weak has shape {shape}")
    if len(shape) not in (1, 2) or 0 in shape:
        raise ValueError(f"{name} must be (n,) or (n, tasks) with n ≥ 1, got {shape}")
    array = xp.asarray(array, jnp.result_type(array, float))
    finite = xp.isfinite(array).all()
    if isinstance(finite, Tracer):
        return eqx.error_if(array, ~finite, f"evaluate: {name} holds NaN or infinity")
    if not finite:
        where = tuple(np.argwhere(~np.isfinite(np.asarray(array)))[0].tolist())
        raise ValueError(f"{name} holds NaN or infinity, first at index {where}")
    return array
