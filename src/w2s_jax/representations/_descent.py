"""Long training in compiled chunks, which can be killed at any moment and resumed bit for bit."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from w2s_jax.files._checkpoints import load_state, save_state

_SECONDS_BETWEEN_SAVES = 5.0


def descend(
    advance: Callable[[Any, Any], tuple[Any, Any]],
    state: Any,
    batches: Callable[[int, int], Any],
    *,
    epochs: int,
    chunk: int,
    run: str,
    checkpoint: Path | None = None,
    progress: bool = False,
    label: str = "training",
) -> tuple[Any, np.ndarray]:
    """Advance a state through all epochs, a chunk of them in each call of a compiled program.

    Args:
        advance: (state, batches of a chunk) ↦ (state, losses with the steps on the last axis).
        state: pytree of arrays; its buffers may be donated.
        batches: (first epoch, number of epochs) ↦ what `advance` needs for them.
        epochs: in all.
        chunk: epochs a call.
        run: fingerprint of everything that the result depends on.
        checkpoint: file to save the state in between chunks and to resume from, if it is there.
        progress: show a bar with the latest loss.
        label: of the bar.

    Returns:
        The last state, and all losses.

    Raises:
        ValueError: the checkpoint was written by another run or is no checkpoint.

    Example:
        >>> import jax.numpy as jnp
        >>> def advance(total, numbers):
        ...     return total + numbers.sum(), numbers
        >>> total, losses = descend(
        ...     advance, jnp.zeros(()), lambda first, count: jnp.arange(1.0 * first, first + count),
        ...     epochs=5, chunk=2, run="sum of 0 to 4",
        ... )
        >>> print(total, losses)
        10.0 [0. 1. 2. 3. 4.]
    """
    done, losses = 0, []
    if checkpoint is not None and checkpoint.exists():
        state, done, losses = load_state(checkpoint, state, run)
    saved = time.monotonic()
    with tqdm(total=epochs, initial=done, disable=not progress, desc=label, unit="epoch") as bar:
        while done < epochs:
            count = min(chunk, epochs - done)
            state, found = advance(state, batches(done, count))
            losses.append(np.asarray(found))
            done += count
            bar.set_postfix(loss=f"{losses[-1][..., -100:].mean():.4g}", refresh=False)
            bar.update(count)
            late = time.monotonic() - saved > _SECONDS_BETWEEN_SAVES
            if checkpoint is not None and (late or done == epochs):
                save_state(checkpoint, state, done, losses, run)
                saved = time.monotonic()
    return state, np.concatenate(losses, axis=-1)
