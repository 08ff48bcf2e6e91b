"""RDKit's descriptors and Morgan fingerprints as frozen representations of SMILES.

Both need the extra `molecules` (`pip install "w2s-jax[molecules]"`). They are fixed maps, written
by chemists: nothing in them was trained on the labels that a head is fitted to.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from w2s_jax.molecules.reading import need_rdkit, read_molecules

# Ipc grows exponentially with the molecule; AvgIpc says the same on a bounded scale.
_LEFT_OUT = {"Ipc"}


def descriptor_names() -> tuple[str, ...]:
    """Names of the columns of `descriptors`, in order.

    Example:
        >>> {"MolLogP", "MolWt", "RingCount"} <= set(descriptor_names())
        True
    """
    need_rdkit()
    from rdkit.Chem import Descriptors

    return tuple(name for name, _ in Descriptors.descList if name not in _LEFT_OUT)


def descriptors(smiles: Iterable[str]) -> Float[np.ndarray, "n d"]:
    """RDKit's two-dimensional physico-chemical descriptors, unscaled.

    A descriptor that RDKit cannot compute for a molecule (partial charges of an unusual atom) is 0
    there. Scales differ by many powers of ten: follow with `Standardize`.

    Args:
        smiles: n SMILES strings.

    Returns:
        `(n, d)` in float64, columns as in `descriptor_names()`, each in RDKit's unit.

    Raises:
        ValueError: a SMILES that RDKit cannot read, with its row.

    Example:
        >>> features = descriptors(["CCO", "c1ccccc1"])
        >>> features[:, descriptor_names().index("MolWt")].round(2).tolist()
        [46.07, 78.11]
    """
    molecules = read_molecules(smiles)
    from rdkit import rdBase
    from rdkit.Chem import Descriptors

    functions = [f for name, f in Descriptors.descList if name not in _LEFT_OUT]
    with rdBase.BlockLogs():
        rows = [[_value(function, m) for function in functions] for m in molecules]
    features = np.array(rows, dtype=np.float64).reshape(-1, len(functions))
    return np.where(np.isfinite(features), features, 0.0)


def morgan_fingerprints(
    smiles: Iterable[str], *, radius: int = 2, size: int = 1024
) -> Float[np.ndarray, "n d"]:
    """Morgan (ECFP-like) fingerprints: which circular fragments a molecule holds, hashed to bits.

    Rogers and Hahn (2010).

    Args:
        smiles: n SMILES strings.
        radius: of the fragments, in bonds; 2 is known as ECFP4.
        size: number of bits d.

    Returns:
        `(n, d)` of 0.0 and 1.0 in float64.

    Raises:
        ValueError: a SMILES that RDKit cannot read, a size below 1, a negative radius.

    Example:
        >>> bits = morgan_fingerprints(["CCO", "OCC", "CCN"], size=64)
        >>> bool((bits[0] == bits[1]).all()), bool((bits[0] == bits[2]).all())
        (True, False)
    """
    if size < 1 or radius < 0:
        raise ValueError(f"need size ≥ 1 and radius ≥ 0, got {size} and {radius}")
    molecules = read_molecules(smiles)
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=size)
    rows = [generator.GetFingerprintAsNumPy(molecule) for molecule in molecules]
    return np.array(rows, dtype=np.float64).reshape(-1, size)


def _value(function, molecule) -> float | int:
    try:
        return function(molecule)
    except ZeroDivisionError:  # RDKit's own, in a mean over no heavy atoms
        return np.nan
