"""Our encoder against Hugging Face's BertModel, and MolBERT's checkpoint layout.

The tests against `transformers` run after `pip install -e ".[parity]"` and are skipped without it;
those of the layout need nothing, those of PyTorch's own files PyTorch alone.
"""

import argparse
import os
import pickle
import subprocess
import sys
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

from w2s_jax.encoders import Encoder, Shape
from w2s_jax.molecules import MOLBERT_VOCABULARY, features, load_molbert, molbert_codes

WIDTH, LAYERS, HEADS, INSIDE = 24, 3, 4, 40
SMILES = ["CCO", "c1ccccc1Br", "C[C@@H](N)C(=O)[O-]", "CC(=O)Oc1ccccc1C(=O)O"]


def molbert_state(seed=0):
    """A checkpoint in MolBERT's layout, small and random."""
    rng = np.random.default_rng(seed)

    def draw(*axes, spread=0.1, around=0.0):
        return (around + spread * rng.standard_normal(axes)).astype(np.float32)

    def norm(name):
        return {f"{name}.weight": draw(WIDTH, around=1.0), f"{name}.bias": draw(WIDTH)}

    def dense(name, before, after):
        spread = before**-0.5
        return {
            f"{name}.weight": draw(after, before, spread=spread),
            f"{name}.bias": draw(after),
        }

    rates = 1 / 10_000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    state = {
        "embeddings.word_embeddings.weight": draw(MOLBERT_VOCABULARY, WIDTH, spread=1.0),
        "embeddings.position_embeddings.inv_freq": rates.astype(np.float32),
        "embeddings.token_type_embeddings.weight": draw(2, WIDTH, spread=1.0),
        **norm("embeddings.LayerNorm"),
        **dense("pooler.dense", WIDTH, WIDTH),
    }
    for k in range(LAYERS):
        layer = f"encoder.layer.{k}"
        for name in ("query", "key", "value"):
            state |= dense(f"{layer}.attention.self.{name}", WIDTH, WIDTH)
        state |= dense(f"{layer}.attention.output.dense", WIDTH, WIDTH)
        state |= norm(f"{layer}.attention.output.LayerNorm")
        state |= dense(f"{layer}.intermediate.dense", WIDTH, INSIDE)
        state |= dense(f"{layer}.output.dense", INSIDE, WIDTH) | norm(f"{layer}.output.LayerNorm")
    tasks = dense("tasks.0.masked_lm_head.predictions.decoder", WIDTH, MOLBERT_VOCABULARY)
    state = {f"model.bert.{name}": array for name, array in state.items()}
    return state | tasks | {f"model.{name}": array for name, array in tasks.items()}


@pytest.fixture
def state_file(tmp_path):
    path = tmp_path / "molbert.safetensors"
    save_file(molbert_state(), path)
    return path


def padded(rows):
    codes = np.zeros((len(rows), 4 + max(row.size for row in rows)), np.int32)
    for line, row in zip(codes, rows, strict=True):
        line[: row.size] = row
    return codes


# MolBERT's layout


