import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rdkit import Chem
from scipy.stats import norm, rankdata

from inside import inside
from selection import full
from w2s_jax import data
from w2s_jax.encoders import (
    MASK,
    Alphabet,
    Batch,
    Corpus,
    Encoder,
    Finetuning,
    Learner,
    Pretraining,
    Shape,
    finetune,
    load_encoder,
    losses,
    mask,
    pool,
    pretrain_encoder,
    read_card,
    sample_of,
    shipped_encoders,
    total,
)
from w2s_jax.molecules import (
    DESCRIPTOR_TARGETS,
    SMILES,
    Ranks,
    descriptor_targets,
    descriptor_values,
    flatten,
    read_corpus,
    read_smiles,
)
from w2s_jax.molecules import __main__ as command

check_count = inside("arrays._counts").check_count
plan = inside("encoders._batches").plan
rows_of = inside("encoders._batches").rows_of
LENGTHS = inside("encoders._recipe").LENGTHS
smiles_lines = inside("data._files").smiles_lines
save_state = inside("files._checkpoints").save_state

NEEDS_DATA = pytest.mark.skipif(
    not os.environ.get("W2S_DATA_DIR"), reason="set W2S_DATA_DIR to the folder of the data files"
)
TINY = Pretraining(
    Shape(8, layers=1, vocabulary=SMILES.size),
    tokens=6_000,
    batch_tokens=832,
    lengths=(36, 104),  # every length is a program to compile
    rate=3e-2,
    points=2,
)
INSIDE = "w2s_jax.encoders._pretraining."


def smiles_of(count, seed=0):
    """Chains with a ring and a tail, all different."""
    rng = np.random.default_rng(seed)
    made = {}
    while len(made) < count:
        chain = "".join(rng.choice(["C", "CO", "CN", "C(F)"], rng.integers(2, 7)))
        made[f"{chain}c1ccccc1{'Cl' if len(chain) % 2 else ''}"] = None
    return list(made)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "made.smi.gz"
    with gzip.open(path, "wt") as file:
        file.write("\n".join(smiles_of(300)) + "\n")
    return read_corpus(path, tokens=6_000, leak_free=False)


def equal(left, right):
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


# ---- the corpus


def test_training_is_the_first_and_validation_the_last(tmp_path):
    smiles = flatten(smiles_of(200))
    path = tmp_path / "mine.smi"
    path.write_text("\n".join(smiles_of(200)) + "\n")
    found = read_corpus(path, tokens=500, leak_free=False)
    count = len(found.training.texts)
    assert found.training.texts == tuple(smiles[:count])
    assert found.validation.texts == tuple(smiles[180:])
    assert found.training.ends[-1] == found.training.codes.size >= 500 > found.training.ends[-2]
    whole = read_corpus(path, tokens=10**9, leak_free=False, validation=7)
    assert len(whole.training.texts) == 193
    assert not set(whole.training.texts) & set(whole.validation.texts)


@NEEDS_DATA
def test_what_the_qsar_sets_hold_is_left_out_by_default(tmp_path):
    held = list(read_smiles(data.fetch("overlap")))
    path = tmp_path / "mixed.smi"
    # Spelled otherwise than in the list of what to leave out: as ESOL might, and as random walks.
    walks = [Chem.MolToSmiles(Chem.MolFromSmiles(s), doRandom=True) for s in held[:60]]
    assert len(set(walks) - set(held)) > 40
    mixed = [s for pair in zip(smiles_of(60), walks, strict=False) for s in pair]
    path.write_text("\n".join(mixed) + "\n")
    clean, leaky = (read_corpus(path, tokens=10**6, leak_free=free) for free in (True, False))
    everything = {*clean.training.texts, *clean.validation.texts}
    loads = (data.load_esol, data.load_freesolv, data.load_lipop)
    evaluated = {flat for load in loads for flat in flatten(load().smiles)}
    assert everything == set(flatten(smiles_of(60))) - evaluated
    assert not everything & set(held)
    assert len(leaky.training.texts) + len(leaky.validation.texts) == 120


