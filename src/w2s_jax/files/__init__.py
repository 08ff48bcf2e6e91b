"""The one place that writes files whole, hashes them, names versions and keeps a cache."""

from w2s_jax.files._cache import kept
from w2s_jax.files._checkpoints import load_state, save_state
from w2s_jax.files._digests import file_sha256, fingerprint
from w2s_jax.files._tensors import Unknown, read_tensors, write_tensors
from w2s_jax.files._versions import versions
from w2s_jax.files._whole import write_whole, written

__all__ = [
    "Unknown",
    "file_sha256",
    "fingerprint",
    "kept",
    "load_state",
    "read_tensors",
    "save_state",
    "versions",
    "write_tensors",
    "write_whole",
    "written",
]
