"""Download, check, read and split the data sets of the book, and a reader's own."""

from w2s_jax.data._fetching import fetch
from w2s_jax.data._loaders import load_esol, load_freesolv, load_lipop
from w2s_jax.data._own import load_table
from w2s_jax.data._rows import BadRow, BadRows, Sifted
from w2s_jax.data._scaffolds import scaffold_split
from w2s_jax.data._skipping import skip_without
from w2s_jax.data._sources import SOURCES, Malformed, Source, Unavailable
from w2s_jax.data._splits import Split, chembench_split
from w2s_jax.data._structures import Leak, duplicates, find_leaks
from w2s_jax.data._tables import Table

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
    "scaffold_split",
    "skip_without",
]
