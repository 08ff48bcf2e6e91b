import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from rdkit import Chem
from safetensors.numpy import load_file, save, save_file

import programs
from inside import inside
from selection import FULL, full
from w2s_jax.data import load_esol, load_freesolv, load_lipop
from w2s_jax.encoders import (
    PADDED_LENGTHS,
    Encoder,
    Shape,
    load_encoder,
    pool,
    read_card,
    save_encoder,
    shipped_encoders,
)
from w2s_jax.molecules import SMILES, features, flat_codes, flatten, load_molbert, tokenize

smiles_lines = inside("data._files").smiles_lines
write_listing = inside("encoders._weights").write_listing

POOLING = inside("encoders._pooling")
ROOT = Path(__file__).parents[1]
FOLDER = os.environ.get("W2S_DATA_DIR", "")
needs_data = pytest.mark.skipif(
    not Path(FOLDER, "chembl_subset_flat.smi.gz").is_file() or not FOLDER,
    reason="W2S_DATA_DIR names no folder with the molecules",
)
CARD = {"corpus": "none", "seed": 0, "tokens": 0, "accuracy": 0.02, "curve": [[0, 3.8]]}
MOLECULES = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C" * 31, "C" * 32, "C" * 33, "N" * 90]


def encoder(width=16, layers=2, heads=4, seed=0, dtype=np.float32):
    """An encoder with no bias of 0 and no scale of 1; drawn by NumPy, with nothing to compile."""
    shape = Shape(width=width, layers=layers, heads=heads, vocabulary=SMILES.size)
    rng = np.random.default_rng(seed)
    form = jax.eval_shape(lambda key: Encoder(shape, key=key), jax.random.key(0))

    def draw(leaf):
        spread = (0.3 / leaf.shape[-2]) ** 0.5 if leaf.ndim == 3 else 1.0
        return jnp.asarray(spread * rng.standard_normal(leaf.shape), dtype)

    drawn = jax.tree.map(draw, form)
    norms = lambda e: (e.norm, e.blocks.attention_norm, e.blocks.outer_norm)  # noqa: E731
    biases = lambda e: [getattr(e.blocks, n).bias for n in ("attention", "mixed", "inner", "outer")]  # noqa: E731
    drawn = eqx.tree_at(norms, drawn, jax.tree.map(lambda leaf: 0.1 * leaf, norms(drawn)))
    drawn = eqx.tree_at(biases, drawn, [0.1 * bias for bias in biases(drawn)])
    scales = lambda e: [norm.scale for norm in norms(e)]  # noqa: E731
    return eqx.tree_at(scales, drawn, [1 + scale for scale in scales(drawn)])


@eqx.filter_jit
def both(model, codes):
    return model(codes), model.pooled(codes)


def padded(row, length):
    return jnp.asarray(np.pad(row, (0, length - row.size)))


def by_hand(model, codes):
    """One sequence without padding, in NumPy and float64, straight from the formulas."""
    from scipy.special import erf, softmax

    def norm(n, x):
        centered = x - x.mean(-1, keepdims=True)
        return centered / np.sqrt((centered**2).mean(-1, keepdims=True)) * n.scale + n.shift

    model = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model)
    d, found = model.tokens.shape[1], []
    angle = np.arange(codes.size)[:, None] / 10_000 ** (2 * np.arange(d // 2) / d)
    x = model.tokens[codes] + np.concatenate([np.sin(angle), np.cos(angle)], 1)
    x, each = norm(model.norm, x), d // model.heads
    for k in range(model.shape.layers):
        block = jax.tree.map(lambda leaf, k=k: leaf[k], model.blocks)
        q, keys, v = np.split(x @ block.attention.weights + block.attention.bias, 3, axis=1)
        mixed = np.empty_like(x)
        for head in range(model.heads):
            own = slice(head * each, (head + 1) * each)
            mixed[:, own] = softmax(q[:, own] @ keys[:, own].T / each**0.5, axis=1) @ v[:, own]
        x = norm(block.attention_norm, x + mixed @ block.mixed.weights + block.mixed.bias)
        inner = x @ block.inner.weights + block.inner.bias
        inner = inner * (1 + erf(inner / 2**0.5)) / 2
        x = norm(block.outer_norm, x + inner @ block.outer.weights + block.outer.bias)
        found.append(x)
    return np.array(found)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-5), (np.float64, 1e-11)])