@NEEDS_DATA
def test_the_chembl_subset_without_the_qsar_sets():
    found = read_corpus(tokens=200_000, validation=500)
    last = smiles_lines(data.fetch("corpus"))[0][-300:]  # RDKit need not read all 616,561 again
    held = {*smiles_lines(data.fetch("overlap"))[0]}
    assert not held & {*found.training.texts, *found.validation.texts}
    assert set(last) - held <= set(found.validation.texts)
    assert found.digest == data.SOURCES["corpus"].sha256


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("CC\n" * 30 + "CC CCO\n", "line 31 of .*mine.smi: 'CC CCO' holds two SMILES"),
        ("CC\n" * 3 + "\nCC\n", "line 4 of .*mine.smi: '' is blank"),
        ("CC\n" * 25 + "C[Hg]C\n" + "CC\n" * 25, "line 26 of .*mine.smi: .*element 'Hg'"),
        ("CC\n" * 25 + "C" * 105 + "\nC" * 9, "line 26 of .*mine.smi: .* has 105 symbols, and at"),
        ("CC\n" * 50, "has 1 molecules to train on"),
        ("CCé\n" * 30, "line 1 of .*mine.smi: 'CCé' holds 'é', which no SMILES holds"),
    ],
)
def test_bad_lines_are_named(tmp_path, text, sentence):
    path = tmp_path / "mine.smi"
    path.write_text(text, encoding="utf8")
    with pytest.raises(ValueError, match=sentence):
        read_corpus(path, tokens=10**6, leak_free=False)


def test_a_broken_archive_and_a_missing_file_are_refused(tmp_path):
    path = tmp_path / "mine.smi.gz"
    path.write_bytes(gzip.compress("\n".join(smiles_of(500)).encode())[:-40])
    for bad in (path, tmp_path / "none.smi"):
        with pytest.raises(ValueError, match=r"name a .smi or .smi.gz file"):
            list(read_smiles(bad))


# ---- batches and masks


def test_an_epoch_deals_out_every_molecule_once():
    lengths = np.random.default_rng(0).integers(1, 105, 3_000)
    dealt = plan(lengths, LENGTHS, 4_096, seed=1, epoch=0)
    rows = np.concatenate([rows for _, rows in dealt])
    assert sorted(rows[rows >= 0]) == list(range(3_000))
    for length, own in dealt:
        assert own.size == rows_of(length, 4_096)
        assert own.size % 8 == 0
        assert 4_096 * 0.8 < own.size * length <= 4_096
        shorter = max([0, *(other for other in LENGTHS if other < length)])
        real = lengths[own[own >= 0]]
        assert ((shorter < real) & (real <= length)).all()
    assert sum((own < 0).any() for _, own in dealt) <= len(LENGTHS)
    again, other, later = (
        plan(lengths, LENGTHS, 4_096, seed=seed, epoch=epoch)
        for seed, epoch in ((1, 0), (2, 0), (1, 1))
    )
    assert equal(dealt, again)
    assert len(later) == len(other) == len(dealt)
    for different in (other, later):
        assert [length for length, _ in different] != [length for length, _ in dealt]
    with pytest.raises(ValueError, match="a text has 105 symbols, and the longest length is 104"):
        plan(np.array([3, 105]), LENGTHS, 4_096, seed=0, epoch=0)


