"""The command `w2s`: what it reads, joins, refuses and leaves behind."""

import gzip
import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet
from safetensors.numpy import save_file

from inside import inside
from selection import few
from w2s_jax.audit import audit
from w2s_jax.audit.command import main

ROOT = Path(__file__).parent.parent
COUNT, LABELS = 60, 24


def made() -> dict[str, Any]:
    """Sixty inputs, their ids, and labels of some of them in an order of their own."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(COUNT, 4))
    truth = features @ np.array([1.0, -0.5, 0.25, 0.0])
    weak = truth + rng.normal(size=COUNT)
    student = features @ np.linalg.lstsq(features, weak, rcond=None)[0]
    rows = rng.permutation(COUNT)[:LABELS]
    ids = [f"m{row}" for row in rng.permutation(COUNT)]
    return {
        "features": features,
        "weak": weak,
        "student": student,
        "rows": rows,
        "y": truth[rows],
        "id": ids,
        "few": [ids[row] for row in rows],
        "group": ["odd" if row % 2 else "even" for row in range(COUNT)],
    }


DATA = made()


def csv(header: str, *columns: Any, sign: str = ",") -> str:
    cells = [[c if isinstance(c, str) else repr(float(c)) for c in column] for column in columns]
    lines = [sign.join(row) for row in zip(*cells, strict=True)]
    return "\n".join([header.replace(",", sign), *lines, ""])


MODELS = csv("id,weak,student,group", DATA["id"], DATA["weak"], DATA["student"], DATA["group"])
FEW = csv("id,y", DATA["few"], DATA["y"])


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Good files, in the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    Path("models.csv").write_text(MODELS)
    Path("few.csv").write_text(FEW)
    np.save("h.npy", DATA["features"])
    np.save("w.npy", DATA["weak"])
    np.save("s.npy", DATA["student"])
    return tmp_path


def ran(capsys, words: str) -> tuple[int, str, str]:
    """Run the command in this process: its exit status, output and errors."""
    try:
        status = main(shlex.split(words))
    except SystemExit as left:  # argparse's
        status = int(left.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


GOOD = "audit --weak models.csv:weak --student models.csv:student --labels few.csv:y --id id"


def numbers_of(capsys, words: str) -> dict[str, Any]:
    status, _, said = ran(capsys, f"{words} --json out.json")
    assert (status, said) == (0, "")
    found = json.loads(Path("out.json").read_text())
    return found["estimates"]


def same(ours: Any, theirs: Any, *but: str) -> None:
    assert ours.keys() == theirs.keys()
    for name, one in ours.items():
        if name in but:
            continue
        for end in ("value", "low", "high"):
            value, wanted = one[end], theirs[name][end]
            wanted = wanted if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-12)
            assert value == wanted, (name, end)


def test_the_command_says_what_the_verb_says(folder, capsys):
    found = numbers_of(capsys, f"{GOOD} --features h.npy")
    rows = np.argsort(DATA["few"])
    wanted = audit(
        DATA["weak"],
        DATA["student"],
        features=DATA["features"],
        labels=DATA["y"][rows],
        labelled=DATA["rows"][rows],
    )
    same(found, wanted.to_dict()["estimates"])


def write(name: str) -> None:
    """Write weak, student and ids in the format that a name's ending tells."""
    columns = {"id": DATA["id"], "weak": DATA["weak"], "student": DATA["student"]}
    text = csv("id,weak,student", *columns.values())
    if name.endswith((".csv", ".tsv")):
        Path(name).write_text(text.replace(",", "\t") if name.endswith(".tsv") else text)
    elif name.endswith(".csv.gz"):
        Path(name).write_bytes(gzip.compress(text.encode()))
    elif name.endswith((".parquet", ".pq")):
        parquet.write_table(pa.table(columns), name)
    elif name.endswith((".arrow", ".feather")):
        feather.write_feather(pa.table(columns), name)
    elif name.endswith(".npz"):
        arrays: dict[str, Any] = {key: np.array(value) for key, value in columns.items()}
        np.savez(name, **arrays)
    else:
        number = np.array([int(word[1:]) for word in DATA["id"]])
        save_file({"id": number, "weak": DATA["weak"], "student": DATA["student"]}, name)


FORMATS = ("csv", "tsv", "csv.gz", "parquet", "pq", "arrow", "feather", "npz")


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_numbers(folder, capsys, ending):
    wanted = numbers_of(capsys, GOOD)
    write(f"m.{ending}")
    same(numbers_of(capsys, GOOD.replace("models.csv", f"m.{ending}")), wanted)


