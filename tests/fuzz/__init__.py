"""Random problems against independent answers: `python -m fuzz.projections --help`."""
