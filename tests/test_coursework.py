"""Coursework: room to work in every notebook, and assignments that grade what they should."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from visits import BUILT, ROOT

import assignments
import course_folder
import coursework
import editions
import gradable
import pair
import trials
import variants
from cell_tags import tags
from selection import few

NAMES = sorted(assignments.chapters())
THREE = ("what-is-weak-to-strong", "pythagorean-bound", "finite-samples")
LONG, WIDE = 12, 75


@functools.cache
def text_of(name):
    return assignments.chapters()[name].read_text("utf8")


@functools.cache
def exercises(name):
    return coursework.exercises(text_of(name))


# what students answer, and whether the check and the hidden cases see it
WRONG = {
    "what-imitation": """def imitated(top, target):
    features = harmonics(x, top)
    teacher = fit_head(features, target)(features)
    misfit = ((fit_head(strong, teacher)(strong) - teacher) ** 2).mean()
    return misfit, misfit""",
    "what-pgr": """def recovered_by(teacher):
    pupil = fit_head(strong, teacher)(strong)
    return 1 - ((pupil - teacher) ** 2).mean() / ((teacher - truth) ** 2).mean()""",
    "what-worst": """def worst_gain(features, target):
    best = fit_head(features, target)(features)
    return ((target - best) ** 2).mean(), 0.0""",
    "what-hole": """def misleading_teacher(first, other):
    return 2 * np.asarray(other) - np.asarray(first)""",
    "what-teachers": """def gain_of_average(teachers, weights):
    rest = np.asarray(teachers - fit_heads(strong, teachers)(strong))
    return weights @ (rest**2).mean(0)""",
    "pythagorean-two-experts": """def between_experts(labels, answers):
    labels, answers = np.asarray(labels), np.asarray(answers)
    misfit = ((labels - labels.mean()) ** 2).mean()
    return misfit, misfit""",
    "pythagorean-nested": """def counterexample(answers):
    return -np.ones(2)""",
    "pythagorean-ellipse": """def roundness(lengths):
    return lengths[0] ** 2 / lengths[-1]""",
    "pythagorean-price": """def prices(labels):
    pupil = fit_head(strong, labels, within=simplex)(strong)
    pull = centered.T @ (labels - pupil) / 500
    return pull - pull.min()""",
    "samples-digit": """def inputs_for(typical, leftover, shared):
    return 4 * (leftover**2 * shared**2).mean() / typical""",
    "samples-union": """def confidence_factor(tasks, delta):
    return np.log(tasks / delta) / np.log(1 / delta)""",
    "samples-bins": """def lost_to_bins(labels, bins):
    return (labels**0.5 if bins is None else bins) / labels""",
    "wide-noise": """def best_gap(taught_on, noise):
    share = 0.5 + noise / (taught_on - 2) / 2
    return np.degrees(np.arcsin(min(share, 1) ** 0.5))""",
    "wide-ignorance": """def ignorance_and_noise(width, counts, errors):
    first, last = (width / (count - width - 1) for count in counts)
    noise = (errors[0] - errors[1]) / (first - last)
    return errors[0] - first * noise, noise
