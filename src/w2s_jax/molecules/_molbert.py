r"""MolBERT's published weights as an `Encoder`, and MolBERT's own codes of a molecule.

Fabian et al. (2020), "Molecular representation learning with language models and domain-relevant
auxiliary tasks", github.com/BenevolentAI/MolBERT. Its checkpoint is a pickle: here no code in it is
ever run.
"""

import argparse
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from w2s_jax.data._rows import Errors
from w2s_jax.data._structures import read_each, spelled
from w2s_jax.encoders import Encoder, Shape
from w2s_jax.encoders._weights import assemble
from w2s_jax.encoders.bert._layout import KINDS, NORM, WORDS, Taken, blocks, norm
from w2s_jax.files._tensors import Unknown, read_tensors
from w2s_jax.molecules._reading import kekulized

_BEGIN, _END = 1, 2  # 0 pads, 3 masks
_ELEMENTS = ("F", "H", "I", "B", "C", "N", "O", "P", "S", "Br", "Cl", "Si", "Se", "se", "@@")
_SIGNS = tuple("0123456789=@#%/\\()+-.[]")
_CODES = {symbol: code for code, symbol in enumerate((*_ELEMENTS, *_SIGNS), start=4)}
_SYMBOL = re.compile(r"Br|Cl|Si|Se|se|@@|.", re.DOTALL)
MOLBERT_VOCABULARY = 4 + len(_CODES)

_BERT = "model.bert."
_CONVERT = (
    "Where you trust the file, convert it once: python -c 'import torch, safetensors.torch as s; "
    'w = torch.load("FILE", map_location="cpu", weights_only=False)["state_dict"]; '
    's.save_file({k: v.contiguous().clone() for k, v in w.items()}, "FILE.safetensors")\''
)


def molbert_codes(smiles: Iterable[Any], *, errors: Errors = "raise") -> Any:
    """Turn SMILES into MolBERT's 42 codes: kekulized, and not made canonical.

    A code for the beginning and one for the end enclose the molecule, and count as its symbols.

    Args:
        smiles: n SMILES strings or molecules of RDKit's.
        errors: "raise" all rows that cannot be read together, or "report" them beside the others.

    Returns:
        n arrays of codes, or with "report" a `Sifted`.

    Raises:
        ImportError: RDKit is missing.
        ValueError: no column of SMILES.
        BadRows: rows that RDKit cannot read, or with a symbol outside the vocabulary.

    Example:
        >>> [codes.tolist() for codes in molbert_codes(["CCl", "c1ccccc1"])]
        [[1, 8, 14, 2], [1, 8, 20, 29, 8, 8, 29, 8, 8, 29, 8, 20, 2]]
    """
    return read_each(smiles, _coded, errors)


def _coded(cell: Any) -> Int[np.ndarray, " l"]:
    symbols = _SYMBOL.findall(kekulized(spelled(cell)))
    unknown = [symbol for symbol in symbols if symbol not in _CODES]
    if unknown:
        raise ValueError(
            f"holds {unknown[0]!r}, which MolBERT never saw; drop the molecule. It knows "
            f"{' '.join(_CODES)}"
        )
    return np.array([_BEGIN, *(_CODES[symbol] for symbol in symbols), _END], np.int32)


def load_molbert(checkpoint: Path | str, *, heads: int = 12) -> Encoder:
    """Load MolBERT's weights: a PyTorch Lightning checkpoint, or safetensors with the same keys.

    A checkpoint needs PyTorch, which reads tensors and numbers from it and refuses any other
    object. The pooler and the heads of pretraining tasks are left out. Use the encoder with
    `features(smiles, encoder, codes=molbert_codes)`.

    Args:
        checkpoint: the `.ckpt` file, or a `.safetensors` file.
        heads: of attention, which the file does not tell; 12 in the published model.

    Returns:
        An encoder in float32 with sinusoidal positions.

    Raises:
        FileNotFoundError: no such file.
        ImportError: a checkpoint, and no PyTorch.
        ValueError: a file that holds code or another model, with the remedy.

    Example:
        >>> load_molbert("missing.ckpt")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        FileNotFoundError: there is no file missing.ckpt: MolBERT's weights are published at ...
    """
    path = Path(checkpoint).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}: MolBERT's weights are published at "
            "https://figshare.com/ndownloader/files/25611290"
        )
    if path.suffix == ".safetensors":
        try:
            state = read_tensors(path.read_bytes())[0]
        except Unknown as error:
            raise ValueError(f"{path} holds no MolBERT: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}; copy the file again") from error
    else:
        state = _state_dict(path)
    try:
        return _encoder(state, heads)
    except ValueError as error:
        raise ValueError(f"{path} holds no MolBERT: {error}") from error


def _state_dict(path: Path) -> dict[str, np.ndarray]:
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            "a MolBERT checkpoint needs PyTorch: pip install torch, or give a safetensors file "
            "with the same keys"
        ) from error
    from pickle import UnpicklingError

    # Lightning keeps hyperparameters beside the weights, in one of these two.
    inert = [argparse.Namespace, (dict, "pytorch_lightning.utilities.parsing.AttributeDict")]
    try:
        with torch.serialization.safe_globals(inert):
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        raise ValueError(
            f"{path} holds other things than weights ({asked[1] if asked else 'no pickle'}), and "
            f"no code of it was run. {_CONVERT}"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{path} is no whole checkpoint: {error}; download it again") from error
    state = loaded.get("state_dict") if isinstance(loaded, dict) else None
    if not isinstance(state, dict):
        raise ValueError(f"{path} is no Lightning checkpoint: it has no 'state_dict'")
    return {
        name: tensor.numpy() for name, tensor in state.items() if isinstance(tensor, torch.Tensor)
    }


def _encoder(state: Mapping[str, np.ndarray], heads: int) -> Encoder:
    own = {
        name.removeprefix(_BERT): np.asarray(array, np.float32)
        for name, array in state.items()
        if name.startswith((f"{_BERT}embeddings.", f"{_BERT}encoder."))
    }
    # A buffer of some versions, no weights: the numbers 0, 1, 2, …
    own.pop("embeddings.position_ids", None)
    own = Taken(own, _BERT)
    words = own.take(WORDS, 2)
    _check_positions(own.take("embeddings.position_embeddings.inv_freq", 1), words.shape[1])
    # Every token is of the first kind, so that kind's vector belongs to every word.
    tensors = {"tokens": words + own.take(KINDS, 2)[:1]} | norm(own, NORM, "norm")
    stacked = blocks(own)
    layers, inside = stacked["inner.bias"].shape if stacked else (0, 0)
    if own.left or not layers:
        raise ValueError(f"it has {layers} blocks and the unknown weights {sorted(own.left)[:1]}")
    shape = Shape(words.shape[1], layers, heads, inside, vocabulary=words.shape[0])
    return assemble(shape, tensors | {f"blocks.{name}": array for name, array in stacked.items()})


def _check_positions(rates: np.ndarray, width: int) -> None:
    expected = 10_000.0 ** -(np.arange(0, width, 2) / width)
    if rates.shape != expected.shape or not np.allclose(rates, expected, rtol=1e-5):
        raise ValueError(f"{_BERT}embeddings.position_embeddings.inv_freq are other frequencies")
