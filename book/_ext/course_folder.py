"""A course as a folder that nbgrader knows: what is handed out, what is kept, what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import editions
import variants
from coursework import Exercise

if TYPE_CHECKING:
    from assignments import Assignment

CONFIG = """# What nbgrader is told of this course.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "weak-to-strong"
c.ClearSolutions.code_stub = {"python": ""}  # the answer's name and shape stand above it
c.ClearSolutions.text_stub = "%s"
c.ExecutePreprocessor.timeout = 600  # seconds a cell
c.ExecutePreprocessor.kernel_name = "python3"
"""


def write(made: Assignment, course: Path) -> list[Path]:
    """Write an assignment into a course's folder; return the files."""
    files = {
        course / "student" / f"{made.name}.ipynb": made.student,
        course / "source" / made.name / f"{made.name}.ipynb": made.teacher,
        course / "keys" / f"{made.name}.json": json.dumps(made.key, indent=1) + "\n",
        course / "nbgrader_config.py": CONFIG % editions.WORDS,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    return list(files)


def hand_in(made: Assignment, course: Path) -> list[Path]:
    """Write what a class of three hands in: nothing, the reference, numbers of the public checks.

    So that a teacher, and a test, can see the whole way before the first student does.
    """

    def copied(exercise: Exercise) -> str:
        said = variants.stated(exercise).get("worked", "None")
        return "\n\n".join(f"def {name}(*_):\n    return {said}" for name in exercise.names)

    answers = {
        "blank": lambda exercise: exercise.cells["answer"],
        "right": lambda exercise: exercise.cells["reference"],
        "copied": copied,
    }
    written = []
    for who, answer in answers.items():
        handed = json.loads(made.student)
        for cell in handed["cells"]:
            named = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            if named.endswith("-answer"):
                cell["source"] = answer(made.exercises[named.removesuffix("-answer")])
        path = course / "submitted" / who / made.name / f"{made.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(handed, indent=1, ensure_ascii=False) + "\n", "utf8")
        written.append(path)
    return written