def test_the_encoder_is_what_the_formulas_say_and_padding_never_leaks(dtype, bound):
    model = encoder(dtype=dtype)
    for row in tokenize(MOLECULES[:3]):
        expected = by_hand(model, row)
        for length in (24, 64):
            found, pooled = both(model, padded(row, length))
            assert found.shape == (2, length, 16)
            np.testing.assert_allclose(found[:, : row.size], expected, atol=bound)
            np.testing.assert_allclose(pooled, expected.mean(1), atol=bound)


def test_attention_is_what_the_blocks_take_and_never_from_padding():
    model = encoder(heads=4)
    (row,) = tokenize(["CC(=O)O"])
    shares = np.asarray(model.attention(padded(row, 24)))
    assert shares.shape == (2, 4, 24, 24)
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-6)
    assert (shares[..., row.size :] == 0).all()
    assert shares[..., : row.size].std(-1).min() > 1e-3
    np.testing.assert_allclose(
        shares[:, :, : row.size, : row.size], model.attention(padded(row, row.size)), atol=1e-6
    )
    # The last block's output, made again by hand from its shares and the block before it.
    before, last = model(padded(row, 24))[0], jax.tree.map(lambda leaf: leaf[1], model.blocks)
    values = np.split(np.asarray(last.attention(before)), 3, axis=1)[2].reshape(24, 4, 4)
    mixed = np.einsum("hqk,khd->qhd", shares[1], values).reshape(24, 16).astype(np.float32)
    x = last.attention_norm(before + last.mixed(jnp.asarray(mixed)))
    x = last.outer_norm(x + last.outer(jax.nn.gelu(last.inner(x), approximate=False)))
    np.testing.assert_allclose(x, model(padded(row, 24))[1], atol=1e-5)


def test_what_is_not_padding_counts():
    model = encoder()
    (row,) = tokenize(["CCO"])
    _, one = both(model, padded(row, 24))
    _, other = both(model, padded(np.append(row, row[0]), 24))
    assert np.abs(one - other).max() > 1e-2


@pytest.mark.parametrize("layers", ["last", "all"])
def test_features_are_the_pooled_vectors_in_the_order_of_the_molecules(layers):
    model = encoder()
    found = features(MOLECULES, model, layers=layers)
    assert found.dtype == np.float64
    for line, row in zip(found, flat_codes(MOLECULES), strict=True):
        pooled = by_hand(model, row).mean(1)
        expected = pooled[-1] if layers == "last" else pooled.reshape(-1)
        np.testing.assert_allclose(line, expected, atol=1e-5)


def test_a_molecule_alone_is_the_molecule_among_others():
    model = encoder()
    many = features([*MOLECULES * 9, "CCN"], model)
    for place, text in enumerate(MOLECULES):
        np.testing.assert_allclose(features([text], model)[0], many[place], atol=1e-6)
    order = np.random.default_rng(0).permutation(len(many))
    mixed = features([([*MOLECULES * 9, "CCN"])[k] for k in order], model)
    np.testing.assert_allclose(mixed, many[order], atol=1e-6)


def test_features_tell_molecules_apart_but_not_spellings():
    rows = features(["OCC", "CCO", "CCN"], encoder())
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)  # BLAS rounds by place
    assert np.abs(rows[0] - rows[2]).max() > 1e-2


def test_nothing_in_nothing_out():
    assert features([], encoder()).shape == (0, 16)
    assert features((text for text in ["C"]), encoder(), layers="all").shape == (1, 32)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-5), (np.float64, 1e-11)])
def test_numpy_reads_as_jax_does_and_compiles_nothing(dtype, bound):
    model = encoder(layers=3, dtype=dtype)
    ways = (lambda m, c: m(c), lambda m, c: m.pooled(c), lambda m, c: m.attention(c))
    for row in tokenize(MOLECULES[:3]):
        codes = np.pad(row, (0, 40 - row.size))
        for way in ways:
            with programs.counted() as compiled:
                found = way(model, codes)
            assert not compiled
            assert isinstance(found, jax.Array)
            assert found.dtype == dtype
            np.testing.assert_allclose(found, eqx.filter_jit(way)(model, codes), atol=bound)


