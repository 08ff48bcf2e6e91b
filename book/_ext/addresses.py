"""Where the project lives: pyproject's [project.urls], the one place that a fork changes."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
SITE: str = PROJECT["urls"]["Book"]
SOURCE: str = PROJECT["urls"]["Source"]
BRANCH = "main"
RAW = f"{SOURCE.replace('//github.com/', '//raw.githubusercontent.com/')}/{BRANCH}/"


def requirement(*extras: str) -> str:
    """Return what pip is asked to install.

    >>> requirement("molecules").split(" @ git+")[0]
    'w2s-jax[molecules]'
    """
    wanted = f"[{','.join(extras)}]" if extras else ""
    return f"{PROJECT['name']}{wanted} @ git+{SOURCE}"
