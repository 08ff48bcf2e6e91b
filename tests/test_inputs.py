"""Floors, leaks and baselines: against hand-made cases and against the record."""

import json

import numpy as np
import pytest

from w2s_jax import data
from w2s_jax.experiments import molecules as inputs
from w2s_jax.records import provenance, recorded_rows

SMALL = inputs.InputsConfig(datasets=("freesolv",), seeds=(122,))


def key(row):
    return tuple(row.get(name) for name in ("about", "dataset", "representation", "seed"))


def test_floor_is_what_the_best_table_leaves():
    rng = np.random.default_rng(0)
    group, labels = rng.integers(7, size=40), rng.normal(size=40)
    found = inputs.floor(group.tolist(), labels)
    one_hot = np.eye(7)[group]
    rest = labels - one_hot @ np.linalg.lstsq(one_hot, labels)[0]
    assert found["floor"] == pytest.approx(np.mean(rest**2), rel=1e-12)
    alone = sum(group.tolist().count(g) == 1 for g in group.tolist())
    assert (found["distinct"], found["share"]) == (len(set(group.tolist())), 40 - alone)
    assert inputs.floor(list(range(40)), labels) == {"distinct": 40, "share": 0, "floor": 0.0}


def test_counts_forget_the_order_only():
    pytest.importorskip("rdkit")
    one, other, more = inputs.symbol_counts(["CCO", "OCC", "CCCO"])
    assert (one == other).all()
    assert not (one == more).all()


def test_the_record_was_made_by_the_default_configuration():
    config = inputs.InputsConfig()
    assert provenance("inputs")["config"] == json.loads(json.dumps(vars(config)))
    assert len(recorded_rows("inputs")) == 3 * (1 + 6 + 3 * (3 + 3))
    for row in recorded_rows("inputs"):
        if row["about"] == "baseline":
            assert row["test_error"] < 0.9 * row["mean_error"]


def test_a_small_run_repeats_the_record():
    pytest.importorskip("rdkit")
    try:
        data.fetch("freesolv")
    except data.Unavailable:
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    old = {key(row): row for row in recorded_rows("inputs")}
    rows = inputs.run_inputs(SMALL, progress=False)
    assert len(rows) == 1 + 6 + 3 + 3
    for row in rows:
        numbers = {name: value for name, value in row.items() if not isinstance(value, str)}
        expected = {name: old[key(row)][name] for name in numbers}
        assert numbers == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"datasets": ("tox21",)}, "datasets must be of"),
        ({"datasets": ()}, "datasets must be of"),
        ({"seeds": ()}, "at least one seed"),
    ],
)
def test_nonsense_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        inputs.InputsConfig(**wrong)
