import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from inside import inside
from selection import few, full
from w2s_jax import MLP, RandomFeatures
from w2s_jax.files import fingerprint
from w2s_jax.representations import (
    PRESETS,
    Recipe,
    perturb,
    pretrain,
    recipe_named,
    training_batches,
    training_tasks,
)

descent = inside("representations._descent")
descend = inside("representations._descent").descend

KEYS = jax.random.split(jax.random.key(7), 3)
SMALL = Recipe(tasks=3, inputs=50, epochs=6, batch=32)


def network(depth, key, dtype=jnp.float64):
    return MLP(8, 16, depth, dtype=dtype, key=key)


def networks(depth, stream, dtype=jnp.float64):
    return jax.vmap(lambda k: network(depth, jax.random.fold_in(k, stream), dtype))(KEYS)


def one(tree, place):
    return jax.tree.map(lambda leaf: leaf[place], tree)


def equal(left, right):
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def by_hand(start, truth, recipe, key):
    """The recipe as a plain loop over batches, with optax on the tree of layers."""
    tasks = training_tasks(truth, recipe, key=key)
    order = training_batches(recipe, 0, recipe.epochs, key=key)
    optimizer = optax.adamw(recipe.rate, weight_decay=recipe.decay)

    @jax.value_and_grad
    def loss(h, x, y, t):
        return ((jax.vmap(h)(x) @ tasks.weights[t] + tasks.biases[t] - y) ** 2).mean()

    @jax.jit
    def step(h, state, x, y, t):
        value, slope = loss(h, x, y, t)
        update, state = optimizer.update(slope, state, h)
        return optax.apply_updates(h, update), state, value

    h, losses = start, []
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        state = optimizer.init(h)
        for epoch in order:
            for t, batches in enumerate(epoch):
                for batch in batches:
                    own = batch[batch >= 0]
                    h, state, value = step(h, state, tasks.inputs[t, own], tasks.labels[t, own], t)
                    losses.append(float(value))
    return h, losses


