"""Try the exercises of a chapter in its kernel, before a student does.

A chapter's student notebook is run from top to bottom, its answers missing; then the reference,
a blank, a crash and a number copied from the public check are graded, exercise by exercise.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat

import compiled
import editions
import kernels
from addresses import ROOT
from coursework import Exercise

KERNEL = Path(__file__).with_name("trial_kernel.py")
SAID = "coursework "


@dataclass(frozen=True)
class Trial:
    """What a trial found.

    Attributes:
        values: by label and name, each worked number as Python.
        grades: by label and kind of answer, the errors of check and hidden cases, "" for none.
    """

    values: dict[str, dict[str, str]]
    grades: dict[str, dict[str, list[str]]]


def tried(
    notebook: str,
    folder: Path,
    exercises: dict[str, Exercise],
    seed: int,
    others: dict[str, dict[str, str]] | None = None,
) -> Trial:
    """Run a student's notebook and grade made answers after it.

    Args:
        notebook: as text; none of its cells may raise.
        folder: where the kernel runs.
        exercises: of the chapter, their choices drawn; worked numbers are computed anew.
        seed: of the hidden cases.
        others: more answers to try, by label and kind.

    Raises:
        CellExecutionError: a cell raises, or a reference does.
    """
    asked = {
        label: each.cells
        | {
            "names": each.names,
            "others": (others or {}).get(label, {}),
            "graded check": editions.check(each, True),
            "graded hidden": editions.hidden(each, seed),
        }
        for label, each in exercises.items()
        if each.gradable
    }
    made = nbformat.reads(notebook, as_version=4)
    question = (
        f"import json as _json\n_kernel = {{}}\nexec({KERNEL.read_text('utf8')!r}, _kernel)\n"
        f"_found = _kernel['tried'](_json.loads({json.dumps(asked)!r}), globals())\n"
        f"print({SAID!r} + _json.dumps(_found))"
    )
    made.cells.append(nbformat.v4.new_code_cell(question))
    kernels.execute(made, folder, ROOT, 600, compiled.compilation_cache(ROOT))
    # an answer's warnings go to stderr, before or after what was found
    outputs = (out for out in made.cells[-1].outputs if out.get("name") == "stdout")
    said = "".join(out.text for out in outputs)
    return Trial(**json.loads(said.rpartition(SAID)[2]))


def points(exercise: Exercise, errors: list[str]) -> int:
    """Return the points that an answer gets from the program."""
    each = zip(exercise.points, errors, strict=False)
    return sum(worth for worth, error in each if not error)