@pytest.mark.parametrize("layers", ["last", "all"])
def test_little_is_read_by_numpy_and_much_by_jax(layers, monkeypatch):
    model = encoder()
    with programs.counted() as compiled:
        little = features(MOLECULES, model, layers=layers)
    assert not compiled
    monkeypatch.setattr(POOLING, "_LITTLE", 0)
    with programs.counted() as compiled:
        much = features(MOLECULES, model, layers=layers)
    assert len(compiled) == 3  # up to 32, 64 and 128 symbols
    np.testing.assert_allclose(little, much, atol=1e-5)


def test_few_programs_serve_all_sizes(monkeypatch):
    monkeypatch.setattr(POOLING, "_LITTLE", 0)
    model = encoder(width=4, heads=1)
    pooling: Any = POOLING._pool
    pooling.clear_cache()
    for count in (1, 3, 37):
        features(["C" * n for n in range(1, 1 + count)] * 2, model)
        features(["C" * 200] * count, model)
    assert pooling._cache_size() == 3  # up to 32, up to 64, up to 256


def test_a_bar_is_shown_where_wanted(capfd):
    features(MOLECULES, encoder())
    assert capfd.readouterr().err == ""
    features(MOLECULES, encoder(), progress=True)
    assert f"{len(MOLECULES)}/{len(MOLECULES)}" in capfd.readouterr().err


