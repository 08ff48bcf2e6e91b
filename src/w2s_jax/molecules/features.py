"""SMILES ↦ features: what an encoder says of a molecule, averaged over its symbols."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import jax
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.data.cells import column_of
from w2s_jax.data.rows import BadRow, BadRows, Errors, shown
from w2s_jax.data.structures import flat_of, read_each, spelled
from w2s_jax.molecules.encoder import Encoder
from w2s_jax.molecules.forward import forward, pooled, readable
from w2s_jax.molecules.keeping import Cache, kept
from w2s_jax.molecules.tokenizer import VOCABULARY_SIZE, codes_of
from w2s_jax.molecules.weights import digest

Codes = Callable[[Sequence[Any]], list[Int[np.ndarray, " _"]]]

# Few lengths are few programs to compile; twice the length at most doubles the work.
LENGTHS = (32, 64, 128, 256, 384)
_TOKENS = 1024  # of a batch: its activations then stay in a core's own cache
# Weights times symbols below which numpy is done before XLA has compiled, a second on one core.
_LITTLE = 5e9


def flat_codes(smiles: Iterable[Any], *, errors: Errors = "raise") -> Any:
    """Flatten SMILES as the pretraining corpus was, then turn them into codes.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        errors: "raise" all rows that have no codes together, or "report" them beside the others.

    Returns:
        n arrays of codes, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that RDKit cannot read, with an element that the encoders never saw, or longer
            than they read.

    Example:
        >>> [codes.tolist() for codes in flat_codes(["OC", "CO"])]
        [[27, 29], [27, 29]]
        >>> flat_codes(["C1CC", "CO", "C[Hg]C"], errors="report").rows.tolist()
        [1]
    """
    return read_each(smiles, _flat_codes, errors)


def _flat_codes(cell: Any) -> Int[np.ndarray, " _"]:
    codes = codes_of(flat_of(spelled(cell)))
    if problem := _length_problem(codes.size):
        raise ValueError(problem)
    return codes


def _length_problem(size: int) -> str:
    if 1 <= size <= LENGTHS[-1]:
        return ""
    return f"has {size} symbols, and the encoders read 1 to {LENGTHS[-1]}; drop it"


def features(
    smiles: Iterable[Any],
    encoder: Encoder,
    *,
    layers: Literal["last", "all"] = "last",
    codes: Codes | None = None,
    cache: Cache = None,
    progress: bool = False,
) -> Float[np.ndarray, "n d"]:
    """Compute an encoder's features: its token vectors, averaged over each molecule.

    Molecules of about the same length share a batch. A row depends on its own molecule only, not on
    the others, their number or their order.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        encoder: trained or not.
        layers: "last" block's vectors, or those of "all" blocks side by side.
        codes: SMILES ↦ the encoder's codes, a named function; `flat_codes` if None, `tokenize`
            where the SMILES are flat already, `molbert_codes` for MolBERT.
        cache: a folder to keep the features in and to find them again, True for the user's cache
            folder. A file that was damaged is computed anew.
        progress: show a bar.

    Returns:
        `(n, d)` in float64, as heads compute, d being the width, times the blocks if "all". The
        digits are those of the encoder's own dtype.

    Raises:
        BadRows: all SMILES that cannot be read or are too long, each with a reason and remedy.
        ValueError: no column of SMILES; an encoder of another vocabulary; features that are not
            finite.

    Example:
        >>> from w2s_jax.molecules.encoder import Shape
        >>> encoder = Encoder(Shape(width=16), key=jax.random.key(0))
        >>> features(["CCO", "c1ccccc1", "OCC"], encoder).shape
        (3, 16)
        >>> features(["CCO"], encoder, layers="all").shape
        (1, 32)
    """
    _check_layers(layers)
    smiles, codes = list(column_of(smiles)), _codes_for(encoder, codes)

    def compute() -> np.ndarray:
        return pool(codes(smiles), encoder, layers=layers, progress=progress)

    parts = [] if cache is None or cache is False else _parts(smiles, encoder, layers, codes)
    return kept("features", parts, compute, cache).astype(np.float64)


@partial(jax.jit, static_argnames="layers")
def _pool(encoder: Encoder, codes: Int[Array, "b l"], layers: str) -> Float[Array, "b d"]:
    pooled = jax.vmap(partial(encoder.pooled, unroll=False))(codes)
    return pooled[:, -1] if layers == "last" else pooled.reshape(codes.shape[0], -1)


def _read_once(encoder: Encoder, codes: Int[np.ndarray, "b l"], layers: str) -> np.ndarray:
    found = pooled(forward(encoder, codes).vectors, codes)
    return found[-1] if layers == "last" else np.concatenate([*found], axis=1)


def _little(rows: Sequence[Int[np.ndarray, " _"]], encoder: Encoder) -> list[int]:
    """Which of `LENGTHS` hold too few symbols to compile a program for."""
    shape, sizes = encoder.shape, np.array([row.size for row in rows], int)
    weights = shape.layers * shape.width * (4 * shape.width + 2 * shape.inside)
    symbols = np.bincount(np.searchsorted(LENGTHS, sizes), sizes, len(LENGTHS))
    if not readable(encoder):
        return []
    return [n for n, s in zip(LENGTHS, symbols, strict=True) if weights * s < _LITTLE]


def pool(
    rows: Sequence[Int[np.ndarray, " _"]],
    encoder: Encoder,
    *,
    layers: Literal["last", "all"] = "last",
    progress: bool = False,
) -> Float[np.ndarray, "n d"]:
    """Compute features of molecules that are codes already, in the encoder's dtype.

    Args:
        rows: codes of each of n molecules.
        encoder: trained or not.
        layers: as in `features`.
        progress: show a bar.

    Returns:
        `(n, d)`.

    Raises:
        ValueError: as `features`.

    Example:
        >>> from w2s_jax.molecules.encoder import Shape
        >>> pool(flat_codes(["CCO"]), Encoder(Shape(width=16), key=jax.random.key(0))).shape
        (1, 16)
    """
    from tqdm import tqdm

    _check_layers(layers)
    rows = [np.asarray(row) for row in rows]
    _check(rows, encoder)
    found = np.empty((len(rows), _width(encoder, layers)), encoder.tokens.dtype)
    little = _little(rows, encoder)
    started = []  # all, before the first is awaited
    for own, batch in padded_batches(rows):
        read = _read_once if batch.shape[1] in little else _pool
        started.append((own, read(encoder, batch, layers=layers)))
    with tqdm(total=len(rows), disable=not progress, desc="features", unit="molecule") as bar:
        for own, pooled in started:
            found[own] = np.asarray(pooled)[: own.size]
            bar.update(own.size)
    bad = np.flatnonzero(~np.isfinite(found).all(1))
    if bad.size:
        raise ValueError(f"row {bad[0]}: the encoder gives features that are not finite")
    return found


def padded_batches(
    rows: Sequence[Int[np.ndarray, " _"]], *, tokens: int = _TOKENS
) -> Iterator[tuple[Int[np.ndarray, " own"], Int[np.ndarray, "b l"]]]:
    """Deal out molecules to batches of about the same length, padded to one of `LENGTHS`.

    Args:
        rows: codes of each molecule.
        tokens: of a batch, padding included.

    Returns:
        Each batch's places in `rows`, and its codes; a last batch that is not full repeats its
        molecules, so that every batch of a length has the same shape.

    Example:
        >>> ((own, batch),) = padded_batches([np.array([27, 29]), np.array([27])])
        >>> own.tolist(), batch.shape, batch[:3, :3].tolist()
        ([0, 1], (32, 32), [[27, 29, 0], [27, 0, 0], [27, 29, 0]])
    """
    for below, length in zip((0, *LENGTHS), LENGTHS, strict=False):
        places = np.array([k for k, row in enumerate(rows) if below < row.size <= length], int)
        size = tokens // length
        for start in range(0, places.size, size):
            own = places[start : start + size]
            batch = np.zeros((size, length), np.int32)
            for line, place in zip(batch, np.resize(own, size), strict=True):
                line[: rows[place].size] = rows[place]
            yield own, batch


def _width(encoder: Encoder, layers: str) -> int:
    return encoder.shape.width * (encoder.shape.layers if layers == "all" else 1)


def _codes_for(encoder: Encoder, codes: Codes | None) -> Codes:
    if codes is not None:
        return codes
    vocabulary = encoder.shape.vocabulary
    if vocabulary != VOCABULARY_SIZE:
        raise ValueError(
            f"the encoder knows {vocabulary} codes, not the tokenizer's {VOCABULARY_SIZE}: name "
            "its own function, for example codes=molbert_codes"
        )
    return flat_codes


def _check_layers(layers: str) -> None:
    if layers not in ("last", "all"):
        raise ValueError(f"layers must be 'last' or 'all', got {layers!r}")


def _check(rows: Sequence[Int[np.ndarray, " _"]], encoder: Encoder) -> None:
    problems = [(row, _problem(codes, encoder.shape.vocabulary)) for row, codes in enumerate(rows)]
    bad = [BadRow(row, "", problem, quoted=False) for row, problem in problems if problem]
    if bad:
        raise BadRows(bad, of=len(rows))


def _problem(codes: Int[np.ndarray, " _"], vocabulary: int) -> str:
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        return f"must be codes, integers of shape (l,), got {codes.dtype} of {codes.shape}"
    if problem := _length_problem(codes.size):
        return f"the molecule {problem}"
    if codes.min() < 1 or codes.max() >= vocabulary:
        return (
            f"codes {codes.min()} to {codes.max()}, but the encoder knows 1 to {vocabulary - 1}: "
            "codes and encoder do not belong together"
        )
    return ""


def _parts(smiles: list, encoder: Encoder, layers: str, codes: Codes) -> list:
    name = f"{getattr(codes, '__module__', None)}.{getattr(codes, '__qualname__', '<')}"
    if "<" in name:
        raise ValueError("codes must be a function that a module defines, so that its name tells")
    try:
        rdkit = version("rdkit")  # another version may spell molecules otherwise
    except PackageNotFoundError:
        rdkit = ""
    texts = [cell if isinstance(cell, str) else _key_of(cell) for cell in smiles]
    return [digest(encoder), layers, name, rdkit, jax.default_backend(), texts]


def _key_of(cell: Any) -> str:
    try:
        return spelled(cell)
    except ValueError:  # reported with its row by who reads the codes
        return shown(cell)
