"""Let a notebook run to its end where its data sets cannot be had."""

from dataclasses import dataclass

from w2s_jax.data._fetching import fetch
from w2s_jax.data._sources import Unavailable

_MARK = "# needs data: "


@dataclass(frozen=True)
class _Skip:
    """Put a sentence in the place of a cell that needs what is missing."""

    missing: tuple[str, ...]

    def __call__(self, lines: list[str]) -> list[str]:
        first = lines[0].strip() if lines else ""
        if not first.startswith(_MARK):
            return lines
        needed = first.removeprefix(_MARK).split(", ")
        absent = ", ".join(name for name in needed if name in self.missing)
        said = f"Skipped, for {absent} could not be had; the recorded results below stand."
        return [f"print({said!r})\n"] if absent else lines


def skip_without(*names: str, record: str = "") -> None:
    """Skip the cells of this notebook that need a data set which cannot be had.

    Each set is asked for once, here. Where one cannot be had, a cell whose first line is
    `# needs data:` and its name says so instead of running, so that the notebook comes to its end
    on what is recorded. Where all are there, and outside IPython, nothing changes.

    Used by the notebooks of the chapters on molecules, which their website's pages do likewise.

    Args:
        names: keys of `SOURCES`.
        record: the file of recorded results that stands in for the cells, to be named.

    Raises:
        ValueError: if a name is none of `SOURCES`.

    Example:
        >>> skip_without()  # nothing is needed, and nothing is said
    """
    from IPython.core.getipython import get_ipython  # slow, and there wherever a notebook runs

    reasons = {name: reason for name in names if (reason := _unavailable(name))}
    if reasons:
        print(
            f"{', '.join(reasons)} could not be had, so the cells that need it are skipped; "
            f"the recorded results{f' of {record}' if record else ''} stand. "
            f"{next(iter(reasons.values()))}"
        )
    if (shell := get_ipython()) is not None:
        kept = [each for each in shell.input_transformers_cleanup if not isinstance(each, _Skip)]
        if reasons:
            kept.append(_Skip(tuple(reasons)))
        shell.input_transformers_cleanup[:] = kept


def _unavailable(name: str) -> str:
    try:
        fetch(name)
    except Unavailable as reason:
        return str(reason)
    return ""
