r"""RDKit's descriptors as targets of pretraining, by their ranks among the corpus's molecules.

A descriptor's value has the rank $u \in (0, 1)$ among a reference sample, ties in their middle,
and the target is the standard normal quantile of u: no unit, no outlier, half of a molecule's
targets above zero.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.arrays._counts import check_count
from w2s_jax.data._rows import BadRow, BadRows
from w2s_jax.data._structures import need_rdkit, read_each
from w2s_jax.encoders import Corpus, Pretraining
from w2s_jax.files import kept
from w2s_jax.molecules._descriptors import bounded, flat_molecule

# All that take RDKit's compiled code under about 20 us, and the fragments that at least one
# molecule in twenty has; E-state, BCUT2D and the Chi of long paths would double the cost.
_COUNTS = (
    *("HeavyAtomCount", "NHOHCount", "NOCount", "NumValenceElectrons", "NumHAcceptors"),
    *("NumHDonors", "NumHeteroatoms", "NumRotatableBonds", "RingCount", "NumAmideBonds"),
    *("NumAliphaticRings", "NumAromaticRings", "NumSaturatedRings", "NumHeterocycles"),
    *("NumAliphaticCarbocycles", "NumAliphaticHeterocycles", "NumAromaticCarbocycles"),
    *("NumAromaticHeterocycles", "NumSaturatedCarbocycles", "NumSaturatedHeterocycles"),
    *("NumSpiroAtoms", "NumBridgeheadAtoms", "FractionCSP3"),
)
_WHOLE = (
    *("MolWt", "HeavyAtomMolWt", "TPSA", "LabuteASA", "MolLogP", "MolMR"),
    *("Chi0n", "Chi0v", "Chi1n", "Chi1v", "HallKierAlpha", "Kappa1", "Kappa2"),
    *("MaxPartialCharge", "MinPartialCharge"),
)
_SURFACES = (
    *(f"SlogP_VSA{bin}" for bin in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)),
    *(f"SMR_VSA{bin}" for bin in (1, 2, 3, 4, 5, 6, 7, 9, 10)),
    *(f"PEOE_VSA{bin}" for bin in range(1, 15)),
)
_FRAGMENTS = (
    *("fr_NH0", "fr_NH1", "fr_NH2", "fr_C_O", "fr_C_O_noCOO", "fr_amide", "fr_ether", "fr_ester"),
    *("fr_halogen", "fr_alkyl_halide", "fr_benzene", "fr_pyridine", "fr_aniline", "fr_ArN"),
    *("fr_Ar_N", "fr_Ar_NH", "fr_Ar_OH", "fr_Al_OH", "fr_COO", "fr_aryl_methyl", "fr_bicyclic"),
    *("fr_methoxy", "fr_nitrile", "fr_imidazole", "fr_piperdine", "fr_piperzine", "fr_ketone"),
    *("fr_sulfide", "fr_sulfonamd", "fr_allylic_oxid", "fr_para_hydroxylation", "fr_urea"),
)
DESCRIPTOR_TARGETS = (*_COUNTS, *_WHOLE, *_SURFACES, *_FRAGMENTS)

_BLOCK = 20_000  # molecules a file of the cache
_PART = 500  # molecules between two moves of the progress bar
_REFERENCE = 50_000  # molecules that ranks are taken among


def descriptor_values(
    smiles: Sequence[str],
    *,
    names: tuple[str, ...] = DESCRIPTOR_TARGETS,
    folder: Path | str | None = None,
    processes: int = 1,
    progress: bool = False,
) -> Float[np.ndarray, "n d"]:
    """Compute RDKit's descriptors by name, 20,000 molecules a file of the cache.

    Args:
        smiles: n of them.
        names: d of those that `descriptor_names` lists.
        folder: of the cache; nothing is kept if None. A file is found again for the same
            molecules, names and version of RDKit, and computed anew where it was damaged.
        processes: to share the work.
        progress: show a bar.

    Returns:
        `(n, d)` in float32, 0 where RDKit has no finite value.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a name that RDKit does not know, fewer processes than one.
        BadRows: SMILES that RDKit cannot read.

    Example:
        >>> descriptor_values(["CCO", "c1ccccc1"], names=("RingCount", "NumHDonors")).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    if processes < 1:
        raise ValueError(f"processes must be at least 1, got {processes}")
    _functions(names)
    blocks = [tuple(smiles[at : at + _BLOCK]) for at in range(0, len(smiles), _BLOCK)]
    found, bad = [np.zeros((0, len(names)), np.float32)], []
    bar = tqdm(total=len(smiles), desc="descriptors", unit="mol", disable=not progress)
    with bar, _workers(processes if len(smiles) > _PART else 1) as mapped:
        for first, block in zip(range(0, len(smiles), _BLOCK), blocks, strict=True):
            parts = [version("rdkit"), "flat, without poles", names, block]
            compute = partial(_computed, block, names, mapped, bar, first)
            try:
                found.append(kept("descriptors", parts, compute, folder))
            except BadRows as error:
                bad += error.bad
            bar.update(min(first + _BLOCK, len(smiles)) - bar.n)
    if bad:
        raise BadRows(bad, of=len(smiles))
    return np.concatenate(found)


