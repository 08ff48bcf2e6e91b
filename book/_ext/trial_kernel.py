"""Run in a chapter's kernel after its cells: compute worked numbers, or grade made answers."""

import ast
import re


def tried(exercises, namespace):
    """Return each exercise's worked numbers, and what each kind of answer meets when graded."""
    values = {label: _values(given, namespace) for label, given in exercises.items()}
    grades = {}
    for label, given in exercises.items():
        stated = given | {"graded check": _stated(given["graded check"], values[label])}
        answers = _answers(stated).items()
        grades[label] = {kind: _grade(stated, write, namespace) for kind, write in answers}
    return {"values": values, "grades": grades}


def _values(given, namespace):
    """Return an exercise's worked numbers as Python, computed by its reference."""
    own, found, lines = dict(namespace), {}, given["check"].split("\n")
    exec(given["reference"], own)
    for statement in ast.parse(given["check"]).body:
        formula = lines[statement.lineno - 1].partition("  # = ")[2]
        if formula:
            name = statement.targets[0].id
            own[name] = _plain(eval(formula, own))
            found[name] = repr(own[name])
        elif isinstance(statement, ast.Assign | ast.FunctionDef | ast.Import | ast.ImportFrom):
            exec(ast.unparse(statement), own)
    return found


def _plain(value):
    """Return numbers as Python's own, with six digits; what rounding leaves of 0 is 0."""
    import numpy as np

    def rounded(each):
        return float(f"{float(each):.6g}") if abs(each) > 1e-12 else 0.0

    return np.vectorize(rounded, otypes=[float])(np.asarray(value, float)).tolist()


def _stated(check, values):
    """Return a check with worked numbers as they were computed."""

    def state(found):
        return f"{found[1]}{found[2]} = {values[found[2]]}"

    return re.sub(r"^( *)(\w+) = .+?  # = .+$", state, check, flags=re.M)


def _answers(given):
    """Return what students may hand in, each a function that writes into a namespace."""
    remembered = {}

    def write(source):
        return lambda own: exec(source, own)

    def crash(own):
        for name in given["names"]:
            own[name] = lambda *given, **named: 1 / 0

    def reference(own):
        exec(given["reference"], own)
        for name in given["names"]:
            own[name] = remember(name, own[name])

    def remember(name, function):
        def answer(*given, **named):
            found = function(*given, **named)
            remembered.setdefault(name, found)
            return found

        return answer

    def hard_coded(own):
        for name in given["names"]:
            own[name] = always(remembered.get(name))

    def always(said):
        return lambda *given, **named: said

    return {
        "reference": reference,
        "blank": write(given["answer"]),
        "crash": crash,
        "hard-coded": hard_coded,
    } | {kind: write(source) for kind, source in given["others"].items()}


def _grade(given, write, namespace):
    """Return what happens in the two cells that grade an answer: "" or an error."""
    own, errors = dict(namespace), []
    write(own)
    for part in ("check", "hidden"):
        try:
            exec(given[f"graded {part}"], own)
        except BaseException as error:
            errors.append(f"{type(error).__name__}: {error}"[:300])
        else:
            errors.append("")
    return errors