def test_masks_have_bert_s_shares():
    rng = np.random.default_rng(0)
    lengths = rng.integers(10, 53, 4_000)
    codes = np.where(np.arange(52) < lengths[:, None], 27, 0).astype(np.int32)
    hide = partial(mask, codes, 0.15, vocabulary=SMILES.size)
    masked = hide(seed=(3, 4))
    chosen = np.zeros(codes.shape, bool)
    np.put_along_axis(chosen, masked.places, masked.counted, 1)
    assert chosen.sum() == masked.counted.sum()
    assert not chosen[codes == 0].any()
    assert (np.abs(chosen.sum(1) - 0.15 * lengths) < 1).all()
    share = chosen.sum() / lengths.sum()
    assert share == pytest.approx(0.15, abs=0.002)
    np.testing.assert_array_equal(masked.codes[~chosen], codes[~chosen])
    assert (masked.answers[masked.counted] == 27).all()
    shown = masked.codes[chosen]
    # One random symbol in 44 is the one that was there.
    assert (shown == MASK).mean() == pytest.approx(0.8, abs=0.01)
    assert (shown == 27).mean() == pytest.approx(0.1 + 0.1 / 44, abs=0.01)
    others = shown[(shown != MASK) & (shown != 27)]
    assert set(others) == set(range(2, SMILES.size)) - {27}
    assert equal(masked, hide(seed=(3, 4)))
    assert not equal(masked, hide(seed=(3, 5)))


# ---- descriptors


def test_ranks_are_scipy_s():
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(size=500), rng.integers(0, 3, 500), np.zeros(500)], 1)
    wanted = norm.ppf((rankdata(values, axis=0) - 0.5) / 500)
    np.testing.assert_allclose(Ranks(values)(values), wanted, atol=1e-6)
    beyond = Ranks(values)(np.array([[-1e9, -1.0, -1.0], [1e9, 9.0, 1.0]]))
    np.testing.assert_allclose(beyond[:, 0], norm.ppf([0.5 / 500, 1 - 0.5 / 500]), rtol=1e-5)
    with pytest.raises(ValueError, match="at least one molecule"):
        Ranks(np.zeros((0, 3)))


def test_descriptors_by_name_are_rdkit_s(tmp_path, monkeypatch):
    pytest.importorskip("rdkit")
    from w2s_jax.molecules import descriptor_names, descriptors

    monkeypatch.setattr("w2s_jax.molecules._targets._BLOCK", 8)
    smiles = [*smiles_of(18), "[Se]", "OS(=O)(=O)c1ccncc1[N+](=O)[O-]"]
    assert len(set(DESCRIPTOR_TARGETS)) == len(DESCRIPTOR_TARGETS) > 90
    wanted = descriptors(smiles)[:, [descriptor_names().index(name) for name in DESCRIPTOR_TARGETS]]
    found = descriptor_values(smiles, folder=tmp_path)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert len(list(tmp_path.iterdir())) == 3
    kept = sorted(tmp_path.iterdir())[0]
    before = kept.read_bytes()
    calls = []
    with monkeypatch.context() as patch:
        patch.setattr("w2s_jax.molecules._targets._part", lambda *_: calls.append(1))
        np.testing.assert_array_equal(descriptor_values(smiles, folder=tmp_path), found)
    assert not calls
    for broken in (before[:100], before[:-8] + bytes(8)):
        kept.write_bytes(broken)
        np.testing.assert_array_equal(descriptor_values(smiles, folder=tmp_path), found)
        assert kept.read_bytes() == before
    with pytest.raises(ValueError, match="descriptors must be RDKit's, got 'Beauty'"):
        descriptor_values(smiles, names=("Beauty",))
    with pytest.raises(ValueError, match="RDKit cannot read the SMILES 'C1C'"):
        descriptor_values(["C1C"])


# ---- the loss


