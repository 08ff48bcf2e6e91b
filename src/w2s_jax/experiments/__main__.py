"""Run an experiment and record its rows, for example `synthetic --panels b --seeds 0 1`."""

import os

# Before LAPACK is loaded: in thousands of factorizations of 2,000 x 16 on a busy machine, its
# threads would wait for each other fifty times as long as one takes alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import jax

from w2s_jax._arguments import add_fields, told
from w2s_jax.data import Unavailable, fetch
from w2s_jax.data._files import smiles_lines
from w2s_jax.experiments import frontiers, losses, molecules, reviews, synthetic
from w2s_jax.experiments.molecules import Contest, QsarConfig, settings
from w2s_jax.experiments.molecules._choices import WORDS
from w2s_jax.experiments.molecules._direct import BOOK
from w2s_jax.experiments.reviews import (
    MadeReviewsConfig,
    ReviewProbesConfig,
    ReviewsConfig,
    teachings,
)
from w2s_jax.experiments.reviews._choices import WORDS as OF_REVIEWS
from w2s_jax.files import fingerprint
from w2s_jax.records import record

COMMANDS = {
    "supervisors": (molecules.SupervisorsConfig(), "Delaney's equation and GAFF"),
    "synthetic": (synthetic.SyntheticConfig(), "Fig. 2 a-c: gain against misfit"),
    "figure2": (synthetic.Figure2(), "all that results/synthetic.json holds (minutes)"),
    "laboratory": (synthetic.Laboratory(), "panel c at other sizes, units and heads"),
    "rates": (synthetic.RatesConfig(), "how fast gain and misfit settle with n"),
    "inputs": (molecules.InputsConfig(), "floors and baselines of the three molecule sets"),
    "probing": (molecules.ProbingConfig(), "how good representations of molecules are"),
    "qsar": (QsarConfig(), "Fig. 2 d-f: small encoders teach a large one"),
    "choosing": (QsarConfig(), "rules that choose a weak molecule model"),
    "direct": (BOOK, "students beside heads on the same measurements"),
    "reviews": (ReviewsConfig(), "Fig. 6: weak models rate French book reviews (minutes)"),
    "review-probes": (ReviewProbesConfig(), "counts, noise and probes of the same reviews"),
    "made-reviews": (MadeReviewsConfig(), "what e5 reads of reviews that the book made"),
    "losses": (losses.LossesConfig(), "gain and misfit of classes, in two errors (minutes)"),
    "disagreement": (frontiers.DisagreementConfig(), "which disagreement helps (minutes)"),
    "shift": (frontiers.ShiftConfig(), "students used where they were not taught (minutes)"),
    "audits": (frontiers.AuditsConfig(), "how often an audit is right (minutes)"),
    "ensembles": (frontiers.EnsemblesConfig(), "which weights for many weak models (minutes)"),
}


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, run, write, say where."""
    parser = argparse.ArgumentParser(prog="python -m w2s_jax.experiments", description=__doc__)
    commands = parser.add_subparsers(dest="experiment", required=True)
    for name, (config, words) in COMMANDS.items():
        command = commands.add_parser(name, help=words)
        add_fields(command, config)
        command.add_argument("--out", type=Path, default=Path("results"), help="of the record")
    add_fields(commands.choices["choosing"], Contest())
    for name in ("qsar", "choosing"):
        _add_settings(commands.choices[name], WORDS, "weak models are probes and students frozen")
    _add_settings(commands.choices["reviews"], OF_REVIEWS, "reviews are split by rows")
    chosen = parser.parse_args(arguments)
    jax.config.update("jax_enable_x64", True)
    try:
        path = _record(chosen)
    except (ImportError, ValueError, Unavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"wrote {path}")
    return 0


def _add_settings(command: argparse.ArgumentParser, known: dict, otherwise: str) -> None:
    command.epilog = (
        "The settings of the book if no word of a setting is given; else all with these words, "
        f"where {otherwise} unless you say otherwise."
    )
    for name, words in known.items():
        command.add_argument(f"--{name}", nargs="+", help=f"of {', '.join(words)}")
    command.add_argument("--name", help="of the record, if not the experiment's")


def _record(chosen: argparse.Namespace) -> Path:
    name = chosen.experiment
    config = told(COMMANDS[name][0], chosen)
    if name in ("qsar", "choosing"):
        return record(chosen.name or name, *_qsar(config, chosen), chosen.out)
    if name not in ("synthetic", "figure2", "reviews"):
        config = molecules.Direct(config) if name == "direct" else config
        return record(name, config, _run_of(name), chosen.out)
    if name == "reviews" and (words := _words(chosen, OF_REVIEWS)):
        config = replace(config, teachings=teachings(**({"split": ("rows",)} | words)))
    # A folder for each configuration, so that another run never finds this one's state.
    partly = chosen.out / f".{name}-{fingerprint(config)[:12]}"
    if name == "reviews":
        called = chosen.name or name
    else:
        called = "synthetic" if name == "figure2" else f"synthetic-{''.join(config.panels)}"
    path = record(called, config, partial(_run_of(name), checkpoint=partly), chosen.out)
    shutil.rmtree(partly, ignore_errors=True)
    return path


def _run_of(name: str) -> Callable:
    """Return the experiment's own `run_…`."""
    own = f"run_{name.replace('-', '_')}"
    rooms = synthetic, molecules, reviews, losses, frontiers
    return next(getattr(room, own) for room in rooms if own in dir(room))


def _words(chosen: argparse.Namespace, known: dict) -> dict[str, tuple[str, ...]]:
    return {name: tuple(own) for name in known if (own := getattr(chosen, name))}


def _qsar(config: QsarConfig, chosen: argparse.Namespace) -> tuple[QsarConfig | Contest, Callable]:
    if words := _words(chosen, WORDS):
        own = settings(**({"weak": ("probe",), "strong": ("last", "all")} | words))
        config = replace(config, settings=own)
    measured = set(smiles_lines(fetch("overlap"))[0])
    # Behind the molecules that the encoders were trained on, but for weak-8, which read them all.
    unseen = islice(smiles_lines(fetch("corpus"))[0], 500_000, None)
    lines = islice((smiles for smiles in unseen if smiles not in measured), config.corpus)
    if chosen.experiment == "choosing":
        return told(Contest(config), chosen), partial(molecules.run_choosing, corpus=tuple(lines))
    return config, partial(molecules.run_qsar, corpus=tuple(lines))


if __name__ == "__main__":
    sys.exit(main())