def ends_of_gain(ignorance, noise, spaces, taught_on, lessons):
    weak, strong, shared = spaces
    filtered = noise / (taught_on - weak - 1) * (weak - shared)
    kept = 1 - strong / (lessons - strong - 1)
    return kept * filtered, kept * (filtered + ignorance)""",
    "audit-pessimist": """def two_means(weak, student, guess, labels, drawn):
    left = weak - student
    slack = -2 * left[drawn] * (labels - guess[drawn])
    return (left * (weak + student - 2 * guess)).mean(), slack.sum() / len(weak)""",
    "audit-weights": """def weighted_gain(weak, student, guess, labels, drawn, chance):
    left, weights = weak - student, drawn / chance
    slack = np.where(drawn, -2 * left * (labels - guess), 0)
    guessed = left * (weak + student - 2 * guess)
    return guessed.mean() + (weights * slack).sum() / weights.sum()""",
    "audit-fieller": """def pgr_interval(gains, gaps, level):
    error = stats.sem(gains) * stats.t.ppf((1 + level) / 2, len(gains) - 1)
    return tuple((gains.mean() + np.array([-error, error])) / gaps.mean())""",
    "numbers-rule": """def rank_by_rule(features, rounding):
    away = np.asarray(features, np.float64) - np.mean(features, 0, np.float64)
    level = 2 * rounding + 4 * away.shape[1] ** 0.5 * min(rounding, 2.0**-24)
    scaled = away / np.linalg.norm(away, axis=0) / max(level, 1e-10)
    return (np.linalg.svd(scaled, compute_uv=False) > 1).sum()""",
    "numbers-blocks": """def joined(one, other):
    count = one[0] + other[0]
    mean = (one[0] * one[1] + other[0] * other[1]) / count
    raw = sum(s + n * np.outer(m, m) for n, m, s in (one, other))
    return count, mean, raw - count * np.outer(mean, mean)""",
    "own-arrays-shrunk": """def shrunk_honestly(weak, labels):
    away, wanted = weak - weak.mean(), labels - weak.mean()
    return weak.mean() + (away @ wanted) / (away @ away) * away""",
    "own-arrays-again": """def misfit_in_two(asked, answers, student):
    scatter = np.mean([np.var(answers[asked == k], ddof=1) for k in set(asked)])
    return scatter, ((answers - student) ** 2).mean() - scatter""",
    "own-molecules-three": """def change_without(rows):
    return moved.gain[rows].sum()""",
    "own-molecules-apart": """def judged_apart(tied, share, seed):
    judging = np.zeros(len(tied), bool)
    for row in np.random.default_rng(seed).permutation(len(tied)):
        if judging.sum() < share * len(tied):
            judging |= tied[row]
    return judging""",
}
SEEN_BY_HIDDEN_CASES_ALONE = {"pythagorean-ellipse", "numbers-blocks"}


@functools.cache
def made(name, seed):
    others = {label: {"wrong": WRONG[label]} for label in exercises(name) if label in WRONG}
    return assignments.assignment(name, seed, others)


def edition(name, cells, seed=None):
    """One edition of a chapter as text, without a trial."""
    drawn = {k: variants.drawn(each, seed) for k, each in exercises(name).items()}
    path, book = assignments.chapters()[name], ROOT / "book"
    return pair.notebook(path, book, *assignments.references(), cells, drawn)


def lines(source):
    return {x for line in source.split("\n") if len(x := line.strip()) >= LONG}


def secret(name):
    """What only a solution or a hidden case says, line by line."""
    cells = jupytext.reads(coursework.without_solutions(text_of(name)), fmt="md:myst").cells
    known = {x for cell in cells for x in lines(cell.source)}
    said = set()
    for each in exercises(name).values():
        solved = jupytext.reads(each.solution, fmt="md:myst").cells
        said |= {x for cell in solved if cell.cell_type == "code" for x in lines(cell.source)}
        for tag in ("reference", "hidden"):
            said |= lines(each.cells.get(tag, ""))
        known |= lines(each.cells.get("answer", "")) | lines(each.cells.get("check", ""))
    return said - known


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_room_and_nothing_of_its_solution_stands_in_a_notebook(name):
    solved = secret(name)
    assert solved
    for cells in (editions.public, editions.student):
        notebook = json.loads(edition(name, cells))["cells"]
        said = {x for cell in notebook for x in lines("".join(cell["source"]))}
        assert solved & said == set()
        words = [c for c in notebook if "".join(c["source"]).startswith(editions.WORDS)]
        wanted = [e for e in exercises(name).values() if e.points[2] or cells is editions.public]
        assert len(words) == len(wanted)


def bound(source):
    """Names that a stretch of code binds at its top level."""
    tree = ast.parse(source)
    names = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    defined = (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef))
    return names | {n.name for n in defined}


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_takes_no_name_of_its_chapter(name):
    cells = jupytext.reads(coursework.without_solutions(text_of(name)), fmt="md:myst").cells
    code = [c.source for c in cells if c.cell_type == "code" and "room" not in tags(c)]
    taken = set().union(*map(bound, code))
    answers = [bound(each.cells["answer"]) for each in exercises(name).values() if each.gradable]
    assert [x for names in answers for x in names if x in taken] == []
    assert len(set().union(*answers)) == sum(map(len, answers))


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_fits_the_column(name):
    """As a chapter has it, and as a notebook shows it, where a check is a function's body."""
    blocks = (found["body"] for found in coursework.EXERCISE.finditer(text_of(name)))
    cells = [cell["source"] for block in blocks for cell in coursework.CELL.finditer(block)]
    told = [variants.without_notes(e) for e in exercises(name).values() if e.gradable]
    cells += [text for e in told for text in (e.cells["answer"], editions.check(e, False))]
    assert [line for cell in cells for line in cell.splitlines() if len(line) > WIDE] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_has_two_exercises_that_a_program_grades(name):
    assert sum(each.gradable for each in exercises(name).values()) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_nothing_of_coursework(name):
    read = coursework.as_read(text_of(name))
    assert coursework.CELL.search(read) is None
    assert ":points:" not in read
    page = BUILT / assignments.chapters()[name].relative_to(ROOT).with_suffix(".html")
    shown = re.sub(r"<[^>]+>", "", page.read_text("utf8"))
    named = [x for each in exercises(name).values() for x in each.names]
    assert [x for x in named if f"def {x}(" in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_two_seeds_ask_for_different_numbers(name):
    gradable = [each for each in exercises(name).values() if each.gradable]
    one, two = (edition(name, editions.student, seed) for seed in (1, 2))
    drawn = [e for e in gradable if variants.CHOICE.search(e.cells["check"])]
    assert (one != two) == bool(drawn)
    assert all("SEED" in each.cells["hidden"] for each in gradable)


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_knows_the_cells(name):
    def teacher(exercise, chapter):
        return editions.teacher(exercise, chapter, 1)

    notebook = nbformat.reads(edition(name, teacher), as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    found = [c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata]
    assert len({each.grade_id for each in found}) == len(found)
    points = sum(each.get("points", 0) for each in found)
    assert points == sum(sum(each.points) for each in exercises(name).values())


TRIALS = [(name, seed) for name in NAMES for seed in (None, 1)]
SMALL = [(THREE[0], 1), *((name, None) for name in THREE[1:])]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "seed"), few(TRIALS, *SMALL))
def test_answers_get_the_points_that_they_deserve(name, seed):
    """The student's notebook runs to its end; blank and crash 0, right full, copied less."""
    found = made(name, seed)
    assert assignments.faults(found) == []
    assert found.trial.grades.keys() == {k for k, e in found.exercises.items() if e.gradable}
    for label, kinds in found.trial.grades.items():
        if "wrong" in kinds:
            check, hidden = kinds["wrong"]
            assert hidden, label
            assert bool(check) == (label not in SEEN_BY_HIDDEN_CASES_ALONE), check
    marks = lines(found.student) & {editions.HIDE, editions.SOLVE}
    assert not marks


