import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inside import inside
from selection import full
from w2s_jax import LinearHead, evaluate, fit_heads, represent
from w2s_jax.experiments import __main__ as command
from w2s_jax.experiments import synthetic
from w2s_jax.experiments.synthetic import SyntheticConfig, r_squared, summarize
from w2s_jax.records import provenance, recorded_rows
from w2s_jax.representations import MLP, PRESETS, Recipe

Heads = inside("experiments.synthetic._models").Heads
TaskSetting = inside("experiments.synthetic._models").TaskSetting
deepen = inside("experiments.synthetic._models").deepen
draw_models = inside("experiments.synthetic._models").draw_models
training_data = inside("experiments.synthetic._models").training_data
TaskSetting = inside("experiments.synthetic._models").TaskSetting

panels, tasks = inside("experiments.synthetic._panels"), inside("experiments.synthetic._tasks")
KEYS_OF = tasks._keys
RECIPE = Recipe(tasks=16, inputs=1600, epochs=20, rate=3e-3, cosine=True, joint=True)
SMALL = SyntheticConfig(seeds=(0, 1), tasks=12, preset=RECIPE, noises=((0.03, 0.3), (0.3, 0.6)))
ERRORS = ("weak_error", "student_error", "misfit", "gain", "slack", "ceiling", "epsilon")


@pytest.fixture(scope="module")
def rows():
    return synthetic.run_synthetic(SMALL, progress=False)


def column(rows, name, **where):
    chosen = [row for row in rows if all(row.get(key) == v for key, v in where.items())]
    assert chosen
    return np.array([row[name] for row in chosen])


def test_there_is_a_row_for_each_panel_noise_seed_and_task(rows):
    assert len(rows) == (1 + 1 + 2) * 2 * 12
    places = {
        (row["panel"], row.get("strong_noise"), row.get("weak_noise"), row["seed"], row["task"])
        for row in rows
    }
    assert len(places) == len(rows)
    for row in rows:
        assert {*ERRORS, "correction", "misfit_apart", "rank", "rank_weak"} <= set(row)
        assert {f"{name}_insample" for name in (*ERRORS, "correction")} <= set(row)
        assert ("strong_noise" in row) == (row["panel"] == "c")


@pytest.mark.parametrize("panel", ["a", "b", "c"])
def test_in_sample_the_identity_is_exact_on_every_task(rows, panel):
    """|gain − misfit + 2⟨(I−P)w, (I−P)f⟩| ≤ 1e-10 of the weak error, at the numerical rank."""
    off = column(rows, "slack_insample", panel=panel) + column(
        rows, "correction_insample", panel=panel
    )
    assert (abs(off) <= 1e-10 * column(rows, "weak_error_insample", panel=panel)).all()
    if panel != "a":  # and not because the correction is nothing
        assert abs(column(rows, "correction_insample", panel=panel)).max() > 1e-3


def test_the_identity_is_exact_for_the_statistical_cut_too():
    rows = synthetic.run_synthetic(
        replace(SMALL, panels=("c",), cut=1e-2, noises=SMALL.noises[:1]), progress=False
    )
    off = column(rows, "slack_insample") + column(rows, "correction_insample")
    assert (abs(off) <= 1e-10 * column(rows, "weak_error_insample")).all()
    assert column(rows, "rank").max() < 16


def test_panel_a_is_realizable_and_the_others_are_not(rows):
    assert column(rows, "epsilon_insample", panel="a").max() < 1e-20
    assert column(rows, "ceiling", panel="a").max() < 1e-15
    for panel in "bc":
        assert column(rows, "epsilon_insample", panel=panel).min() > 1e-6
    larger = column(rows, "epsilon", panel="c", strong_noise=0.3).mean()
    assert larger > 3 * column(rows, "epsilon", panel="c", strong_noise=0.03).mean()


