r"""What the student's class adds: is the student in it, is it the nearest, is the truth in it.

Softmax heads on features are straight in logits. Cross-entropy's head has
$\mathbb E h (w - s)^\top = 0$, and then for any positive truth, realizable or not,

$$\text{gain} = \text{misfit} - \mathbb E \langle w - s, (I - P) \log f \rangle ,$$

P the projection onto the span of the features. Mixtures of experts $e_k$ are convex in
probabilities, and the nearest has $\mathbb E \langle \nabla, s - e_k \rangle \le 0$ for each k,
$\nabla$ the slope of $D(s, w)$ in s.
"""

from importlib import import_module
from typing import Any

import jax
import numpy as np

from w2s_jax.heads import fit_heads
from w2s_jax.report._class_reading import Classes
from w2s_jax.report._loss import Loss

_x64 = (jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")).enable_x64
_SOLVED = 1e-6  # of an honest solver: slopes relative to their terms
_SPANNED = 1e-7  # of logits in the span of features, and of rows in the hull of experts


def class_evidence(
    c: Classes, loss: Loss, terms: dict, *, bias: bool, cut: float | None, test: bool
) -> tuple[dict, dict, Any]:
    """Measure what the checks rest on.

    Returns:
        Terms, evidence, and the rank of the features.

    Example:
        >>> from w2s_jax.report._class_reading import read_classes
        >>> from w2s_jax.report._loss import chosen
        >>> c = read_classes(chosen("kl"), weak=[[0.5, 0.5]], student=[[0.5, 0.5]])
        >>> evidence = class_evidence(c, chosen("kl"), {}, bias=True, cut=None, test=False)[1]
        >>> print(evidence["off_cell"])
        0.0
    """
    evidence: dict[str, Any] = {name: np.asarray(value) for name, value in c.told.items()}
    evidence["inputs"] = np.asarray(len(c.weak))
    if loss.divergence is None:
        return {}, evidence, None
    errors = [terms[n] for n in ("misfit", "weak_error", "student_error") if n in terms]
    if errors:
        evidence["infinite"] = np.mean(~np.isfinite(errors).all(0))
    evidence["off_cell"] = np.asarray(0.0)
    first = loss.divergence.first
    if c.features is not None:
        off = first != "label"
        more, own, rank = _in_logits(c, bias=bias, cut=cut, fits=not (off or test))
        evidence |= own | {"straight": np.asarray(1.0), "off_cell": np.asarray(float(off))}
        return more, evidence, rank
    if c.experts is not None:
        off = first != "prediction"
        evidence |= {"straight": np.asarray(0.0), "off_cell": np.asarray(float(off))}
        evidence |= {} if off or test else _in_hull(c, loss)
    return {}, evidence, None


def _in_logits(c: Classes, *, bias: bool, cut: Any, fits: bool) -> tuple[dict, dict, Any]:
    left = c.weak - c.student
    logits = {"student": _logits(c.student), "truth": None if c.truth is None else _logits(c.truth)}
    known = {name: z for name, z in logits.items() if z is not None and np.isfinite(z).all()}
    columns = np.concatenate([left, *known.values()], axis=1)
    with _x64(True):
        head = fit_heads(c.features, columns, bias=bias, cut=_cut(c, cut))
        fitted, rank = np.asarray(head(c.features)), np.asarray(head.rank)
    evidence: dict[str, Any] = {"directions": rank + int(bias)}
    if not fits:
        return {}, evidence, rank
    parts = np.split(fitted, 1 + len(known), axis=1)
    projected = dict(zip(["left", *known], parts, strict=True))
    digits = max(c.digits[name] for name in ("weak", "student"))
    evidence["competition"] = _rms(projected["left"])
    evidence["competition_limit"] = _SOLVED * _rms(left) + 16 * digits
    beyond = {name: z - projected[name] for name, z in known.items()}
    for name in (name for name, z in logits.items() if z is not None):
        own = "outside" if name == "student" else "truth_outside"
        evidence[own] = _rms(beyond[name]) if name in known else np.asarray(np.inf)
        size = _rms(known[name]) if name in known else 1.0
        digits = max(c.digits[name], c.digits["features"])
        evidence[f"{own}_limit"] = (_SPANNED + 32 * digits) * np.maximum(1.0, size)
    if len(known) < 2:
        return {}, evidence, rank
    reach = _rms(projected["truth"] - projected["student"])
    evidence["pull"] = _rms(left)
    evidence["short"] = 2 * (
        evidence["competition_limit"] * reach + evidence["pull"] * evidence["outside_limit"]
    )
    return {"correction": (left * beyond["truth"]).sum(1)}, evidence, rank


def _logits(rows: np.ndarray) -> np.ndarray:
    """Return logarithms less their mean over classes, which no softmax sees."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log(rows)
        return z - z.mean(1, keepdims=True)


def _cut(c: Classes, cut: float | None) -> float | None:
    single = float(np.finfo(np.float32).eps)
    if cut is None and c.digits["features"] >= single:
        return max(c.features.shape) * single
    return cut


def _in_hull(c: Classes, loss: Loss) -> dict[str, Any]:
    slope = np.asarray(loss.divergence.gradient(c.student, c.weak))
    away = c.student - c.experts  # (k, n, c)
    with np.errstate(invalid="ignore"):
        parts = np.where(away == 0, 0.0, slope * away)
        size = np.where(c.student == 0, 0.0, abs(slope) * c.student).sum(1).mean()
    digits = max(c.digits[name] for name in ("weak", "student", "experts"))
    found = {
        "competition": parts.sum(2).mean(1).max(),
        "competition_limit": 1e-8 + (_SOLVED + 16 * digits) * size,
        "outside": _from_hull(c.experts, c.student),
        "outside_limit": _SPANNED + 8 * max(c.digits["student"], c.digits["experts"]),
    }
    if c.truth is not None:
        digits = max(c.digits["truth"], c.digits["experts"])
        found["truth_outside"] = _from_hull(c.experts, c.truth)
        found["truth_outside_limit"] = _SPANNED + 8 * digits
        found["pull"] = _rms(slope)
        found["short"] = found["competition_limit"] + found["pull"] * found["outside_limit"]
    return {name: np.asarray(value) for name, value in found.items()}


def _from_hull(experts: np.ndarray, rows: np.ndarray) -> Any:
    """Return how far rows are from the experts' mixtures."""
    from scipy.optimize import nnls  # half a second, for those who mix experts

    columns = np.concatenate([experts, rows[None]]).reshape(len(experts) + 1, -1)
    ones = np.full((len(columns), 1), len(rows) ** 0.5)  # a last equation: weights add up to 1
    triangle: Any = np.linalg.qr(np.concatenate([columns, ones], axis=1).T, mode="r")
    left = nnls(triangle[:, :-1], triangle[:, -1], maxiter=100 * len(columns))[1]
    return left / len(rows) ** 0.5


def _rms(rows: np.ndarray) -> Any:
    return np.sqrt((rows**2).sum(1).mean())