def test_arrays_in_row_order_give_the_same_numbers(folder, capsys):
    wanted = numbers_of(capsys, GOOD)
    labels = np.full(COUNT, np.nan)
    labels[DATA["rows"]] = DATA["y"]
    np.save("y.npy", labels)
    save_file({"w": DATA["weak"], "s": DATA["student"]}, "m.safetensors")
    bare = "audit --weak w.npy --student s.npy --labels y.npy"
    same(numbers_of(capsys, bare), wanted, "gain_powered")  # its folds follow ids, or rows
    tensors = "audit --weak m.safetensors:w --student m.safetensors:s --labels y.npy"
    same(numbers_of(capsys, tensors), numbers_of(capsys, bare))
    _, said, _ = ran(capsys, tensors)
    assert "Rows were matched by their order alone: no --id was given." in said


def test_numbers_of_other_kinds_and_spellings_are_read(folder, capsys):
    wanted = numbers_of(capsys, f"{GOOD} --features h.npy")
    crlf = MODELS.replace(",", ";").replace("\n", "\r\n")
    Path("models.csv").write_bytes(crlf.encode("utf-16"))
    Path("few.csv").write_bytes(b"\xef\xbb\xbf" + FEW.encode())
    rows = pa.array(list(DATA["features"]), pa.list_(pa.float64(), 4))
    ids = pa.array(DATA["id"]).dictionary_encode()
    parquet.write_table(pa.table({"id": ids, "h": rows}), "h.parquet")
    same(numbers_of(capsys, f"{GOOD} --features h.parquet:h"), wanted)


def test_ids_that_are_numbers_match_however_they_are_written(folder, capsys):
    wanted = numbers_of(capsys, GOOD)
    write("m.safetensors")
    number = [float(word[1:]) for word in DATA["few"]]
    parquet.write_table(pa.table({"id": number, "y": DATA["y"]}), "few.parquet")
    words = GOOD.replace("models.csv", "m.safetensors").replace("few.csv", "few.parquet")
    same(numbers_of(capsys, words), wanted)


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_any_order_are_joined_by_their_ids(folder, capsys, seed):
    words = GOOD.replace("models.csv:student", "students.parquet:s")
    words += " --features h.csv --groups models.csv:group"
    rng = np.random.default_rng(seed)
    found = []
    for order, other in ((range(COUNT), range(COUNT)), (rng.permutation(COUNT),) * 2):
        order, other = np.array(order), np.array(other)[::-1]
        ids = [DATA["id"][row] for row in order]
        group = [DATA["group"][row] for row in order]
        Path("models.csv").write_text(csv("id,weak,group", ids, DATA["weak"][order], group))
        named = [DATA["id"][row] for row in other]
        table = pa.table({"s": DATA["student"][other], "id": named})
        parquet.write_table(table, "students.parquet")
        last = rng.permutation(COUNT)
        columns = [DATA["features"][last, k] for k in range(4)]
        Path("h.csv").write_text(csv("id,a,b,c,d", [DATA["id"][row] for row in last], *columns))
        found.append(numbers_of(capsys, words))
    same(*found)


def test_arrays_take_the_order_that_is_said(folder, capsys):
    wanted = numbers_of(capsys, f"{GOOD} --features h.npy")
    _, said, _ = ran(capsys, f"{GOOD} --features h.npy")
    assert "rows of h.npy were taken to be in the order of models.csv" in said
    order = np.random.default_rng(1).permutation(COUNT)
    np.save("h.npy", DATA["features"][order])
    Path("ids.csv").write_text("\n".join(["id", *(DATA["id"][row] for row in order)]))
    same(numbers_of(capsys, f"{GOOD} --features h.npy --array-ids ids.csv:id"), wanted)
    assert wanted["misfit"] == numbers_of(capsys, GOOD)["misfit"]


SHUFFLED = np.random.default_rng(1).permutation(COUNT)


@pytest.mark.parametrize("argument", ["student", "labels", "groups", "features"])
def test_ids_in_another_order_are_not_passed_over(folder, capsys, argument):
    ids = [DATA["id"][row] for row in SHUFFLED]
    Path("other.csv").write_text(csv("id,y", ids, DATA["student"][SHUFFLED]))
    given = {"weak": "models.csv:weak", "student": "models.csv:student", argument: "other.csv:y"}
    words = "audit " + " ".join(f"--{name} {place}" for name, place in given.items())
    status, out, said = ran(capsys, words)
    assert (status, out) == (2, "")
    told = "models.csv and other.csv order their 'id' differently: give --id id"
    assert said == f"w2s: error: {told}\n"
    assert ran(capsys, f"{words} --id id")[0] == 0


