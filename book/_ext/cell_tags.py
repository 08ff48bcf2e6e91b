"""What a cell's tags say about who sees it."""

from nbformat import NotebookNode

FOLDED = {"hide-input", "hide-cell", "remove-input"}


def tags(cell: NotebookNode) -> set[str]:
    """Return a cell's tags."""
    return set(cell.metadata.get("tags", []))


def is_claim(cell: NotebookNode) -> bool:
    """Say whether a cell is there for the build alone, which checks by it what the text says."""
    return "remove-cell" in tags(cell)


def is_folded(cell: NotebookNode) -> bool:
    """Say whether a page shows what a cell gives, but not at once how."""
    return bool(FOLDED & tags(cell))