LONG = "C" * 500


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("C1CC", "row 1: RDKit cannot read the SMILES 'C1CC'; drop or mend it"),
        ("", "row 1: '' is blank; drop the row"),
        ("  ", "row 1: '  ' is blank; drop the row"),
        (
            "C[Sn](C)(C)C",
            "row 1: .* holds the element 'Sn', which the encoders never saw; they know B, C",
        ),
        ("[Na+]", "row 1: .* holds the element 'Na'"),
        (LONG, "row 1: 'CCC.* has 500 symbols, and the encoders read 1 to 384; drop it"),
    ],
)
def test_a_bad_molecule_is_named_with_its_remedy(bad, complaint, tmp_path):
    with pytest.raises(ValueError, match=complaint):
        features(["CCO", bad, "CC"], encoder(), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_bad_inputs_are_named(tmp_path):
    with pytest.raises(ValueError, match="smiles must be several strings, got one"):
        features("CCO", encoder())
    wider = eqx.tree_at(lambda e: e.tokens, encoder(), encoder().tokens[:42])
    with pytest.raises(ValueError, match=r"knows 42 codes, not .* 46: name its own function"):
        features(["CCO"], wider)
    with pytest.raises(ValueError, match="row 0: codes 43 to 43, but the encoder knows 1 to 41"):
        features(["s"], wider, codes=lambda smiles: [np.full(3, 43, np.int32) for _ in smiles])
    with pytest.raises(ValueError, match="codes must be a function that a module defines"):
        features(["C"], encoder(), codes=lambda smiles: tokenize(smiles), cache=tmp_path)
    broken = eqx.tree_at(lambda e: e.norm.scale, encoder(), jnp.full(16, jnp.nan, jnp.float32))
    with pytest.raises(ValueError, match="row 0: the encoder gives features that are not finite"):
        features(["C"], broken, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def counted(monkeypatch):
    """How often features were computed rather than found."""
    calls, compute = [], pool

    def counting(*given, **how):
        calls.append(given)
        return compute(*given, **how)

    monkeypatch.setattr("w2s_jax.molecules._features.pool", counting)
    return calls


def test_a_cache_answers_the_second_time_only(tmp_path, counted):
    model = encoder()
    first = features(MOLECULES, model, cache=tmp_path)
    again = features(MOLECULES, load_again(model), cache=str(tmp_path))
    assert len(counted) == 1
    np.testing.assert_array_equal(first, again)
    assert again.dtype == np.float64
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]


def load_again(model):
    return jax.tree.map(lambda leaf: leaf + 0, model)


def test_what_a_cache_is_for(tmp_path, counted):
    model = encoder()
    nudged = eqx.tree_at(lambda e: e.tokens, model, model.tokens.at[30, 3].add(1e-6))
    differing = [
        (MOLECULES, model, {}),
        (MOLECULES[::-1], model, {}),
        (MOLECULES[:-1], model, {}),
        (MOLECULES, nudged, {}),
        (MOLECULES, encoder(heads=2), {}),
        (MOLECULES, model, {"layers": "all"}),
        (MOLECULES, model, {"codes": tokenize}),
    ]
    for smiles, encoder_, options in differing:
        features(smiles, encoder_, cache=tmp_path, **options)
    assert len(counted) == len(list(tmp_path.iterdir())) == len(differing)


def cut(data):
    return data[: len(data) // 2]


def flipped(data):
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


def of_another_size(data):
    found = np.zeros((2, 16), np.float32)
    return save({"features": found}, metadata={"key": "x"})


@pytest.mark.parametrize("damage", [cut, flipped, of_another_size, lambda data: b""])
def test_a_damaged_cache_is_computed_anew(tmp_path, counted, damage):
    first = features(MOLECULES, encoder(), cache=tmp_path)
    (path,) = tmp_path.iterdir()
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    np.testing.assert_array_equal(features(MOLECULES, encoder(), cache=tmp_path), first)
    assert len(counted) == 2
    assert path.read_bytes() == sound


def test_a_cache_that_cannot_be_written_costs_a_warning_only(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.warns(UserWarning, match="the features are not kept in"):
        found = features(MOLECULES, encoder(), cache=folder)
    np.testing.assert_array_equal(found, features(MOLECULES, encoder()))


def test_the_user_s_cache_folder_serves_where_none_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    features(["C"], encoder(), cache=True)
    assert len(list((tmp_path / "w2s-jax" / "features").iterdir())) == 1


# Weights


def test_the_same_weights_are_the_same_bytes(tmp_path):
    digests = {save_encoder(encoder(), tmp_path / f"{k}.safetensors", CARD) for k in range(8)}
    assert len(digests) == 1


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "weak-16.safetensors"
    return path, save_encoder(encoder(), path, CARD)


def test_weights_come_back_as_they_were_rounded(saved):
    path, digest = saved
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    loaded = load_encoder(path, digest)
    assert loaded.shape == Shape(16, layers=2, heads=4, feedforward=64, vocabulary=SMILES.size)
    for ours, theirs in zip(jax.tree.leaves(loaded), jax.tree.leaves(encoder()), strict=True):
        assert ours.dtype == jnp.float32
        np.testing.assert_array_equal(ours, np.asarray(theirs).astype(np.float16))
    assert read_card(path) == CARD


def test_the_file_speaks_for_itself(saved):
    tensors = load_file(saved[0])
    assert {"tokens", "norm.scale", "norm.shift", "blocks.attention.weights"} < tensors.keys()
    assert tensors["blocks.attention.weights"].shape == (2, 16, 48)
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float16)}


def test_full_precision_can_be_kept(tmp_path):
    model = encoder()
    save_encoder(model, tmp_path / "a.safetensors", {}, dtype=np.float32)
    loaded = load_encoder(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(features(MOLECULES, loaded), features(MOLECULES, model))


@pytest.mark.parametrize(
    "sizes",
    [(8, 2, 2), *(pytest.param(size, marks=full) for size in ((96, 2, 4), (256, 4, 8)))],
)
def test_half_precision_moves_features_by_less_than_a_thousandth(tmp_path, sizes):
    model = encoder(*sizes)
    save_encoder(model, tmp_path / "a.safetensors", {})
    loaded = load_encoder(tmp_path / "a.safetensors")
    exact = features(MOLECULES, model)
    moved = np.linalg.norm(features(MOLECULES, loaded) - exact, axis=1)
    assert (moved <= 1e-3 * np.linalg.norm(exact, axis=1)).all()
    assert moved.max() > 1e-6


def test_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    with pytest.raises(ValueError, match=r"path must end in .safetensors, got 'a.npz'"):
        save_encoder(encoder(), tmp_path / "a.npz", {})
    with pytest.raises(ValueError, match="card must hold what JSON can hold"):
        save_encoder(encoder(), path, {"accuracy": float("nan")})
    with pytest.raises(ValueError, match="card must hold what JSON can hold"):
        save_encoder(encoder(), path, {"recipe": object()})
    huge = eqx.tree_at(lambda e: e.norm.scale, encoder(), jnp.full(16, 1e6, jnp.float32))
    with pytest.raises(ValueError, match=r"norm.scale is not finite in float16; nothing written"):
        save_encoder(huge, path, {})

    def fail(*given):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_encoder(encoder(), path, {})
    assert list(tmp_path.iterdir()) == []


REMEDY = "or train an encoder: python -m w2s_jax.molecules pretrain"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "no whole safetensors file"),
        (lambda data: b"", "no whole safetensors file"),
        (lambda data: b"not weights at all, just words" * 9, "no whole safetensors file"),
        (lambda data: data + b"more", "no whole safetensors file"),
        (lambda data: save({"x": np.ones(2)}), "its metadata name no shape"),
        (lambda data: save({"x": np.ones(2)}, {"shape": "[]"}), "its metadata name no shape"),
        (
            lambda data: save({"x": np.ones(2)}, {"shape": '{"width": 0, "vocabulary": 46}'}),
            "its metadata name no shape .width must be at least 1",
        ),
        (
            lambda data: save({"x": np.ones(2)}, {"shape": '{"width": 16, "vocabulary": 46}'}),
            "blocks.attention.bias is missing, unknown or of another shape",
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_named_with_the_remedy(saved, damage, reason):
    path, digest = saved
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"holds no encoder of this package: {reason}") as caught:
        load_encoder(path)
    assert str(caught.value).endswith(REMEDY)
    # Another copy mends a damaged file, but not a whole one of another kind.
    assert ("Copy the file again" in str(caught.value)) == ("no whole" in reason)
    with pytest.raises(ValueError, match="is not the expected file: its SHA-256 is"):
        load_encoder(path, digest)


def test_a_changed_number_is_found_by_the_hash_or_by_not_being_one(saved):
    path, digest = saved
    path.write_bytes(flipped(path.read_bytes()))
    load_encoder(path)
    with pytest.raises(ValueError, match=r"It was cut or changed; install the package anew"):
        load_encoder(path, digest)
    tensors = load_file(path) | {"norm.scale": np.full(16, np.inf, np.float16)}
    shape = json.dumps({"width": 16, "heads": 4, "vocabulary": 46})
    save_file(tensors, path, {"shape": shape})
    with pytest.raises(ValueError, match=r"norm.scale is not finite"):
        load_encoder(path)
    with pytest.raises(ValueError, match="it has no model card"):
        read_card(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*a.safetensors; name another"):
        load_encoder(tmp_path / "a.safetensors")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    monkeypatch.setattr("w2s_jax.encoders._weights._SHIPPED", tmp_path)
    for name, width in (("weak-8", 8), ("strong", 16)):
        save_encoder(encoder(width, heads=2), tmp_path / f"{name}.safetensors", CARD)
    write_listing(tmp_path)
    return tmp_path


def test_what_ships_is_listed_and_loads_by_name(shipped):
    listed = shipped_encoders(shipped)
    assert [entry["name"] for entry in listed] == ["strong", "weak-8"]
    keys = {"name", "file", "sha256", "width", "layers", "tokens", "accuracy"}
    assert all(entry.keys() == keys for entry in listed)
    assert load_encoder("weak-8").shape.width == 8
    assert read_card("strong") == CARD
    with pytest.raises(FileNotFoundError, match=r"no encoder 'weak-7' .*there are strong, weak-8"):
        load_encoder("weak-7")


@pytest.mark.parametrize("damage", [cut, flipped])
def test_what_ships_is_checked(shipped, damage):
    path = shipped / "strong.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"It was cut or changed; install the package anew"):
        load_encoder("strong")
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"there is no file .*strong.safetensors"):
        load_encoder("strong")


def test_a_package_without_weights_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("w2s_jax.encoders._weights._SHIPPED", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no encoders ship .* train one: python -m"):
        load_encoder("strong")


def test_a_listing_needs_what_it_lists(tmp_path):
    save_encoder(encoder(), tmp_path / "a.safetensors", {"tokens": 1})
    with pytest.raises(ValueError, match=r"the card of .*a.safetensors must name accuracy"):
        write_listing(tmp_path)
    assert not (tmp_path / "weights.json").exists()


def test_the_weights_of_this_checkout_are_small_and_whole():
    folder = ROOT / "src" / "w2s_jax" / "encoders" / "shipped"
    names = [entry["name"] for entry in shipped_encoders(folder)]
    assert names == ["strong", *(f"weak-{width}" for width in (96, 64, 48, 32, 24, 16, 12, 8))]
    files = {entry["file"] for entry in shipped_encoders(folder)}
    assert files == {path.name for path in folder.glob("*.safetensors")}
    assert sum((folder / name).stat().st_size for name in files) <= 20e6
    for entry in shipped_encoders(folder):
        model = load_encoder(entry["name"])
        assert (model.shape.width, model.shape.layers) == (entry["width"], entry["layers"])
        assert model.shape.vocabulary == SMILES.size
        if FULL or entry["name"] in (names[0], names[-1]):  # each is another program
            assert np.isfinite(features(MOLECULES, model)).all()
        assert "CC BY-SA 3.0" in read_card(entry["name"])["licence"]


@pytest.mark.parametrize(
    ("kind", "narrow"),
    [
        ("BF16", ml_dtypes.bfloat16),
        ("F8_E4M3", ml_dtypes.float8_e4m3fn),
        ("F8_E5M2", ml_dtypes.float8_e5m2),
    ],
)
def test_narrow_floats_are_read_as_they_are(tmp_path, kind, narrow):
    model = encoder()
    leaves = jax.tree_util.tree_leaves_with_path(model)
    names = [jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in leaves]
    tensors = {
        n: np.asarray(leaf).astype(narrow) for n, (_, leaf) in zip(names, leaves, strict=True)
    }
    path = tmp_path / "narrow.safetensors"
    path.write_bytes(
        by_the_format(
            tensors, kind, {"shape": json.dumps({"width": 16, "heads": 4, "vocabulary": 46})}
        )
    )
    loaded = load_encoder(path)
    for ours, theirs in zip(jax.tree.leaves(loaded), jax.tree.leaves(model), strict=True):
        assert ours.dtype == jnp.float32
        np.testing.assert_array_equal(ours, np.asarray(theirs).astype(narrow).astype(np.float32))


def by_the_format(tensors, kind, metadata):
    """A safetensors file written from the format's description, for kinds that numpy lacks."""
    header: dict[str, Any] = {"__metadata__": metadata}
    numbers, at = b"", 0
    for name, tensor in tensors.items():
        numbers += tensor.tobytes()
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [at, len(numbers)]}
        at = len(numbers)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + numbers


def test_numbers_that_numpy_cannot_hold_are_named_and_not_called_damage(tmp_path):
    path = tmp_path / "odd.safetensors"
    path.write_bytes(by_the_format({"x": np.zeros(4, np.uint8)}, "F8_E8M0", {"shape": "{}"}))
    with pytest.raises(ValueError, match="tensor 'x' has the dtype F8_E8M0, which numpy") as caught:
        load_encoder(path)
    assert "Copy the file again" not in str(caught.value)
    with pytest.raises(ValueError, match=r"holds no MolBERT: .*F8_E8M0"):
        load_molbert(path)


def test_bfloat16_can_be_kept_and_integers_cannot(tmp_path):
    path = tmp_path / "a.safetensors"
    save_encoder(encoder(), path, {}, dtype=jnp.bfloat16)
    rounded = np.asarray(encoder().tokens).astype(ml_dtypes.bfloat16).astype(np.float32)
    np.testing.assert_array_equal(load_encoder(path).tokens, rounded)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="dtype must be one of floats, such as float16, got int8"):
        save_encoder(encoder(), path, {}, dtype=np.int8)
    assert path.read_bytes() == before


