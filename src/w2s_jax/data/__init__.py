"""Download, check, read and split the data sets of the book, and a reader's own."""

from w2s_jax.data.fetching import fetch
from w2s_jax.data.loaders import load_esol, load_freesolv, load_lipop
from w2s_jax.data.own import load_table
from w2s_jax.data.rows import BadRow, BadRows, Sifted
from w2s_jax.data.skipping import skip_without
from w2s_jax.data.sources import SOURCES, Malformed, Source, Unavailable
from w2s_jax.data.splits import Split, chembench_split
from w2s_jax.data.structures import Leak, duplicates, find_leaks
from w2s_jax.data.tables import Table

__all__ = [
    "SOURCES",
    "BadRow",
    "BadRows",
    "Leak",
    "Malformed",
    "Sifted",
    "Source",
    "Split",
    "Table",
    "Unavailable",
    "chembench_split",
    "duplicates",
    "fetch",
    "find_leaks",
    "load_esol",
    "load_freesolv",
    "load_lipop",
    "load_table",
    "skip_without",
]
