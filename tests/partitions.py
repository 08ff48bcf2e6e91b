"""Recipes: the sums of a head over partitions, by Dask and by JAX on several processes.

Run `python tests/partitions.py data.npz out.npz localhost:1234 2 0` and, beside it, the same with 1
at the end: two processes, each with half of the inputs.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from w2s_jax.heads import Gram


def with_dask(paths: Sequence[Any], load: Callable[[Any], tuple]) -> Gram:
    """Sum up files, of which only a few are in memory at a time; `load` reads one of them."""
    import dask.bag

    def summed(path: Any) -> Gram:
        return Gram.of(*load(path))  # features, weak labels, truth

    parts = dask.bag.from_sequence(paths, partition_size=1).map(summed)
    return parts.fold(Gram.merge, split_every=2).compute(scheduler="threads")


def with_processes(features: np.ndarray, labels: np.ndarray) -> Gram:
    """Sum up inputs of which each process of `jax.distributed` holds its own, equally many."""
    mesh = jax.make_mesh((jax.device_count(),), ("rows",))
    rows = NamedSharding(mesh, P("rows"))
    parts = [jax.make_array_from_process_local_data(rows, own) for own in (features, labels)]

    @partial(jax.shard_map, mesh=mesh, in_specs=P("rows"), out_specs=P())
    def share(features, labels):
        return Gram.of(features, labels).psum("rows")

    return jax.jit(share)(*parts)  # the same on every process


def main(data: str, out: str, address: str, processes: str, own: str) -> None:
    """Take one process's share of the inputs and write its head, if it is the first."""
    jax.config.update("jax_enable_x64", True)
    jax.distributed.initialize(address, int(processes), int(own))
    given = np.load(data)
    x, weak = (np.array_split(given[name], int(processes))[int(own)] for name in ("x", "weak"))
    gram = with_processes(x, weak)
    head = gram.solve()
    if own == "0":
        np.savez(
            out,
            weights=np.asarray(head.weights),
            bias=np.asarray(head.bias),
            misfit=np.asarray(gram.misfit(head)),
            count=np.asarray(gram.count),
        )
    jax.distributed.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
