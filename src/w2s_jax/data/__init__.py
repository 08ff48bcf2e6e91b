"""Download, check, read and split the data sets of the book."""

from w2s_jax.data.fetching import fetch
from w2s_jax.data.loaders import load_esol, load_freesolv, load_lipop
from w2s_jax.data.skipping import skip_without
from w2s_jax.data.sources import SOURCES, Malformed, Source, Unavailable
from w2s_jax.data.splits import Split, chembench_split
from w2s_jax.data.tables import Table

__all__ = [
    "SOURCES",
    "Malformed",
    "Source",
    "Split",
    "Table",
    "Unavailable",
    "chembench_split",
    "fetch",
    "load_esol",
    "load_freesolv",
    "load_lipop",
    "skip_without",
]
