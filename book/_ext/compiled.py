"""The folder of compiled programs that chapters and tests share.

Compilation is most of what a chapter or a test costs. JAX keeps compiled programs in a folder of
`_build` and finds them there again, whichever process asks.
"""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path


def processor() -> str:
    """Return what compiled code depends on beside JAX: the processor's kind and instructions."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text("utf8").splitlines() if listed.is_file() else []
    known = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return "\n".join([platform.machine(), *sorted(known)] if known else [platform.processor()])


def compilation_cache(root: Path) -> Path:
    """Return the folder of compiled programs for this machine and this JAX."""
    digest = hashlib.sha256(f"{processor()}\n{version('jaxlib')}".encode()).hexdigest()
    return root / "_build" / "jax" / digest[:12]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment variables by which a process keeps its programs in a folder.

    >>> environment(Path("programs"))["JAX_COMPILATION_CACHE_DIR"]
    'programs'
    """
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        # Written without a lock: half a file is read as none, and JAX says so on stderr.
        "PYTHONWARNINGS": "ignore:Error reading persistent compilation cache entry",
    }
