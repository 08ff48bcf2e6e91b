"""Where compiled programs are kept from one run to the next."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path


def compilation_cache(root: Path) -> Path:
    """Return a folder that only machines which can run each other's code share."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text("utf8").splitlines() if described.is_file() else []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), None)
    parts = platform.machine(), flags or platform.processor(), version("jaxlib")
    return root / "_build" / "jax" / hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