def test_ids_in_one_order_and_columns_that_are_none_stop_nobody(folder, capsys):
    rank = [str(row) for row in range(COUNT)]
    back = rank[::-1]
    cells = np.random.default_rng(2).permutation(DATA["weak"])
    Path("models.csv").write_text(csv("id,rank,p,weak", DATA["id"], rank, cells, DATA["weak"]))
    words = "audit --weak models.csv:weak --student other.csv:s"
    Path("other.csv").write_text(csv("id,rank,s", DATA["id"], back, DATA["student"]))
    assert ran(capsys, words)[0] == 0, "their ids agree, whatever else differs"
    Path("other.csv").write_text(csv("p,s", cells[::-1], DATA["student"]))
    assert ran(capsys, words)[0] == 0, "a measured number is no id"
    Path("other.csv").write_text(csv("rank,s", back, DATA["student"]))
    assert "order their 'rank' differently" in ran(capsys, words)[2]
    Path("other.csv").write_text(csv("id,s", [*DATA["id"][1:], "new"], DATA["student"]))
    assert "order their 'id' differently" in ran(capsys, words)[2], "others, but overlapping"


def test_two_orders_to_choose_from_are_refused(folder, capsys):
    order = np.random.default_rng(1).permutation(COUNT)
    ids = [DATA["id"][row] for row in order]
    Path("s.csv").write_text(csv("id,s", ids, DATA["student"][order]))
    words = GOOD.replace("models.csv:student", "s.csv:s") + " --features h.npy"
    status, _, said = ran(capsys, words)
    assert status == 2
    assert "models.csv and s.csv are in different orders: give its ids by --array-ids" in said


def test_empty_labels_are_inputs_without_a_label(folder, capsys):
    wanted = numbers_of(capsys, GOOD)
    cells = {name: repr(float(y)) for name, y in zip(DATA["few"], DATA["y"], strict=True)}
    rows = [f"{name},{cells.get(name, ['', 'NA', 'nan'][n % 3])}" for n, name in
            enumerate(DATA["id"])]  # fmt: skip
    Path("few.csv").write_text("\n".join(["id,y", *rows]))
    same(numbers_of(capsys, GOOD), wanted)


def test_several_teachers_are_ranked_and_their_students_fitted(folder, capsys):
    np.save("v.npy", DATA["weak"] + np.random.default_rng(5).normal(size=COUNT))
    words = "audit --weak small=w.npy --weak large=v.npy --features h.npy --json out.json"
    assert ran(capsys, words)[0] == 0
    found = json.loads(Path("out.json").read_text())
    assert [one["name"] for one in found["students"]] == ["small", "large"]
    wanted = audit({"a": DATA["weak"]}, features=DATA["features"]).to_dict()["estimates"]
    assert found["students"][0]["estimates"]["misfit"]["value"] == pytest.approx(
        wanted["misfit"]["value"]
    )


BAD: dict[str, tuple[dict[str, Any], str, str]] = {}
"""Of each kind of mistake: files beside the good ones, the arguments, a part of the sentence."""


def bad(kind: str, words: str, says: str, **files: Any) -> None:
    assert kind not in BAD
    BAD[kind] = ({name.replace("__", "."): data for name, data in files.items()}, words, says)


def saved(array: Any, **how: Any) -> Any:
    return lambda path: np.save(path, array, **how)


def table(**columns: Any) -> Any:
    return lambda path: parquet.write_table(pa.table(columns), path)


REST = "--student models.csv:student --id id"
OF_IDS = "--student models.csv:student --labels few.csv:y --id id"
bad("no weak model", "audit --student s.npy", "required: --weak")
bad("a verb that is none", "adit --weak w.npy", "invalid choice: 'adit'")
bad(
    "an unknown option",
    "audit --weak w.npy --colour red",
    "there is no --colour: see w2s",
)
bad("nothing to audit", "audit --weak w.npy", "--student is missing")
bad("no such file", "audit --weak model.csv:weak", "no file model.csv; did you mean 'models.csv'?")
bad("a folder", "audit --weak data", "data is a folder", data=lambda path: path.mkdir())
bad("a spreadsheet", "audit --weak m.xlsx", "save the sheet as CSV", m__xlsx="x")
bad("a pickle of torch", "audit --weak m.pt", "numpy.save(file, tensor.numpy())", m__pt="x")
bad("an empty file", "audit --weak m.csv:a", "m.csv is empty", m__csv="")
bad("a header alone", "audit --weak m.csv:a --student s.npy", "m.csv has no rows", m__csv="id,a\n")
bad("a misnamed file", "audit --weak m.csv", "that of a .parquet file", m__csv=table(a=[1.0]))
bad("a broken Parquet", "audit --weak m.parquet:a --student s.npy", "m.parquet cannot be read",
    m__parquet=b"PAR1 and no more")  # fmt: skip
bad("a broken npy", "audit --weak m.npy --student s.npy", "m.npy is cut off or damaged",
    m__npy=b"\x93NUMPY\x01\x00v\x00{")  # fmt: skip