def test_training_is_the_loop_that_the_docstring_says():
    start, truth, key = network(2, KEYS[0]), network(5, KEYS[1]), KEYS[2]
    found = pretrain(start, truth, preset=SMALL, key=key)
    h, losses = by_hand(start, truth, SMALL, key)
    assert found.losses.shape == (SMALL.steps,) == (36,)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-9)
    for ours, theirs in zip(jax.tree.leaves(found.representation), jax.tree.leaves(h), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
    tasks = training_tasks(truth, SMALL, key=key)
    features = jax.vmap(jax.vmap(found.representation))(tasks.inputs)
    misses = np.einsum("tnk,tk->tn", features, tasks.weights) + tasks.biases[:, None]
    np.testing.assert_allclose(found.errors, ((misses - tasks.labels) ** 2).mean(1), rtol=1e-10)


def test_the_loop_would_notice_another_decay():
    start, truth, key = network(2, KEYS[0]), network(5, KEYS[1]), KEYS[2]
    found = pretrain(start, truth, preset=replace(SMALL, decay=0.0), key=key)
    _, losses = by_hand(start, truth, SMALL, key)
    assert not np.allclose(found.losses, losses, rtol=1e-7)


def test_the_paper_s_recipe_is_the_paper_s():
    paper = PRESETS["paper"]
    assert (paper.tasks, paper.inputs, paper.epochs, paper.batch) == (10, 2000, 1000, 32)
    assert (paper.rate, paper.decay, paper.cosine, paper.joint) == (1e-3, 0.01, False, False)
    assert paper.steps == 10 * 1000 * 63
    assert PRESETS["joint"].steps == 60_000
    assert PRESETS["joint"].tasks == 64
    assert recipe_named("reader") is PRESETS["reader"]


def test_batches_are_an_order_of_all_inputs_drawn_anew_in_each_epoch():
    order = training_batches(SMALL, 0, 4, key=KEYS[0]).reshape(4 * 3, -1)
    for row in order:
        assert sorted(row[row >= 0]) == list(range(50))
        assert (row[50:] == -1).all()
    assert len({tuple(row) for row in order}) == 12
    later = training_batches(SMALL, 2, 1, key=KEYS[0])
    np.testing.assert_array_equal(later.reshape(3, -1), order[6:9])
    assert not (training_batches(SMALL, 0, 4, key=KEYS[1]).reshape(12, -1) == order).all()


def test_the_first_epoch_s_order_and_the_tasks_come_from_different_streams():
    """numpy seeds [a, b] and [a, b, 0] alike: the two must not share numbers."""
    words = np.asarray(jax.random.key_data(KEYS[0])).tolist()
    shared = np.random.default_rng(words).permuted(np.tile(np.arange(50), (3, 1)), axis=1)
    order = training_batches(SMALL, 0, 1, key=KEYS[0]).reshape(3, -1)[:, :50]
    assert not (order == shared).all()


def test_a_short_last_batch_counts_what_it_holds():
    shares = Recipe(inputs=50, batch=32).shares
    np.testing.assert_allclose(shares.sum(1), 1)
    np.testing.assert_allclose(shares[0], 1 / 32)
    np.testing.assert_allclose(shares[1, :18], 1 / 18)
    assert (shares[1, 18:] == 0).all()


@pytest.mark.parametrize("joint", [False, True])
def test_seeds_in_one_program_are_seeds_alone(joint):
    recipe = replace(SMALL, joint=joint, cosine=joint)
    start, truth = networks(2, 0), networks(5, 1)
    together = pretrain(start, truth, preset=recipe, key=KEYS)
    assert together.losses.shape == (3, recipe.steps)
    for place in range(3):
        alone = pretrain(one(start, place), one(truth, place), preset=recipe, key=KEYS[place])
        np.testing.assert_allclose(together.losses[place], alone.losses, rtol=1e-9)
    assert not np.allclose(together.losses[0], together.losses[1])


def test_the_joint_recipe_sees_fresh_inputs_and_all_heads():
    recipe = Recipe(tasks=4, inputs=32, epochs=3, joint=True, rate=1e-12)
    start, truth = network(2, KEYS[0]), network(5, KEYS[1])
    losses = pretrain(start, truth, preset=recipe, key=KEYS[2]).losses
    assert losses.shape == (3,)
    assert len(set(losses.tolist())) == 3
    many = replace(recipe, inputs=20_000)
    tasks = training_tasks(truth, many, key=KEYS[2])
    features = jax.vmap(jax.vmap(start))(tasks.inputs)
    misses = np.einsum("tnk,tk->tn", features, tasks.weights) + tasks.biases[:, None] - tasks.labels
    mean = pretrain(start, truth, preset=many, key=KEYS[2]).losses.mean()
    np.testing.assert_allclose(mean, (misses**2).mean(), rtol=0.05)


def test_training_learns():
    recipe = Recipe(tasks=16, inputs=3200, epochs=30, rate=3e-3, cosine=True, joint=True)
    start, truth = network(2, KEYS[0], jnp.float32), network(5, KEYS[1], jnp.float32)
    found = pretrain(start, truth, preset=recipe, key=KEYS[2])
    labels = training_tasks(truth, recipe, key=KEYS[2]).labels
    assert found.representation.layers[0].weight.dtype == jnp.float32
    assert found.errors.mean() < 0.8 * labels.var(1).mean() < found.losses[:10].mean()


@pytest.mark.parametrize("joint", few([False, True], False))
def test_a_run_killed_between_chunks_resumes_to_the_same_bits(tmp_path, monkeypatch, joint):
    recipe = Recipe(tasks=2, inputs=64, epochs=5000, joint=joint)
    recipe = replace(recipe, epochs=4 * recipe.chunk)
    start, truth = network(2, KEYS[0], jnp.float32), network(5, KEYS[1], jnp.float32)
    whole = pretrain(start, truth, preset=recipe, key=KEYS[2])
    path = tmp_path / "weak.npz"
    monkeypatch.setattr("w2s_jax.representations._descent._SECONDS_BETWEEN_SAVES", -1.0)
    kept = []

    def dies(chunks):
        save = descent.save_state

        def save_and_die(*arguments):
            save(*arguments)
            kept.append(path.stat().st_size)
            if len(kept) == chunks:
                raise KeyboardInterrupt

        return save_and_die

    with monkeypatch.context() as patch:
        patch.setattr("w2s_jax.representations._descent.save_state", dies(2))
        with pytest.raises(KeyboardInterrupt):
            pretrain(start, truth, preset=recipe, checkpoint=path, key=KEYS[2])
    with np.load(path, allow_pickle=False) as file:
        assert 0 < int(file["done"]) < recipe.epochs
    resumed = pretrain(start, truth, preset=recipe, checkpoint=path, key=KEYS[2])
    assert equal(resumed, whole)
    assert [p.name for p in tmp_path.iterdir()] == ["weak.npz"]
    with pytest.raises(ValueError, match="saved by another run"):
        pretrain(start, truth, preset=replace(recipe, rate=1e-2), checkpoint=path, key=KEYS[2])
    path.write_bytes(path.read_bytes()[: kept[0] // 2])
    with pytest.raises(ValueError, match="is not a checkpoint"):
        pretrain(start, truth, preset=recipe, checkpoint=path, key=KEYS[2])


PROGRAM = """
import sys, jax
from pathlib import Path
from w2s_jax import MLP
from w2s_jax.representations import Recipe, pretrain
descent = sys.modules["w2s_jax.representations._descent"]
descent._SECONDS_BETWEEN_SAVES = -1.0
h, start = (MLP(8, 16, depth, key=jax.random.key(depth)) for depth in (5, 2))
recipe = Recipe(tasks=2, inputs=2000, epochs=600)
found = pretrain(start, h, preset=recipe, checkpoint=Path(sys.argv[1]), key=jax.random.key(0))
weights = found.representation.layers[0].weight
print(found.losses.tobytes().hex()[-4000:], float(weights.sum()).hex())
"""


@full
@pytest.mark.timeout(240)
def test_a_process_killed_at_any_moment_resumes_to_the_same_bits(tmp_path):
    def start(name):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / name)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    path, kills = tmp_path / "killed.npz", 0
    for wanted in (1, 2):
        process = start("killed.npz")
        before = path.stat().st_mtime_ns if path.exists() else 0
        while process.poll() is None:
            if path.exists() and path.stat().st_mtime_ns > before:
                time.sleep(0.01 * wanted)  # somewhere in the next chunk, or in a save
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
        assert process.stdout is not None
        process.stdout.close()
    outputs = []
    for name in ("killed.npz", "whole.npz"):
        outputs.append(start(name).communicate()[0])
    assert kills == 2
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 1000


def test_descend_reports_progress_and_resumes_a_finished_run(tmp_path, capsys):
    def advance(total, numbers):
        return total + numbers.sum(), numbers

    def run():
        return descend(
            advance,
            jnp.zeros(()),
            lambda first, count: jnp.arange(1.0 * first, first + count),
            epochs=5,
            chunk=2,
            run="x",
            checkpoint=tmp_path / "sum.npz",
            progress=True,
            label="adding",
        )

    for _ in range(2):
        total, losses = run()
        assert total == 10
        np.testing.assert_array_equal(losses, np.arange(5))
    shown = capsys.readouterr().err
    assert "adding" in shown
    assert "5/5" in shown
    assert "loss=" in shown


def test_fingerprints_tell_everything_apart():
    parts = [Recipe(), Recipe(epochs=2), np.zeros(2), np.zeros(3), np.zeros(2, np.float32), "a"]
    assert len({fingerprint(part) for part in parts}) == len(parts)
    assert fingerprint("a", "b") != fingerprint("ab")


def test_perturb_disturbs_each_layer_in_proportion():
    h = MLP(200, 300, 3, key=KEYS[0])
    h = eqx.tree_at(lambda h: h.layers[1].weight, h, 100 * h.layers[1].weight)
    for scale in (0.1, 0.5):
        near = perturb(h, scale, key=KEYS[1])
        for before, after in zip(h.layers, near.layers, strict=True):
            for name in ("weight", "bias"):
                a, b = np.asarray(getattr(before, name)), np.asarray(getattr(after, name))
                ratio = (b - a).std() / np.sqrt((a**2).mean())
                assert ratio == pytest.approx(scale, rel=4 / np.sqrt(2 * a.size))
    assert equal(perturb(h, 0.0, key=KEYS[1]), h)


def test_perturb_is_for_any_representation_and_takes_one_noise_at_any_scale():
    h = RandomFeatures(3, 40, key=KEYS[0])
    small, large = (perturb(h, scale, key=KEYS[1]) for scale in (0.1, 0.2))
    np.testing.assert_allclose(
        large.weights - h.weights, 2 * (small.weights - h.weights), rtol=1e-9, atol=1e-14
    )
    assert not equal(perturb(h, 0.1, key=KEYS[2]), small)


@pytest.mark.parametrize("scale", [-0.1, np.inf, np.nan])
def test_perturb_refuses_nonsense(scale):
    with pytest.raises(ValueError, match="scale must be at least 0 and finite"):
        perturb(network(2, KEYS[0]), scale, key=KEYS[1])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tasks": 0}, "tasks must be at least 1, got 0"),
        ({"inputs": 0}, "inputs must be at least 1, got 0"),
        ({"epochs": -1}, "epochs must be at least 1, got -1"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"rate": 0.0}, "need rate > 0"),
        ({"decay": -0.1}, "decay ≥ 0"),
    ],
)
def test_recipes_refuse_nonsense(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Recipe(**wrong)


def test_pretrain_refuses_nonsense():
    start, truth = network(2, KEYS[0]), network(5, KEYS[1])
    wide, other = MLP(8, 20, 2, key=KEYS[0]), MLP(7, 16, 2, key=KEYS[0])
    for wrong, sentence in (
        ({"preset": "fast"}, r"preset must be of \['joint', 'paper', 'reader'\]"),
        ({"sigma": -1.0}, "sigma must be positive and finite, got -1.0"),
        ({"sigma": np.nan}, "sigma must be positive"),
        ({"representation": wide}, "widths must match: representation 20, truth 16"),
        ({"representation": other}, "input dimensions must match: representation 7, truth 8"),
        ({"key": KEYS}, r"representation is batched as \(\), but key as \(3,\)"),
    ):
        arguments = {"representation": start, "truth": truth, "preset": SMALL, "key": KEYS[0]}
        with pytest.raises(ValueError, match=sentence):
            pretrain(**(arguments | wrong))


@full
@pytest.mark.timeout(1800)
def test_the_paper_s_preset_ends_where_the_record_says():
    """Within a factor of 2.5: 630,000 steps in float32 carry another machine's rounding far."""
    from w2s_jax.experiments.synthetic import SyntheticConfig, pretrained
    from w2s_jax.records import recorded_rows

    found = pretrained(SyntheticConfig())
    rows = [row for row in recorded_rows("synthetic") if row["what"] == "pretraining"]
    for row in (row for row in rows if row["preset"] == "paper"):
        loss = float(found[row["role"]].losses[row["seed"], -630:].mean())
        assert 0.4 < loss / row["last_epoch_loss"] < 2.5


def test_checkpoints_are_files_of_numbers(tmp_path):
    path = Path(tmp_path) / "state.npz"
    pretrain(network(2, KEYS[0]), network(5, KEYS[1]), preset=SMALL, checkpoint=path, key=KEYS[2])
    with np.load(path, allow_pickle=False) as file:
        assert {"run", "done", "losses", "state0"} <= set(file.files)
