"""The command `w2s`: an audit of files, and an example of it."""

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from w2s_jax.audit.command._stopping import STATUS, STOPPED, at_once, cleaning_up

EXAMPLES = """examples:
  w2s example                              make a small data set, and print how to audit it
  w2s audit --weak w.npy --student s.npy   without labels: misfit, certificate, warnings
  w2s audit --weak models.csv:weak --student models.csv:student --labels few.csv:y \\
      --id id --html audit.html            with labels: the gain and its interval, as a page
  w2s audit --weak small=w1.npy --weak large=w2.npy --features h.npy --labels y.npy
                                           two teachers; their students are fitted and ranked
  w2s audit … --require "gain.low > 0" --strict
                                           for a script: the exit status says what came out

files: .npy .npz .csv .tsv .parquet .arrow .feather .safetensors, CSV also as .gz; the array or
column stands behind a colon, several columns with commas. Long features stay on the disk as .npy,
in .safetensors, and in an .npz that np.savez wrote; tables and what is compressed are read whole.

rows: with --id they are matched by that column in every file, in whatever order; arrays without
ids take the order of the tables beside them, which the output says. Without --id rows are matched
by their order. Empty cells of --labels are inputs without a label. Messages and pages count rows
from 1, without the header; --json counts them from 0.

exit status: 0 all is met; 1 a requirement is not; 2 wrong input or usage; 3 with --strict, and the
verdict is not settled; 70 a fault of the package; 130 stopped. Nothing is ever half written."""


class _Parser(argparse.ArgumentParser):
    """Say what is wrong in one sentence."""

    options: tuple[str, ...] = ()  # of the audit

    def error(self, message: str) -> NoReturn:
        ours, help = message[:200], f"{self.prog} --help"
        if message.startswith("unrecognized arguments: -"):
            given = next(word for word in message.split() if word.startswith("-"))
            near = difflib.get_close_matches(given, self.options, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            ours, help = f"there is no {given[:40]}{hint}", "w2s audit --help"
        self.exit(2, f"{self.prog}: error: {ours}: see {help}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Example:
        >>> parser().parse_args(["audit", "--weak", "w.npy", "--strict"]).strict
        True
    """
    from importlib.metadata import version  # slow, and a Ctrl-C before `main` is not yet heard

    said = "Did my student gain on its teacher? Audits of predictions, by the package w2s_jax."
    top = _Parser(prog="w2s", description=said, epilog="First try: w2s example")
    top.add_argument("--version", action="version", version=f"w2s {version('w2s-jax')}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="audit | example")
    plain = argparse.RawDescriptionHelpFormatter
    audit = verbs.add_parser(
        "audit",
        help="report on a student and its weak teacher",
        description="Report what a student gained on its weak teacher, and how sure that is.",
        epilog=EXAMPLES,
        formatter_class=plain,
    )
    _add_inputs(audit.add_argument_group("inputs"))
    _add_choices(audit.add_argument_group("how it is judged"))
    _add_outputs(audit.add_argument_group("what comes out"))
    top.options = tuple(re.findall(r"--[a-z-]+", audit.format_usage()))
    example = verbs.add_parser("example", help="write a small made data set to audit")
    example.add_argument("folder", nargs="?", type=Path, default=Path("w2s-example"),
                         help="where to write it (default: %(default)s)")  # fmt: skip
    return top


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    several: dict[str, Any] = {"action": "append", "metavar": "[NAME=]FILE[:COLUMN]"}
    one: dict[str, Any] = {"metavar": "FILE[:COLUMN]"}
    of_weak = "predictions of the weak model; again, with names, for several teachers"
    of_student = "of the student, or one a teacher; fitted from features if missing"
    of_features = "the strong model's; all columns if none is named"
    of_ceiling = "predictions of a strong model taught on true labels, or its error"
    group.add_argument("--weak", required=True, help=of_weak, **several)
    group.add_argument("--student", default=[], help=of_student, **several)
    group.add_argument("--features", help=of_features, **one)
    group.add_argument("--labels", help="true labels of some or all inputs", **one)
    group.add_argument("--ceiling", help=of_ceiling, metavar="FILE[:COLUMN]|NUMBER")
    group.add_argument("--groups", help="the group of each input, to look at each alone", **one)
    group.add_argument("--id", metavar="COLUMN", help="the column by which rows are matched")
    group.add_argument("--array-ids", help="ids of the rows of arrays that hold none", **one)


def _add_choices(group: argparse._ArgumentGroup) -> None:
    number: dict[str, Any] = {"type": float, "metavar": "NUMBER"}
    of_loss = "squared, kl, cross-entropy or zero-one (default: %(default)s)"
    of_ridge = "the penalty of students fitted here (default: %(default)s)"
    of_require = "such as 'gain.low > 0' or 'groups.rare.gain.low > -0.1'; may be given again"
    group.add_argument("--loss", default="squared", metavar="NAME", help=of_loss)
    group.add_argument("--ridge", default=0.0, help=of_ridge, **number)
    group.add_argument("--confidence", default=0.95, help="of intervals (0.95)", **number)
    group.add_argument("--require", action="append", default=[], metavar="'NAME > NUMBER'",
                       help=of_require)  # fmt: skip
    group.add_argument("--strict", action="store_true", help="leave with 3 if nothing is settled")


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    group.add_argument("--json", type=Path, metavar="FILE", help="write every number")
    group.add_argument("--quiet", action="store_true", help="print nothing but errors")


def main(arguments: Sequence[str] | None = None) -> int:
    r"""Run the command, and return its exit status.

    Args:
        arguments: of the command line; the process's own if None.

    Example:
        >>> import contextlib, io
        >>> with contextlib.redirect_stderr(io.StringIO()) as said:
        ...     main(["audit", "--weak", "nowhere.npy"])
        2
        >>> said.getvalue()
        'w2s: error: --weak: there is no file nowhere.npy: look at the path\n'
    """
    with at_once():
        chosen = parser().parse_args(arguments)
    try:
        with cleaning_up():
            return _example(chosen) if chosen.verb == "example" else _audit(chosen)
    except (ValueError, ImportError, OSError, MemoryError) as problem:
        print(f"w2s: error: {_sentence(problem)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return STATUS
    except Exception:  # Python's own status would be 1, that of a requirement
        import traceback

        traceback.print_exc()
        print("w2s: a fault of the package, no answer: please report it", file=sys.stderr)
        return 70


def _example(chosen: argparse.Namespace) -> int:
    with at_once():
        from w2s_jax.audit.command._example import write_example

    _say([write_example(chosen.folder)])
    return 0


def _audit(chosen: argparse.Namespace) -> int:
    with at_once():
        from w2s_jax.audit.command._running import run  # arrays and JAX, which help does without

    told, lines = run(chosen)
    if not chosen.quiet:
        _say(lines)
    if not all(one["met"] for one in told["requirements"]):
        return 1
    return 3 if chosen.strict and told["verdict"]["kind"] in ("not settled", "no labels") else 0


def _say(lines: Sequence[str]) -> None:
    """Print, and mind nothing if a reader such as `head` has left."""
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(problem: BaseException) -> str:
    """Write an error in one line that a screen holds."""
    if isinstance(problem, MemoryError):
        return "not enough memory: store long features as .npy, which stays on the disk"
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text if len(text) <= 280 else f"{text[:279]}…"