def test_the_loss_is_the_textbook_s():
    key = jax.random.key(0)
    rng = np.random.default_rng(0)
    learner = jax.tree.map(
        lambda leaf: np.asarray(leaf) + 0.1 * rng.normal(size=leaf.shape).astype(leaf.dtype),
        Learner(Shape(8, vocabulary=SMILES.size), 3, key=key),
    )
    sample = sample_of(["CCO", "c1ccccc1Cl", "CC"], SMILES)
    codes = sample.rows(np.array([0, 1, 2, -1]), 36)
    masked = mask(codes, 0.5, vocabulary=SMILES.size, seed=(0,))
    aims = rng.normal(size=(4, 3)).astype(np.float32)
    described = np.array([True, True, False, False])
    batch = Batch(*masked, aims, described)
    lost = jax.jit(partial(losses, arithmetic=jnp.float32))
    found = lost(learner, batch)
    surprise, hits, squares = 0.0, 0, 0.0
    encode = jax.jit(lambda encoder, codes: encoder(codes))
    for row, smiles in enumerate(sample.texts):
        length = sample.lengths[row]
        alone = encode(learner.encoder, jnp.asarray(masked.codes[row, :length]))[-1]
        alone = np.asarray(alone, np.float64)
        for place, answer in zip(
            masked.places[row][masked.counted[row]],
            masked.answers[row][masked.counted[row]],
            strict=True,
        ):
            logits = alone[place] @ np.asarray(learner.symbols.weights)
            logits = logits + np.asarray(learner.symbols.bias)
            surprise += np.log(np.exp(logits).sum()) - logits[answer]
            hits += int(np.argmax(logits) == answer)
        heads = jax.tree.map(np.asarray, learner.targets)
        if smiles != "CC":
            squares += ((alone.mean(0) @ heads.weights + heads.bias - aims[row]) ** 2).mean()
    np.testing.assert_allclose(found, [surprise, hits, masked.counted.sum(), squares, 2], rtol=1e-4)
    weighted = surprise / masked.counted.sum() + 0.3 * squares / 2
    np.testing.assert_allclose(total(found, 0.3), weighted, rtol=1e-4)
    slope = jax.jit(jax.grad(lambda h: total(lost(h, batch), 1.0)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slope(learner)))


# ---- training


def test_training_learns_and_a_seed_says_it_all(corpus):
    found, again = pretrain_encoder(TINY, corpus), pretrain_encoder(TINY, corpus)
    assert equal(found.encoder, again.encoder)
    assert found.curve == again.curve
    first, last = found.curve
    assert last["training_masked_loss"] < first["training_masked_loss"] < np.log(SMILES.size)
    assert found.final["masked_accuracy"] > 0.25
    assert last["validation_masked_accuracy"] == pytest.approx(found.final["masked_accuracy"], 1e-4)
    assert 6_000 <= last["tokens"] < 6_000 + 832
    other = pretrain_encoder(replace(TINY, seed=1), corpus)
    assert not equal(found.encoder, other.encoder)
    assert found.encoder.tokens.dtype == jnp.float32


@full
def test_descriptors_are_learnt_too(corpus, tmp_path):
    pytest.importorskip("rdkit")
    recipe = replace(TINY, tokens=40_000, targets=("RingCount", "NumHDonors", "MolWt", "TPSA"))
    found = pretrain_encoder(recipe, corpus, descriptor_targets(recipe, corpus, cache=tmp_path))
    assert found.final["target_loss"] < 0.75 * found.curve[0]["training_target_loss"]


@full
def test_bfloat16_learns_about_the_same(corpus):
    single, half = (
        pretrain_encoder(TINY, corpus, arithmetic=a) for a in (jnp.float32, jnp.bfloat16)
    )
    assert half.encoder.tokens.dtype == jnp.float32
    assert not equal(single.encoder, half.encoder)
    losses = [found.curve[-1]["training_masked_loss"] for found in (single, half)]
    assert losses[0] == pytest.approx(losses[1], rel=0.03)