bad("a broken npz", "audit --weak m.npz:a --student s.npy", "m.npz is cut off or damaged",
    m__npz=b"PK\x03\x04 and no more")  # fmt: skip
bad("broken safetensors", "audit --weak m.safetensors:a --student s.npy", "cut off or damaged",
    m__safetensors=b"\xff" * 40)  # fmt: skip
bad("a broken gzip", "audit --weak m.csv.gz:a --student s.npy", "m.csv.gz cannot be read",
    m__csv__gz=gzip.compress(b"id,a\n" + b"1,2\n" * 99)[:-9])  # fmt: skip
bad("no UTF-8", "audit --weak m.csv:a --student s.npy", "save it as UTF-8",
    m__csv="id,a\nñ,1\n".encode("latin-1"))  # fmt: skip
bad("a ragged row", "audit --weak m.csv:a --student s.npy", "row 2 has 3 cells and the header 2",
    m__csv="id,a\n1,2\n1,2,3\n")  # fmt: skip
bad("objects", "audit --weak m.npy --student s.npy", "m.npy holds Python objects",
    m__npy=saved(np.array([1, None]), allow_pickle=True))  # fmt: skip
bad("text in npy", "audit --weak m.npy --student s.npy", "m.npy holds text",
    m__npy=saved(np.array(["a", "b"])))  # fmt: skip
bad("complex numbers", "audit --weak m.npy --student s.npy", "m.npy holds complex numbers",
    m__npy=saved(np.ones(COUNT, complex)))  # fmt: skip
bad("dates", "audit --weak m.parquet:a --student s.npy", "holds timestamp",
    m__parquet=table(a=np.array(["2020-01-01"] * COUNT, "datetime64[us]")))  # fmt: skip
bad("three axes", "audit --weak m.npy --student s.npy", "has shape (2, 2, 2)",
    m__npy=saved(np.ones((2, 2, 2))))  # fmt: skip
bad("several columns", "audit --weak h.npy --student s.npy", "h.npy has 4 columns: name one")
bad("a column beyond", "audit --weak h.npy:9 --student s.npy", "there is no column 9")
bad("a named column of npy", "audit --weak w.npy:pred --student s.npy", "name no column")
bad("no such column", f"audit --weak models.csv:waek {REST}", "'waek'; did you mean 'weak'?")
bad("no such array", "audit --weak m.npz:b --student s.npy", "no array 'b': it has 'a'",
    m__npz=lambda path: np.savez(path, a=np.ones(COUNT)))  # fmt: skip
bad("an array not named", "audit --weak m.npz --student s.npy", "name one, as m.npz:a",
    m__npz=lambda path: np.savez(path, a=np.ones(2), b=np.ones(2)))  # fmt: skip
bad("a column not named", f"audit --weak models.csv {REST}", "name one, as models.csv:weak")
bad("two columns of a name", f"audit --weak m.csv:a {REST}", "2 columns called 'a': rename",
    m__csv="id,a,a\nm1,1,2\n")  # fmt: skip
bad("text for a number", f"audit --weak m.csv:a {REST}", "row 2 of column 'a' holds 'high'",
    m__csv="id,a\nm1,1\nm2,high\n")  # fmt: skip
bad("a decimal comma", f"audit --weak m.csv:a {REST}", "write its comma as a point",
    m__csv='id;a\nm1;"1,5"\n')  # fmt: skip
bad("a prediction missing", f"audit --weak m.csv:a {REST}", "row 2 (id 'm2') of m.csv:a holds NaN",
    m__csv="id,a\nm1,1\nm2,\n")  # fmt: skip
bad("an infinite label", f"audit --weak models.csv:weak {REST} --labels m.csv:y",
    "(id 'm2') of m.csv:y holds infinity", m__csv="id,y\nm1,1\nm2,inf\n")  # fmt: skip
bad("no label at all", f"audit --weak models.csv:weak {REST} --labels m.csv:y",
    "m.csv:y holds no label", m__csv="id,y\nm1,\nm2,NA\n")  # fmt: skip
bad("lists of two lengths", f"audit --weak models.csv:weak {REST} --features h.parquet:h",
    "row 2 of column 'h' holds 1 numbers, expected 2",
    h__parquet=table(id=["m1", "m2"], h=[[1.0, 2.0], [3.0]]))  # fmt: skip
bad("no ids", f"audit --weak m.csv:a {REST}", "m.csv has no column 'id'", m__csv="key,a\n1,2\n")
bad("an id missing", f"audit --weak m.csv:a {REST}", "row 2 has no id", m__csv="id,a\nm1,1\n,2\n")
bad("an id twice", f"audit --weak m.csv:a {REST}", "id 'm1' in rows 1 and 3: keep one",
    m__csv="id,a\nm1,1\nm2,2\nm1,3\n")  # fmt: skip
