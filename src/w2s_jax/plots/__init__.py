"""The book's pictures: one function for one idea, one colour for one object (extra `plots`)."""

from w2s_jax._extras import extra

with extra("plots"):
    from w2s_jax.plots._beside import beside
    from w2s_jax.plots._gain import gain_against_misfit
    from w2s_jax.plots._series import dots, lines
    from w2s_jax.plots._style import COLOURS, INK, STYLE, Picture, show, style
    from w2s_jax.plots._triangle import triangle

__all__ = [
    "COLOURS",
    "INK",
    "STYLE",
    "Picture",
    "beside",
    "dots",
    "gain_against_misfit",
    "lines",
    "show",
    "style",
    "triangle",
]
