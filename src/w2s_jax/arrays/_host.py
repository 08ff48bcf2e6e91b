"""Who computes: numpy what is known and at hand, JAX what is traced or lives on an accelerator."""

from contextlib import nullcontext
from importlib import import_module
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

Tree = TypeVar("Tree")


def on_host(*arrays: Any) -> bool:
    """Say whether all of these are known numbers in the memory of the processor.

    XLA compiles a program for every operation on every new shape, and what is computed once is
    compiled for that once; numpy starts at once. Traced arrays stay with JAX, and so do arrays on
    an accelerator, arrays spread over devices, and numpy's where JAX would compute elsewhere.

    Args:
        arrays: of numpy or JAX; numbers and None are at hand as numpy's arrays are.

    Example:
        >>> on_host(np.ones(2), jnp.ones(2))
        True
        >>> print(jax.vmap(lambda x: jnp.asarray(on_host(x)))(jnp.zeros(2)))
        [False False]
    """
    return all(map(_at_hand, arrays))


def namespace(*arrays: Any) -> Any:
    """Return numpy where `on_host`, and otherwise `jax.numpy`.

    Example:
        >>> namespace(np.ones(2)).__name__
        'numpy'
    """
    return np if on_host(*arrays) else jnp


def to_host(tree: Tree) -> Tree:
    """Turn JAX's arrays into numpy's, if all of them are at hand.

    Example:
        >>> type(to_host({"misfit": jnp.ones(2)})["misfit"]).__name__
        'ndarray'
    """
    if not on_host(*jax.tree.leaves(tree)):
        return tree
    return jax.tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, Array) else leaf, tree)


def to_jax(tree: Any) -> Any:
    """Turn numpy's arrays and numbers into JAX's; compiles nothing, as `jnp.asarray` would.

    float64 stays with numpy where JAX has it switched off and would drop half of the digits.
    JAX may go on using the memory of an array given: hand over what nobody else will change.

    Example:
        >>> isinstance(to_jax({"misfit": np.float64(1)})["misfit"], jax.Array)
        True
    """

    def move(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray | np.generic):
            return leaf
        return np.asarray(leaf) if leaf.dtype == np.float64 and not x64() else jax.device_put(leaf)

    return jax.tree.map(move, tree)


def x64() -> bool:
    """Say whether JAX computes in float64.

    Example:
        >>> x64() == (jnp.zeros(()).dtype == jnp.float64)
        True
    """
    return jax.dtypes.canonicalize_dtype(np.float64) == np.float64


def wide() -> Any:
    """Let JAX compute in float64 within a `with`, whatever its flag; both spellings of its name.

    Example:
        >>> with wide():
        ...     print(jnp.asarray(np.float64(1)).dtype)
        float64
    """
    if x64():
        return nullcontext()
    context = getattr(jax, "enable_x64", None)
    if context is None:  # before jax 0.8
        context = import_module("jax.experimental").enable_x64
    return context(True)


def _at_hand(array: Any) -> bool:
    if isinstance(array, Tracer):
        return False
    if isinstance(array, Array):
        return [device.platform for device in array.devices()] == ["cpu"]
    return jax.default_backend() == "cpu"
