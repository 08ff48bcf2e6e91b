"""Random problems against independent answers: `python tests/fuzz/projections.py --help`."""
