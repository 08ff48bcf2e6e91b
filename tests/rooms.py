"""Draw the rooms of the package from their imports; run, it renews ARCHITECTURE.md."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "src" / "w2s_jax"
PAGE = TOP / "ARCHITECTURE.md"
BLOCK = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)


def room_of(module: str) -> str:
    """Name the room of a module, given below the package; experiments have rooms of their own."""
    first, *rest = module.split(".")
    inner = rest and (PACKAGE / first / rest[0]).is_dir()
    return f"{first}.{rest[0]}" if inner else first


def imported(path: Path) -> Iterator[str]:
    """Yield the rooms that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (room_of(name[8:]) for name in names if name.startswith("w2s_jax."))


def rooms() -> dict[str, set[str]]:
    """Every room with the rooms that it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        own = room_of(module)
        if not own.startswith("_"):
            found.setdefault(own, set()).update(imported(path))
    return {own: {*others & found.keys()} - {own} for own, others in found.items()}


def direct(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out what a room also reaches through another one."""
    reach: dict[str, set[str]] = {}
    for room in TopologicalSorter(graph).static_order():
        reach[room] = set().union(graph[room], *(reach[other] for other in graph[room]))
    return {
        room: {one for one in others if not any(one in reach[other] for other in others)}
        for room, others in graph.items()
    }


def drawn() -> str:
    """The picture, for Mermaid: an arrow from a room to each that it stands on."""
    lines = ["```mermaid", "graph BT"]
    for room, others in sorted(direct(rooms()).items()):
        lines += [f"  {room} --> {other}" for other in sorted(others)] or [f"  {room}"]
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(BLOCK.sub(drawn(), PAGE.read_text(encoding="utf8")), encoding="utf8")
    print(f"wrote {PAGE}")