def test_a_run_killed_between_steps_resumes_to_the_same_bits(corpus, tmp_path, monkeypatch):
    whole = pretrain_encoder(TINY, corpus)
    path = tmp_path / "checkpoint.npz"
    kept = []

    def save_and_die(*arguments):
        save_state(*arguments)
        kept.append(arguments[2])
        if len(kept) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(INSIDE + "_SECONDS_BETWEEN_SAVES", -1.0)
        patch.setattr(INSIDE + "save_state", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            pretrain_encoder(TINY, corpus, checkpoint=path)
    assert kept == [1, 2, 3]
    resumed = pretrain_encoder(TINY, corpus, checkpoint=path)
    assert equal(resumed.encoder, whole.encoder)
    assert (resumed.curve, resumed.final) == (whole.curve, whole.final)
    with pytest.raises(ValueError, match="saved by another run"):
        pretrain_encoder(replace(TINY, rate=1e-3), corpus, checkpoint=path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="is not a checkpoint"):
        pretrain_encoder(TINY, corpus, checkpoint=path)


SHARED = """
import json, sys
from dataclasses import replace
import jax
from w2s_jax.encoders import Pretraining, Shape, pretrain_encoder
from w2s_jax.molecules import SMILES, read_corpus
corpus = read_corpus(sys.argv[1], tokens=3_000, leak_free=False)
shape, lengths = Shape(8, vocabulary=SMILES.size), (60, 104)  # two programs to compile
recipe = Pretraining(shape, tokens=3_000, batch_tokens=832, lengths=lengths, points=2)
assert len(jax.devices()) == 8
some = [jax.devices()[:n] for n in (1, 8)]
print(json.dumps([pretrain_encoder(recipe, corpus, devices=own).curve for own in some]))
"""


@full
def test_eight_devices_lose_what_one_does(tmp_path):
    path = tmp_path / "made.smi"
    path.write_text("\n".join(smiles_of(200)) + "\n")
    devices = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", SHARED, str(path)],
        env=os.environ | devices, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, eight = json.loads(done.stdout)
    for alone, shared in zip(one, eight, strict=True):
        assert alone == pytest.approx(shared, rel=1e-5, abs=1e-5)


# ---- refusals and the command


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tokens": 0}, "tokens must be at least 1, got 0"),
        ({"batch_tokens": 100}, "batch_tokens must be at least 832, got 100"),
        ({"points": 0}, "points must be at least 1"),
        ({"validation": 0}, "validation must be at least 1"),
        ({"described": -1}, "described must be at least 0, got -1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"seed": True}, "seed must be an integer of at least 0, got True"),
        ({"rate": -1.0}, "need rate > 0"),
        ({"clip": float("inf")}, "clip > 0"),
        ({"clip": float("nan")}, "clip > 0"),
        ({"rate": 0.0}, "need rate > 0"),
        ({"rate": float("nan")}, "need rate > 0"),
        ({"clip": 0.0}, "clip > 0"),
        ({"decay": -0.1}, "decay ≥ 0"),
        ({"weight": float("inf")}, "weight ≥ 0"),
        ({"warmup": 1.0}, r"warmup in \[0, 1\)"),
        ({"masked": 0.0}, r"masked in \(0, 1\)"),
    ],
)
def test_recipes_refuse_nonsense(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(TINY, **wrong)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 10.5, 7.0, True, "7", None])
def test_counts_are_whole_numbers(wrong):
    with pytest.raises(ValueError, match=f"tokens must be an integer of at least 1, got {wrong!r}"):
        check_count("tokens", wrong, 1)


def test_devices_that_do_not_divide_the_rows_are_refused(corpus):
    with pytest.raises(ValueError, match="shared by 1, 2, 4 or 8 devices, got 3"):
        pretrain_encoder(TINY, corpus, devices=jax.devices()[:1] * 3)


def test_weights_ruined_by_the_last_step_are_refused(corpus, monkeypatch):
    """Its loss, that of the weights before the step, is finite."""
    one = replace(TINY, tokens=1, points=1)
    monkeypatch.setattr(
        INSIDE + "rates", lambda *_, steps, **__: np.full(steps, np.nan, np.float32)
    )
    with pytest.raises(ValueError, match=r"not finite after the last step: lower the rate"):
        pretrain_encoder(one, corpus)


