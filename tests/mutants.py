"""Break one line of each room in a copy of the checkout, and see whether the ordinary tests notice.

    python tests/mutants.py [ROOM ...]

Every mutant has the test that should catch it; each takes about a quarter of a minute. Run it by
hand when tests move or become smaller. The exit status is 1 if a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from slips import slip

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src", "w2s_jax")


class Mutant(NamedTuple):
    """Words of a file of the package, what they become, and the test that should fail then."""

    path: str
    right: str
    wrong: str
    test: str


MUTANTS = [
    Mutant(
        "heads/_factors.py",
        "constant + center @ weights, center",
        "constant - center @ weights, center",
        "test_heads.py::test_predictions_are_the_projection_on_any_features",
    ),
    Mutant(
        "report/_means.py",
        'known["slack"] = mean(2 * copied',
        'known["slack"] = mean(3 * copied',
        "test_report.py::test_every_number_is_its_definition",
    ),
    Mutant(
        "checks/_squares.py",
        'abs(m["slack"] + m["correction"])',
        'abs(m["slack"])',
        "test_checks.py::test_a_check_holds_where_it_should",
    ),
    Mutant(
        "bounds/_gap.py",
        "cross = 2 * xp.sqrt",
        "cross = 1.9 * xp.sqrt",
        "test_bounds.py::test_the_gap_costs_at_most_twice_the_root",
    ),
    Mutant(
        "sets/_simplices.py",
        "self.total.astype(directions.dtype) * directions.max(1)",
        "self.total.astype(directions.dtype) * directions.min(1)",
        "test_sets.py::test_support_matches_closed_forms",
    ),
    Mutant(
        "quadratics/_secular.py",
        "slack = (value * slope).sum(1) + reach",
        "slack = (value * slope).sum(1) - reach",
        "test_projection_details.py::test_the_gap_is_what_the_formula_says",
    ),
    Mutant(
        "projections/_settings.py",
        'check_count("max_steps", max_steps, 1)',
        'check_count("max_steps", max_steps, 2)',
        "test_projection_details.py::test_nothing_unfinished_is_certified",
    ),
    Mutant(
        "representations/_maps.py",
        "scale = (2 / self.offsets.size) ** 0.5",
        "scale = (1 / self.offsets.size) ** 0.5",
        "test_representations.py::test_random_features_are_the_formula",
    ),
    Mutant(
        "data/_splits.py",
        "int(0.8 * n), int(0.9 * n)",
        "int(0.8 * n), int(0.95 * n)",
        "test_data.py::test_split_sizes_are_chembenchs",
    ),
    Mutant(
        "encoders/_encoder.py",
        "queries.shape[-1] ** -0.5",
        "queries.shape[-1] ** -1.0",
        "test_encoder.py::test_the_encoder_is_what_the_formulas_say_and_padding_never_leaks",
    ),
    Mutant(
        "widgets/modules/playground-theory.js",
        "const correction = 2 * mean",
        "const correction = mean",
        "book/test_playground.py::test_200_random_pictures_show_the_packages_numbers[triangle]",
    ),
]


def copy_to(folder: Path) -> None:
    """Copy what git knows of; what was built and compiled is shared."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in ("_build", "node_modules"):
        if (ROOT / name).is_dir():
            (folder / name).symlink_to(ROOT / name)


def caught(mutant: Mutant, folder: Path) -> bool:
    """Break the words, run their test in the copy, mend the words."""
    path = folder / PACKAGE / mutant.path
    text = path.read_text("utf8")
    try:
        path.write_text(slip(text, mutant.right, mutant.wrong), "utf8")
    except ValueError as error:
        raise SystemExit(f"{mutant.path}: {error}. Mend tests/mutants.py") from None
    environment = {k: v for k, v in os.environ.items() if k != "W2S_FULL"}
    environment["PYTHONPATH"] = str(folder / "src")
    command = [sys.executable, "-m", "pytest", "-x", "-q", f"tests/{mutant.test}"]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    finally:
        path.write_text(text, "utf8")
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutant.test} did not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main(rooms: list[str]) -> int:
    """Try the mutants of these rooms, or all."""
    chosen = [m for m in MUTANTS if not rooms or m.path.split("/")[0].removesuffix(".py") in rooms]
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        copy_to(Path(name))
        for mutant in chosen:
            found = caught(mutant, Path(name))
            survived += not found
            word = "caught" if found else "SURVIVED"
            print(f"{word:8} {mutant.path}: {mutant.right} → {mutant.wrong}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} mutants caught")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
