"""Download the data sets that have a public address, checked, into a folder for W2S_DATA_DIR.

Usage: ``python publish/fetch_data.py FOLDER``
"""

import sys
from pathlib import Path

from w2s_jax.data import SOURCES, fetch


def main(folder: str) -> None:
    """Download what is not there yet; a file that cannot be had stops with a sentence."""
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    for name, source in SOURCES.items():
        if source.url:
            print(fetch(name, sources=SOURCES, folder=home, cache=home))


if __name__ == "__main__":
    main(*sys.argv[1:])
