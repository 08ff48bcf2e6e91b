import json
import math
from dataclasses import dataclass

import jax
import numpy as np
import pytest

from inside import inside
from w2s_jax import data
from w2s_jax.encoders import Encoder, Shape
from w2s_jax.experiments import __main__ as command
from w2s_jax.experiments import molecules as supervisors
from w2s_jax.heads import fit_head
from w2s_jax.molecules import features, flatten
from w2s_jax.records import provenance, record, recorded_rows

LOADERS = inside("experiments.molecules._supervisors")._LOADERS
SMALL = supervisors.SupervisorsConfig(
    datasets=("freesolv",),
    seeds=(122,),
    representations=("descriptors", "teacher"),
    ridges=(0.0, 0.01, 0.1, 1.0),
    weak_labels=(),
    true_labels=(20, 80),
)


CHOSEN_ON_THE_GRID = {"ceiling", "beyond", "drift"}  # they rest on the best of all ridges tried


@dataclass(frozen=True)
class Toy:
    seed: int = 3


def key(row):
    names = ("dataset", "seed", "experiment", "representation", "weak_labels", "ridge")
    return tuple(row.get(n) for n in (*names, "role_teacher", "true_labels"))


def reachable(name):
    try:
        data.fetch(name)
    except data.Unavailable:
        return False
    return True


@pytest.fixture(scope="module")
def rows():
    if not reachable("freesolv"):
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    return supervisors.run_supervisors(SMALL, progress=False)


def test_small_run_repeats_the_record(rows):
    old = {key(row): row for row in recorded_rows("supervisors")}
    assert len(rows) == 2 * 4 + 2 * 2
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float) and name not in (
                "misfit_valid",
                "ceiling",
                "beyond",
                "drift",
            ):
                # ridge 0 on fresh molecules rests on directions next to the rank cut
                tolerance = 1e-4 if row.get("ridge") == 0 else 1e-6
                assert math.isclose(value, old[key(row)][name], rel_tol=tolerance, abs_tol=1e-8), (
                    name,
                    row,
                )


def test_rows_obey_the_identities(rows):
    students = [row for row in rows if row["experiment"] == "ridge"]
    for row in students:
        assert row["gain"] == pytest.approx(row["misfit"] - row["beyond"] - row["drift"], abs=1e-10)
    exact = [row for row in students if row["ridge"] == 0]
    assert len(exact) == 2
    for row in exact:
        expected = row["misfit_insample"] - row["correction_insample"]
        assert row["gain_insample"] == pytest.approx(expected, abs=1e-8)


def test_teacher_representation_only_shrinks(rows):
    path = [r for r in rows if r.get("representation") == "teacher"]
    misfit = {r["ridge"]: r["misfit"] for r in path}
    shrink = {k: (1 - 1 / (1 + k)) ** 2 for k in misfit}
    assert misfit[0.0] == pytest.approx(0, abs=1e-20)
    assert misfit[1.0] / misfit[0.1] == pytest.approx(shrink[1.0] / shrink[0.1], rel=1e-8)


@pytest.fixture
def made(monkeypatch):
    """Forty molecules, a teacher of them, and a tiny encoder that counts how often it is loaded."""
    rng = np.random.default_rng(0)
    pieces = rng.choice(["C", "CC", "C(C)", "C(O)", "C(N)"], size=(40, 4))
    smiles = tuple("O" + "".join(row) + "Cl" for row in pieces)
    truth = np.array([s.count("O") - 0.3 * len(s) for s in smiles])
    weak = truth + 0.3 * rng.normal(size=40)
    asked = []

    def encoder_of(name):
        asked.append(name)
        return Encoder(Shape(4, 2, vocabulary=46), key=jax.random.key(0))

    def with_smiles(spelled):
        table = data.Table("made", spelled, truth, "no unit", predictions={"guess": weak})
        monkeypatch.setitem(LOADERS, "made", (lambda: table, "guess"))

    with_smiles(smiles)
    return smiles, weak, encoder_of, asked, with_smiles


def taught(encoder_of, **changes):
    given = {"datasets": ("made",), "seeds": (122,), "weak_labels": (), "true_labels": ()}
    config = supervisors.SupervisorsConfig(**(given | {"representations": ("encoder",)} | changes))
    return supervisors.run_supervisors(config, encoder_of=encoder_of, cache=None, progress=False)


