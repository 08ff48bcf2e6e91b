import gzip
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from inside import inside
from w2s_jax.encoders import MASK, PAD
from w2s_jax.molecules import MOLBERT_VOCABULARY, SMILES, molbert_codes, symbols_of, tokenize

AROMATIC = inside("molecules._tokenizer").AROMATIC
ELEMENTS = inside("molecules._tokenizer").ELEMENTS

FOLDER = os.environ.get("W2S_DATA_DIR", "")
CORPUS = Path(FOLDER, "chembl_subset_flat.smi.gz")
needs_corpus = pytest.mark.skipif(
    not FOLDER or not CORPUS.is_file(), reason="W2S_DATA_DIR names no folder with the corpus"
)
# Between them they hold every symbol.
MADE = [
    "C[C@@H](N)C(=O)[O-]",
    "F/C=C\\F",
    "c1cc2ccc3cccc4ccc(c1)c2c34",
    "Clc1ccc(Br)cc1I",
    "[2H]C([2H])([2H])S(=O)(=O)P",
    "B(O)OC#N",
    "C[Si](C)(C)[Se]C",
    "[se]1cccc1.[13CH4]",
    "[cH:10]1[cH:11]occ1",
    "b1ccccc1.p1ccccc1.n1ccccc1.o1cccc1",
    "s1cccc1-c1:c:c:c:c:c1",
    "[NH3+]C[C@H]%98CC%67CCC%98%67.C%54CC%54",
    "[Cl-].[H+]",
]


def test_the_codes_are_few_and_distinct():
    assert len(SMILES.symbols) == len(set(SMILES.symbols)) == 44
    assert SMILES.size == 46
    assert PAD == 0
    assert MASK == 1
    assert set(ELEMENTS) | set(AROMATIC) < set(SMILES.symbols)


def test_made_molecules_hold_every_symbol_and_come_back():
    rows = tokenize(MADE)
    assert [SMILES.spell(row) for row in rows] == MADE
    assert set(np.concatenate(rows).tolist()) == set(range(2, SMILES.size))
    assert all(row.dtype == np.int32 for row in rows)


@needs_corpus
def test_the_corpus_comes_back():
    with gzip.open(CORPUS, "rt") as lines:
        smiles = [next(lines).strip() for _ in range(20_000)]
    rows = tokenize(smiles)
    assert [SMILES.spell(row) for row in rows] == smiles
    assert 40 < np.median([row.size for row in rows]) < 50
    assert max(row.size for row in rows) <= 100


@needs_corpus
def test_symbols_are_rdkit_s_atoms():
    """An independent count: as many symbols of an element as RDKit sees atoms of it."""
    with gzip.open(CORPUS, "rt") as lines:
        smiles = [next(lines).strip() for _ in range(500)]
    for text in [*smiles, *MADE[:7]]:
        symbols = symbols_of(text)
        atoms = [atom.GetSymbol() for atom in Chem.MolFromSmiles(text).GetAtoms()]
        for element in ELEMENTS[:-1]:
            ours = sum(symbol in (element, element.lower()) for symbol in symbols)
            assert ours == atoms.count(element)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Cn1cccc1", ["C", "n", "1", "c", "c", "c", "c", "1"]),
        ("Cc1ccsc1", ["C", "c", "1", "c", "c", "s", "c", "1"]),
        ("Sc1ccccc1", ["S", "c", "1", "c", "c", "c", "c", "c", "1"]),
        ("ClCBr", ["Cl", "C", "Br"]),
        ("CI", ["C", "I"]),
        ("C[SeH]", ["C", "[", "Se", "H", "]"]),
        ("C[nH+]1cccc1", ["C", "[", "n", "H", "+", "]", "1", "c", "c", "c", "c", "1"]),
        ("[15NH3+2]", ["[", "1", "5", "N", "H", "3", "+", "2", "]"]),
        ("C%12CC%12", ["C", "%", "1", "2", "C", "C", "%", "1", "2"]),
    ],
)
def test_letters_that_could_be_read_twice(text, symbols):
    assert symbols_of(text) == symbols
    assert SMILES.spell(tokenize([text])[0]) == text


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("C[Sn](C)(C)C", "Sn"),
        ("[Sc+3]", "Sc"),
        ("[Na+]", "Na"),
        ("[Cn]", "Cn"),
        ("[Os]", "Os"),
        ("[K+]", "K"),
        ("[te]1cccc1", "te"),
    ],
)
def test_an_element_outside_is_named(text, element):
    with pytest.raises(ValueError, match=rf"row 1: .* the element '{element}'.*they know B, C, N"):
        tokenize(["C", text])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "row 1: '' is blank; drop the row"),
        ("C C", "row 1: 'C C' has a blank inside"),
        ("CCO ", "is no SMILES at character 4"),
        ("C*", "is no SMILES at character 2: '\\*'"),
        ("C[", "is no SMILES at character 2: '\\['"),
        ("C[]", "is no SMILES at character 2"),
        ("CÅ", "'CÅ' holds 'Å', which no SMILES holds"),
        ("C٣", "'C٣' holds '٣', which no SMILES holds"),
        ("[C:٣]", "holds '٣', which no SMILES holds"),
    ],
)
def test_what_is_no_smiles_is_named_with_its_place(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        tokenize(["C", text])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("50-00-0", "syntax error at character 1"),  # a CAS number
        ("C1CC", "unclosed ring"),
        ("CC(C", "extra open parentheses"),
        ("CC)", "extra close parentheses"),
        ("cco", "non-ring atom 0 marked aromatic"),
        ("c1cccc1", "Can't kekulize"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C, 5, is greater than permitted"),
        ("))((", "syntax error"),
        ("%", "syntax error"),
        ("1", "syntax error"),
        ("C==C", "syntax error"),
        ("C%1", "syntax error"),
    ],
)
def test_symbols_that_spell_no_molecule_are_refused_with_rdkit_s_reason(text, reason):
    for read in (lambda text: tokenize([text]), symbols_of):
        with pytest.raises(ValueError, match="RDKit cannot read the SMILES") as caught:
            read(text)
        assert reason in str(caught.value)
    read = tokenize(["C", text, "O"], errors="report")
    assert read.rows.tolist() == [0, 2]
    assert [(one.row, one.text) for one in read.bad] == [(1, text)]