def test_a_trial_notices_what_is_graded_wrongly():
    exercise = next(iter(exercises(THREE[0]).values()))
    passing, failing = ["", ""], ["AssertionError: no", "AssertionError: no"]
    fair = {"reference": passing, "blank": failing, "crash": failing, "hard-coded": ["", "no"]}
    label = exercise.label
    stated = {label: variants.stated(exercise)}

    def faults(**changed):
        trial = trials.Trial(stated, {label: fair | changed})
        chapter = assignments.Assignment("x", None, {label: exercise}, "", "", trial)
        return assignments.faults(chapter)

    assert faults() == []
    assert "reference gets 1 of 2" in faults(reference=["", "no"])[0]
    assert "blank gets 2 of 2" in faults(blank=passing)[0]
    assert "crash gets 1 of 2" in faults(crash=["", "no"])[0]
    assert "hard-coded gets 2 of 2" in faults(**{"hard-coded": passing})[0]
    stated[label] = {"worked": "[0.0, 0.0]"}
    assert "the check says worked" in faults()[0]


def nbgrader(course, *words):
    command = [sys.executable, "-m", "nbgrader", *words]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    done = subprocess.run(
        command, cwd=course, capture_output=True, text=True, env=kept | {"PATH": path}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(900)
def test_nbgrader_grades_a_class_of_three(tmp_path):
    name = THREE[0]
    chapter = made(name, 1)
    course_folder.write(chapter, tmp_path)
    nbgrader(tmp_path, "generate_assignment", name)
    released = json.loads((tmp_path / "release" / name / f"{name}.ipynb").read_text("utf8"))
    ours = json.loads(chapter.student)["cells"]
    assert ["".join(c["source"]).strip() for c in released["cells"]] == [
        "".join(c["source"]).strip() for c in ours
    ]

    course_folder.hand_in(chapter, tmp_path)
    nbgrader(tmp_path, "autograde", name)
    nbgrader(tmp_path, "export")
    rows = (tmp_path / "grades.csv").read_text("utf8").splitlines()
    column = {key: k for k, key in enumerate(rows[0].split(","))}
    found = {}
    for row in (line.split(",") for line in rows[1:]):
        found[row[column["student_id"]]] = float(row[column["score"]])
    full = sum(sum(each.points[:2]) for each in chapter.exercises.values() if each.gradable)
    assert float(rows[1].split(",")[column["max_score"]]) == chapter.key["total"]
    assert found["blank"] == 0
    assert found["right"] == full
    assert 0 < found["copied"] < full


def test_an_exercise_with_some_cells_only_is_refused():
    cell = "```{code-cell} ipython3\n:tags: [answer]\ndef f(): ...\n```\n"
    start = "```{exercise-start} One ★★\n:label: one\n:points: 1 2 3\n```\nDo.\n\n"
    end = "```{exercise-end}\n```\n"
    assert coursework.exercises(start + end)["one"].points == (1, 2, 3)
    with pytest.raises(ValueError, match="one has answer and must have all four or none"):
        coursework.exercises(start + cell + end)


def test_a_seed_draws_and_the_book_stays_as_it_is():
    check = "n = 8  # or 5, 6\nworked = 0.5  # = f(n)"
    parts = {"answer": "def f(n): ...", "reference": "f = abs", "hidden": "SEED"}
    given = coursework.Exercise("one", "One", 1, (1, 1, 1), {**parts, "check": check}, "", "one")
    assert variants.drawn(given, None) == given
    drawn = {variants.drawn(given, seed).cells["check"].split("\n")[0] for seed in range(20)}
    assert drawn == {"n = 5", "n = 6"}
    assert variants.stated(given) == {"worked": "0.5"}
    told = variants.worked(given, {"worked": "0.25"})
    assert variants.without_notes(told).cells["check"] == "n = 8\nworked = 0.25"


def test_a_formula_may_stand_above_its_number():
    cells = "".join(
        f"```{{code-cell}} ipython3\n:tags: [{tag}]\n{source}\n```\n"
        for tag, source in {
            "answer": "def f(n): ...",
            "reference": "f = abs",
            "check": "n = 8  # or 5, 6\n# = f(n)\nworked = 0.5\nassert f(n)",
            "hidden": "SEED",
        }.items()
    )
    start, end = "```{exercise-start} One ★\n:label: one\n```\n", "```{exercise-end}\n```\n"
    (given,) = coursework.exercises(start + cells + end).values()
    assert given.cells["check"] == "n = 8  # or 5, 6\nworked = 0.5  # = f(n)\nassert f(n)"
    assert variants.stated(given) == {"worked": "0.5"}


def test_two_thirds_of_all_points_are_for_words():
    """The page for teachers says so, and that at least 40 exercises are graded by a program."""
    everything = gradable.table(ROOT)[-1]
    assert 0.62 < 1 - everything.machine / everything.points < 0.71
    assert everything.by_program >= 40