bad("an input too many", "audit --weak models.csv:weak --student m.csv:a --id id",
    "row 61 (id 'new') of m.csv:a is not in models.csv",
    m__csv=csv("id,a", [*DATA["id"], "new"], np.ones(COUNT + 1)))  # fmt: skip
bad("an input too few", "audit --weak models.csv:weak --student m.csv:a --id id",
    f"row 1 (id '{DATA['id'][0]}') of models.csv:weak is not in m.csv",
    m__csv=csv("id,a", DATA["id"][1:], np.ones(COUNT - 1)))  # fmt: skip
bad("a label of nobody", f"audit --weak models.csv:weak {REST} --labels m.csv:y",
    "row 2 (id 'x9') of m.csv:y is not in models.csv", m__csv="id,y\nm1,1\nx9,2\n")  # fmt: skip
bad("other lengths", "audit --weak w.npy --student m.npy", "m.npy has 3 rows and w.npy 60: name",
    m__npy=saved(np.ones(3)))  # fmt: skip
bad("labels of other length", "audit --weak w.npy --student s.npy --labels m.npy",
    "or give a label of every row, empty where unknown", m__npy=saved(np.ones(3)))  # fmt: skip
bad("an array of other length", f"audit --weak models.csv:weak {OF_IDS} --features m.npy",
    "m.npy has 3 rows and no ids, and models.csv 60", m__npy=saved(np.ones((3, 2))))  # fmt: skip
bad("ids nowhere", "audit --weak w.npy --student s.npy --id id", "w.npy holds no 'id'")
bad("ids for arrays alone", "audit --weak w.npy --student s.npy --array-ids m.npy",
    "--array-ids needs --id", m__npy=saved(np.arange(COUNT)))  # fmt: skip
bad("teachers without names", "audit --weak w.npy --weak s.npy --features h.npy",
    "give each teacher a name")  # fmt: skip
bad("students of others", "audit --weak a=w.npy --weak b=w.npy --student a=s.npy --student c=s.npy",
    "once a teacher as a, b")  # fmt: skip
bad("NaN in features", "audit --weak w.npy --student s.npy --features m.npy",
    "row 1 of m.npy holds NaN",
    m__npy=saved(np.where(np.eye(COUNT, 4) > 0, np.nan, 1.0)))  # fmt: skip
bad("a loss that is none", "audit --weak w.npy --student s.npy --loss hinge", "loss")
bad("a confidence beyond 1", "audit --weak w.npy --student s.npy --confidence 95", "confidence")
bad("a ridge below 0", "audit --weak w.npy --features h.npy --ridge -1", "ridge")
bad("no comparison", "audit --weak w.npy --student s.npy --require 'gain = 1'", "is no comparison")
bad("a number that is none", "audit --weak w.npy --student s.npy --require 'misfit > big'",
    "is no comparison")  # fmt: skip
bad("an unknown estimate", "audit --weak w.npy --student s.npy --require 'misfitt > 0'",
    "did you mean 'misfit'?")  # fmt: skip
bad("a group that is none", f"audit --weak models.csv:weak {OF_IDS} --groups models.csv:group "
    "--require 'groups.o.gain > 0'", "the groups of this audit are 'even', 'odd'")  # fmt: skip
bad("a page over its input", "audit --weak w.npy --student s.npy --html w.npy", "read as input")
bad("a page over a folder", "audit --weak w.npy --student s.npy --html .", "is a folder")
bad("a page below a file", "audit --weak w.npy --student s.npy --html w.npy/a.html", "is a file")
bad("two pages in one", "audit --weak w.npy --student s.npy --html o --json o", "name one file")
bad("an example over others", "example .", "holds another models.csv")
bad("an example in a file", "example w.npy", "w.npy is a file")


MODEL = "audit --weak models.csv:weak --student models.csv:student"
bad("an option misspelled", "audit --weak w.npy --studnet s.npy", "did you mean --student?")
bad("two files of one name", "audit --weak w.npy --student a/w.npy", "a/w.npy has 3 rows and w.npy",
    a=lambda path: (path.mkdir(), np.save(path / "w.npy", np.ones(3))))  # fmt: skip
bad("the folder itself", "audit --weak .", "--weak: . is a folder: name a file in it")
bad("text called npy", "audit --weak m.npy", "m.npy is not an .npy file: write it by numpy.save",
    m__npy="1\n2\n")  # fmt: skip
bad("no id in both", "audit --weak models.csv:weak --student m.csv:a --id id",
    "no id is both in m.csv and in models.csv, such as '0' in m.csv and",
    m__csv=csv("id,a", [str(row) for row in range(COUNT)], np.ones(COUNT)))  # fmt: skip
