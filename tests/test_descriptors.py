import subprocess
import sys

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors, rdFingerprintGenerator, rdMolDescriptors

from w2s_jax.molecules import descriptor_names, descriptors, flatten, morgan_fingerprints

SMILES = [
    "CCO",
    "c1ccccc1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[N+](C)(C)C",
    "[Na+].[Cl-]",
    "ClC(Cl)(Cl)Cl",
]
BOTH = pytest.mark.parametrize("features", [descriptors, morgan_fingerprints])


def flat(text):
    return Chem.MolFromSmiles({"[Na+].[Cl-]": "[Cl-]"}.get(text, text))


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
        expected = [function(flat(text)) for text in SMILES]
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
    odd = ["[Na+]", "[Fe]", "[H][H]", "C", "[U]", "C" * 120]
    raw = [Descriptors.CalcMolDescriptors(Chem.MolFromSmiles(text)) for text in odd]
    assert not np.isfinite(np.array([list(row.values()) for row in raw], float)).all()
    assert np.isfinite(descriptors(odd)).all()


@pytest.mark.parametrize(("radius", "size"), [(2, 1024), (1, 64), (3, 2048)])
def test_fingerprints_are_rdkit_s(radius, size):
    found = morgan_fingerprints(SMILES, radius=radius, size=size)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=size)
    for row, text in zip(found, SMILES, strict=True):
        bits = list(generator.GetFingerprint(flat(text)).GetOnBits())
        assert np.flatnonzero(row).tolist() == bits
    assert set(np.unique(found)) == {0.0, 1.0}
    assert found.dtype == np.float64


@BOTH
def test_rows_follow_the_molecule_not_its_spelling(features):
    one, other, third = features(["OCC", "CCO", "CCN"])
    np.testing.assert_array_equal(one, other)
    assert not np.allclose(one, third)


SAME = [  # as many spellings of one flat molecule
    ["CC(=O)[O-].[Na+]", "[Na+].[O-]C(C)=O", "CC(=O)[O-]"],  # a salt
    ["C[C@@H](N)C(=O)O", "C[C@H](N)C(=O)O", "CC(N)C(=O)O"],  # mirror images
    ["F/C=C/F", "F/C=C\\F", "FC=CF"],  # cis and trans
    ["[CH3:1][CH2:2][OH:3]", "[CH3:3][CH2:2][OH:1]", "CCO"],  # atom maps
    ["[13CH3]O", "[2H]C([2H])([2H])O", "[CH3][OH]"],  # isotopes
    ["CCC.CCN", "CCN.CCC", "CCC"],  # two fragments of one size
    ["O.C", "C.O", "C"],
    ["C1=CC=CC=C1O", "Oc1ccccc1", "[H]Oc1ccccc1"],  # bonds and hydrogens drawn otherwise
]


@BOTH
@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_all_read_the_flat_molecule_as_encoders_do(features, spellings):
    (one,) = set(flatten(spellings))
    assert flatten([one]) == [one] == flatten([spellings[-1]])
    rows = features([*spellings, Chem.AddHs(Chem.MolFromSmiles(spellings[0]))])
    np.testing.assert_array_equal(rows, np.broadcast_to(rows[:1], rows.shape))


def test_kappa_is_zero_without_paths_and_rdkit_s_with_them():
    """(A + α − 1)(A + α − 3)² / (P₃ + α)² has a pole at α = 0 where no path has three bonds."""
    names = descriptor_names()
    stars = ["CN(C)C", "CC(C)(C)F", "FC(F)F", "CC(=O)C", "CP(C)C", "[Se]", "CCO", "CO"]
    chains = ["CCCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C1CC1C"]
    for order, name in enumerate(("Kappa1", "Kappa2", "Kappa3"), start=1):
        found = descriptors([*stars, *chains])[:, names.index(name)]
        for text, value in zip([*stars, *chains], found, strict=True):
            molecule = Chem.MolFromSmiles(text)
            distances = Chem.GetDistanceMatrix(molecule)
            known = getattr(Descriptors, name)(molecule)
            # In a tree the paths of m bonds are the pairs of atoms at the distance m.
            tree = molecule.GetNumBonds() == molecule.GetNumAtoms() - 1
            if tree and not (distances == order).any():
                assert value == 0.0
            else:
                assert value == known
    raw = [getattr(Descriptors, "Kappa3")(Chem.MolFromSmiles(text)) for text in stars]  # noqa: B009
    assert max(raw) > 1e3  # what a head on these columns would have met
    assert descriptors(stars)[:, names.index("Kappa3")].max() == 0.0


def test_no_descriptor_explodes_on_small_molecules():
    """Every column stays within what its formula allows for at most nine heavy atoms."""
    small = ["C", "N", "O", "S", "[Se]", "Cl", "CC", "CO", "C#N", "C=O", "CS", "CCl", "CN(C)C"]
    small += ["CC(C)C", "CC(C)(C)C", "FC(F)(F)F", "OS(=O)(=O)O", "OP(O)(O)=O", "C[Si](C)(C)C"]
    small += ["ClC(Cl)(Cl)Cl", "O=C=O", "S=C=S", "C1CC1", "C1OC1", "NN", "OO", "CC#N", "[Cl-]"]
    assert np.abs(descriptors(small)).max() < 1e3


@BOTH
def test_any_iterable_serves_and_none_is_an_empty_table(features):
    np.testing.assert_array_equal(features(text for text in SMILES), features(SMILES))
    empty = features([])
    assert empty.shape == (0, features(["C"]).shape[1])


@BOTH
@pytest.mark.parametrize("bad", ["C1CC", "nonsense", "C(C)(C)(C)(C)C"])
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
    with pytest.raises(ValueError, match="need integers size ≥ 1 and radius ≥ 0, got"):
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
import w2s_jax.molecules as d
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
