"""Run an experiment and record its rows, for example `synthetic --panel b --seeds 5`."""

import os

# Before LAPACK is loaded: in thousands of factorizations of 2,000 x 16 on a busy machine, its
# threads would wait for each other fifty times as long as one takes alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import shutil
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

import jax

from w2s_jax.data import Unavailable, fetch
from w2s_jax.data._files import smiles_lines
from w2s_jax.experiments import molecules, synthetic
from w2s_jax.experiments.molecules import Contest, QsarConfig, settings
from w2s_jax.experiments.molecules._choices import WORDS
from w2s_jax.experiments.molecules._direct import OWN_SETTINGS
from w2s_jax.files import fingerprint
from w2s_jax.records import record


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, run, write, say where."""
    parser = argparse.ArgumentParser(prog="python -m w2s_jax.experiments", description=__doc__)
    commands = parser.add_subparsers(dest="experiment", required=True)
    _add_supervisors(commands.add_parser("supervisors", help="Delaney's equation and GAFF"))
    _add_synthetic(commands.add_parser("synthetic", help="Fig. 2 a-c: gain against misfit"))
    commands.add_parser("figure2", help="all that results/synthetic.json holds (minutes)")
    commands.add_parser("laboratory", help="panel c at other sizes, units and heads")
    _add_rates(commands.add_parser("rates", help="how fast gain and misfit settle with n"))
    commands.add_parser("inputs", help="floors and baselines of the three molecule sets")
    _add_sets(commands.add_parser("probing", help="how good representations of molecules are"))
    _add_qsar(commands.add_parser("qsar", help="Fig. 2 d-f: small encoders teach a large one"))
    _add_choosing(commands.add_parser("choosing", help="rules that choose a weak molecule model"))
    _add_sets(commands.add_parser("direct", help="students beside heads on the same measurements"))
    for command in commands.choices.values():
        command.add_argument("--out", type=Path, default=Path("results"), help="of the record")
    chosen = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    try:
        path = _record(chosen)
    except (ValueError, Unavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {path}")
    return 0


def _add_supervisors(command: argparse.ArgumentParser) -> None:
    command.add_argument("--datasets", nargs="+", default=["esol", "freesolv"])
    command.add_argument("--seeds", nargs="+", type=int, default=[122, 123, 124])


def _add_sets(command: argparse.ArgumentParser) -> None:
    command.add_argument("--datasets", nargs="+", default=["esol", "freesolv", "lipop"])
    command.add_argument("--seeds", nargs="+", type=int, default=[122, 123, 124])


def _add_qsar(command: argparse.ArgumentParser) -> None:
    command.epilog = (
        "The settings of the book if no word of a setting is given; else all with these words, "
        "where weak models are probes and students frozen unless you say otherwise."
    )
    _add_sets(command)
    command.add_argument("--widths", nargs="+", type=int, default=QsarConfig.widths)
    command.add_argument("--student", default=QsarConfig.student,
                         help="encoder that learns: its name, or a .safetensors file")  # fmt: skip
    for name, words in WORDS.items():
        command.add_argument(f"--{name}", nargs="+", help=f"of {', '.join(words)}")
    command.add_argument("--corpus", type=int, default=QsarConfig.corpus, help="molecules")
    command.add_argument("--name", help="of the record, if not the experiment's")


def _add_choosing(command: argparse.ArgumentParser) -> None:
    _add_qsar(command)
    command.add_argument("--measured", nargs="+", type=int, default=Contest.measured,
                         help="numbers of measured molecules that a rule may see")  # fmt: skip
    command.add_argument("--draws", type=int, default=Contest.draws, help="samples a number")


def _add_rates(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--draws", type=int, default=synthetic.RatesConfig().draws, help="samples a size"
    )
    command.add_argument("--seed", type=int, default=0)


def _add_synthetic(command: argparse.ArgumentParser) -> None:
    default = synthetic.SyntheticConfig()
    command.add_argument("--panel", nargs="+", default=list(default.panels), help="of a, b, c")
    command.add_argument("--seeds", type=int, default=len(default.seeds), help="how many")
    command.add_argument("--tasks", type=int, default=default.tasks)
    command.add_argument("--inputs", type=int, default=default.inputs)
    command.add_argument("--sigma", type=float, default=default.sigma)
    command.add_argument("--widths", nargs=3, type=int, default=default.widths)
    command.add_argument("--depths", nargs=3, type=int, default=default.depths)
    command.add_argument("--preset", default=default.preset, help="paper, joint or reader")
    command.add_argument("--noise", nargs=2, type=float, action="append", help="strong, weak")
    command.add_argument("--heads", default=default.heads, help="exact or adamw")
    command.add_argument("--head-epochs", type=int, default=default.head_epochs)
    command.add_argument("--weak-labels", default=default.weak_labels, help="own or fresh")
    command.add_argument("--cut", type=float, default=default.cut)


def _record(chosen: argparse.Namespace) -> Path:
    if chosen.experiment == "supervisors":
        config = molecules.SupervisorsConfig(
            datasets=tuple(chosen.datasets), seeds=tuple(chosen.seeds)
        )
        return record(chosen.experiment, config, molecules.run_supervisors, chosen.out)
    if chosen.experiment == "inputs":
        return record(chosen.experiment, molecules.InputsConfig(), molecules.run_inputs, chosen.out)
    if chosen.experiment == "laboratory":
        made = synthetic.Laboratory()
        return record(chosen.experiment, made, synthetic.run_laboratory, chosen.out)
    if chosen.experiment == "rates":
        config = synthetic.RatesConfig(draws=chosen.draws, seed=chosen.seed)
        return record(chosen.experiment, config, synthetic.run_rates, chosen.out)
    if chosen.experiment == "probing":
        about = molecules.ProbingConfig(datasets=tuple(chosen.datasets), seeds=tuple(chosen.seeds))
        return record(chosen.experiment, about, molecules.run_probing, chosen.out)
    if chosen.experiment == "direct":
        sets = QsarConfig(
            tuple(chosen.datasets), tuple(chosen.seeds), settings=OWN_SETTINGS, corpus=0
        )
        return record(chosen.experiment, molecules.Direct(sets), molecules.run_direct, chosen.out)
    if chosen.experiment in ("qsar", "choosing"):
        return record(chosen.name or chosen.experiment, *_qsar(chosen), chosen.out)
    if chosen.experiment == "figure2":
        name, config, run = "synthetic", synthetic.Figure2(), synthetic.run_figure2
    else:
        config, run = _synthetic(chosen), synthetic.run_synthetic
        name = f"synthetic-{''.join(config.panels)}"
    # A folder for each configuration, so that another run never finds this one's state.
    partly = chosen.out / f".synthetic-{fingerprint(config)[:12]}"
    path = record(name, config, partial(run, checkpoint=partly), chosen.out)
    shutil.rmtree(partly, ignore_errors=True)
    return path


def _qsar(chosen: argparse.Namespace) -> tuple[QsarConfig | Contest, Callable]:
    words = {name: tuple(own) for name in WORDS if (own := getattr(chosen, name))}
    config = QsarConfig(
        datasets=tuple(chosen.datasets),
        seeds=tuple(chosen.seeds),
        widths=tuple(chosen.widths),
        student=chosen.student,
        settings=settings(**({"weak": ("probe",), "strong": ("last", "all")} | words))
        if words
        else QsarConfig.settings,
        corpus=chosen.corpus,
    )
    measured = set(smiles_lines(fetch("overlap"))[0])
    # Behind the molecules that the encoders were trained on, but for weak-8, which read them all.
    unseen = islice(smiles_lines(fetch("corpus"))[0], 500_000, None)
    lines = islice((smiles for smiles in unseen if smiles not in measured), config.corpus)
    if chosen.experiment == "choosing":
        contest = Contest(config, tuple(chosen.measured), chosen.draws)
        return contest, partial(molecules.run_choosing, corpus=tuple(lines))
    return config, partial(molecules.run_qsar, corpus=tuple(lines))


def _synthetic(chosen: argparse.Namespace) -> synthetic.SyntheticConfig:
    noises = chosen.noise or synthetic.SyntheticConfig.noises
    return synthetic.SyntheticConfig(
        panels=tuple(chosen.panel),
        seeds=tuple(range(chosen.seeds)),
        tasks=chosen.tasks,
        inputs=chosen.inputs,
        sigma=chosen.sigma,
        widths=tuple(chosen.widths),
        depths=tuple(chosen.depths),
        preset=chosen.preset,
        noises=tuple((strong, weak) for strong, weak in noises),
        heads=chosen.heads,
        head_epochs=chosen.head_epochs,
        weak_labels=chosen.weak_labels,
        cut=chosen.cut,
    )


if __name__ == "__main__":
    sys.exit(main())
