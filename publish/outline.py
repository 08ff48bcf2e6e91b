"""The outline of a print: where its links lead, written where a reader's program shows it."""

from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit, IndirectObject


@dataclass(frozen=True)
class Entry:
    """A line of the outline: its words, the place that it leads to, and the lines below it."""

    title: str
    place: str
    below: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Place:
    """A page, counted from 1, and the height on it in points, from below."""

    page: int
    top: float


def places(pdf: bytes) -> dict[str, Place]:
    """Return the places that links within a print lead to, by name."""
    reader = PdfReader(BytesIO(pdf))
    found = {}
    for name, there in reader.named_destinations.items():
        page = reader.get_destination_page_number(there)
        if page is not None:
            found[name.removeprefix("/")] = Place(page + 1, float(there.top or 0))
    return found


def outlined(pdf: bytes, entries: list[Entry]) -> bytes:
    """Return a print with an outline, shut below its first lines.

    Raises:
        ValueError: an entry leads to a place that the print does not have.
    """
    known = places(pdf)
    writer = PdfWriter(clone_from=BytesIO(pdf))

    def add(entry: Entry, above: IndirectObject | None) -> None:
        if entry.place not in known:
            raise ValueError(f"the print has no place {entry.place!r} for {entry.title!r}")
        there = known[entry.place]
        line = writer.add_outline_item(
            title=entry.title,
            page_number=there.page - 1,
            parent=above,
            fit=Fit.xyz(top=there.top),
            is_open=above is None,
        )
        for each in entry.below:
            add(each, line)

    for entry in entries:
        add(entry, None)
    writer.page_mode = "/UseOutlines"
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
