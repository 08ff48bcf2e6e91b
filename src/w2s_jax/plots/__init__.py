"""The book's pictures: one function for one idea, one colour for one object (extra `plots`)."""

from w2s_jax._extras import extra

with extra("plots"):
    from w2s_jax.plots._encoders import attention, by_width, guesses
    from w2s_jax.plots._gain import gain_against_misfit
    from w2s_jax.plots._series import dots, lines
    from w2s_jax.plots._style import COLOURS, INK, STYLE, Picture, show, style
    from w2s_jax.plots._supervisors import (
        against_truth,
        agreement,
        gain_in_parts,
        side_by_side,
    )
    from w2s_jax.plots._triangle import triangle

__all__ = [
    "COLOURS",
    "INK",
    "STYLE",
    "Picture",
    "against_truth",
    "agreement",
    "attention",
    "by_width",
    "dots",
    "gain_against_misfit",
    "gain_in_parts",
    "guesses",
    "lines",
    "show",
    "side_by_side",
    "style",
    "triangle",
]
