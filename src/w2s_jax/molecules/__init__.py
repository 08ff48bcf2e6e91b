"""Molecules as inputs: SMILES ↦ features (extra `molecules`)."""