def test_one_string_is_not_a_list_of_letters():
    for function in (tokenize, molbert_codes):
        with pytest.raises(ValueError, match="smiles must be several strings, got one"):
            function("CCO")


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("".join(SMILES.symbols) + "aKx *$~"), st.characters())
    )
)
@settings(max_examples=400, deadline=None)
def test_any_string_comes_back_or_is_refused(text):
    row, refused = None, ""
    try:
        row = SMILES.codes_of(text)
    except ValueError as caught:
        refused = str(caught)
    if row is None:
        assert re.match("is an empty|is no SMILES at|holds the element", refused)
        with pytest.raises(ValueError, match=r"^row 0: "):
            tokenize([text])
        return
    assert SMILES.spell(row) == text
    assert row.size == len(SMILES.split(text)) > 0
    assert row.min() >= 2
    assert row.max() < SMILES.size


@given(
    st.lists(
        st.sampled_from([*SMILES.symbols[:2], "C", "c", "[nH]", "[O-]", "Cl", "1", "=", "[C@@H]"])
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_built_of_symbols_comes_back(pieces):
    text = "".join(pieces) or "C"
    assert SMILES.spell(SMILES.codes_of(text)) == text


def test_masks_and_padding_are_spelled():
    assert SMILES.spell(np.array([27, MASK, 29, PAD, PAD], np.int32)) == "C?O"


# MolBERT's own vocabulary, from its published code: four special codes, fifteen symbols of several
# letters or elements, twenty-three signs.
MOLBERT = ["PAD", "CLS", "SEP", "MASK", *"FHIBCNOPS", "Br", "Cl", "Si", "Se", "se", "@@"]
MOLBERT += "0123456789=@#%/\\()+-.[]"


def molbert_spell(row):
    return [MOLBERT[code] for code in row]


def test_molbert_has_42_codes():
    assert len(MOLBERT) == MOLBERT_VOCABULARY == 42


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("OCC", "O C C"),
        ("c1ccccc1Br", "C 1 = C ( Br ) C = C C = C 1"),
        ("c1cc[nH]c1", "C 1 = C N C = C 1"),
        ("C[C@@H](N)C(=O)[O-]", "C [ C @@ H ] ( N ) C ( = O ) [ O - ]"),
        ("C[C@H](N)Cl", "C [ C @ H ] ( N ) Cl"),
        ("C[Si](C)(C)C", "C [ Si ] ( C ) ( C ) C"),
        ("[Cl-].C[NH3+]", "[ Cl - ] . C [ N H 3 + ]"),
        ("CN(=O)=O", "C N ( = O ) = O"),
        ("C[N+](=O)[O-]", "C [ N + ] ( = O ) [ O - ]"),
    ],
)
def test_molbert_reads_kekulized_smiles_from_its_first_atom_on(text, symbols):
    (row,) = molbert_codes([text])
    assert molbert_spell(row) == ["CLS", *symbols.split(" "), "SEP"]


def test_molbert_s_codes_spell_the_same_molecule():
    kept = [text for text in MADE if not set(text) & set("%:bp")]
    for text, row in zip(kept, molbert_codes(kept), strict=True):
        back = "".join(molbert_spell(row)[1:-1])
        assert Chem.CanonSmiles(back) == Chem.CanonSmiles(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("C1CC", "row 1: RDKit cannot read the SMILES 'C1CC'; drop or mend it"),
        ("", "row 1: '' is blank"),
        ("C(C)(C)(C)(C)C", "row 1: RDKit cannot read"),
        ("[Na+].[Cl-]", r"row 1: .* holds 'a', which MolBERT never saw; drop the molecule"),
        ("C[Sn]", r"row 1: .* holds 'n', which MolBERT never saw"),
        ("[CH3:1]C", r"row 1: .* holds ':', which MolBERT never saw"),
    ],
)
def test_molbert_refuses_by_row(text, complaint, capfd):
    with pytest.raises(ValueError, match=complaint):
        molbert_codes(["C", text])
    assert capfd.readouterr() == ("", "")
