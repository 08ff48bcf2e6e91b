"""What the terminal shows below the table of an audit."""

from collections.abc import Mapping
from typing import Any

from w2s_jax.audit.page._short import short

_FIRST = 3  # inputs; page and numbers hold ten


def carried_lines(told: Mapping[str, Any]) -> list[str]:
    """Name the inputs that carry most of the gain, and in which sense they do.

    Example:
        >>> one = {"row": 3, "share": 0.25, "kind": "label", "id": "m7"}
        >>> print(carried_lines({"influence": [one], "carried": "They do."})[0])
        They do: m7 (row 4) 25.0 %
    """
    found = (told.get("influence") or ())[:_FIRST]
    if not found:
        return []
    parts = []
    for one in found:
        row = f"row {one['row'] + 1}"
        name = f"{short(one['id'], 24)} ({row})" if "id" in one else row
        share = f"{100 * one['share']:.1f} %".replace("-", "−")
        parts.append(f"{name} {share}")
    return [f"{told['carried'].rstrip('.')}: {', '.join(parts)}"]
