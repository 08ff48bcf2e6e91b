"""Checkpoints of a long run: what `load_state` reads is, bit for bit, what was saved."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np

from w2s_jax.files._whole import written


def save_state(path: Path, state: Any, done: int, losses: list[np.ndarray], run: str) -> None:
    """Write a state that `load_state` reads back bit for bit, whole or not at all.

    Args:
        path: of the checkpoint; its folder is made when missing.
        state: pytree of arrays.
        done: epochs or steps so far.
        losses: of these, the steps on the last axis.
        run: fingerprint of everything that the result depends on.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "new", "state.npz")
        ...     save_state(path, {"w": jnp.ones(2)}, 3, [np.zeros(3)], "run")
        ...     path.is_file()
        True
    """
    arrays: dict[str, Any] = {
        f"state{k}": np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))
    }
    arrays |= {"done": np.array(done), "losses": np.concatenate(losses, axis=-1)}
    with written(path) as file:
        np.savez(file, run=np.array(run), **arrays)


def load_state(path: Path, state: Any, run: str) -> tuple[Any, int, list[np.ndarray]]:
    """Read what `save_state` wrote.

    Args:
        path: of the checkpoint.
        state: with the structure and the devices of the one that was saved.
        run: its fingerprint.

    Returns:
        The state, the epochs or steps done, and their losses.

    Raises:
        ValueError: another run's checkpoint, or none.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "state.npz")
        ...     save_state(path, {"w": jnp.ones(2)}, 3, [np.zeros(3)], "run")
        ...     state, done, _ = load_state(path, {"w": jnp.zeros(2)}, "run")
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