def test_molbert_s_layout_becomes_an_encoder(state_file):
    encoder = load_molbert(state_file, heads=HEADS)
    assert encoder.shape == Shape(WIDTH, LAYERS, HEADS, INSIDE, vocabulary=MOLBERT_VOCABULARY)
    assert {leaf.dtype for leaf in jax.tree.leaves(encoder)} == {np.dtype(np.float32)}
    state = molbert_state()
    layer = "model.bert.encoder.layer.1"
    value = state[f"{layer}.attention.self.value.weight"]
    np.testing.assert_array_equal(encoder.blocks.attention.weights[1, :, 2 * WIDTH :], value.T)
    np.testing.assert_array_equal(
        encoder.blocks.inner.bias[1], state[f"{layer}.intermediate.dense.bias"]
    )
    kind = state["model.bert.embeddings.token_type_embeddings.weight"][0]
    words = state["model.bert.embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(encoder.tokens, words + kind)


def test_molbert_has_features(state_file):
    encoder = load_molbert(state_file, heads=HEADS)
    with pytest.raises(ValueError, match="for example codes=molbert_codes"):
        features(SMILES, encoder)
    found = features(SMILES, encoder, layers="all", codes=molbert_codes)
    assert found.shape == (4, LAYERS * WIDTH)
    for line, row in zip(found, molbert_codes(SMILES), strict=True):
        np.testing.assert_allclose(line, encoder.pooled(jnp.asarray(row)).ravel(), atol=1e-5)


def without(name):
    return lambda state: {key: array for key, array in state.items() if name not in key}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without("layer.1.attention.self.key.bias"), "layer.1.attention.self.key.bias is missing"),
        (without("word_embeddings"), "word_embeddings.weight is missing"),
        (without("token_type"), "token_type_embeddings.weight is missing"),
        (without("layer.1."), "1 blocks and the unknown weights .'encoder.layer.2"),
        (without("encoder.layer"), "0 blocks"),
        (without("inv_freq"), "inv_freq is missing"),
        (lambda s: s | {INV: s[INV] * 2}, "inv_freq are other frequencies"),
        (lambda s: s | {INV: s[INV][:-1]}, "inv_freq are other frequencies"),
        (
            lambda s: s | {"model.bert.embeddings.more": s[INV]},
            "unknown weights .'embeddings.more'",
        ),
        (
            lambda s: s | {"model.bert.encoder.layer.0.output.dense.weight": np.ones((2, 2))},
            "missing, unknown or of another shape|all input array",
        ),
        (lambda s: s | {WORDS: np.full_like(s[WORDS], np.nan)}, "tokens is not finite"),
    ],
)
def test_another_layout_is_refused_by_name(tmp_path, change, complaint):
    path = tmp_path / "other.safetensors"
    save_file(change(molbert_state()), path)
    with pytest.raises(ValueError, match=rf"other.safetensors holds no MolBERT: .*({complaint})"):
        load_molbert(path, heads=HEADS)


INV = "model.bert.embeddings.position_embeddings.inv_freq"
WORDS = "model.bert.embeddings.word_embeddings.weight"


def test_heads_that_do_not_fit_are_refused(state_file):
    with pytest.raises(ValueError, match="5 heads cannot share a width of 24"):
        load_molbert(state_file, heads=5)


def test_a_missing_or_cut_file_is_named(state_file, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*a.ckpt: MolBERT's weights are publ"):
        load_molbert(tmp_path / "a.ckpt")
    state_file.write_bytes(state_file.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"no whole safetensors file: .*copy the file again"):
        load_molbert(state_file, heads=HEADS)


def test_without_torch_a_checkpoint_is_refused_with_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "a.ckpt").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        ImportError, match="needs PyTorch: pip install torch, or give a safetensors"
    ):
        load_molbert(tmp_path / "a.ckpt")


# PyTorch's own files


@pytest.fixture
def torch():
    return pytest.importorskip(
        "torch", reason='PyTorch is missing: pip install -e ".[parity]" to compare with it'
    )


class AttributeDict(dict):
    """As Lightning's, under whose name the test below saves it."""


def checkpoint(torch, extra):
    state = {name: torch.tensor(array) for name, array in molbert_state().items()}
    return {"state_dict": state, "epoch": 3, "pytorch-lightning_version": "0.8.5"} | extra


