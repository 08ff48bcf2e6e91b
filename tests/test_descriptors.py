import subprocess
import sys

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors, rdFingerprintGenerator, rdMolDescriptors

from w2s_jax.molecules.descriptors import descriptor_names, descriptors, morgan_fingerprints

SMILES = [
    "CCO",
    "c1ccccc1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[N+](C)(C)C",
    "[Na+].[Cl-]",
    "ClC(Cl)(Cl)Cl",
]
BOTH = pytest.mark.parametrize("features", [descriptors, morgan_fingerprints])


def test_descriptors_are_rdkit_s():
    found = descriptors(SMILES)
    names = descriptor_names()
    assert found.shape == (len(SMILES), len(names))
    assert found.dtype == np.float64
    for name, function in (
        ("MolLogP", lambda molecule: rdMolDescriptors.CalcCrippenDescriptors(molecule)[0]),
        ("TPSA", rdMolDescriptors.CalcTPSA),
        ("HeavyAtomCount", Chem.Mol.GetNumHeavyAtoms),
        ("NumRotatableBonds", rdMolDescriptors.CalcNumRotatableBonds),
        ("RingCount", rdMolDescriptors.CalcNumRings),
    ):
        expected = [function(Chem.MolFromSmiles(text)) for text in SMILES]
        np.testing.assert_array_equal(found[:, names.index(name)], expected)


def test_all_columns_are_rdkit_s_in_the_order_of_their_names():
    found = descriptors(SMILES[2:3])[0]
    table = Descriptors.CalcMolDescriptors(Chem.MolFromSmiles(SMILES[2]))
    np.testing.assert_array_equal(found, [table[name] for name in descriptor_names()])


def test_names_are_distinct_and_leave_out_the_exploding_one():
    names = descriptor_names()
    assert len(set(names)) == len(names) > 200
    assert "Ipc" not in names
    assert "AvgIpc" in names


def test_numbers_are_finite_where_rdkit_s_are_not():
    odd = ["[Na+].[Cl-]", "[Fe]", "[H][H]", "C", "[U]", "C" * 120]
    raw = [Descriptors.CalcMolDescriptors(Chem.MolFromSmiles(text)) for text in odd]
    assert not np.isfinite(np.array([list(row.values()) for row in raw], float)).all()
    assert np.isfinite(descriptors(odd)).all()


@pytest.mark.parametrize(("radius", "size"), [(2, 1024), (1, 64), (3, 2048)])
def test_fingerprints_are_rdkit_s(radius, size):
    found = morgan_fingerprints(SMILES, radius=radius, size=size)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=size)
    for row, text in zip(found, SMILES, strict=True):
        bits = list(generator.GetFingerprint(Chem.MolFromSmiles(text)).GetOnBits())
        assert np.flatnonzero(row).tolist() == bits
    assert set(np.unique(found)) == {0.0, 1.0}
    assert found.dtype == np.float64


@BOTH
def test_rows_follow_the_molecule_not_its_spelling(features):
    one, other, third = features(["OCC", "CCO", "CCN"])
    np.testing.assert_allclose(one, other, rtol=1e-12)
    assert not np.allclose(one, third)


@BOTH
def test_any_iterable_serves_and_none_is_an_empty_table(features):
    np.testing.assert_array_equal(features(text for text in SMILES), features(SMILES))
    empty = features([])
    assert empty.shape == (0, features(["C"]).shape[1])


@BOTH
@pytest.mark.parametrize("bad", ["C1CC", "not a molecule", "", "  ", "C(C)(C)(C)(C)C"])
def test_the_row_that_cannot_be_read_is_named(features, bad, capfd):
    with pytest.raises(
        ValueError,
        match=rf"row 2: RDKit cannot read the SMILES '{bad}'".translate(
            {ord(sign): f"\\{sign}" for sign in "()"}
        ),
    ):
        features(["CCO", "C", bad, "CC"])
    assert capfd.readouterr() == ("", "")


@BOTH
def test_one_string_is_not_a_list_of_letters(features):
    with pytest.raises(ValueError, match="smiles must be several strings, got one"):
        features("CCO")


@pytest.mark.parametrize("options", [{"size": 0}, {"size": -1}, {"radius": -1}])
def test_impossible_fingerprints_are_refused(options):
    with pytest.raises(ValueError, match="need size ≥ 1 and radius ≥ 0, got"):
        morgan_fingerprints(["CCO"], **options)


@BOTH
def test_rdkit_goes_on_logging_for_others(features, capfd):
    with pytest.raises(ValueError, match="row 0"):
        features(["C1CC"])
    features(SMILES)
    assert Chem.MolFromSmiles("C1CC") is None
    assert "unclosed ring" in capfd.readouterr().err


def test_a_missing_rdkit_is_named_with_its_remedy():
    program = """
import sys
sys.modules["rdkit"] = None
from w2s_jax.molecules import descriptors as d
for use in (lambda: d.descriptors(["C"]), lambda: d.morgan_fingerprints(["C"]), d.descriptor_names):
    try:
        use()
    except ImportError as error:
        print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    sentence = 'molecules need RDKit: pip install "w2s-jax[molecules]"'
    assert found.stdout.splitlines() == [sentence] * 3
