r"""Molecules as inputs: what flattened SMILES keep, what no head can know, and three baselines.

A label is a function of the molecule; a head is a function of $h(x)$. Where molecules that share
$h(x)$ differ in their labels, no head of any kind has on these molecules an error below

$$\text{floor} = \frac1n \sum_i \Bigl( y_i - \operatorname{mean}_{h(x_j) = h(x_i)} y_j \Bigr)^2 .$$
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from w2s_jax.data import Table, chembench_split
from w2s_jax.encoders import PADDED_LENGTHS
from w2s_jax.experiments.molecules._choices import LOADERS
from w2s_jax.heads import fit_probes
from w2s_jax.molecules._descriptors import descriptors, morgan_fingerprints
from w2s_jax.molecules._reading import flatten, read_molecules
from w2s_jax.molecules._tokenizer import SMILES, tokenize
from w2s_jax.records._records import Rows
from w2s_jax.representations import standardized

Matrix = Float[np.ndarray, "n d"]


@dataclass(frozen=True)
class InputsConfig:
    """What to run.

    Attributes:
        datasets: of "esol", "freesolv" and "lipop".
        seeds: ChemBench's split seeds.

    Raises:
        ValueError: an unknown data set, or none; no seeds.

    Example:
        >>> InputsConfig(datasets=("lipop",)).seeds
        (122, 123, 124)
    """

    datasets: tuple[str, ...] = ("esol", "freesolv", "lipop")
    seeds: tuple[int, ...] = (122, 123, 124)

    def __post_init__(self) -> None:
        if not set(self.datasets) <= set(LOADERS) or not self.datasets:
            raise ValueError(f"datasets must be of {sorted(LOADERS)}, got {self.datasets}")
        if not self.seeds:
            raise ValueError("need at least one seed")


def run_inputs(config: InputsConfig, *, progress: bool = True) -> Rows:
    """Run every data set, representation and split.

    Returns:
        Rows of four kinds by `about`: "strings" (how many molecules lose stereochemistry or
        fragments, and how long they are in symbols), "floor" (how many `distinct` inputs there are,
        how many molecules `share` one, and the floor), "leak" (test molecules whose input is in
        train too) and "baseline" (test error and the cross-validated λ). Errors are in squared
        label units.

    Raises:
        w2s_jax.data.Unavailable: a data set cannot be had.
    """
    rows: Rows = []
    for name in tqdm(config.datasets, disable=not progress, desc="inputs"):
        table = LOADERS[name]()
        for row in _rows(table, config.seeds):
            rows.append({"dataset": name} | row)
    return rows


def symbol_counts(smiles: Sequence[str]) -> Matrix:
    """Count how often each of the tokenizer's symbols stands in a SMILES.

    Args:
        smiles: n flat SMILES.

    Returns:
        `(n, 46)`, a column for each code; the columns of padding and mask are 0.

    Raises:
        ValueError: as `tokenize`.

    Example:
        >>> symbol_counts(["CCO", "COC", "CO"]).sum(1)
        array([3., 3., 2.])
    """
    rows = [np.bincount(codes, minlength=SMILES.size) for codes in tokenize(smiles)]
    return np.array(rows, np.float64).reshape(-1, SMILES.size)


def floor(inputs: Sequence[object], labels: Float[np.ndarray, " n"]) -> dict[str, float | int]:
    """Find the least mean squared error of any function of the inputs: their labels' means.

    Args:
        inputs: n things that can be compared, equal where a head sees no difference.
        labels: in any unit.

    Returns:
        `distinct` inputs, how many of the n `share` theirs with another, and the `floor`, in
        squared label units.

    Example:
        >>> floor(["a", "b", "a"], np.array([1.0, 5.0, 3.0]))
        {'distinct': 2, 'share': 2, 'floor': 0.6666666666666666}
    """
    numbers: dict[object, int] = {}
    group = np.array([numbers.setdefault(one, len(numbers)) for one in inputs])
    size = np.bincount(group)
    mean = np.bincount(group, labels) / size
    return {
        "distinct": len(numbers),
        "share": int(size[size > 1].sum()),
        "floor": float(np.mean((labels - mean[group]) ** 2)),
    }


def _rows(table: Table, seeds: tuple[int, ...]) -> Iterator[dict]:
    from rdkit import Chem

    labels, flat = table.labels, flatten(table.smiles)
    raw = {
        "descriptors": descriptors(flat),
        "fingerprints": morgan_fingerprints(flat),
        "counts": symbol_counts(flat),
    }
    spellings = {
        "file": [smiles.strip() for smiles in table.smiles],
        "canonical": [Chem.MolToSmiles(m) for m in read_molecules(table.smiles)],
        "flat": flat,
    }
    yield {"about": "strings"} | _strings(spellings["canonical"], flat)
    # Rounded, because a sum in another order is no other input.
    rows = {name: [row.tobytes() for row in h.round(8) + 0.0] for name, h in raw.items()}
    for name, inputs in (spellings | rows).items():
        yield {"about": "floor", "representation": name} | floor(inputs, labels)
    for seed in seeds:
        split = chembench_split(len(table), seed)
        for name, inputs in spellings.items():
            known = {inputs[i] for i in split.train}
            shared = sum(inputs[i] in known for i in split.test)
            yield {"about": "leak", "seed": seed, "representation": name, "shared": shared}
        for name, h in raw.items():
            yield {"about": "baseline", "seed": seed, "representation": name} | _probe(
                h, labels, split.train, split.test
            )


def _strings(canonical: list[str], flat: list[str]) -> dict[str, float | int]:
    sizes = np.array([codes.size for codes in tokenize(flat)])
    bucket = np.array(PADDED_LENGTHS)[np.searchsorted(PADDED_LENGTHS, sizes)]
    return {
        "molecules": len(flat),
        "changed": sum(one != other for one, other in zip(canonical, flat, strict=True)),
        "fragments": sum("." in one for one in canonical),
        "symbols": int(sizes.sum()),
        "median": float(np.median(sizes)),
        "longest": int(sizes.max()),
        "bucketed": int(bucket.sum()),
    }


def _probe(
    h: Matrix, labels: Float[np.ndarray, " n"], train: np.ndarray, test: np.ndarray
) -> dict[str, float]:
    if set(np.unique(h)) != {0.0, 1.0}:  # bits stay bits
        h = standardized(h, train)
    heads, ridge = fit_probes(h[train], labels[train, None])
    error = float(np.mean((np.asarray(heads(h[test]))[:, 0] - labels[test]) ** 2))
    plain = float(np.mean((labels[train].mean() - labels[test]) ** 2))
    return {"ridge": float(ridge[0]), "test_error": error, "mean_error": plain}