class Ranks:
    """Normal quantiles of the ranks that values have among a reference sample.

    Args:
        reference: `(n, d)`, values of n molecules.

    Raises:
        ValueError: no reference.

    Example:
        >>> ranks = Ranks(np.array([[1.0], [2.0], [2.0], [9.0]]))
        >>> print(ranks(np.array([[2.0], [0.0], [100.0]])).ravel().round(2))
        [ 0.   -1.15  1.15]
    """

    def __init__(self, reference: Float[np.ndarray, "n d"]) -> None:
        if not len(reference):
            raise ValueError("ranks need at least one molecule in the reference sample, got none")
        self._sorted = np.sort(reference[:_REFERENCE], axis=0)

    def __call__(self, values: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
        """Turn values into targets, in float32."""
        shares = [
            (np.searchsorted(own, column, "left") + np.searchsorted(own, column, "right"))
            for own, column in zip(self._sorted.T, values.T, strict=True)
        ]
        count = len(self._sorted)
        # Beyond the sample counts as its end: half a rank inside.
        middle = np.clip(np.stack(shares, 1) / 2 / count, 0.5 / count, 1 - 0.5 / count)
        return _quantiles(middle).astype(np.float32)


def descriptor_targets(
    recipe: Pretraining,
    corpus: Corpus,
    *,
    cache: Path | str | None = None,
    processes: int = 1,
    progress: bool = False,
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Compute the targets of the first molecules to train on and of all to validate on.

    Args:
        recipe: which descriptors, and of how many molecules.
        corpus: the molecules.
        cache: folder for the descriptors' values, or None.
        processes: to share the work.
        progress: show a bar.

    Returns:
        `(n, d)` for training and `(m, d)` for validation, ranks among the first; a row of zeros
        each where the recipe has no targets.

    Raises:
        ValueError: fewer processes than one, a descriptor that RDKit does not know.

    Example:
        >>> from w2s_jax.encoders import Shape, sample_of
        >>> from w2s_jax.molecules import SMILES
        >>> training, validation = sample_of(["C", "CC", "CCC"], SMILES), sample_of(["CC"], SMILES)
        >>> corpus = Corpus(training, validation, "", "mine.smi")
        >>> recipe = Pretraining(Shape(8, vocabulary=SMILES.size), targets=("MolWt",))
        >>> aims, checked = descriptor_targets(recipe, corpus)
        >>> aims.astype(float).round(2)[:, 0].tolist(), abs(checked.item()) < 1e-6
        ([-0.97, 0.0, 0.97], True)
    """
    check_count("processes", processes, 1)
    names, count = recipe.targets, min(recipe.described, len(corpus.training.texts))
    if not names or not count or not recipe.weight:
        return np.zeros((1, len(names)), np.float32), np.zeros((1, len(names)), np.float32)
    values = partial(
        descriptor_values, names=names, folder=cache, processes=processes, progress=progress
    )
    training = values(corpus.training.texts[:count])
    ranks = Ranks(training)
    return ranks(training), ranks(values(corpus.validation.texts))


def _quantiles(shares: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
    from statistics import NormalDist

    different, where = np.unique(shares, return_inverse=True)
    normal = NormalDist()
    return np.array([normal.inv_cdf(float(u)) for u in different])[where].reshape(shares.shape)


@cache
def _functions(names: tuple[str, ...]) -> tuple[tuple[Callable, list[int], list[int] | None], ...]:
    """RDKit's functions, the columns they fill and, where one gives many bins, the bins."""
    need_rdkit()
    from rdkit.Chem import Descriptors, rdMolDescriptors

    known, calls = dict(Descriptors.descList), {}
    for column, name in enumerate(names):
        if name not in known:
            raise ValueError(f"descriptors must be RDKit's, got {name!r}: see descriptor_names()")
        family, _, bin = name.partition("_VSA")
        if family in ("SlogP", "SMR", "PEOE"):  # all bins cost as much as one
            function = getattr(rdMolDescriptors, f"{family}_VSA_")
            _, columns, bins = calls.setdefault(family, (function, [], []))
            columns.append(column)
            bins.append(int(bin) - 1)
        else:
            calls[name] = bounded(name, known[name]), [column], None
    return tuple(calls.values())


def _part(smiles: tuple[str, ...], names: tuple[str, ...]) -> tuple[np.ndarray, tuple[BadRow, ...]]:
    from rdkit import rdBase

    functions = _functions(names)
    read = read_each(smiles, flat_molecule, "report")
    found = np.zeros((len(smiles), len(names)), np.float32)
    with rdBase.BlockLogs(), np.errstate(all="ignore"):
        for row, molecule in zip(read.rows, read.found, strict=True):
            for function, columns, bins in functions:
                value = function(molecule)
                found[row, columns] = value if bins is None else [value[bin] for bin in bins]
    return np.where(np.isfinite(found), found, np.float32(0)), read.bad


@contextmanager
def _workers(processes: int) -> Iterator[Callable]:
    """Give `map`, by several processes if asked for."""
    if processes == 1:
        yield map
        return
    # Spawned: a fork of a process in which JAX has threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield pool.map


def _computed(
    block: tuple[str, ...], names: tuple[str, ...], mapped: Callable, bar: tqdm, first: int
) -> Float[np.ndarray, "n d"]:
    parts = [block[at : at + _PART] for at in range(0, len(block), _PART)]
    found, bad = [], []
    for part, wrong in mapped(_part, parts, [names] * len(parts)):
        bad += [one._replace(row=one.row + first) for one in wrong]
        first += len(part)
        found.append(part)
        bar.update(len(part))
    if bad:
        raise BadRows(bad, of=len(block))
    return np.concatenate(found)
