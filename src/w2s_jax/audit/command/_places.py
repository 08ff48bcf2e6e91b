"""Which file, and what in it: `name=path:column` as a command line says it."""

import difflib
from pathlib import Path
from typing import NamedTuple

from w2s_jax.audit.page._short import short

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".pq", ".arrow", ".feather")
ARRAYS = (".npy", ".npz", ".safetensors")
_REMEDIES = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".pt": "write it by numpy.save(file, tensor.numpy())",
    ".pth": "write it by numpy.save(file, tensor.numpy())",
    ".pkl": "write it by numpy.save",
    ".pickle": "write it by numpy.save",
    ".json": "save it as CSV or Parquet",
    ".jsonl": "save it as CSV or Parquet",
    ".h5": "write its array by numpy.save",
    ".txt": "rename it to .csv, or .tsv where tabs part its cells",
}
_MAGIC = {
    b"PAR1": (".parquet", ".pq"),
    b"ARROW1": (".arrow", ".feather"),
    b"\x93NUMPY": (".npy",),
    b"PK\x03\x04": (".npz",),
    b"\x1f\x8b": (".csv.gz", ".tsv.gz"),
}


class Place(NamedTuple):
    """Where the numbers of one argument stand.

    Attributes:
        argument: such as `--weak`.
        name: what `name=` calls it, or nothing.
        path: of the file.
        columns: their names; none where the file's own are meant.

    Example:
        >>> Place("--weak", "", Path("models.csv"), ("pred",)).said
        'models.csv:pred'
    """

    argument: str
    name: str
    path: Path
    columns: tuple[str, ...]

    @property
    def file(self) -> str:
        """The path as it was given, no longer than a sentence can bear."""
        return short(str(self.path))

    @property
    def said(self) -> str:
        """The path and the columns."""
        return short(f"{self.path}:{','.join(self.columns)}".rstrip(":"))

    @property
    def kind(self) -> str:
        """The ending that tells how the file is read, in lower case."""
        return kind_of(self.path)


def listed(names: list[str], most: int = 6) -> str:
    """Write names in quotes, the first few of many.

    Example:
        >>> listed(["a", "b"]), listed(list("abcdefgh"), 2)
        ("'a', 'b'", "'a', 'b' and 6 more")
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(short(name, 24)) for name in names[:most]) + more


def nearest(word: str, names: list[str]) -> str:
    """Ask for the name that was probably meant, or say nothing.

    Example:
        >>> nearest("wek", ["weak", "student"]), nearest("zzz", ["weak"])
        ("; did you mean 'weak'?", '')
    """
    near = difflib.get_close_matches(word, names, 1)
    return f"; did you mean {short(near[0])!r}?" if near else ""


def kind_of(path: Path) -> str:
    """Return the ending of a file's name that tells how to read it.

    Example:
        >>> kind_of(Path("Models.CSV")), kind_of(Path("w.csv.gz"))
        ('.csv', '.csv.gz')
    """
    name = path.name.lower()
    return next((end for end in TABLES + ARRAYS if name.endswith(end)), Path(name).suffix)


def place_of(argument: str, text: str, *, named: bool = False) -> Place:
    """Read `path`, `path:column`, `path:a,b` and, where several may be given, `name=path:column`.

    A colon or an equals sign within the name of a file that exists is the file's own.

    Args:
        argument: such as `--weak`, for messages.
        text: what stands behind it.
        named: whether `name=` may stand in front.

    Raises:
        ValueError: no such file, a folder, a kind that is not read, or content of another kind.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "m.csv").write_text("id,pred")
        ...     place = place_of("--weak", f"tiny={folder}/m.csv:pred", named=True)
        >>> place.name, place.columns
        ('tiny', ('pred',))
    """
    name, path, columns = "", text, ""
    if named and "=" in text and not _file_in(text):
        ends = [at for at, sign in enumerate(text) if sign == "="]
        end = next((at for at in ends if _file_in(text[at + 1 :])), ends[0])
        name, path = text[:end], text[end + 1 :]
        if not name.strip():
            raise ValueError(f"{argument} {short(text)}: a name must stand before the = sign")
    whole = path
    path = _file_in(whole) or whole
    columns = whole[len(path) + 1 :]
    if not path:
        raise ValueError(f"{argument} is empty: name a file")
    place = Place(argument, name.strip(), Path(path), tuple(filter(None, columns.split(","))))
    _demand_readable(place)
    return place


def _file_in(text: str) -> str:
    """Return the part of `path:column` that is a file, or nothing."""
    ends = [len(text), *[at for at, sign in enumerate(text) if sign == ":"][::-1]]
    return next((text[:end] for end in ends if end and Path(text[:end]).is_file()), "")


def _demand_readable(place: Place) -> None:
    path, kind = place.path, place.kind
    if path.is_dir():
        raise ValueError(f"{place.argument}: {place.file} is a folder: name a file in it")
    if not path.is_file():
        folder = path.parent
        beside = [each.name for each in folder.iterdir()] if folder.is_dir() else []
        name = path.name.partition(":")[0]
        hint = nearest(name, beside) or ": look at the path"
        told = path.parent / name if kind_of(Path(name)) in TABLES + ARRAYS else path
        raise ValueError(f"{place.argument}: there is no file {short(str(told))}{hint}")
    if kind not in TABLES + ARRAYS:
        known = "npy, npz, csv, tsv, parquet, arrow, feather or safetensors"
        remedy = _REMEDIES.get(kind, "save it as one of these")
        raise ValueError(f"{place.argument}: {place.file} is not a {known} file: {remedy}")
    if not path.stat().st_size:
        raise ValueError(f"{place.argument}: {place.file} is empty: write a row for each input")
    with path.open("rb") as stream:
        start = stream.read(8)
    for magic, kinds in _MAGIC.items():
        if start.startswith(magic) and kind not in kinds:
            what = f"its content is that of a {kinds[0]} file"
            raise ValueError(f"{place.argument}: {place.file} is misnamed, {what}: rename it")
    if kind == ".npy" and not start.startswith(b"\x93NUMPY"):
        remedy = "write it by numpy.save, or rename it if it is text"
        raise ValueError(f"{place.argument}: {place.file} is not an .npy file: {remedy}")
