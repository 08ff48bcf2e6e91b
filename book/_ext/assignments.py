"""Write a chapter as an assignment: a student's notebook, a teacher's edition, a key.

Usage: ``python book/_ext/assignments.py CHAPTER [--seed N] [--out FOLDER] [--class]``. The folder
is a course as nbgrader knows it; the student's notebook needs nothing but the book's package.
"""

import argparse
import functools
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import course_folder
import coursework
import editions
import labels
import pair
import plain
import trials
import variants
from addresses import ROOT
from coursework import Exercise


@dataclass(frozen=True)
class Assignment:
    """A chapter as an assignment.

    Attributes:
        name: of the chapter.
        seed: of its variant; None for the book's own numbers.
        exercises: drawn and worked.
        student: the notebook to hand out, as text.
        teacher: the same with solutions and hidden cases, as text.
        trial: what became of it in the chapter's kernel.
    """

    name: str
    seed: int | None
    exercises: dict[str, Exercise]
    student: str
    teacher: str
    trial: trials.Trial

    @property
    def key(self) -> dict[str, Any]:
        """Points and checksums."""
        rows = {
            label: dict(zip(("check", "hidden", "words"), each.points, strict=True))
            for label, each in self.exercises.items()
        }
        return {
            "chapter": self.name,
            "seed": self.seed,
            "points": rows,
            "total": sum(sum(row.values()) for row in rows.values()),
            "sha256": {
                "student": hashlib.sha256(self.student.encode()).hexdigest(),
                "teacher": hashlib.sha256(self.teacher.encode()).hexdigest(),
            },
        }


@functools.cache
def chapters(root: Path = ROOT) -> dict[str, Path]:
    """Return the chapters with exercises by their names."""
    found = {path.stem: path for path in pair.chapters(root / "book")}
    return {k: p for k, p in found.items() if coursework.exercises(p.read_text("utf8"))}


def assignment(
    name: str, seed: int | None = None, others: dict[str, dict[str, str]] | None = None
) -> Assignment:
    """Return a chapter as an assignment, after a trial.

    Args:
        name: of the chapter.
        seed: of the variant; None keeps the book's own numbers.
        others: more answers to try, by label and kind.
    """
    path = chapters()[name]
    targets, works = references()
    exercises = coursework.exercises(path.read_text("utf8"))
    exercises = {k: variants.drawn(each, seed) for k, each in exercises.items()}

    def made(edition: editions.Edition) -> str:
        return pair.notebook(path, ROOT / "book", targets, works, edition, exercises)

    def with_solutions(exercise: Exercise, chapter: plain.Chapter) -> list[editions.Cell]:
        return editions.teacher(exercise, chapter, seed or 0)

    trial = trials.tried(made(editions.student), path.parent, exercises, seed or 0, others)
    if seed is not None:
        values = trial.values
        exercises = {k: variants.worked(e, values.get(k, {})) for k, e in exercises.items()}
    student, teacher = made(editions.student), made(with_solutions)
    return Assignment(name, seed, exercises, student, teacher, trial)


@functools.cache
def references() -> tuple[dict, dict]:
    """Return where the book's labels lead and what its citations stand for."""
    book = ROOT / "book"
    return labels.index(book), labels.citations(book / "references.bib")


def summary(made: Assignment) -> str:
    """Return in one line what the assignment asks."""
    found = made.exercises.values()
    by_program = [each for each in found if each.gradable]
    points = sum(sum(each.points[:2]) for each in by_program)
    return (
        f"{len(found)} exercises, {len(by_program)} of them graded by a program: "
        f"{points} of {made.key['total']} points"
    )


def faults(made: Assignment) -> list[str]:
    """Return a sentence for each answer of the trial that was not graded as it deserves."""
    sentences = []
    for label, kinds in made.trial.grades.items():
        exercise = made.exercises[label]
        full = sum(exercise.points[:2])
        got = {kind: trials.points(exercise, errors) for kind, errors in kinds.items()}
        fair = {
            "reference": got["reference"] == full,
            "blank": got["blank"] == 0,
            "crash": got["crash"] == 0,
            "hard-coded": got["hard-coded"] < full,
        }
        for kind in (kind for kind, holds in fair.items() if not holds):
            sentences.append(f"{label}: {kind} gets {got[kind]} of {full} points: {kinds[kind]}")
        for worked, value in variants.stated(exercise).items():
            if made.seed is None and made.trial.values[label][worked] != value:
                right = made.trial.values[label][worked]
                sentences.append(f"{label}: the check says {worked} = {value}, and it is {right}")
    return sentences


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write a chapter as an assignment.")
    parser.add_argument("chapter", choices=sorted(chapters()), metavar="CHAPTER")
    parser.add_argument("--seed", type=int, help="of the variant; without it the book's numbers")
    parser.add_argument("--out", type=Path, default=ROOT / "course", help="the course's folder")
    parser.add_argument("--class", dest="made_class", action="store_true", help="of three, to try")
    given = parser.parse_args(arguments)
    made = assignment(given.chapter, given.seed)
    if found := faults(made):
        print("The assignment is not graded as it should be, and was not written:")
        print(*found, sep="\n")
        return 1
    written = course_folder.write(made, given.out)
    if given.made_class:
        written += course_folder.hand_in(made, given.out)
    for path in written:
        print(f"wrote {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")
    print(summary(made))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