def test_a_row_is_what_the_public_functions_say(rows):
    """One task by hand: draw_models, fit_heads and evaluate."""
    models = tasks.panel_models(SMALL, "c", {}, SMALL.noises[0])
    truth, strong, weak = (
        jax.tree.map(lambda leaf: leaf[1], h) for h in (models.truth, models.strong, models.weak)
    )
    key = jax.random.fold_in(KEYS_OF(SMALL, "tasks")[1], 5)
    task = draw_models(TaskSetting(), truth, jnp.array(SMALL.sigma), key)
    taught, seen, fresh, _ = task.inputs
    np.testing.assert_array_equal(taught, seen)
    assert abs(np.std(fresh) / 500 - 1) < 0.02
    teacher = fit_heads(represent(weak, taught), task.label(truth, taught)[:, None])
    w, f = teacher(represent(weak, seen)), task.label(truth, seen)[:, None]
    h = represent(strong, seen)
    student = fit_heads(h, w)
    report = evaluate(w, student(h), f, features=h)
    [row] = [
        row
        for row in rows
        if (row["panel"], row["seed"], row["task"], row.get("strong_noise")) == ("c", 1, 5, 0.03)
    ]
    for name in ("weak_error", "student_error", "misfit", "gain", "epsilon", "correction"):
        expected = float(getattr(report, name)[0])
        assert row[f"{name}_insample"] == pytest.approx(expected, rel=1e-7, abs=1e-9), name
    w, f = teacher(represent(weak, fresh)), task.label(truth, fresh)[:, None]
    h = represent(strong, fresh)
    report = evaluate(w, student(h), f, features=h)
    for name in ("weak_error", "student_error", "misfit", "gain", "epsilon", "correction"):
        expected = float(getattr(report, name)[0])
        assert row[name] == pytest.approx(expected, rel=1e-5, abs=1e-7), name


@full
def test_fresh_points_lie_on_the_diagonal_where_the_truth_is_realizable(rows):
    """Panel a with the statistical cut: R² about gain = misfit at least 0.93 on every seed."""
    recipe = replace(PRESETS["reader"], epochs=50)
    config = SyntheticConfig(panels=("a",), seeds=(0, 1), tasks=60, preset=recipe, cut=1e-3)
    for summary in summarize(synthetic.run_synthetic(config, progress=False)):
        assert summary["r_squared"] >= 0.93
        assert summary["r_squared_insample"] >= 0.999
    broken = summarize([row for row in rows if row.get("strong_noise") == 0.3])
    assert min(summary["r_squared"] for summary in broken) < 0.5


def test_r_squared_is_one_on_the_line_and_falls_off_it():
    x = np.linspace(0, 1, 11)
    assert r_squared(x, x) == 1
    assert r_squared(x, x + 0.1) == pytest.approx(1 - 0.01 / x.var())


@full
def test_a_seed_alone_has_the_same_rows(rows):
    alone = synthetic.run_synthetic(replace(SMALL, seeds=(1,), panels=("c",)), progress=False)
    together = [row for row in rows if row["seed"] == 1 and row["panel"] == "c"]
    for one, other in zip(alone, together, strict=True):
        for name, value in one.items():
            if isinstance(value, float):
                assert value == pytest.approx(other[name], rel=1e-6, abs=1e-10), name


def test_appended_identity_layers_change_no_bit():
    h = jax.vmap(lambda k: MLP(8, 16, 2, key=k))(jax.random.split(jax.random.key(0), 3))
    x = 500 * jax.random.normal(jax.random.key(1), (3, 50, 8))
    before, after = (jax.vmap(lambda g, x: jax.vmap(g)(x))(g, x) for g in (h, deepen(h, 6)))
    np.testing.assert_array_equal(before, after)
    assert len(deepen(h, 6).layers) == 6


@full
def test_weak_labels_on_fresh_inputs_are_another_experiment():
    config = replace(SMALL, panels=("c",), noises=SMALL.noises[:1])
    own, fresh = (
        synthetic.run_synthetic(replace(config, weak_labels=word), progress=False)
        for word in ("own", "fresh")
    )
    # In-sample the weak head was fitted to these very labels on its own inputs only.
    assert column(own, "weak_error_insample").mean() < column(fresh, "weak_error_insample").mean()
    off = column(fresh, "slack_insample") + column(fresh, "correction_insample")
    assert (abs(off) <= 1e-10 * column(fresh, "weak_error_insample")).all()


@full
def test_adamw_heads_come_near_the_exact_ones():
    """The paper's 1,000 epochs reach a training error within 5 % of the exact minimum."""
    config = SyntheticConfig(panels=("c",), seeds=(0,), tasks=3, inputs=500, heads="exact")
    exact = synthetic.run_synthetic(config, progress=False)
    adamw = synthetic.run_synthetic(
        replace(config, heads="adamw", head_epochs=1000), progress=False
    )
    for name in ("weak_error_insample", "misfit_insample"):
        ours, best = column(adamw, name), column(exact, name)
        if name == "weak_error_insample":
            assert (ours >= best * (1 - 1e-6)).all()
        np.testing.assert_allclose(ours, best, rtol=0.25)
    off = column(adamw, "slack_insample") + column(adamw, "correction_insample")
    assert abs(off).max() > 1e-6  # an unconverged head owes the identity nothing


