"""Long training in compiled chunks, which can be killed at any moment and resumed bit for bit."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

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
        state, done, losses = load(checkpoint, state, run)
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
                save(checkpoint, state, done, losses, run)
                saved = time.monotonic()
    return state, np.concatenate(losses, axis=-1)


def fingerprint(*parts: Any) -> str:
    """Digest of values and pytrees of arrays, bit for bit.

    Example:
        >>> fingerprint("recipe", np.ones(3)) == fingerprint("recipe", np.ones(3))
        True
        >>> fingerprint("recipe", np.ones(3)) == fingerprint("recipe", np.ones(3, np.float32))
        False
    """
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(parts):
        if isinstance(leaf, jax.Array | np.ndarray):
            array = np.asarray(leaf)
            digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
        else:
            digest.update(repr(leaf).encode() + b"\0")
    return digest.hexdigest()


def save(path: Path, state: Any, done: int, losses: list[np.ndarray], run: str) -> None:
    """Write a state that `load` reads back bit for bit, whole or not at all.

    Args:
        path: of the checkpoint; its folder is made when missing.
        state: pytree of arrays.
        done: epochs or steps so far.
        losses: of these, the steps on the last axis.
        run: fingerprint of everything that the result depends on.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "new", "state.npz")
        ...     save(path, {"w": jnp.ones(2)}, 3, [np.zeros(3)], "run")
        ...     path.is_file()
        True
    """
    arrays: dict[str, Any] = {
        f"state{k}": np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))
    }
    arrays |= {"done": np.array(done), "losses": np.concatenate(losses, axis=-1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False, suffix=".part") as file:
        np.savez(file, run=np.array(run), **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def load(path: Path, state: Any, run: str) -> tuple[Any, int, list[np.ndarray]]:
    """Read what `save` wrote.

    Args:
        path: of the checkpoint.
        state: with the structure and the devices of the one that was saved.
        run: its fingerprint.

    Returns:
        The state, the epochs or steps done, and their losses.

    Raises:
        ValueError: another run's checkpoint, or none.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "state.npz")
        ...     save(path, {"w": jnp.ones(2)}, 3, [np.zeros(3)], "run")
        ...     state, done, _ = load(path, {"w": jnp.zeros(2)}, "run")
        >>> state["w"].tolist(), done
        ([1.0, 1.0], 3)
    """
    leaves, form = jax.tree.flatten(state)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            if str(file["run"]) != run:
                raise ValueError(f"{path} was saved by another run: remove it or name another file")
            restored = [
                jax.device_put(jnp.asarray(file[f"state{k}"]), leaf.sharding)
                for k, leaf in enumerate(leaves)
            ]
            return jax.tree.unflatten(form, restored), int(file["done"]), [file["losses"]]
    except (OSError, KeyError, BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is not a checkpoint of this package: {error}") from error