def test_an_encoder_s_students_are_what_one_gets_by_hand(made):
    smiles, weak, encoder_of, _, _ = made
    split = data.chembench_split(40, 122)
    h = features(smiles, encoder_of("strong"), layers="all")
    h = (h - h[split.train].mean(0)) / h[split.train].std(0)
    h = h.astype(np.float32).astype(np.float64)  # its digits: a layer norm has d − 1 directions
    assert h.shape == (40, 8)
    assert abs(h).max() < 10  # nothing is clipped
    misfit, chosen = {}, []
    for row in taught(encoder_of):
        student = np.asarray(fit_head(h[split.train], weak[split.train], ridge=row["ridge"])(h))
        expected = np.mean((student - weak)[split.test] ** 2)
        assert row["misfit"] == pytest.approx(expected, rel=1e-6), row["ridge"]
        assert row["gain"] == pytest.approx(row["misfit"] - row["beyond"] - row["drift"], abs=1e-10)
        misfit[row["ridge"]] = np.mean((student - weak)[split.valid] ** 2)
        chosen += [row["ridge"]] if row["chosen"] else []
    assert chosen == [min(misfit, key=misfit.__getitem__)]  # no measurement takes part
    assert len(misfit) == len(supervisors.SupervisorsConfig().ridges)


def test_the_encoder_reads_flat_smiles(made):
    smiles, _, encoder_of, _, with_smiles = made
    before = taught(encoder_of)
    salts = tuple("[Na+]." + one for one in smiles)
    assert flatten(salts) == flatten(smiles)
    with_smiles(salts)
    for old, new in zip(before, taught(encoder_of), strict=True):
        assert new["misfit"] == old["misfit"]


def test_the_encoder_is_loaded_only_where_it_is_needed(made):
    _, _, encoder_of, asked, _ = made
    taught(encoder_of, representations=("descriptors", "teacher"))
    assert not asked
    taught(encoder_of)
    assert asked == ["strong"]


def test_encoder_rows_repeat_the_record():
    if not reachable("freesolv"):
        pytest.skip("FreeSolv cannot be reached: set W2S_DATA_DIR to compare with the record")
    kept = {**vars(SMALL), "representations": ("encoder",), "ridges": (0.01, 0.1, 1.0)}
    found = supervisors.run_supervisors(
        supervisors.SupervisorsConfig(**(kept | {"true_labels": ()})), progress=False
    )
    old = {key(row): row for row in recorded_rows("supervisors")}
    assert len(found) == 3
    for row in found:
        for name in ("weak_error", "student_error", "misfit", "gain"):
            # another processor may round the encoder's float32 otherwise
            assert row[name] == pytest.approx(old[key(row)][name], rel=1e-3, abs=1e-3), (name, row)


def test_record_was_made_by_the_default_configuration():
    config = supervisors.SupervisorsConfig()
    assert provenance("supervisors")["config"] == json.loads(json.dumps(vars(config)))
    assert set(provenance("supervisors")) == {"config", "commit", "versions", "date", "seconds"}
    per_split = len(config.representations) * len(config.ridges)
    per_split += len(config.few_labels_for) * len(config.weak_labels) + 2 * len(config.true_labels)
    assert len(recorded_rows("supervisors")) == 6 * per_split


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"datasets": ("tox21",)}, "datasets must be of"),
        ({"datasets": ()}, "datasets must be of"),
        ({"representations": ("gnn",)}, "representations must be of"),
        ({"seeds": ()}, "need seeds"),
        ({"ridges": (-1.0,)}, "need seeds and ridges"),
        ({"weak_labels": (1,)}, "label counts"),
        ({"true_labels": (0,)}, "label counts"),
    ],
)
def test_nonsense_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        supervisors.SupervisorsConfig(**wrong)


def test_record_writes_all_or_nothing(tmp_path):
    path = record("toy", Toy(), lambda c: [{"x": 1.5, "seed": c.seed}], tmp_path / "new")
    read = json.loads(path.read_text())
    assert read["rows"] == [{"x": 1.5, "seed": 3}]
    assert read["provenance"]["config"] == {"seed": 3}
    with pytest.raises(ValueError, match="x not finite"):
        record("toy", Toy(), lambda _: [{"x": math.nan}], tmp_path / "new")

    def fails(_):
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        record("toy", Toy(), fails, tmp_path / "new")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["toy.json"]
    assert json.loads(path.read_text()) == read


def test_unknown_record_names_what_there_is():
    with pytest.raises(FileNotFoundError, match="supervisors"):
        recorded_rows("nothing")


def test_command_line_refuses_and_writes(tmp_path, monkeypatch, capsys):
    assert command.main(["supervisors", "--datasets", "tox21", "--out", str(tmp_path)]) == 2
    assert "datasets must be of" in capsys.readouterr().err
    monkeypatch.setattr(
        supervisors, "run_supervisors", lambda config: [{"seeds": list(config.seeds)}]
    )
    assert command.main(["supervisors", "--seeds", "7", "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "supervisors.json").read_text())["rows"] == [{"seeds": [7]}]
    assert "wrote" in capsys.readouterr().out
