"""A small made data set, and the command that audits it."""

import io
import shlex
from pathlib import Path

import numpy as np

from w2s_jax.audit.command._stopping import at_once
from w2s_jax.audit.page._short import short

INPUTS, LABELS, WIDTH = 1500, 200, 12


def example_files() -> dict[str, bytes]:
    """Make the files of the example: a teacher that errs, its student, and few labels.

    The truth is a linear head on the features with a small part that none expresses; the weak model
    adds an error of its own, larger in one of two groups; the student is least squares on the weak
    labels. Labels are noisy, and in an order of their own.

    Example:
        >>> files = example_files()
        >>> sorted(files), files["labels.csv"].decode().splitlines()[0]
        (['features.npy', 'labels.csv', 'models.csv'], 'id,y')
    """
    rng = np.random.default_rng(20)
    features = rng.normal(size=(INPUTS, WIDTH)).astype(np.float32)
    rare = rng.random(INPUTS) < 0.25
    truth = features @ rng.normal(size=WIDTH) / 2 + 0.3 * np.sin(3 * features[:, 0])
    weak = truth + np.where(rare, 0.9, 0.5) * rng.normal(size=INPUTS)
    design = np.column_stack([features, np.ones(INPUTS)])
    student = design @ np.linalg.lstsq(design, weak, rcond=None)[0]
    ids = [f"input-{row:04d}" for row in rng.permutation(INPUTS)]
    rows = rng.choice(INPUTS, LABELS, replace=False)
    measured = truth[rows] + 0.2 * rng.normal(size=LABELS)
    groups = np.where(rare, "rare", "common")
    models = [
        f"{i},{w:.12g},{s:.12g},{g}" for i, w, s, g in zip(ids, weak, student, groups, strict=True)
    ]
    labels = [f"{ids[row]},{label:.4f}" for row, label in zip(rows, measured, strict=True)]
    array = io.BytesIO()
    np.save(array, features)
    return {
        "models.csv": "\n".join(["id,weak,student,group", *models, ""]).encode(),
        "features.npy": array.getvalue(),
        "labels.csv": "\n".join(["id,y", *labels, ""]).encode(),
    }


def example_command(folder: Path) -> list[str]:
    """Return the words of the command that audits the example in a folder.

    Example:
        >>> example_command(Path("made"))[:4]
        ['w2s', 'audit', '--weak', 'made/models.csv:weak']
    """
    models = folder / "models.csv"
    return [
        *("w2s", "audit", "--weak", f"{models}:weak", "--student", f"{models}:student"),
        *("--features", f"{folder / 'features.npy'}", "--labels", f"{folder / 'labels.csv'}:y"),
        *("--groups", f"{models}:group", "--id", "id"),
        *("--html", f"{folder / 'audit.html'}", "--require", "gain.low > 0"),
    ]


def write_example(folder: Path) -> str:
    """Write the example into a folder, and return what to do with it.

    Raises:
        ValueError: other files of these names stand there, or the folder is a file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     said = write_example(Path(folder, "made"))
        >>> said.splitlines()[-1].strip()
        "--require 'gain.low > 0'"
    """
    with at_once():
        from w2s_jax.files import write_whole

    files = example_files()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{short(str(folder))} is a file: name a folder for the example")
    for name, data in files.items():
        path = folder / name
        if path.exists() and (path.is_dir() or path.read_bytes() != data):
            raise ValueError(f"{short(str(folder))} holds another {name}: name a new folder")
    for name, data in files.items():
        write_whole(folder / name, data)
    words = [shlex.quote(word) for word in example_command(folder)]
    lines = [" ".join(words[:2])]
    for flag, value in zip(words[2::2], words[3::2], strict=True):
        lines.append(f"    {flag} {value}")
    return f"wrote {', '.join(files)} into {folder}; audit them by\n\n" + " \\\n".join(lines) + "\n"
