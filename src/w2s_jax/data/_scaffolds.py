"""Splits in which no scaffold stands in two parts."""

import operator
from collections.abc import Iterable
from typing import Any, SupportsIndex

import numpy as np

from w2s_jax.data._splits import Split, chembench_split
from w2s_jax.data._structures import flat_of, read_each, spelled


def scaffold_split(smiles: Iterable[Any], seed: SupportsIndex = 122) -> Split:
    r"""Split n molecules by Murcko scaffold: about 80 % train, 10 % valid, 10 % test.

    A scaffold is a molecule's rings and what links them; all molecules without a ring share the
    empty one. Scaffolds of more than $n/20$ molecules train, since valid and test could hold
    hardly another; the others come in an order drawn from the seed, each to the test part while it
    has fewer than $n/10$ molecules, then to valid, then to train.

    Source: G. W. Bemis and M. A. Murcko, J. Med. Chem. 39 (1996); part "Frontiers".

    Args:
        smiles: n SMILES or molecules of RDKit's, at least 10.
        seed: of the order, from 0 to 2**32 - 1.

    Returns:
        The split, its parts disjoint, sorted, and together all of `range(n)`.

    Raises:
        ImportError: RDKit is missing.
        BadRows: rows that cannot be read.
        ValueError: too few molecules, too few small scaffolds to fill a part, or a seed out of
            range.

    Example:
        >>> rings = [f"C1{'C' * size}C1" for size in range(1, 21)]
        >>> split = scaffold_split([*rings, *(f"{ring}O" for ring in rings)])
        >>> [len(part) for part in split]
        [32, 4, 4]
    """
    names = np.array(read_each(smiles, _scaffold_of), dtype=str)
    chembench_split(len(names), seed)  # refuses what it refuses
    _, group, sizes = np.unique(names, return_inverse=True, return_counts=True)
    small = np.flatnonzero(sizes <= len(names) / 20)
    order = np.random.RandomState(operator.index(seed)).permutation(small)
    before = np.cumsum(sizes[order]) - sizes[order]  # how many molecules came first
    test = order[before < len(names) / 10]
    rest = order[len(test) :]
    before = before[len(test) :] - sizes[test].sum()
    valid = rest[before < len(names) / 10]
    if sizes[test].sum() < len(names) / 10 or sizes[valid].sum() < len(names) / 10:
        raise ValueError(
            f"smiles must have small scaffolds enough for a valid and a test part; {len(small)} of "
            f"{len(sizes)} scaffolds have at most a twentieth of the {len(names)} molecules: split "
            "at random, or bring molecules of more kinds"
        )
    inside = [np.isin(group, part) for part in (valid, test)]
    return Split(*(np.flatnonzero(part) for part in (~(inside[0] | inside[1]), *inside)))


def _scaffold_of(cell: Any) -> str:
    from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles

    return MurckoScaffoldSmiles(flat_of(spelled(cell)))
