"""Mixtures of three teachers: maps over the triangle of their weights, and one bar."""

from itertools import pairwise
from typing import Any, NamedTuple

import contourpy
import numpy as np
from jaxtyping import Float

from w2s_jax.plots._style import PAGE_INK, Picture, _serial, in_words, painted

Matrix = Float[np.ndarray, "3 3"]
Weights = Float[np.ndarray, "3"]
_CORNERS = np.array([[22.0, 196.0], [198.0, 196.0], [110.0, 44.0]])
_STEPS = np.linspace(0, 1, 41)
_FINE = np.linspace(0, 1, 121)
_LAYERS, _SHADE = 9, 0.12
_BOX = (220, 224)
_GRID = "display: grid; gap: 0.4rem; "
_GRID += "grid-template-columns: repeat(auto-fit, minmax(min(12rem, 46%), 1fr))"


class _Map(NamedTuple):
    of: str
    title: str
    form: Matrix
    most: float


def mixtures(
    misfit: Matrix, student_error: Matrix, weights: Weights, *, blind: bool = False, alt: str
) -> Picture:
    r"""Draw what mixtures of three teachers gain and err, over the triangle of their weights.

    With M and C of `w2s_jax.teachers.misfit_matrix`, and $E = C + M$, three maps: gain
    $a^\top M a$, student error $a^\top C a$ and weak error $a^\top E a$ of the mean teacher.
    Stronger color is more of it, by one scale for all three; a ring is where a map is lowest, and a
    cross on the student's map where the gain is. Beside them the mean weak error as a bar:
    ambiguity, misfit and student error are its parts.

    Args:
        misfit: M.
        student_error: C.
        weights: of the mixture that is marked, at least 0, summing to 1.
        blind: show only what needs no label, the gain.
        alt: what the picture shows, for readers who cannot see it.

    Returns:
        A picture as SVG, made without matplotlib: hundreds are drawn in a second.

    Raises:
        ValueError: an empty `alt`.

    Example:
        >>> one = np.diag([0.25, 0.64, 1.21])
        >>> picture = mixtures(one, one, np.array([0.5, 0.25, 0.25]), alt="Three teachers.")
        >>> picture.svg.count("<svg"), "gain 0.18" in picture.svg
        (4, True)
    """
    M, C, a = (np.asarray(each, np.float64) for each in (misfit, student_error, weights))
    E = C + M
    most = float(max(E.diagonal().max(), 1e-12))
    maps = [_Map("gain", "gain", M, most), _Map("student", "student error", C, most)]
    maps.append(_Map("weak", "weak error", E, most))
    least = _lowest(M)
    drawn = [_drawn(maps[0], a, None, in_words(alt))]
    for own in maps[1:]:
        cross = least if own.of == "student" else None
        drawn.append(_hidden(own) if blind else _drawn(own, a, cross, f"Map of the {own.title}."))
    drawn.append(_bar(M, C, a, most, blind))
    return Picture(f'<div style="{_GRID}">\n' + "\n".join(drawn) + "\n</div>")


