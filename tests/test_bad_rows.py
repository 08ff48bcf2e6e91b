"""Molecules as users have them: every bad row at once, with a reason and the user's own string."""

import gzip
import pickle
import subprocess
import sys
import types

import jax
import numpy as np
import pytest
from rdkit import Chem

from inside import inside
from w2s_jax import data
from w2s_jax.encoders import Encoder, Shape
from w2s_jax.molecules import (
    SMILES,
    descriptors,
    features,
    flat_codes,
    flatten,
    molbert_codes,
    morgan_fingerprints,
    read_corpus,
    read_kekulized,
    read_molecules,
    read_smiles,
    tokenize,
)

text_of = inside("data._cells").text_of

ENCODER = Encoder(Shape(width=8, layers=1, vocabulary=SMILES.size), key=jax.random.key(0))
READERS = {
    "read_molecules": read_molecules,
    "flatten": flatten,
    "read_kekulized": read_kekulized,
    "tokenize": tokenize,
    "flat_codes": flat_codes,
    "molbert_codes": molbert_codes,
}
KEYED = {
    **READERS,
    "descriptors": descriptors,
    "morgan_fingerprints": morgan_fingerprints,
    "duplicates": data.duplicates,
    "find_leaks": lambda smiles: data.find_leaks(["C"], smiles),
}


class NAType:
    """As pandas names its missing value."""

    def __repr__(self):
        return "<NA>"


BAD = [  # a cell, and what its sentence must say
    (None, "None is missing; drop the row"),
    (float("nan"), "nan is missing"),
    (np.float32("nan"), "is missing"),
    (np.ma.masked, "is missing"),
    (NAType(), "<NA> is missing"),
    ("", "'' is blank; drop the row"),
    ("  \t", "is blank"),
    ("\ufeff", "is blank"),
    (5, "5 is no SMILES but of type int"),
    (True, "of type bool"),
    (b"CCO", "of type bytes"),
    (["CCO"], "of type list"),
    (np.array("CCO"), "of type ndarray"),
    (Chem.MolFromSmarts("[#6]~[#7]"), r"is a pattern \(SMARTS\) and no molecule"),
    (Chem.Mol(), "is blank"),
    ("CC O", "'CC O' has a blank inside, and what follows would be lost"),
    ("CC(=O) O", "has a blank inside"),
    ("c1ccccc1 C(=O)O", "has a blank inside"),
    ("CCO\tethanol", "has a blank inside"),
    ("CCO\nCC", "has a blank inside"),
    ("CC\xa0O", "has a blank inside"),
    ("CCO |$;;R$|", "has a blank inside"),
    ("CCO\u00b2", "holds '²', which no SMILES holds"),
    ("CC\u2212O", "holds '−'"),
    ("C\x00C", r"holds '\\x00'"),
    ("[#6]~[#7]", r"RDKit cannot read the SMILES '\[#6\]~\[#7\]'; .*patterns \(SMARTS\)"),
    ("C~C", r"patterns \(SMARTS\)"),
    ("C1CC", r"RDKit cannot read the SMILES 'C1CC'; drop or mend it \(unclosed ring\)"),
    ("CC(C", r"\(extra open parentheses at character 3\)"),
    ("CC)", r"\(extra close parentheses at character 3\)"),
    ("c1cccc1", r"\(Can't kekulize mol"),
    ("cco", r"\(non-ring atom 0 marked aromatic\)"),
    ("C(C)(C)(C)(C)C", r"\(Explicit valence for atom # 0 C, 5, is greater than permitted\)"),
    ("50-00-0", r"\(syntax error at character 1\)"),
    ("aspirin", r"\(syntax error"),
    ("[Xx]", r"\(syntax error"),
    ("CC>>CO", "RDKit cannot read"),
]


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize(("cell", "sentence"), BAD, ids=[repr(cell)[:20] for cell, _ in BAD])
def test_every_verb_gives_every_bad_cell_its_sentence(name, cell, sentence, capfd):
    if name == "tokenize":  # it looks at the symbols before it asks RDKit
        sentence = f"(?:{sentence}|is no SMILES at character|holds the element)"
    with pytest.raises(data.BadRows, match=f"^row 2: .*{sentence}") as caught:
        KEYED[name](["CCO", "CC", cell, "C"])
    error = caught.value
    assert len(str(error)) <= 300
    assert error.rows.tolist() == [2]
    assert error.bad[0].text == (cell if isinstance(cell, str) else repr(cell))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", READERS)
