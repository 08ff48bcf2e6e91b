"""Where the project lives: pyproject's [project.urls], the one place that a fork changes."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))
PROJECT = _WHOLE["project"]
SITE: str = PROJECT["urls"]["Book"]
SOURCE: str = PROJECT["urls"]["Source"]
REF: str = _WHOLE["tool"]["weak-to-strong"]["ref"]  # the branch, or in a release its tag
ORIGIN = f"git+{SOURCE}" + ("" if REF == "main" else f"@{REF}")


def requirement(*extras: str) -> str:
    """Return what pip is asked to install.

    >>> requirement("molecules").split(" @ git+")[0]
    'w2s-jax[molecules]'
    """
    wanted = f"[{','.join(extras)}]" if extras else ""
    return f"{PROJECT['name']}{wanted} @ {ORIGIN}"