def test_paths_may_be_strings_and_processes_are_counted(corpus, tmp_path):
    one = replace(TINY, tokens=1, points=1, targets=("MolWt",))
    targets = descriptor_targets(one, corpus, cache=str(tmp_path / "cache"))
    pretrain_encoder(one, corpus, targets, checkpoint=str(tmp_path / "a.npz"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "cache"]
    with pytest.raises(ValueError, match="processes must be at least 1, got 0"):
        descriptor_targets(one, corpus, processes=0)
    with pytest.raises(ValueError, match=r"names 1 targets, got \[0\] columns"):
        pretrain_encoder(one, corpus)


@pytest.mark.parametrize("wrong", [{"tokens": 0}, {"tokens": -5}, {"tokens": 1, "validation": 0}])
def test_a_corpus_of_nothing_is_refused(tmp_path, wrong):
    (name,) = (name for name, number in wrong.items() if number < 1)
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, got"):
        read_corpus(tmp_path / "mine.smi", **wrong)


def test_a_diverging_run_stops(corpus):
    with pytest.raises(ValueError, match=r"the loss is not finite at step .*lower the rate"):
        pretrain_encoder(replace(TINY, rate=1e30), corpus)


def test_one_command_trains_writes_and_skips_what_is_finished(tmp_path, capsys):
    from safetensors import safe_open

    path, out = tmp_path / "made.smi", tmp_path / "out"
    path.write_text("\n".join(smiles_of(200)) + "\n")
    line = ["pretrain", "--width", "8", "--layers", "1", "--tokens", "2e3", "--out", str(out)]
    line += ["--corpus", str(path), "--keep-overlap", "--weight", "0", "--quiet"]
    assert command.main(line) == 0
    assert "wrote" in capsys.readouterr().out
    assert sorted(p.name for p in out.iterdir()) == ["encoder.json", "encoder.safetensors"]
    record = json.loads((out / "encoder.json").read_text())
    assert record["recipe"]["shape"]["width"] == 8
    assert len(record["curve"]) >= 1
    assert record["validation"]["masked_accuracy"] == record["accuracy"]
    with safe_open(out / "encoder.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["shape"])["layers"] == 1
        names = {"tokens", "norm.scale", "norm.shift", "blocks.attention.weights"}
        assert names < set(file.keys())
        assert file.get_tensor("tokens").dtype == np.float32
        expected = Encoder(
            Shape(8, 1, vocabulary=SMILES.size), dtype=jnp.float32, key=jax.random.key(0)
        )
        shapes = {file.get_tensor(name).shape for name in file.keys()}  # noqa: SIM118
        assert shapes == {leaf.shape for leaf in jax.tree.leaves(expected)}
    assert command.main(["ship", str(tmp_path), "--out", str(tmp_path / "shipped")]) == 0
    (entry,) = shipped_encoders(tmp_path / "shipped")
    assert (entry["name"], entry["tokens"], entry["accuracy"]) == (
        "out",
        record["tokens"],
        record["accuracy"],
    )
    loaded = load_encoder(tmp_path / "shipped" / "out.safetensors", entry["sha256"])
    kept = load_encoder(out / "encoder.safetensors")
    assert np.abs(loaded.tokens - kept.tokens).max() < 1e-2
    assert read_card(tmp_path / "shipped" / "out.safetensors") == record
    assert command.main(["ship", str(tmp_path / "none"), "--out", str(tmp_path / "more")]) == 2
    assert "holds no encoder" in capsys.readouterr().err
    assert command.main(line) == 0
    assert "is finished" in capsys.readouterr().out
    assert command.main([*line, "--seed", "5"]) == 2
    assert "is of another recipe" in capsys.readouterr().err


def test_the_command_refuses_in_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("W2S_DATA_DIR", raising=False)
    run = command.main
    start = ["pretrain", "--out", str(tmp_path), "--quiet", "--width"]
    assert run([*start, "9"]) == 2
    assert capsys.readouterr().err == "error: 2 heads cannot share a width of 9\n"
    monkeypatch.setattr("w2s_jax.data._fetching._cache_folder", lambda _: tmp_path)
    assert run([*start, "8"]) == 2
    assert "No public address serves it" in capsys.readouterr().err
    assert run([*start, "8", "--corpus", str(tmp_path / "none.smi"), "--keep-overlap"]) == 2
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run([*start, "8", "--tokens", "1.5"])
    assert "must be a whole number such as 5000000 or 5e6" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_family_is_one_strong_and_eight_weak():
    import argparse

    given = {"out": tmp_out(), "only": None, "command": "family", "tokens": 20, "weak_tokens": 5}
    given |= {
        "rate": None,
        "warmup": None,
        "weight": None,
        "described": None,
        "seed": 3,
        "keep_overlap": False,
    }
    pairs = command._recipes(argparse.Namespace(**given, batch_tokens=4096))
    shapes = [(folder.name, r.shape.width, r.shape.layers, r.tokens) for folder, r in pairs]
    assert shapes[-1] == ("strong", 256, 4, 20)
    weak = [(f"weak-{w}", w, 2, 20 if w == 8 else 5) for w in (8, 12, 16, 24, 32, 48, 64, 96)]
    assert shapes[:-1] == weak
    assert all(recipe.leak_free and recipe.seed == 3 for _, recipe in pairs)


def tmp_out():
    from pathlib import Path

    return Path("family")


def test_another_alphabet_fits_without_a_line_copied():
    """Letters, which no molecule has: an encoder reads which one may follow which."""
    letters = Alphabet(tuple("abcdefgh"), list)
    rng = np.random.default_rng(0)

    def word():
        start = rng.integers(8)
        return "".join("abcdefgh"[(start + k) % 8] for k in range(rng.integers(6, 20)))

    training, validation = ([word() for _ in range(n)] for n in (400, 50))
    sizes = np.array([[len(text)] for text in training], np.float32) / 20
    checked = np.array([[len(text)] for text in validation], np.float32) / 20
    corpus = Corpus(sample_of(training, letters), sample_of(validation, letters), "", "words")
    recipe = Pretraining(
        Shape(16, layers=1, vocabulary=letters.size),
        tokens=60_000,
        batch_tokens=256,
        lengths=(20,),
        targets=("length",),
        rate=1e-2,
        points=1,
    )
    found = pretrain_encoder(recipe, corpus, (sizes, checked))
    assert found.final["masked_accuracy"] > 0.6  # one letter in eight by chance
    assert found.final["target_loss"] < 0.3 * checked.var()
    codes = [letters.codes_of(text) for text in training[:40]]
    features = pool(codes, found.encoder)
    assert features.shape == (40, 16)
    tuned = finetune(found.encoder, codes, sizes[:40, 0], Finetuning(epochs=2, tokens=384))
    assert tuned(codes).shape == (40,)
    with pytest.raises(ValueError, match="holds 'z', which the alphabet lacks"):
        letters.codes_of("az")


@full
def test_compiling_ahead_changes_nothing(monkeypatch, corpus):
    """Accelerators compile for all lengths at once, before the first step."""
    recipe = replace(TINY, tokens=2_000, batch_tokens=1_024, rate=None, points=1)
    plain = pretrain_encoder(recipe, corpus)
    kinds = []

    def ahead(*programs):
        kinds.append(len(programs[-1].one_of_each_length()))
        return compile_together(*programs)

    compile_together = sys.modules[INSIDE[:-1]]._compile_together
    monkeypatch.setattr(INSIDE + "_compile_together", ahead)
    monkeypatch.setattr(INSIDE + "_programs_take_long", lambda device: True)
    again = pretrain_encoder(recipe, corpus)
    assert kinds
    assert equal(plain.encoder, again.encoder)
