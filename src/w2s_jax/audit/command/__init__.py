"""The command `w2s`: files in, an audit, a page and an exit status out."""

from w2s_jax.audit.command._main import main

__all__ = ["main"]
