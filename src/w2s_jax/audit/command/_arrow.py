"""Arrow, which the extra `audit` brings, and whose functions are made when it is imported."""

from typing import Any

from w2s_jax._extras import extra

with extra("audit"):
    import pyarrow as pa
    from pyarrow import compute, csv, parquet

pc: Any = compute

__all__ = ["csv", "pa", "parquet", "pc"]
