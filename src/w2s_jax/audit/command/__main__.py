"""Run the command as `python -m w2s_jax.audit.command audit --weak w.npy …`."""

import sys

from w2s_jax.audit.command import main

if __name__ == "__main__":
    sys.exit(main())
