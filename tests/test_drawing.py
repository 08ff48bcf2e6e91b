"""Drawings of molecules: legible on any page, the same for any spelling."""

import re

import pytest

pytest.importorskip("rdkit")

from w2s_jax.molecules import draw_molecules

NICOTINE = ("CN1CCC[C@H]1c1cccnc1", "c1c([C@@H]2CCCN2C)cccn1")


def letters(svg):
    found = re.findall(r"<text x='([\d.]+)' y='([\d.]+)'[^>]*>(\D)<", svg)
    return sorted((letter, float(x), float(y)) for x, y, letter in found)


def test_the_ink_is_the_page_s_and_nothing_lies_behind():
    svg = draw_molecules(NICOTINE[0], alt='A "line" drawing of nicotine.')
    assert svg.startswith('<svg role="img" aria-label="A &quot;line&quot; drawing of nicotine."')
    assert svg.endswith("</svg>")
    assert "currentColor" in svg
    assert not re.search(r"#[0-9A-Fa-f]{6}|<rect", svg)


def test_a_molecule_stands_the_same_way_however_it_is_spelled():
    one, other = (letters(draw_molecules(smiles, alt="Nicotine.")) for smiles in NICOTINE)
    assert [letter for letter, *_ in one] == ["N", "N"]
    assert all(
        a[0] == b[0] and a[1:] == pytest.approx(b[1:], abs=2)
        for a, b in zip(one, other, strict=True)
    )
    assert letters(draw_molecules("CN1CCCC1", alt="Another.")) != one


def test_numbers_follow_the_spelling():
    svg = draw_molecules("CCO", alt="Ethanol.", numbers=True)
    assert [n for n in "012" if f">{n}</text>" in svg] == ["0", "1", "2"]
    assert ">1</text>" not in draw_molecules("CCO", alt="Ethanol.")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="alt must say"):
        draw_molecules("C", alt=" ")
    with pytest.raises(ValueError, match="row 0: RDKit cannot read"):
        draw_molecules("C(", alt="Broken.")