def test_all_bad_rows_come_together_and_reported_rows_keep_their_places(name):
    cells = ["CCO", *(cell for cell, _ in BAD), "CC", "C" * 30]
    bad = list(range(1, 1 + len(BAD)))
    with pytest.raises(data.BadRows) as caught:
        READERS[name](cells)
    error = caught.value
    assert error.rows.tolist() == bad
    assert str(error).startswith("row 1: None is missing")
    assert f"{len(BAD)} of {len(cells)} rows are bad, and .bad lists them: rows 1, 2, 3" in str(
        error
    )
    assert len(str(error)) <= 300
    assert pickle.loads(pickle.dumps(error)).rows.tolist() == bad
    read = READERS[name](cells, errors="report")
    good = [0, len(cells) - 2, len(cells) - 1]
    assert read.rows.tolist() == good
    assert [one.row for one in read.bad] == bad
    again = READERS[name]([cells[row] for row in good])
    assert len(read.found) == len(again) == 3
    if name != "read_molecules":
        assert all(np.array_equal(a, b) for a, b in zip(read.found, again, strict=True))


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        ("CCO", "smiles must be several strings, got one: wrap it in a list"),
        (b"CCO", "several strings, got one"),
        ({"CCO"}, "must have an order, got a set"),
        ({"smiles": ["CCO"]}, "must be one column, got a dict: name the column"),
        (np.array([["CCO", "C"]]), "must be one column, got a ndarray of 2 axes"),
        (np.array("CCO"), "got a ndarray of 0 axes"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["features", *KEYED])
def test_what_is_no_column_is_refused(name, column, complaint):
    verbs = KEYED | {"features": lambda smiles: features(smiles, ENCODER)}
    with pytest.raises(ValueError, match=complaint):
        verbs[name](column)


