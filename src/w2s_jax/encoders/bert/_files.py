"""Read an encoder of the BERT family from the files in which Hugging Face publishes it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from w2s_jax._extras import extra
from w2s_jax.data._rows import short
from w2s_jax.encoders.bert._bert import Bert
from w2s_jax.encoders.bert._layers import layers_of
from w2s_jax.encoders.bert._layout import WORDS, Sizes
from w2s_jax.files._digests import checked_bytes
from w2s_jax.files._tensors import read_tensors

_CONFIG, _WEIGHTS, _SUBWORDS = "config.json", "model.safetensors", "tokenizer.json"
_PICKLE = "pytorch_model.bin"
_ROBERTA = ("roberta", "xlm-roberta", "camembert")  # positions begin behind padding's code
_XLM = ("flaubert", "xlm")
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")  # the numbers 0, 1, 2, …
_OLD = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def load_bert(folder: Path | str, *, prefix: str = "", sha256: str | None = None) -> Bert:
    """Load a published encoder of the BERT family, to compute in float32.

    Three of Hugging Face's files are read: `config.json`, `model.safetensors` and `tokenizer.json`;
    no network and no PyTorch is needed, and no code of a file is ever run. BERT's layout (BERT,
    MiniLM, multilingual-e5) and RoBERTa's (RoBERTa, XLM-R, CamemBERT) are read; the pooler and the
    heads of pretraining tasks are left out. Memory for three times the weights is used meanwhile.

    Args:
        folder: holds the three files.
        prefix: is put before every text: "query: " for multilingual-e5, nothing for most others.
        sha256: what the SHA-256 of `model.safetensors` must be, where you know it: nothing else
            tells a changed number.

    Raises:
        FileNotFoundError: no such folder, or a file that it lacks.
        ImportError: the libraries `tokenizers` or `safetensors` are missing.
        ValueError: a pickle in place of safetensors; a cut or changed file; another architecture;
            weights that the configuration contradicts, or that are not finite.

    Example:
        >>> load_bert("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: there is no folder nowhere: name one that holds config.json, \
model.safetensors and tokenizer.json of a model, from huggingface.co for example
    """
    home = Path(folder).expanduser()
    _check_files(home)
    sizes, state = _sizes(home / _CONFIG), _state(home / _WEIGHTS, sha256)
    try:
        words, layers = layers_of(state, sizes)
    except ValueError as error:
        raise ValueError(
            f"{short(home)}: {_WEIGHTS} is not what {_CONFIG} says: {error}; copy both again from "
            "one model"
        ) from error
    return Bert(_tokenizer(home / _SUBWORDS, len(words)), words, layers, prefix)


def _check_files(home: Path) -> None:
    wanted = f"{_CONFIG}, {_WEIGHTS} and {_SUBWORDS}"
    if not home.is_dir():
        raise FileNotFoundError(
            f"there is no folder {short(home)}: name one that holds {wanted} of a model, from "
            "huggingface.co for example"
        )
    there = {path.name for path in home.iterdir()}
    if _WEIGHTS not in there and _PICKLE in there:
        raise ValueError(
            f"{short(home)} holds its weights as {_PICKLE}, a pickle, which could run any code and "
            f"is not read: download the same model's {_WEIGHTS}, the format safetensors"
        )
    if _WEIGHTS not in there and f"{_WEIGHTS}.index.json" in there:
        raise ValueError(
            f"{short(home)} holds weights in several files, which are not read: save the model "
            f"again as one {_WEIGHTS}"
        )
    for name in (_CONFIG, _WEIGHTS, _SUBWORDS):
        if name not in there:
            raise FileNotFoundError(
                f"{short(home)} lacks {name}: of a model these are read: {wanted}; copy it there "
                "from where the others came"
            )


def _sizes(path: Path) -> Sizes:
    try:
        config = json.loads(path.read_text(encoding="utf8"))
    except ValueError as error:
        raise ValueError(f"{short(path)} is no JSON ({error}); copy it again") from error
    if not isinstance(config, dict):
        raise ValueError(f"{short(path)} must hold one JSON object; copy it again")
    try:
        return _sizes_of(config)
    except ValueError as error:
        raise ValueError(f"{short(path)}: {error}") from error


def _sizes_of(config: Mapping[str, Any]) -> Sizes:
    kind = config.get("model_type")
    if kind in _XLM:
        raise ValueError(
            f"{kind!r} has XLM's layout and no {_SUBWORDS}, and is not read; for French take "
            "CamemBERT, or multilingual-e5"
        )
    if kind not in ("bert", *_ROBERTA):
        raise ValueError(
            f"model_type must be one of bert, {', '.join(_ROBERTA)}, got {kind!r}: other "
            "architectures are not read"
        )
    for name, only in (
        ("hidden_act", "gelu"),
        ("position_embedding_type", "absolute"),
        ("is_decoder", False),
    ):
        if config.get(name, only) != only:
            raise ValueError(f"{name} must be {only!r}, got {config[name]!r}: it is not read")
    unused = _count(config, "pad_token_id", 0, 1) + 1 if kind in _ROBERTA else 0
    eps = config.get("layer_norm_eps", 1e-12)
    if not isinstance(eps, float) or not 0 < eps < 1:
        raise ValueError(f"layer_norm_eps must be a number between 0 and 1, got {eps!r}")
    sizes = Sizes(
        width=_count(config, "hidden_size"),
        layers=_count(config, "num_hidden_layers"),
        heads=_count(config, "num_attention_heads"),
        inside=_count(config, "intermediate_size"),
        vocabulary=_count(config, "vocab_size"),
        places=_count(config, "max_position_embeddings", unused + 3),
        kinds=_count(config, "type_vocab_size"),
        unused=unused,
        eps=eps,
    )
    if sizes.width % sizes.heads:
        raise ValueError(f"{sizes.heads} heads cannot share a width of {sizes.width}")
    return sizes


def _count(config: Mapping[str, Any], name: str, least: int = 1, usual: int | None = None) -> int:
    value = config.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
    return value


def _state(path: Path, sha256: str | None) -> dict[str, np.ndarray]:
    """Read the encoder's own weights, by their names without what a task put before them."""
    data = checked_bytes(path, sha256, short(path), "it was cut or changed, copy it again")
    try:
        tensors, _ = read_tensors(data)
    except ValueError as error:
        raise ValueError(f"{short(path)} cannot be read: {error}; copy it again") from error
    before = [name.removesuffix(WORDS) for name in tensors if name.endswith(WORDS)]
    if len(before) != 1:
        raise ValueError(
            f"{short(path)} holds {len(before)} tables named {WORDS} in place of 1: it is no "
            "encoder of the BERT family"
        )
    own = {}
    for name, array in tensors.items():
        inner = name.removeprefix(before[0])
        if name.startswith(before[0]) and inner.startswith(("embeddings.", "encoder.")):
            for old, new in _OLD.items():
                inner = inner.replace(old, new)
            own[inner] = array
    return {name: array for name, array in own.items() if name not in _BUFFERS}


def _tokenizer(path: Path, vocabulary: int) -> Any:
    with extra("text"):
        from tokenizers import Tokenizer
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower one
        raise ValueError(f"{short(path)} holds no subwords ({error}); copy it again") from error
    last = max(tokenizer.get_vocab().values(), default=-1)
    if not 0 <= last < vocabulary:
        raise ValueError(
            f"{short(path)} has codes to {last}, and the weights {vocabulary} subwords: copy both "
            "from one model"
        )
    tokenizer.no_padding()
    return tokenizer
