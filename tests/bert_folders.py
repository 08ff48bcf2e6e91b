"""Folders as Hugging Face publishes them, small and random, and a BERT written out in NumPy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from scipy.special import erf, softmax
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

Array = np.ndarray
KINDS = ("bert", "roberta", "xlm-roberta", "camembert")
WORDS = "embeddings.word_embeddings.weight"
PLACES = "embeddings.position_embeddings.weight"
PIECES = ["un", "livre", "long", "tres", "et", "triste", ",", ".", *"abcdefghijklmnopqrstuvwxyz"]


def config(kind: str, **changes: Any) -> dict[str, Any]:
    """A configuration with what Hugging Face writes, sizes small and all different."""
    return {
        "model_type": kind,
        "hidden_size": 24,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 40,
        "vocab_size": 80,
        "max_position_embeddings": 48,
        "type_vocab_size": 2 if kind == "bert" else 1,
        "layer_norm_eps": 1e-12 if kind == "bert" else 1e-5,
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "pad_token_id": 0 if kind == "bert" else 1,
        "architectures": ["ThisIsIgnored"],
    } | changes


def state(about: dict[str, Any], before: str = "", seed: int = 0) -> dict[str, Array]:
    """Weights by the names in a file, a task's head and the pooler among them."""
    rng = np.random.default_rng(seed)
    d, inside = about["hidden_size"], about["intermediate_size"]

    def draw(*axes: int, spread: float = 0.3, around: float = 0.0) -> Array:
        return (around + spread * rng.standard_normal(axes)).astype(np.float32)

    def norm(name: str) -> dict[str, Array]:
        return {f"{name}.weight": draw(d, around=1.0), f"{name}.bias": draw(d)}

    def dense(name: str, source: int, target: int) -> dict[str, Array]:
        weight = draw(target, source, spread=source**-0.5)
        return {f"{name}.weight": weight, f"{name}.bias": draw(target)}

    found = {
        WORDS: draw(about["vocab_size"], d, spread=1.0),
        PLACES: draw(about["max_position_embeddings"], d),
        "embeddings.token_type_embeddings.weight": draw(about["type_vocab_size"], d),
        **norm("embeddings.LayerNorm"),
        "pooler.dense.weight": draw(d, d),
    }
    for k in range(about["num_hidden_layers"]):
        layer = f"encoder.layer.{k}"
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            found |= dense(f"{layer}.attention.{name}", d, d)
        found |= dense(f"{layer}.intermediate.dense", d, inside)
        found |= dense(f"{layer}.output.dense", inside, d)
        found |= norm(f"{layer}.attention.output.LayerNorm") | norm(f"{layer}.output.LayerNorm")
    found = {f"{before}{name}": array for name, array in found.items()}
    return found | {"lm_head.bias": draw(about["vocab_size"])}


def subwords(kind: str) -> Any:
    """WordPiece for BERT, Unigram for the others."""
    if kind == "bert":
        whole = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]
        vocabulary = {
            piece: code for code, piece in enumerate([*whole, *(f"##{p}" for p in "esnu")])
        }
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        special, first, last = whole[:5], "[CLS]", "[SEP]"
    else:
        special = ["<s>", "<pad>", "</s>", "<unk>"]
        pieces = [*special, *(f"▁{piece}" for piece in PIECES), *"▁esnu", "<mask>"]
        scores = [0.0] * 4 + [-2.0 - 0.1 * k for k in range(len(pieces) - 4)]
        tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=3))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        special, first, last = [*special, "<mask>"], "<s>", "</s>"
    tokenizer.add_special_tokens(special)
    codes = [(name, tokenizer.token_to_id(name)) for name in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=codes
    )
    return tokenizer


def written(folder: Path, kind: str = "bert", *, before: str = "", **changes: Any) -> Path:
    """Write the three files."""
    about = config(kind, **changes)
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(about))
    save_file(state(about, before), folder / "model.safetensors")
    subwords(kind).save(str(folder / "tokenizer.json"))
    return folder


def by_hand(weights: dict[str, Array], about: dict[str, Any], codes: Array) -> Array:
    """One text's mean in every layer, in float64, straight from the formulas."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    heads, skipped = about["num_attention_heads"], 0
    if about["model_type"] != "bert":
        skipped = about["pad_token_id"] + 1

    def norm(name: str, x: Array) -> Array:
        centered = x - x.mean(1, keepdims=True)
        scale = np.sqrt((centered**2).mean(1, keepdims=True) + about["layer_norm_eps"])
        return centered / scale * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(name: str, x: Array) -> Array:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    x = w[WORDS][codes] + w[PLACES][skipped : skipped + codes.size]
    x = norm("embeddings.LayerNorm", x + w["embeddings.token_type_embeddings.weight"][0])
    found = [x.mean(0)]
    for k in range(about["num_hidden_layers"]):
        layer = f"encoder.layer.{k}"
        q, keys, v = (dense(f"{layer}.attention.self.{n}", x) for n in ("query", "key", "value"))
        parts = []
        for own in np.split(np.arange(x.shape[1]), heads):
            shares = softmax(q[:, own] @ keys[:, own].T / np.sqrt(own.size), axis=1)
            parts.append(shares @ v[:, own])
        mixed = dense(f"{layer}.attention.output.dense", np.concatenate(parts, 1))
        x = norm(f"{layer}.attention.output.LayerNorm", x + mixed)
        inner = dense(f"{layer}.intermediate.dense", x)
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        x = norm(f"{layer}.output.LayerNorm", x + dense(f"{layer}.output.dense", inner))
        found.append(x.mean(0))
    return np.array(found)
