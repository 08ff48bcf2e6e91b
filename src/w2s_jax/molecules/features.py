"""SMILES ↦ features: what an encoder says of a molecule, averaged over its symbols."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import jax
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from w2s_jax.molecules.encoder import Encoder
from w2s_jax.molecules.forward import forward, pooled, readable
from w2s_jax.molecules.keeping import Cache, kept
from w2s_jax.molecules.reading import flatten
from w2s_jax.molecules.tokenizer import VOCABULARY_SIZE, tokenize
from w2s_jax.molecules.weights import digest

Codes = Callable[[Sequence[str]], list[Int[np.ndarray, " _"]]]

# Few lengths are few programs to compile; twice the length at most doubles the work.
LENGTHS = (32, 64, 128, 256, 384)
_TOKENS = 1024  # of a batch: its activations then stay in a core's own cache
# Weights times symbols below which numpy is done before XLA has compiled, a second on one core.
_LITTLE = 5e9


def flat_codes(smiles: Sequence[str]) -> list[Int[np.ndarray, " _"]]:
    """Flatten SMILES as the pretraining corpus was, then tokenize them.

    Raises:
        ValueError: a SMILES that RDKit cannot read, or an element that the encoders never saw, with
            its row.

    Example:
        >>> [codes.tolist() for codes in flat_codes(["OC", "CO"])]
        [[27, 29], [27, 29]]
    """
    return tokenize(flatten(smiles))


def features(
    smiles: Iterable[str],
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
        smiles: n SMILES strings.
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
        ValueError: a SMILES that cannot be read or is too long, with its row and the remedy; an
            encoder of another vocabulary; weights that are not finite.

    Example:
        >>> from w2s_jax.molecules.encoder import Shape
        >>> encoder = Encoder(Shape(width=16), key=jax.random.key(0))
        >>> features(["CCO", "c1ccccc1", "OCC"], encoder).shape
        (3, 16)
        >>> features(["CCO"], encoder, layers="all").shape
        (1, 32)
    """
    if isinstance(smiles, str):
        raise ValueError("smiles must be several strings, got one: wrap it in a list")
    if layers not in ("last", "all"):
        raise ValueError(f"layers must be 'last' or 'all', got {layers!r}")
    smiles, codes = list(smiles), _codes_for(encoder, codes)

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
        >>> pool(tokenize(["CCO"]), Encoder(Shape(width=16), key=jax.random.key(0))).shape
        (1, 16)
    """
    from tqdm import tqdm

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


def _check(rows: Sequence[Int[np.ndarray, " _"]], encoder: Encoder) -> None:
    vocabulary = encoder.shape.vocabulary
    for k, row in enumerate(rows):
        if not 1 <= row.size <= LENGTHS[-1]:
            raise ValueError(
                f"row {k}: the molecule has {row.size} symbols, and the encoders read 1 to "
                f"{LENGTHS[-1]}; drop it"
            )
        if row.min() < 1 or row.max() >= vocabulary:
            raise ValueError(
                f"row {k}: codes {row.min()} to {row.max()}, but the encoder knows 1 to "
                f"{vocabulary - 1}: codes and encoder do not belong together"
            )


def _parts(smiles: list[str], encoder: Encoder, layers: str, codes: Codes) -> list:
    name = f"{getattr(codes, '__module__', None)}.{getattr(codes, '__qualname__', '<')}"
    if "<" in name:
        raise ValueError("codes must be a function that a module defines, so that its name tells")
    try:
        rdkit = version("rdkit")  # another version may spell molecules otherwise
    except PackageNotFoundError:
        rdkit = ""
    return [digest(encoder), layers, name, rdkit, jax.default_backend(), smiles]