def test_what_is_no_iterable_is_refused_in_a_sentence():
    program = """
import types
from w2s_jax.molecules import flatten
from rdkit import Chem
for column, how in (
    (None, "raise"), (Chem.MolFromSmiles("C"), "raise"), (7, "raise"),
    (types.SimpleNamespace(columns=["a"]), "raise"), (["C"], "ignore"),
):
    try:
        flatten(column, errors=how)
    except ValueError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "smiles must be several strings, got NoneType: give a list of SMILES",
        "smiles must be several molecules, got one: wrap it in a list",
        "smiles must be several strings, got int: give a list of SMILES",
        "smiles must be one column, got a SimpleNamespace: name the column",
        "errors must be 'raise' or 'report', got 'ignore'",
    ]


def test_features_name_what_cannot_be_read_what_is_unknown_and_what_is_too_long_in_one_call():
    cells = ["CCO", "C1CC", "C[Hg]C", None, "C" * 500, "O"]
    with pytest.raises(data.BadRows, match=r"^row 1: .*4 of 6 rows are bad") as caught:
        features(cells, ENCODER)
    reasons = [one.reason for one in caught.value.bad]
    assert caught.value.rows.tolist() == [1, 2, 3, 4]
    assert reasons[0] == "unclosed ring"
    assert "the element 'Hg'" in reasons[1]
    assert "has 500 symbols" in reasons[3]
    # Told in the user's own spelling, not in the flat one.
    with pytest.raises(data.BadRows, match=r"row 0: 'OC\[Hg\]C.Cl' holds the element 'Hg'"):
        features(["OC[Hg]C.Cl"], ENCODER)


@pytest.mark.parametrize(
    "text", [" CCO", "CCO\r\n", "\ufeffCCO", "\u200bCCO ", "\xa0CCO", "\ufeff CCO"]
)
def test_blanks_and_marks_at_the_edges_say_nothing(text):
    assert text_of(text) == "CCO"
    assert flatten([text, np.str_(text)]) == ["CCO", "CCO"]
    rows = [descriptors([text]), morgan_fingerprints([text]), features([text], ENCODER)]
    for found, read in zip(rows, (descriptors, morgan_fingerprints), strict=False):
        np.testing.assert_array_equal(found, read(["CCO"]))


def test_molecules_of_rdkit_s_are_read_as_what_they_spell(tmp_path):
    smiles = ["CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)Cl", "[Na+].[Cl-]", "C1CC1"]
    molecules = [Chem.MolFromSmiles(text) for text in smiles]
    assert flatten(molecules) == flatten(smiles)
    assert flatten(map(Chem.AddHs, molecules)) == flatten(smiles)
    np.testing.assert_array_equal(descriptors(molecules), descriptors(smiles))
    np.testing.assert_array_equal(morgan_fingerprints(molecules), morgan_fingerprints(smiles))
    found = features(molecules, ENCODER, cache=tmp_path)
    np.testing.assert_array_equal(found, features(smiles, ENCODER))
    np.testing.assert_array_equal(found, features(molecules, ENCODER, cache=tmp_path))
    assert len(list(tmp_path.iterdir())) == 1
    bad = Chem.MolFromSmiles("C(C)(C)(C)(C)C", sanitize=False)
    with pytest.raises(data.BadRows, match="Explicit valence"):
        descriptors([bad])


# ---- identity

SALTS = [
    "[Na+].[O-]C(=O)c1ccccc1",
    "OC(=O)c1ccccc1.NCCc1ccccc1",
    "CCC.CCN",
    "Cl.CN(C)CCO",
    "O.O.CC",
]
OTHERS = [
    "F/C=C/F",
    "N[C@@H](C)C(=O)O",
    "C[N+](=O)[O-]",
    "c1ccc2[nH]ccc2c1",
    "OCC1OC(O)C(O)C(O)C1O",
]
OTHERS += ["CS(=O)(=O)NC1=NC=CC=C1", "O=c1cc[nH]cc1", "[2H]OC", "[13CH4]", "C[P+](C)(C)C", "[O]N=O"]


@pytest.mark.parametrize("smiles", [*SALTS, *OTHERS])
def test_one_molecule_has_one_flat_string(smiles):
    molecule = Chem.MolFromSmiles(smiles)
    rng = np.random.default_rng(len(smiles))
    (wanted,) = flatten([smiles])
    assert flatten([wanted]) == [wanted]
    assert not set("@/\\:.") & set(wanted)
    spellings = Chem.MolToRandomSmilesVect(molecule, 20, randomSeed=1)
    for _ in range(5):
        mapped = Chem.Mol(molecule)
        for atom in mapped.GetAtoms():
            atom.SetAtomMapNum(int(rng.integers(0, 99)))
        spellings.append(Chem.MolToSmiles(mapped, doRandom=True))
        spellings.append(Chem.MolToSmiles(Chem.AddHs(molecule), doRandom=True, allHsExplicit=True))
    kekulized = Chem.Mol(molecule)
    Chem.Kekulize(kekulized, clearAromaticFlags=True)
    spellings.append(Chem.MolToSmiles(kekulized, kekuleSmiles=True))
    pieces = smiles.split(".")
    spellings += [".".join(pieces[::-1]), ".".join([*pieces[1:], pieces[0]])]
    assert len(set(spellings)) > 5
    assert set(flatten(spellings)) == {wanted}


def test_duplicates_and_leaks_are_of_structures():
    rows = ["CCO", "N", "OCC", "C[C@H](N)Cl", "C[C@@H](N)Cl", "[Na+].OCC", "CN"]
    assert [found.tolist() for found in data.duplicates(rows)] == [[0, 2, 5], [3, 4]]
    assert data.duplicates(["C", "CC"]) == []
    leaks = data.find_leaks(rows, ["[OH:1]CC", "NC", "CCC", Chem.MolFromSmiles("CN")])
    assert [(one.flat, one.first.tolist(), one.second.tolist()) for one in leaks] == [
        ("CCO", [0, 2, 5], [0]),
        ("CN", [6], [1, 3]),
    ]


def test_no_molecule_is_trained_on_and_validated_on(tmp_path):
    chains = ["C" * a + "O" * b + "N" * c for a in range(1, 9) for b in range(2) for c in range(2)]
    walks = [
        walk for text in chains for walk in Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(text), 8)
    ]
    order = np.random.default_rng(0).permutation(len(walks))
    path = tmp_path / "vendor.smi"
    path.write_text("".join(f"{walks[k]}.Cl\tMFCD{k}\n" for k in order))
    corpus = read_corpus(path, tokens=10**6, leak_free=False)
    both = [*corpus.training.texts, *corpus.validation.texts]
    assert len(both) == len(set(both)) == len(set(flatten(chains)))
    assert flatten(both) == both
    path.write_text(path.read_text() + "C1CC\n" + "C" * 105 + "\n")
    with pytest.raises(data.BadRows, match=r"^line 257 of .*\(unclosed ring\).*lines 257, 258"):
        read_corpus(path, tokens=10**6, leak_free=False)
    again = read_corpus(path, tokens=10**6, leak_free=False, errors="report")
    assert again.training.texts == corpus.training.texts
    assert [one.line for one in again.bad] == [257, 258]


# ---- files


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """5,000 lines as they are published: names, salts, stereo, and 60 lines that are broken."""
    rng = np.random.default_rng(0)
    heads = ["CC(=O)O", "c1ccccc1", "C[C@H](N)", "[Na+].[O-]C(=O)", "OC", "F/C=C/"]
    broken = ["C1CC", "c1cccc1", "CC(", "C(C)(C)(C)(C)C", "nothing", "CC O", "CCO\u00b2", "[Xx]C"]
    bad = sorted(rng.choice(np.arange(2, 4_900), 60, replace=False).tolist())
    lines = [
        f"{heads[k % len(heads)]}{'C' * (k % 23)}{'O' * (k % 2)}C\tNSC {k}\r\n"
        for k in range(5_000)
    ]
    for place, line in enumerate(bad):
        lines[line - 1] = f"{broken[place % len(broken)]}\tNSC {line - 1}\r\n"
    lines[4_949] = "\r\n"
    text = "\ufeff" + "".join(lines) + "\r\n\r\n"
    path = tmp_path_factory.mktemp("public") / "vendor.smi.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path, [*bad, 4_950], lines


def test_a_public_file_is_read_in_one_call_that_lists_all_its_bad_lines(public):
    path, bad, lines = public
    with pytest.raises(data.BadRows) as caught:
        read_smiles(path)
    error = caught.value
    assert [one.line for one in error.bad] == bad
    assert len(str(error)) <= 300
    assert f"61 of 5,000 rows are bad, and .bad lists them: lines {bad[0]}, {bad[1]}" in str(error)
    for one in error.bad:
        assert one.line
        assert one.text == lines[one.line - 1].rstrip("\r\n")
        assert one.reason
    read = read_smiles(path, errors="report")
    assert [one.line for one in read.bad] == bad
    assert len(read.found) == 5_000 - len(bad)
    assert read.found[0] == lines[0].split("\t")[0]
    assert read.rows.tolist() == [k for k in range(5_000) if k + 1 not in set(bad)]
    assert len(flatten(read.found)) == len(read.found)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("CCO\nC\n".encode("utf-16"), ["CCO", "C"]),
        ("\ufeffCCO\nC".encode(), ["CCO", "C"]),
        (b"SMILES ID\nCCO ethanol\nC methane 16\n\n\n", ["CCO", "C"]),
        (b"canonical_smiles\tname\nCCO\tethyl alcohol\nC\t\n", ["CCO", "C"]),
        (b"  CCO  \r\nC\r\n", ["CCO", "C"]),
    ],
)
def test_lines_come_with_marks_names_and_headers(tmp_path, content, found):
    path = tmp_path / "mine.smi"
    path.write_bytes(content)
    assert read_smiles(path) == found


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"c1ccccc1 C(=O)O\n", "'c1ccccc1 C.=O.O' holds two SMILES with a blank between"),
        (b"\tethanol\n", "is blank"),
        (b"CCO\xe9\n", "cannot be read as text .*save it in UTF-8"),
        ("CCO\n".encode("utf-16-le"), r"cannot be read as text \(it holds zeros\)"),
    ],
)
def test_odd_lines_are_refused(tmp_path, content, complaint):
    path = tmp_path / "mine.smi"
    path.write_bytes(content)
    with pytest.raises(data.Malformed, match=complaint):
        read_smiles(path)


TABLES = {  # one table in many files
    "plain.csv": b"smiles,pIC50\nCCO,5.5\nC,-1e-3\n",
    "excel.csv": "\ufeffSMILES;pIC50;note\r\nCCO;5.5;a\r\nC;-0.001;\r\n;;\r\n".encode(),
    "unicode.txt": "Smiles\tpIC50\nCCO\t5.5\nC\t-0.001\n".encode("utf-16"),
    "tabs.tsv": b"pIC50\tsmiles\n5.5\tCCO\n-0.001\tC\n",
    "quoted.csv": b'name,"smiles", pIC50 \n"ethanol, dry"," CCO ",5.5\n"methane\n(gas)",C,-0.001\n',
    "header.smi": b"smiles pIC50\nCCO 5.5\nC -0.001\n",
    "old.csv": b"smiles,pIC50\rCCO,5.5\rC,-0.001\r",
}


@pytest.mark.parametrize("name", [*TABLES, "packed.csv.gz"])
def test_a_reader_s_table_is_read_as_it_comes(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(TABLES.get(name) or gzip.compress(TABLES["excel.csv"]))
    table = data.load_table(path, label="pIC50", units="log10 mol/L", quantity="potency")
    assert (table.smiles, table.labels.tolist()) == (("CCO", "C"), [5.5, -0.001])
    assert (table.name, table.units, table.notes) == (name.partition(".")[0], "log10 mol/L", ())


def test_columns_without_a_header_go_by_number(tmp_path):
    path = tmp_path / "mine.smi"
    path.write_text("CCO 5.5 a\nC -0.001 b\n")
    table = data.load_table(str(path), label=1, split=2)
    assert (table.smiles, table.labels.tolist()) == (("CCO", "C"), [5.5, -0.001])
    assert {name: rows.tolist() for name, rows in table.splits.items()} == {"a": [0], "b": [1]}
    with pytest.raises(data.Malformed, match="lacks the column 3: it has 3, from 0"):
        data.load_table(path, label=3)
    with pytest.raises(data.Malformed, match="it has no header, so name columns by number from 0"):
        data.load_table(path, label="pIC50")


def test_bad_rows_duplicates_and_leaks_are_reported(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "smiles,y,weak,part\nCCO,1.0,1,train\nOCC,1.5,1,train\nC[C@H](N)Cl,2,2,train\n"
        "C1CC,3,3,train\nCC,,3,test\nC[C@@H](N)Cl.O,2.25,2,test\nN,3,high,test\nCCC,3,3,test\n"
    )
    load = {"label": "y", "predictions": {"weak": "weak"}, "split": "part", "units": "K"}
    with pytest.raises(data.BadRows, match=r"3 of 8 rows .* lines 5, 6, 8$") as caught:
        data.load_table(path, **load)
    reasons = [one.reason for one in caught.value.bad]
    assert reasons[0] == "unclosed ring"
    assert "has the y '', not a finite number" in reasons[1]
    assert "has the weak 'high', not a finite number" in reasons[2]
    table = data.load_table(path, **load, errors="report")
    assert table.smiles == ("CCO", "OCC", "C[C@H](N)Cl", "C[C@@H](N)Cl.O", "CCC")
    assert {name: rows.tolist() for name, rows in table.splits.items()} == {
        "train": [0, 1, 2],
        "test": [3, 4],
    }
    assert table.predictions["weak"].tolist() == [1, 1, 2, 2, 3]
    assert [one.line for one in table.bad] == [5, 6, 8]
    assert table.notes == (
        "left out 3 of 8 rows, see .bad",
        "2 molecules stand in 4 rows, labels up to 0.5 apart",
        "1 molecule stands in train and in test",
    )
    assert all(note in repr(table) for note in table.notes)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", b"SMILES,pic50\nC,1\n", "lacks the column 'pIC50': it has 'SMILES', 'pic50'"),
        ("a.csv", b"structure,pIC50\nC,1\n", "lacks the column 'smiles': it has 'structure'"),
        ("a.csv", b"smiles,Smiles,pIC50\nC,C,x\n", "'x', not a finite number"),
        ("a.csv", b"SMILES,Smiles,pIC50\nC,C,1\n", "lacks the column 'smiles'"),
        ("a.csv", b"smiles,pIC50,pIC50\nC,1,2\n", "2 columns 'pIC50': rename all but one"),
        ("a.csv", b"smiles;pIC50\nC;1,5\n", "'1,5', not a finite number, with a point"),
        ("a.csv", b'smiles,pIC50\n"C,1\n', "is no CSV file: line 2"),
        ("a.csv", b"smiles,pIC50\n", "has no rows"),
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"smiles,pIC50\nC1CC,1\nC,nan\n", "2 of 2 rows are bad"),
        ("a.xlsx", b"PK", "a.xlsx is no table that can be read: give a .csv"),
        ("a.csv.gz", b"smiles", "cannot be read as text"),
    ],
)
def test_tables_that_cannot_be_read_say_why(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    for errors in ("raise", "report"):
        with pytest.raises(data.Malformed, match=complaint) as caught:
            data.load_table(path, label="pIC50", errors=errors)
        assert len(str(caught.value)) <= 300
    with pytest.raises(data.Malformed, match="cannot be read as text"):
        data.load_table(tmp_path / "none.csv", label="pIC50")


def test_parquet_needs_pyarrow_and_is_read_by_it(tmp_path, monkeypatch):
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"mine.parquet is a Parquet file and needs pyarrow: pip"):
        data.load_table(path, label="pIC50")
    columns = {"smiles": ["CCO", None, "C"], "pIC50": [5.5, 1.0, None]}
    column = lambda place: types.SimpleNamespace(  # noqa: E731
        to_pylist=lambda: columns[list(columns)[place]]
    )
    table = types.SimpleNamespace(column_names=list(columns), column=column)
    fake = types.ModuleType("pyarrow")
    fake.__dict__["parquet"] = types.SimpleNamespace(read_table=lambda path: table)
    monkeypatch.setitem(sys.modules, "pyarrow", fake)
    read = data.load_table(path, label="pIC50", errors="report")
    assert (read.smiles, read.labels.tolist()) == (("CCO",), [5.5])
    assert [one.text for one in read.bad] == ["None", "C"]


def test_an_older_rdkit_without_a_captured_log_still_names_the_row(monkeypatch):
    monkeypatch.delattr("rdkit.rdBase.CaptureErrorLog")
    with pytest.raises(data.BadRows, match=r"row 0: RDKit cannot read .*it gives no reason"):
        flatten(["C1CC"])
