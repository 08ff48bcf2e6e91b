"""An audit as text, for a terminal."""

from collections.abc import Mapping, Sequence

from w2s_jax.audit._estimates import Finding, Group, Pair
from w2s_jax.audit.page._short import short
from w2s_jax.report._tables import as_text, chance, check_lines, figure, span

_METHODS = {
    "exact": "no sampling",
    "law": "what fresh inputs cost on average",
    "naive": "a mean and its scatter",
    "score": "a share, by Wilson's interval",
    "powered": "labels, and guesses of the other inputs",
    "fieller": "a ratio of two means",
}


def text_of(pair: Pair, groups: Sequence[Group], confidence: float) -> str:
    """Return verdict, estimates, methods, groups and checks.

    The gain stands there once, with the method that decides; the other way keeps its row.

    Args:
        pair: whose audit it is.
        groups: those looked at alone.
        confidence: of the intervals.

    Example:
        >>> from w2s_jax.audit import audit
        >>> found = audit([1.0, 2.0, 3.0, 5.0], [1.0, 2.0, 3.0, 4.0])
        >>> print(text_of(found.pair, (), 0.95).splitlines()[1])
        measure       value  95 % interval  labels  method
    """
    ends = f"{100 * confidence:g} % interval"
    shown = _once(pair.estimates)
    rows = [("measure", "value", ends, "labels", "method")]
    rows += [(each.name, *_cells(each), f"{each.labels:,}", way) for each, way in shown]
    lines = [as_text(f"{pair.verdict.kind}: {pair.verdict.sentence}", rows, {}), _methods(shown)]
    if groups:
        lines.append(_grouped(groups, ends))
    return "\n".join([*lines, *check_lines(pair.checks)])


def _once(estimates: Mapping[str, Finding]) -> list[tuple[Finding, str]]:
    """Leave out the gain that decides under its second name, and say which it is."""
    gain = estimates.get("gain")
    if gain is None or gain.value is None or "gain_naive" not in estimates:
        return [(each, each.method) for each in estimates.values()]
    rest = [each for name, each in estimates.items() if name != f"gain_{gain.method}"]
    return [(each, f"{each.method}, decides" if each is gain else each.method) for each in rest]


def _cells(each: Finding) -> tuple[str, str]:
    write = chance if each.name == "p_value" else figure
    value = "undefined" if each.value is None else write(each.value)
    known = each.low is not None and each.high is not None
    return value, span((each.low, each.high)) if known else ""


def _methods(shown: Sequence[tuple[Finding, str]]) -> str:
    used = dict.fromkeys(each.method for each, _ in shown)
    return "methods: " + ", ".join(f"{name} ({_METHODS[name]})" for name in used)


def _grouped(groups: Sequence[Group], ends: str) -> str:
    rows = [("group", "inputs", "labels", "gain", ends, "differs from 0")]
    for one in groups:
        shown = "" if one.gain.value is None else "yes" if one.holm else "not shown"
        counts = f"{one.inputs:,}", f"{one.labels:,}"
        rows.append((short(one.name, 24), *counts, *_cells(one.gain), shown))
    title = "groups: the gain in each; the last column counts all comparisons (Holm)"
    return as_text(title, rows, {})