def _place(a: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
    return a @ _CORNERS


def _mesh(steps: Float[np.ndarray, " k"]) -> Float[np.ndarray, "k k 3"]:
    first, part = np.meshgrid(steps, steps, indexing="ij")
    return np.stack([first, (1 - first) * part, (1 - first) * (1 - part)], -1)


def _value(form: Matrix, a: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    return np.asarray(np.einsum("...i,ij,...j->...", a, form, a))


def _lowest(form: Matrix) -> Weights:
    mesh = _mesh(_FINE).reshape(-1, 3)
    return mesh[_value(form, mesh).argmin()]


def _shades(form: Matrix, most: float) -> str:
    """Return one path a level, of all places above it: they lie on each other."""
    mesh = _mesh(_STEPS)
    x, y = np.moveaxis(_place(mesh), -1, 0)
    found = contourpy.contour_generator(x, y, _value(form, mesh), fill_type="OuterOffset")
    paths = []
    for level in np.linspace(0, most, _LAYERS + 1)[:-1]:
        above: Any = found.filled(level - 1e-12, np.inf)  # polygons, and where their rings start
        lines, offsets = above
        text = ""
        for points, at in zip(lines, offsets, strict=True):
            for start, end in pairwise(at):
                ring = " ".join(f"{px:.0f},{py:.0f}" for px, py in points[start : end - 1])
                text += f"M{ring}Z"
        paths += [f'<path d="{text}"/>'] if text else []
    return "\n".join(paths)


def _background(own: _Map, cross: Weights | None) -> str:
    parts = [
        f'<g fill-rule="evenodd" fill-opacity="{_SHADE}" {painted(own.of, "fill")}>',
        _shades(own.form, own.most),
        "</g>",
        f'<path d="M{" ".join(f"{x:.0f},{y:.0f}" for x, y in _CORNERS)}Z" fill="none" '
        f'stroke="{PAGE_INK}" stroke-opacity="0.5"/>',
    ]
    names = zip("ABC", ((10, 213), (210, 213), (130, 43)), strict=True)
    parts += [f'<text x="{x}" y="{y}" text-anchor="middle">{n}</text>' for n, (x, y) in names]
    x, y = _place(_lowest(own.form))
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{PAGE_INK}" '
        'stroke-width="1.5"/>'
    )
    if cross is not None:
        x, y = _place(cross)
        parts.append(
            f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10" stroke="{PAGE_INK}" '
            'stroke-width="1.5"/>'
        )
    return "\n".join(parts)


def _drawn(own: _Map, a: Weights, cross: Weights | None, label: str) -> str:
    x, y = _place(a)
    mark = f"w2s{next(_serial)}-m"
    value = float(_value(own.form, a))
    return "\n".join(
        [
            _opened(label),
            f'<text x="4" y="16">{own.title} {value:.2f}</text>',
            _background(own, cross),
            f'<g data-of="{own.of}">',
            f'<defs><circle id="{mark}" r="5" {painted(own.of, "fill")} stroke="{PAGE_INK}"/>'
            "</defs>",
            f'<use href="#{mark}" x="{x:.1f}" y="{y:.1f}"/>',
            "</g>",
            "</svg>",
        ]
    )


def _opened(label: str) -> str:
    style = "display: block; width: 100%; height: auto; font-size: 16px"
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_BOX[0]} {_BOX[1]}" '
        f'fill="{PAGE_INK}" style="{style}">'
    )


def _hidden(own: _Map) -> str:
    lines = " ".join(f"{x:.0f},{y:.0f}" for x, y in _CORNERS)
    return "\n".join(
        [
            _opened(f"The {own.title} is hidden."),
            f'<text x="4" y="16">{own.title} ?</text>',
            f'<path d="M{lines}Z" fill="none" stroke="{PAGE_INK}" stroke-dasharray="4 4"/>',
            '<text x="110" y="155" text-anchor="middle" font-size="26">?</text>',
            "</svg>",
        ]
    )


def _bar(M: Matrix, C: Matrix, a: Weights, most: float, blind: bool) -> str:
    """Draw the mean weak error, and what is taken from it."""
    mean = float(a @ (C + M).diagonal())
    gained, left = float(_value(M, a)), float(_value(C, a))
    parts = [_opened("The mean weak error and its three parts.")]
    if blind:
        return "\n".join([*parts, '<text x="4" y="16">mean weak error ?</text>', "</svg>"])
    parts.append(f'<text x="4" y="16">mean weak error {mean:.2f}</text>')
    x, y = 4.0, 92
    for sign, name, size, ink in (
        ("−", "ambiguity", mean - gained - left, f'fill="{PAGE_INK}" fill-opacity="0.3"'),
        ("−", "misfit", gained, painted("misfit", "fill")),
        ("=", "student error", left, painted("student", "fill")),
    ):
        length = max((_BOX[0] - 8) * size / most, 0)
        parts.append(f'<rect x="{x:.1f}" y="34" width="{length:.1f}" height="22" {ink}/>')
        parts.append(f'<rect x="6" y="{y - 11}" height="12" width="12" {ink}/>')
        parts.append(f'<text x="26" y="{y}">{sign} {name} {abs(size):.2f}</text>')
        x, y = x + length, y + 26
    return "\n".join([*parts, "</svg>"])