@full
def test_given_heads_are_used_as_they_are():
    """Exact heads handed in as if trained elsewhere give the exact heads' rows."""
    config = replace(SMALL, seeds=(0,), tasks=2)
    models = tasks.panel_models(config, "c", {}, (0.03, 0.3))
    first = KEYS_OF(config, "tasks")[0]
    keys = jax.vmap(partial(jax.random.fold_in, first))(jnp.arange(2))[None]
    x, y = training_data(TaskSetting(), models, 500.0, keys)
    fits = [fit_heads(x[0, t], y[0, t]) for t in range(2)]
    weak = (
        jnp.stack([h.weights[:, 0] for h in fits])[None],
        jnp.stack([h.bias[0] for h in fits])[None],
    )
    x, y = training_data(TaskSetting(), models, 500.0, keys, weak)
    fits = [fit_heads(x[0, t], y[0, t]) for t in range(2)]
    both = jnp.stack([h.weights for h in fits])[None], jnp.stack([h.bias for h in fits])[None]
    given = panels.measure(TaskSetting(), models, 500.0, keys, Heads(*weak, *both))
    exact = panels.measure(TaskSetting(), models, 500.0, keys)
    for name in ("weak_error", "student_error", "misfit_insample", "ceiling"):
        np.testing.assert_allclose(given[name], exact[name], rtol=1e-5, atol=1e-10)
    zero = Heads(*(jnp.zeros_like(part) for part in (*weak, *both)))
    nothing = panels.measure(TaskSetting(), models, 500.0, keys, zero)
    assert (nothing["misfit"] == 0).all()
    assert isinstance(fits[0], LinearHead)


def test_the_program_of_panels_can_be_cached_on_disk():
    """JAX caches no program that calls Python, such as one that checks for NaN inside."""
    config = replace(SMALL, seeds=(0,), tasks=2, inputs=50, fresh_inputs=50)
    models = tasks.panel_models(config, "c", {}, (0.03, 0.3))
    keys, mesh = jax.random.split(jax.random.key(0), (1, 2)), panels.mesh_of(1, 2)
    arguments = panels.place(mesh, models, jnp.array(500.0), keys, None)
    program = panels.program(TaskSetting(50, 50), mesh)
    assert "callback" not in program.lower(*arguments).as_text()

    @jax.jit
    def checked(x):
        return fit_heads(x, x).weights

    assert "callback" in checked.lower(jnp.ones((5, 2))).as_text()


def test_measures_that_are_not_finite_are_refused():
    models = tasks.panel_models(replace(SMALL, seeds=(0,)), "c", {}, (0.03, 0.3))
    keys = jax.random.split(jax.random.key(0), (1, 2))
    with pytest.raises(ValueError, match="NaN or infinite, first for seed 0 and task 0: models"):
        panels.measure(TaskSetting(50, 50), models, float("nan"), keys)


DEVICES = """
import json, sys
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
from w2s_jax.experiments import synthetic
from w2s_jax.representations import MLP, Recipe, pretrain
config = synthetic.SyntheticConfig(
    panels=("c",), seeds=(0, 1), tasks=4, inputs=200, fresh_inputs=200
)
rows = synthetic.run_synthetic(config, progress=False)
mesh = panels.mesh_of(2, 4)
seeds = jax.random.split(jax.random.key(1), 2)
h, start = (jax.vmap(lambda k: MLP(8, 16, depth, key=k))(seeds) for depth in (5, 2))
recipe = Recipe(tasks=2, inputs=64, epochs=20)
pretrained = pretrain(start, h, preset=recipe, mesh=mesh, key=seeds)
models = tasks.panel_models(config, "c", {}, (0.03, 0.3))
keys = jax.random.split(jax.random.key(0), (2, 4))
arguments = panels.place(mesh, models, jnp.array(500.0), keys, None)
program = panels.program(TaskSetting(200, 200), mesh)
found = program(*arguments)["misfit"]
text = program.lower(*arguments).as_text()
print(json.dumps({
    "rows": rows, "losses": pretrained.losses.tolist(),
    "pretrained on": len(pretrained.errors.sharding.device_set), "mesh": dict(mesh.shape),
    "devices": len(jax.devices()),
    "sharding": str(found.sharding.spec), "shards": len(found.addressable_shards),
    "shape": list(found.addressable_shards[0].data.shape), "text": text}))
"""


