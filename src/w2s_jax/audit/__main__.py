"""Run the command `w2s` as `python -m w2s_jax.audit`; its room stands on this one."""

import runpy

if __name__ == "__main__":
    runpy.run_module("w2s_jax.audit.command", run_name="__main__", alter_sys=True)
