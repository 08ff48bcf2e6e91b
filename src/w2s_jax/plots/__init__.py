"""The book's pictures: one function for one idea, one color for one object (extra `plots`)."""

from w2s_jax._extras import extra

with extra("plots"):
    from w2s_jax.plots._beside import beside
    from w2s_jax.plots._correlation import gain_by_correlation
    from w2s_jax.plots._curves import curves
    from w2s_jax.plots._encoders import attention, by_width, guesses
    from w2s_jax.plots._gain import gain_against_misfit
    from w2s_jax.plots._losses import accuracy_against_kl, gain_ratios
    from w2s_jax.plots._mixtures import mixtures
    from w2s_jax.plots._path import gain_along
    from w2s_jax.plots._plane import plane
    from w2s_jax.plots._ring import ring
    from w2s_jax.plots._series import dots, lines
    from w2s_jax.plots._sets import in_class, nearest_in_metric, predictions
    from w2s_jax.plots._shift import shift_map
    from w2s_jax.plots._studies import courses, gain_by_task, intervals, strips
    from w2s_jax.plots._style import COLOURS, INK, STYLE, Picture, show, style
    from w2s_jax.plots._supervisors import against_truth, agreement, gain_in_parts, side_by_side
    from w2s_jax.plots._three_classes import three_classes
    from w2s_jax.plots._triangle import triangle

__all__ = [
    "COLOURS",
    "INK",
    "STYLE",
    "Picture",
    "accuracy_against_kl",
    "against_truth",
    "agreement",
    "attention",
    "beside",
    "by_width",
    "courses",
    "curves",
    "dots",
    "gain_against_misfit",
    "gain_along",
    "gain_by_correlation",
    "gain_by_task",
    "gain_in_parts",
    "gain_ratios",
    "guesses",
    "in_class",
    "intervals",
    "lines",
    "mixtures",
    "nearest_in_metric",
    "plane",
    "predictions",
    "ring",
    "shift_map",
    "show",
    "side_by_side",
    "strips",
    "style",
    "three_classes",
    "triangle",
]