@full
@pytest.mark.timeout(280)
def test_eight_devices_share_the_work_and_agree(tmp_path):
    found = {}
    for devices in (1, 8):
        flags = f"--xla_force_host_platform_device_count={devices}"
        environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
        command_line = [sys.executable, "-c", DEVICES]
        output = subprocess.run(
            command_line, env=environment, capture_output=True, text=True, check=True
        ).stdout
        found[devices] = json.loads(output)
    one, eight = found[1], found[8]
    assert (one["devices"], eight["devices"]) == (1, 8)
    assert eight["mesh"] == {"seeds": 2, "tasks": 4}
    assert eight["shards"] == 8
    assert eight["shape"] == [1, 1]
    assert "seeds" in eight["sharding"]
    assert "tasks" in eight["sharding"]
    assert "sharding" in eight["text"]
    assert '"seeds"=2, "tasks"=4' in eight["text"]
    assert '"seeds"=1, "tasks"=1' in one["text"]
    # In float64; in float32, as the paper has it, another batch of seeds rounds otherwise.
    np.testing.assert_allclose(one["losses"], eight["losses"], rtol=1e-10)
    assert eight["pretrained on"] == 8
    for left, right in zip(one["rows"], eight["rows"], strict=True):
        for name, value in left.items():
            if isinstance(value, float):
                assert value == pytest.approx(right[name], rel=1e-10, abs=1e-10), name


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"panels": ("d",)}, r"panels must be of a, b, c, got \('d',\)"),
        ({"panels": ()}, "panels must be of"),
        ({"panels": ("ab",)}, "panels must be of"),
        ({"tasks": 0}, "tasks must be at least 1, got 0"),
        ({"tasks": -5}, "tasks must be at least 1, got -5"),
        ({"inputs": 1}, "inputs must be at least 2, got 1"),
        ({"fresh_inputs": 0}, "fresh_inputs must be at least 2"),
        ({"head_epochs": 0}, "head_epochs must be at least 1"),
        ({"seeds": ()}, "seeds must be different numbers"),
        ({"seeds": (1, 1)}, "seeds must be different numbers"),
        ({"seeds": (-1,)}, "seeds must be different numbers"),
        ({"sigma": -500.0}, "sigma must be positive and finite, got -500.0"),
        ({"sigma": float("nan")}, "sigma must be positive"),
        ({"widths": (16, 16, 8)}, "widths must match.*truth 16, strong 16, weak 8"),
        ({"depths": (5, 0, 2)}, "widths and depths must be three sizes"),
        ({"noises": ((0.1, -0.3),)}, "noises must be pairs of at least 0"),
        ({"noises": ()}, "noises must be pairs"),
        ({"preset": "papr"}, "preset must be of"),
        ({"heads": "sgd"}, "heads must be of exact, adamw, got 'sgd'"),
        ({"weak_labels": "old"}, "weak_labels must be of own, fresh"),
        ({"cut": 1.0}, r"cut must lie in \[0, 1\)"),
    ],
)
def test_nonsense_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        SyntheticConfig(**wrong)


def test_32_bits_are_refused():
    with jax.enable_x64(False), pytest.raises(ValueError, match="heads need float64"):
        synthetic.run_synthetic(replace(SMALL, panels=("c",)), progress=False)