def lightning(monkeypatch):
    names = ["pytorch_lightning", "pytorch_lightning.utilities"]
    names += ["pytorch_lightning.utilities.parsing"]
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(sys.modules[names[-1]], "AttributeDict", AttributeDict, raising=False)
    monkeypatch.setattr(AttributeDict, "__module__", names[-1])


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("settings", ["Namespace", "AttributeDict", "dict"])
def test_lightning_s_checkpoints_load_without_their_settings(
    torch, tmp_path, monkeypatch, state_file, settings, old
):
    with monkeypatch.context() as patched:
        lightning(patched)
        kind = {"Namespace": argparse.Namespace, "AttributeDict": AttributeDict, "dict": dict}
        chosen = kind[settings](hidden=24, name="molbert")
        path = tmp_path / "last.ckpt"
        saved = checkpoint(torch, {"hyper_parameters": chosen})
        torch.save(saved, path, _use_new_zipfile_serialization=not old)
    ours = jax.tree.leaves(load_molbert(path, heads=HEADS))
    for one, other in zip(
        ours, jax.tree.leaves(load_molbert(state_file, heads=HEADS)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("old", [False, True])
def test_code_in_a_pickle_is_refused_and_not_run(torch, tmp_path, old):
    harmed, path = tmp_path / "harmed", tmp_path / "evil.ckpt"
    saved = checkpoint(torch, {"hyper_parameters": Evil(harmed)})
    torch.save(saved, path, _use_new_zipfile_serialization=not old)
    with pytest.raises(
        ValueError, match=r"other things than weights .*mkdir.*no code of it was run"
    ):
        load_molbert(path, heads=HEADS)
    assert not harmed.exists()
    torch.load(path, weights_only=False)
    assert harmed.is_dir()  # as it would have been
    harmed.rmdir()
    path.write_bytes(pickle.dumps(Evil(harmed), protocol=2))
    with pytest.raises(ValueError, match=r"evil.ckpt holds other things than weights"):
        load_molbert(path, heads=HEADS)
    assert not harmed.exists()


def test_unknown_objects_are_refused_with_the_way_to_convert(torch, tmp_path, state_file):
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint(torch, {"callbacks": types.SimpleNamespace(a=1)}), path)
    with pytest.raises(ValueError, match=r"SimpleNamespace.*convert it once: python -c") as caught:
        load_molbert(path, heads=HEADS)
    command = str(caught.value).split("python -c ")[1].strip("'").replace("FILE", str(path))
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    converted = load_molbert(f"{path}.safetensors", heads=HEADS)
    expected = load_molbert(state_file, heads=HEADS)
    for one, other in zip(jax.tree.leaves(converted), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut"])
def test_what_is_no_checkpoint_is_named(torch, tmp_path, content):
    path = tmp_path / "a.ckpt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a.ckpt"):
        load_molbert(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="is no Lightning checkpoint: it has no 'state_dict'"):
        load_molbert(path)


# Hugging Face's BERT


@pytest.fixture(scope="module")
def transformers():
    pytest.importorskip(
        "torch", reason='PyTorch is missing: pip install -e ".[parity]" to compare with it'
    )
    return pytest.importorskip(
        "transformers", reason='transformers are missing: pip install -e ".[parity]"'
    )


def bert(transformers, dtype, attention):
    """A BertModel with MolBERT's weights and the table of sines in place of trained positions."""
    import torch  # pyright: ignore[reportMissingImports]

    config = transformers.BertConfig(
        vocab_size=MOLBERT_VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INSIDE,
        hidden_act="gelu",
        layer_norm_eps=1e-12,
        max_position_embeddings=64,
        attn_implementation=attention,
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval().to(dtype)
    angle = np.arange(64)[:, None] / 10_000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    table = np.concatenate([np.sin(angle), np.cos(angle)], 1)
    state = {"embeddings.position_embeddings.weight": table}
    for name, array in molbert_state().items():
        if name.startswith(("model.bert.embeddings", "model.bert.encoder")) and name != INV:
            state[name.removeprefix("model.bert.")] = array
    tensors = {name: torch.tensor(array, dtype=dtype) for name, array in state.items()}
    left = model.load_state_dict(tensors, strict=False)
    assert not left.unexpected_keys
    assert not [name for name in left.missing_keys if "weight" in name or "bias" in name]
    return model


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize(("name", "bound"), [("float32", 1e-5), ("float64", 1e-10)])
def test_hidden_states_are_hugging_face_s(transformers, state_file, name, bound, attention):
    import torch  # pyright: ignore[reportMissingImports]

    rows = molbert_codes(SMILES)
    codes = padded(rows)
    model = bert(transformers, getattr(torch, name), attention)
    given = torch.tensor(codes, dtype=torch.long)
    with torch.no_grad():
        states = model(given, attention_mask=(given != 0).long(), output_hidden_states=True)
    theirs = np.stack([state.numpy() for state in states.hidden_states[1:]], 1)
    encoder = load_molbert(state_file, heads=HEADS)
    if name == "float64":
        # Folded in float32, a word's vector and its kind's would differ in the eighth digit.
        state = {key: array.astype(np.float64) for key, array in molbert_state().items()}
        words = state[WORDS] + state["model.bert.embeddings.token_type_embeddings.weight"][:1]
        encoder = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), encoder)
        encoder = replaced(encoder, words)
    ours = jax.jit(jax.vmap(encoder))(jnp.asarray(codes))
    worst = max(
        np.abs(ours[k, :, : row.size] - theirs[k, :, : row.size]).max()
        for k, row in enumerate(rows)
    )
    print(f"{name}, {attention}: largest difference of hidden states {worst:.1e}")
    assert worst <= bound


def replaced(encoder: Encoder, words: np.ndarray) -> Encoder:
    import equinox as eqx

    return eqx.tree_at(lambda e: e.tokens, encoder, jnp.asarray(words))