bad("no labeled id among the inputs", f"audit --weak models.csv:weak {REST} --labels m.csv:y",
    "no id is both in m.csv and in models.csv", m__csv="id,y\nx8,1\nx9,2\n")  # fmt: skip
bad(
    "a column of text",
    "audit --weak models.csv:group --student s.npy",
    "column 'group' holds text such as 'even', expected numbers: numbers are in 'weak', 'student'",
)
bad("predictions among features", f"{MODEL} --id id --features m.csv",
    "m.csv holds 'weak', by the name no feature: name the columns, as m.csv:a,b",
    m__csv=csv("id,weak,h", DATA["id"], DATA["weak"], DATA["weak"]))  # fmt: skip
bad("ids among features", f"{MODEL} --features m.csv", "m.csv holds 'Id', by the name no feature",
    m__csv=csv("Id,h", [str(row) for row in range(COUNT)], DATA["weak"]))  # fmt: skip
bad("a group an input", f"{MODEL} --groups m.csv:g", "m.csv:g names 101 groups, expected at most",
    m__csv="g\n" + "".join(f"x{n}\n" for n in range(101)))  # fmt: skip
bad("per cent", f"{MODEL} --confidence 95", "--confidence is a share of 1: write 0.95 for 95 %")
bad(
    "one column of probabilities",
    f"{MODEL} --loss kl",
    "needs a probability for each class, and models.csv:weak is one column: name one a class",
)
bad("a ridge for nothing", f"{MODEL} --ridge 1", "--ridge is for students fitted here")
bad("a stream of numbers", f"{MODEL} --json -", "--json -: the output is for words, name a file")
bad(
    "where nobody writes",
    f"{MODEL} --json /proc/here/a.json",
    "error: /proc/here/a.json cannot be written",
)
bad("an arrow", f"{MODEL} --require 'misfit => 1'", "no comparison: write 'misfit >= 1'")
bad("an end of a misspelled", f"{MODEL} --require 'misfti.low > 0'", "did you mean 'misfit.low'?")
bad(
    "labels that are needed",
    f"{MODEL} --require 'gain.low > 0'",
    "'gain.low' rests on labels: give them by --labels",
)


def test_there_are_forty_kinds_of_mistakes():
    assert len(BAD) >= 40