def test_command_line_runs_and_refuses(tmp_path, capsys):
    few = ["--seeds", "0", "--tasks", "2", "--inputs", "100"]
    assert command.main(["synthetic", "--panels", "c", *few, "--out", str(tmp_path)]) == 0
    made = json.loads((tmp_path / "synthetic-c.json").read_text())
    assert [row["task"] for row in made["rows"]] == [0, 1]
    assert made["provenance"]["config"]["tasks"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["synthetic-c.json"]
    assert "wrote" in capsys.readouterr().out
    for wrong, sentence in (
        (["--tasks", "0"], "tasks must be at least 1, got 0"),
        (["--sigma", "-1"], "sigma must be positive"),
        (["--panels", "z"], "panels must be of a, b, c"),
        (["--seeds", "-1"], "seeds must be different numbers"),
        (["--widths", "16", "8", "16"], "widths must match"),
        (["--preset", "quick"], "preset must be of"),
    ):
        assert command.main(["synthetic", *wrong, "--out", str(tmp_path)]) == 2
        assert sentence in capsys.readouterr().err


@full
def test_an_interrupted_run_resumes_to_the_same_rows(tmp_path, monkeypatch):
    """Stopped in the pretraining of the second model, and once more in its heads."""
    recipe = replace(RECIPE, epochs=4)
    config = replace(SMALL, panels=("b",), preset=recipe, tasks=2, heads="adamw", head_epochs=4)
    whole = synthetic.run_synthetic(config, progress=False)
    descent = inside("representations._descent")
    save = descent.save_state
    monkeypatch.setattr(descent, "_SECONDS_BETWEEN_SAVES", -1.0)
    for victim in ("weak.npz", "b-student-heads.npz"):

        def save_and_die(path, *rest, victim=victim):
            save(path, *rest)
            if path.name == victim:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(descent, "save_state", save_and_die)
            with pytest.raises(KeyboardInterrupt):
                synthetic.run_synthetic(config, progress=False, checkpoint=tmp_path)
    assert synthetic.run_synthetic(config, progress=False, checkpoint=tmp_path) == whole


@full
@pytest.mark.timeout(600)
def test_a_killed_command_resumes_to_the_same_rows(tmp_path):
    def start(folder):
        line = [
            "synthetic",
            "--panels",
            "b",
            "--seeds",
            "0",
            "1",
            "--tasks",
            "2",
            "--preset",
            "joint",
        ]
        command_line = [sys.executable, "-m", "w2s_jax.experiments", *line, "--out", str(folder)]
        return subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = start(killed)
    while process.poll() is None:
        if list(killed.glob(".synthetic-*/*.npz")):
            process.kill()
            process.wait()
    assert process.returncode < 0
    assert not (killed / "synthetic-b.json").exists()
    assert start(killed).wait() == start(whole).wait() == 0
    rows = [json.loads((f / "synthetic-b.json").read_text())["rows"] for f in (killed, whole)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 4
    assert [path.name for path in killed.iterdir()] == ["synthetic-b.json"]


@pytest.fixture(scope="module")
def record():
    assert provenance("synthetic")["config"] == json.loads(json.dumps(asdict(synthetic.Figure2())))
    return recorded_rows("synthetic")


def test_the_record_is_whole_and_small(record):
    kinds = {row["what"] for row in record}
    assert kinds == {"pretraining", "task", "summary"}
    losses = [row for row in record if row["what"] == "pretraining"]
    assert len(losses) == 2 * 2 * 5
    for panel, preset, cut in (("a", "paper", None), ("a", "paper", 1e-3), ("b", "joint", None)):
        where = {"what": "task", "panel": panel, "preset": preset, "cut": cut}
        assert len(column(record, "gain", **where)) == 500
    assert max(column(record, "identity", what="summary", heads="exact")) <= 1e-10


def test_the_record_keeps_panel_a_on_the_diagonal(record):
    where = {"what": "summary", "panel": "a", "preset": "paper", "cut": 1e-3, "heads": "exact"}
    assert column(record, "r_squared", **where, inputs=2000).min() >= 0.93
    assert column(record, "r_squared", **where, inputs=20_000).min() >= 0.99
    numerical = column(record, "r_squared", **(where | {"cut": None}), inputs=2000)
    assert numerical.min() < 0.9  # what the page on the rank cut is about


@pytest.mark.timeout(280)
def test_a_small_run_repeats_the_record(record):
    """Panel c needs no pretraining: its first seed, anew."""
    config = SyntheticConfig(panels=("c",), seeds=(0,), cut=1e-3, noises=((0.03, 0.3), (0.1, 0.3)))
    for row in synthetic.run_synthetic(config, progress=False):
        names = ("panel", "seed", "task", "cut", "strong_noise", "weak_noise")
        where = {name: row[name] for name in names}
        for name in ("weak_error", "student_error", "misfit", "gain", "epsilon_insample"):
            [old] = column(record, name, what="task", **where)
            assert row[name] == pytest.approx(old, rel=1e-5, abs=1e-7), name


@full
@pytest.mark.timeout(3000)
def test_the_whole_run_shows_what_the_record_shows():
    """Panel a on its line on every seed, b exact in-sample; b's points are the machine's own."""
    rows = synthetic.run_synthetic(SyntheticConfig(panels=("a", "b"), cut=1e-3), progress=False)
    for made in summarize(rows):
        assert made["identity"] <= 1e-10
        if made["panel"] == "a":
            assert made["r_squared"] >= 0.93


def test_the_reader_s_preset_is_short():
    assert PRESETS["reader"].steps <= PRESETS["paper"].steps / 30
