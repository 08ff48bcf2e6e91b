"""Draw molecules for a page: line drawings in the page's own ink (extra `molecules`)."""

import html
import re

from w2s_jax.molecules._reading import read_molecules


def draw_molecules(
    smiles: str, *, alt: str, size: tuple[int, int] = (300, 210), numbers: bool = False
) -> str:
    """Draw a molecule as inline SVG, in the text's color and without a background.

    However its SMILES is spelled, a molecule stands the same way.

    Args:
        smiles: one SMILES.
        alt: what the picture shows, for readers who cannot see it.
        size: width and height in pixels.
        numbers: write at each atom its place in the SMILES, from 0.

    Returns:
        An `<svg>` element.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a SMILES that RDKit cannot read; an empty `alt`.

    Example:
        >>> draw_molecules("OCC", alt="Ethanol.")[:38]
        '<svg role="img" aria-label="Ethanol." '
    """
    if not alt.strip():
        raise ValueError("alt must say what the picture shows")
    (molecule,) = read_molecules([smiles])
    from rdkit.Chem.Draw import rdMolDraw2D

    _place(molecule)
    # The last argument keeps letters letters, a quarter of the outlines' size.
    canvas = rdMolDraw2D.MolDraw2DSVG(*size, -1, -1, True)
    options = canvas.drawOptions()
    options.clearBackground = False
    options.useBWAtomPalette()
    options.fixedBondLength = 32
    options.addAtomIndices = numbers
    canvas.DrawMolecule(rdMolDraw2D.PrepareMolForDrawing(molecule))
    canvas.FinishDrawing()
    svg = re.sub(r"<!--.*?-->\n?| class='[^']*'", "", canvas.GetDrawingText(), flags=re.DOTALL)
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
    label = html.escape(" ".join(alt.split()), quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def _place(molecule) -> None:
    """Give the atoms the coordinates of the canonical spelling's."""
    from rdkit import Chem
    from rdkit.Chem import rdDepictor

    model = Chem.MolFromSmiles(Chem.MolToSmiles(molecule))
    rdDepictor.Compute2DCoords(model)
    order = model.GetSubstructMatch(molecule)
    if len(order) != molecule.GetNumAtoms():  # explicit hydrogens may go astray
        rdDepictor.Compute2DCoords(molecule)
        return
    conformer = Chem.Conformer(len(order))
    for own, other in enumerate(order):
        conformer.SetAtomPosition(own, model.GetConformer().GetAtomPosition(other))
    molecule.RemoveAllConformers()
    molecule.AddConformer(conformer)