def test_a_disk_that_fills_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_encoder(encoder(), path, {"seed": 1})

    def fail(*given):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save_encoder(encoder(seed=3), path, {"seed": 2})
    assert read_card(path) == {"seed": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_the_user_s_mask_allows(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    save_encoder(encoder(), tmp_path / "a.safetensors", {})
    plain, ours = ((tmp_path / name).stat().st_mode for name in ("plain", "a.safetensors"))
    assert plain == ours


# Flattening


def test_flattening_keeps_the_largest_piece_without_its_stereochemistry():
    found = flatten(["C[C@@H](N)C(=O)O.Cl", "F/C=C/F", "[Na+].CC(=O)[O-]", "OCC", "O.CC.NN"])
    assert found == ["CC(N)C(=O)O", "FC=CF", "CC(=O)[O-]", "CCO", "CC"]


@pytest.mark.parametrize("bad", ["C1CC", "nonsense"])
def test_flattening_names_the_row(bad):
    with pytest.raises(ValueError, match=f"row 1: RDKit cannot read the SMILES '{bad}'"):
        flatten(["C", bad])
    with pytest.raises(ValueError, match="several strings"):
        flatten("CC")


@needs_data
def test_the_corpus_is_flat_and_the_data_sets_become_so():
    import gzip

    with gzip.open(Path(FOLDER, "chembl_subset_flat.smi.gz"), "rt") as lines:
        corpus = [next(lines).strip() for _ in range(2000)]
    assert flatten(corpus) == corpus
    overlap = set(Path(FOLDER, "overlap_with_qsar_flat.txt").read_text().split())
    flat = {f.__name__: flatten(f().smiles) for f in (load_esol, load_freesolv, load_lipop)}
    for name, count in (("load_esol", 374), ("load_freesolv", 187), ("load_lipop", 2069)):
        assert sum(text in overlap for text in flat[name]) == count
        assert flatten(flat[name]) == flat[name]
        assert max(row.size for row in tokenize(flat[name])) <= PADDED_LENGTHS[-1]
        for before, after in list(zip(load(name), flat[name], strict=True))[:50]:
            heavy = Chem.MolFromSmiles(before).GetNumHeavyAtoms()
            assert Chem.MolFromSmiles(after).GetNumHeavyAtoms() <= heavy


@needs_data
@pytest.mark.parametrize("loaded", [load_esol, load_freesolv, load_lipop])
def test_the_flat_strings_of_the_published_sets_are_those_that_encoders_were_trained_beside(loaded):
    """The rule until now: the first of the largest fragments, without stereochemistry."""

    def before(text):
        pieces = Chem.GetMolFrags(Chem.MolFromSmiles(text), asMols=True)
        largest = max(pieces, key=lambda piece: piece.GetNumHeavyAtoms())
        Chem.RemoveStereochemistry(largest)
        return Chem.MolToSmiles(largest)

    smiles = loaded().smiles
    assert flatten(smiles) == [before(text) for text in smiles]


@full
@needs_data
@pytest.mark.timeout(3600)
def test_the_corpus_is_flat_has_no_molecule_twice_and_its_list_of_leaks_is_complete():
    """What `read_corpus` takes for granted of this one file, by structure."""
    corpus, _ = smiles_lines(Path(FOLDER, "chembl_subset_flat.smi.gz"))
    listed, _ = smiles_lines(Path(FOLDER, "overlap_with_qsar_flat.txt"))
    sets = [flatten(loaded().smiles) for loaded in (load_esol, load_freesolv, load_lipop)]
    assert all(flatten([text]) == [text] for text in corpus)
    assert len(set(corpus)) == len(corpus)
    assert set(listed) == set(corpus) & set().union(*sets)


def load(name):
    return {"load_esol": load_esol, "load_freesolv": load_freesolv, "load_lipop": load_lipop}[
        name
    ]().smiles


def test_the_package_of_molecules_stays_light():
    program = "from w2s_jax.molecules import features; import sys; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"rdkit", "torch", "pooch", "safetensors", "optax", "transformers"} & set(found)
