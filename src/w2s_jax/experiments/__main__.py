"""Run an experiment and record its rows, for example `supervisors --out results`."""

import argparse
import sys
from pathlib import Path

import jax

from w2s_jax.data import Unavailable
from w2s_jax.experiments import rates, records, supervisors


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, run, write, say where."""
    parser = argparse.ArgumentParser(prog="python -m w2s_jax.experiments", description=__doc__)
    commands = parser.add_subparsers(dest="experiment", required=True)
    command = commands.add_parser("supervisors", help="Delaney's equation and GAFF as teachers")
    command.add_argument("--out", type=Path, default=Path("results"), help="folder for the record")
    command.add_argument("--datasets", nargs="+", default=["esol", "freesolv"])
    command.add_argument("--seeds", nargs="+", type=int, default=[122, 123, 124])
    command = commands.add_parser("rates", help="how fast gain and misfit settle with n")
    command.add_argument("--out", type=Path, default=Path("results"), help="folder for the record")
    command.add_argument("--draws", type=int, default=rates.Config().draws, help="samples a size")
    command.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    try:
        if chosen.experiment == "rates":
            config = rates.Config(draws=chosen.draws, seed=chosen.seed)
            path = records.record(chosen.experiment, config, rates.run, chosen.out)
        else:
            config = supervisors.Config(datasets=tuple(chosen.datasets), seeds=tuple(chosen.seeds))
            path = records.record(chosen.experiment, config, supervisors.run, chosen.out)
    except (ValueError, Unavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
