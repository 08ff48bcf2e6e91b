"""How many programs JAX compiles, and how few it should."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

_COMPILED = "/jax/core/compile/backend_compile_duration"


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect one entry for each program compiled inside the block: `len` counts them.

    Programs compiled before are not compiled again: `jax.clear_caches()` starts from nothing.
    """
    found: list[str] = []

    def note(event: str, duration_secs: float, **_: str | int) -> None:
        if event == _COMPILED:
            found.append(f"{duration_secs:.3f} s")

    jax.monitoring.register_event_duration_secs_listener(note)
    try:
        yield found
    finally:
        jax.monitoring.unregister_event_duration_listener(note)
