"""RDKit's descriptors and Morgan fingerprints as frozen representations of SMILES.

Both need the extra `molecules` (`pip install "w2s-jax[molecules]"`). They are fixed maps, written
by chemists: nothing in them was trained on the labels that a head is fitted to.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Float

from w2s_jax.data._structures import flat_of, need_rdkit, parsed, read_each, spelled

# Ipc grows exponentially with the molecule; AvgIpc says the same on a bounded scale.
_LEFT_OUT = {"Ipc"}
_PATHS = {"Kappa1": 1, "Kappa2": 2, "Kappa3": 3}  # bonds of the paths that each of them counts


def descriptor_names() -> tuple[str, ...]:
    """Names of the columns of `descriptors`, in order.

    Example:
        >>> {"MolLogP", "MolWt", "RingCount"} <= set(descriptor_names())
        True
    """
    need_rdkit()
    from rdkit.Chem import Descriptors

    return tuple(name for name, _ in Descriptors.descList if name not in _LEFT_OUT)


def descriptors(smiles: Iterable[Any]) -> Float[np.ndarray, "n d"]:
    r"""RDKit's two-dimensional physico-chemical descriptors of flat molecules, unscaled.

    They are those of what `flatten` leaves, as encoders read it: of a salt its largest fragment,
    without stereochemistry and isotopes. A descriptor that RDKit cannot compute for a molecule
    (partial charges of an unusual atom) is 0 there. Scales differ by many powers of ten: follow
    with `Standardize`.

    Hall and Kier's shape index of order m is a fraction with the denominator $(P_m + \alpha)^2$,
    $P_m$ the number of paths of m bonds and $\alpha$ a small correction for the kinds of atoms.
    Where there is no such path the fraction may have a pole at $\alpha = 0$; RDKit gives 0 there,
    and thousands beside it. Here it is 0 wherever $P_m = 0$.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.

    Returns:
        `(n, d)` in float64, columns as in `descriptor_names()`, each in RDKit's unit.

    Raises:
        ImportError: RDKit is missing.
        BadRows: rows that RDKit cannot read.

    Example:
        >>> features = descriptors(["CCO", "c1ccccc1", "OCC.Cl"])
        >>> features[:, descriptor_names().index("MolWt")].round(2).tolist()
        [46.07, 78.11, 46.07]
    """
    molecules = read_each(smiles, flat_molecule)
    from rdkit import rdBase
    from rdkit.Chem import Descriptors

    functions = [bounded(name, f) for name, f in Descriptors.descList if name not in _LEFT_OUT]
    with rdBase.BlockLogs():
        rows = [[_value(function, m) for function in functions] for m in molecules]
    features = np.array(rows, dtype=np.float64).reshape(-1, len(functions))
    return np.where(np.isfinite(features), features, 0.0)


def bounded(name: str, function: Callable[[Any], float]) -> Callable[[Any], float]:
    """Give a descriptor's function without its poles.

    Args:
        name: RDKit's.
        function: RDKit's, molecule ↦ value.

    Example:
        >>> from rdkit.Chem import Descriptors, MolFromSmiles
        >>> amine = MolFromSmiles("CN(C)C")
        >>> Descriptors.Kappa3(amine) > 1000, bounded("Kappa3", Descriptors.Kappa3)(amine)
        (True, 0.0)
    """
    if name not in _PATHS:
        return function

    def without_pole(molecule: Any) -> float:
        from rdkit.Chem import FindAllPathsOfLengthN

        paths = FindAllPathsOfLengthN(molecule, _PATHS[name], useBonds=True)
        return function(molecule) if len(paths) else 0.0

    return without_pole


def morgan_fingerprints(
    smiles: Iterable[Any], *, radius: int = 2, size: int = 1024
) -> Float[np.ndarray, "n d"]:
    """Morgan (ECFP-like) fingerprints: which circular fragments a molecule holds, hashed to bits.

    They are those of what `flatten` leaves, as encoders read it: of a salt its largest fragment,
    without isotopes. Rogers and Hahn (2010).

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        radius: of the fragments, in bonds; 2 is known as ECFP4.
        size: number of bits d.

    Returns:
        `(n, d)` of 0.0 and 1.0 in float64.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a size below 1, a negative radius, or one that is no integer.
        BadRows: rows that RDKit cannot read.

    Example:
        >>> bits = morgan_fingerprints(["CCO", "OCC", "CCN"], size=64)
        >>> bool((bits[0] == bits[1]).all()), bool((bits[0] == bits[2]).all())
        (True, False)
    """
    if not all(isinstance(n, int | np.integer) for n in (size, radius)) or size < 1 or radius < 0:
        raise ValueError(f"need integers size ≥ 1 and radius ≥ 0, got {size} and {radius}")
    molecules = read_each(smiles, flat_molecule)
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=int(radius), fpSize=int(size))
    rows = [generator.GetFingerprintAsNumPy(molecule) for molecule in molecules]
    return np.array(rows, dtype=np.float64).reshape(-1, size)


def flat_molecule(cell: Any) -> Any:
    """Read what `flatten` leaves of one molecule, in the same order of atoms however it is spelled.

    Args:
        cell: a SMILES or a molecule of RDKit's.

    Raises:
        ValueError: with the reason.

    Example:
        >>> flat_molecule("[Na+].CC(=O)[O-]").GetNumAtoms()
        4
    """
    return parsed(flat_of(spelled(cell)))


def _value(function, molecule) -> float | int:
    try:
        return function(molecule)
    except ZeroDivisionError:  # RDKit's own, in a mean over no heavy atoms
        return np.nan