@pytest.mark.parametrize("kind", BAD)
def test_a_mistake_gets_one_sentence_and_exit_status_2(folder, capsys, kind):
    files, words, says = BAD[kind]
    for name, data in files.items():
        if callable(data):
            data(folder / name)
        else:
            (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    before = sorted(path.name for path in folder.iterdir())
    status, out, said = ran(capsys, words)
    assert (status, out) == (2, "")
    assert says in said
    assert len(said) <= 300
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert sorted(path.name for path in folder.iterdir()) == before


STATUSES = {
    "misfit > 0": 0,
    "misfit >= 1e9": 1,
    "gain.low < 1e9": 0,
    "gain.high <= -1e9": 1,
    "groups.odd.gain < 1e9": 0,
    "groups.even.gain.value > 1e9": 1,
}


@pytest.mark.parametrize("wanted", STATUSES)
def test_requirements_decide_the_exit_status(folder, capsys, wanted):
    words = f"{GOOD} --groups models.csv:group --require '{wanted}' --require 'misfit >= 0'"
    status, said, _ = ran(capsys, words)
    assert status == STATUSES[wanted]
    assert f"{'not met' if status else 'met'}: {wanted} (" in said


def test_what_is_undefined_meets_no_requirement(folder, capsys):
    alike = "audit --weak w.npy --student s.npy"
    found = numbers_of(capsys, alike)
    undefined = [name for name, one in found.items() if one["low"] is None]
    assert undefined
    status, said, _ = ran(capsys, f"{alike} --require '{undefined[0]}.low < 1e9'")
    assert status == 1
    assert "(undefined)" in said


def test_strict_leaves_with_3_where_nothing_is_settled(folder, capsys):
    unsettled = "audit --weak w.npy --student s.npy"
    assert ran(capsys, unsettled)[0] == 0
    assert ran(capsys, f"{unsettled} --strict")[0] == 3
    assert ran(capsys, f"{unsettled} --strict --require 'misfit < 0'")[0] == 1


def test_the_page_and_the_numbers_name_files_and_their_contents(folder, capsys):
    status, said, _ = ran(capsys, f"{GOOD} --html new/out.html --json out.json --quiet")
    assert (status, said) == (0, "")
    found = json.loads(Path("out.json").read_text())
    page = Path("new/out.html").read_text()
    assert [one["file"] for one in found["files"]] == ["models.csv", "few.csv"]
    for one in found["files"]:
        assert len(one["sha256"]) == 64
        assert one["sha256"] in page


@pytest.mark.parametrize("features", ["", " --features h.npy"])
def test_who_carries_the_gain_is_told_in_the_right_sense_and_by_the_row_of_the_file(
    folder, capsys, features
):
    words = GOOD.replace("--student models.csv:student", "") if features else GOOD
    status, said, _ = ran(capsys, f"{words}{features} --html out.html --json out.json")
    assert status == 0
    first = json.loads(Path("out.json").read_text())["influence"][0]
    assert first["kind"] == ("lesson" if features else "label")
    row = DATA["id"].index(first["id"]) + 1  # as in messages: from 1, without the header
    assert Path("models.csv").read_text().splitlines()[row].startswith(f"{first['id']},")
    page = " ".join(Path("out.html").read_text().split())
    assert f"{first['id']} (row {row})" in page
    assert f"{first['id']} (row {row})" in said
    told = "left out when the student is fitted" if features else "of the gains of the labeled"
    other = "of the gains of the labeled" if features else "left out when the student is fitted"
    for text in (said, page):
        text = text.replace(told.capitalize(), told)
        assert told in text
        assert other not in text.replace(other.capitalize(), other)
    assert "from 1, without the header" in page


def test_the_example_is_audited_by_the_command_that_it_prints(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, said, _ = ran(capsys, "example made")
    assert status == 0
    words = said[said.index("w2s audit") :].replace("\\\n", " ").removeprefix("w2s ")
    status, said, _ = ran(capsys, words)
    assert status == 0
    assert said.startswith("gain shown")
    assert ran(capsys, "example made")[0] == 0, "the same files again do no harm"
    assert sorted(path.name for path in Path("made").iterdir()) == [
        "audit.html", "features.npy", "labels.csv", "models.csv",
    ]  # fmt: skip


def test_a_fault_of_the_package_is_no_requirement_that_failed(folder, capsys, monkeypatch):
    def fault(*given):
        raise TypeError("of ours")

    monkeypatch.setattr(inside("audit.command._running"), "read_inputs", fault)
    status, out, said = ran(capsys, GOOD)
    assert (status, out) == (70, "")
    assert "TypeError: of ours" in said
    assert "please report it" in said


def piped(words: str, *, before: str = "") -> subprocess.Popen[bytes]:
    program = f"{before}\nimport sys; from w2s_jax.audit.command import main\nsys.exit(main())"
    pipe = subprocess.PIPE
    given = [sys.executable, "-c", program, *shlex.split(words)]
    return subprocess.Popen(given, stdout=pipe, stderr=pipe)


def test_a_reader_that_has_left_changes_nothing(folder):
    with piped("example made") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_missing_extra_is_named(folder):
    with piped(GOOD, before="import sys; sys.modules['pyarrow'] = None") as process:
        said = process.communicate()[1].decode()
    assert process.returncode == 2
    assert said.strip().endswith('pip install "w2s-jax[audit]"')
    assert said.count("\n") == 1


HOLD = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
before = os.{name}
def held(*given):
    print("here", flush=True)
    time.sleep(60)
    before(*given)
os.{name} = held
from w2s_jax.audit.command import main
sys.exit(main(sys.argv[1:]))
"""


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
HELD = few(
    itertools.product(("fsync", "replace"), ENDS),
    *(("replace", signal.SIGINT), ("fsync", signal.SIGTERM)),
    *(("fsync", signal.SIGKILL), ("replace", signal.SIGKILL)),
)  # fmt: skip


@pytest.mark.parametrize(("moment", "number"), HELD)
def test_a_kill_while_it_writes_leaves_what_stood_there(folder, moment, number):
    Path("out.json").write_text("what stood there")
    words = [*shlex.split(GOOD), "--json", "out.json", "--quiet"]
    program = [sys.executable, "-c", HOLD.format(name=moment), *words]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        process.send_signal(number)
        status = process.wait(30)
    assert status == (-9 if number == signal.SIGKILL else 130)
    assert Path("out.json").read_text() == "what stood there"
    left = [path.name for path in folder.iterdir() if path.name.endswith(".part")]
    # Killed between the name and the place there is one file too many, but a whole one.
    assert len(left) == (number == signal.SIGKILL and moment == "replace")
    for name in left:
        json.loads(Path(name).read_text())


@pytest.mark.parametrize(
    ("seconds", "number"),
    few(itertools.product((0.3, 1.0, 2.0, 3.0, 4.0), ENDS), (2.0, signal.SIGKILL)),
)
def test_a_kill_at_any_time_leaves_a_whole_page_or_none(folder, seconds, number):
    words = [*shlex.split(GOOD), "--html", "out.html", "--json", "out.json", "--quiet"]
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    with piped(shlex.join(words), before=heard) as process:
        time.sleep(seconds)
        process.send_signal(number)
        process.wait(120)
    if Path("out.html").exists():
        assert Path("out.html").read_text().endswith("</html>\n")
    if Path("out.json").exists():
        json.loads(Path("out.json").read_text())


ENTERED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
from w2s_jax.audit.command import main
os.write(1, b"here\\n")
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", few((0.05, 0.1, 0.2, 0.4, 0.7, 1.0), 0.1, 0.4))
def test_whoever_stops_it_at_once_reads_one_sentence(folder, seconds, number):
    program = [sys.executable, "-c", ENTERED, *shlex.split(GOOD), "--html", "out.html"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        time.sleep(seconds)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.decode()) == (
        130,
        "w2s: stopped; no file was left half written\n",
    )
    assert not Path("out.html").exists()


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Stop:
    def find_spec(self, name, *more):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Stop())
from w2s_command import main
sys.exit(main())
"""


@pytest.mark.parametrize("at", ["w2s_jax", "lazy_loader", "w2s_jax.audit.command._main"])
def test_whoever_stops_it_before_it_is_there_reads_nothing(at):
    program = [sys.executable, "-c", INTERRUPTED, at]
    found = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout, found.stderr) == (130, "", "")


def test_the_entry_runs_the_command_and_hears_no_more():
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["w2s"]
    module, name = entry.split(":")
    program = f"import {module}, signal, sys; sys.argv[1:] = ['--version']\n"
    program += f"try: {module}.{name}()\n"
    program += "finally: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    found = subprocess.run([sys.executable, "-c", heard + program], capture_output=True, text=True)
    version, restored = found.stdout.splitlines()
    assert (found.returncode, version[:4], restored) == (0, "w2s ", "True")


def test_help_is_quick_and_shows_examples():
    program = "from w2s_jax.audit.command import main; main(['audit', '-h'])"
    start = os.times()
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    end = os.times()
    assert "--require" in shown.stdout
    assert "exit status: 0" in shown.stdout
    assert end.children_user + end.children_system - start.children_user - start.children_system < 1


def test_long_features_stay_on_the_disk_and_give_the_same(folder, capsys, monkeypatch):
    wanted = numbers_of(capsys, f"{GOOD} --features h.npy")
    monkeypatch.setattr(inside("audit.command._inputs"), "SMALL", 1)
    found = numbers_of(capsys, f"{GOOD} --features h.npy")
    for name in ("misfit", "own_misfit", "gain", "gain_powered"):
        assert found[name]["value"] == pytest.approx(wanted[name]["value"], rel=1e-6)
    np.save("h.npy", np.where(np.eye(COUNT, 4) > 0, np.nan, 1.0))
    status, _, said = ran(capsys, f"{GOOD} --features h.npy")
    assert status == 2
    assert "features holds NaN at index (0, 0)" in said


def test_probabilities_stand_in_several_columns(folder, capsys):
    rng = np.random.default_rng(4)
    weak, student = rng.dirichlet(np.ones(3), COUNT), rng.dirichlet(np.ones(3), COUNT)
    np.save("w.npy", weak)
    np.save("s.npy", student)
    wanted = numbers_of(capsys, "audit --weak w.npy --student s.npy --loss kl")
    columns = {f"{who}{k}": p[:, k] for who, p in (("w", weak), ("s", student)) for k in range(3)}
    parquet.write_table(pa.table(columns), "p.parquet")
    words = "audit --weak p.parquet:w0,w1,w2 --student p.parquet:s0,s1,s2 --loss kl"
    same(numbers_of(capsys, words), wanted)
    assert wanted["misfit"]["value"] > 0


def test_classes_may_have_names_in_every_file(folder, capsys):
    rng = np.random.default_rng(2)
    truth, noise = rng.integers(0, 3, COUNT), rng.random(COUNT)
    weak = np.where(noise < 0.4, (truth + 1) % 3, truth)
    student = np.where(noise < 0.2, (truth + 1) % 3, truth)
    np.save("w.npy", weak)
    np.save("s.npy", student)
    labels = np.where(np.arange(COUNT) < 40, truth, np.nan)
    np.save("y.npy", labels)
    loss = "--loss zero-one"
    wanted = numbers_of(capsys, f"audit --weak w.npy --student s.npy --labels y.npy {loss}")
    words = np.array(["cat", "ape", "dog"])
    Path("m.csv").write_text(csv("weak,student", words[weak], words[student]))
    known = [*words[truth[:40]], *[""] * (COUNT - 40)]
    parquet.write_table(pa.table({"y": known}), "y.parquet")
    named = "audit --weak m.csv:weak --student m.csv:student --labels y.parquet"
    same(numbers_of(capsys, f"{named} {loss}"), wanted)
    assert wanted["gain"]["value"] > 0
