"""The one place that writes files whole, hashes them, names versions and keeps a cache."""

from w2s_jax.files._cache import kept
from w2s_jax.files._digests import fingerprint
from w2s_jax.files._versions import versions
from w2s_jax.files._whole import write_whole, written

__all__ = [
    "fingerprint",
    "kept",
    "versions",
    "write_whole",
    "written",
]
