"""French book reviews with their ratings: two sites, cleaned by a stated rule."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int

from w2s_jax.data import SOURCES, Malformed, Source, fetch
from w2s_jax.data._rows import short, sift
from w2s_jax.text._texts import read_texts

SITES = ("babelio", "critiques")
_WORDS, _HIGHEST = 10, 5.0  # fewest words of a review, highest rating of both sites


class Review(NamedTuple):
    """Hold one review as its file has it.

    Args:
        text: as written, perhaps blank.
        rating: from 0.5 to 5 in halves, unless mistyped.
        title: of the book.
        site: "babelio" or "critiques".

    Example:
        >>> Review("Un régal.", 5.0, "Candide", "babelio").rating
        5.0
    """

    text: str
    rating: float
    title: str
    site: str


@dataclass(frozen=True, eq=False, repr=False)
class Reviews:
    """Hold cleaned reviews: their texts, ratings, titles and sites.

    Args:
        texts: n texts.
        ratings: `(n,)`, stars, read-only.
        titles: of the books, n.
        sites: n words, "babelio" or "critiques".
        dropped: how many reviews each rule of `clean` dropped.
        sources: where they come from, what to cite, and under which terms.

    Raises:
        ValueError: lengths differ, or a rating is not finite; `BadRows` if a text is blank.

    Example:
        >>> Reviews(["Un régal.", "Bof."], [5.0, 2.0], ["Candide", "Zadig"], ["babelio"] * 2)
        Reviews(2 of 2 read, mean rating 3.50)
    """

    # Any: lists come in, and what is kept is as the docstring says.
    texts: Any
    ratings: Any
    titles: Any
    sites: Any
    dropped: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    def __post_init__(self):
        kept = np.array(self.ratings, np.float64)
        kept.setflags(write=False)
        object.__setattr__(self, "texts", tuple(read_texts(self.texts)))
        object.__setattr__(self, "ratings", kept)
        for name in ("titles", "sites"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "dropped", MappingProxyType(dict(self.dropped)))
        lengths = {name: len(getattr(self, name)) for name in ("texts", "titles", "sites")}
        if kept.ndim != 1 or {*lengths.values()} != {len(kept)}:
            raise ValueError(f"ratings must be one a review, got {kept.shape} for {lengths}")
        if not np.isfinite(kept).all():
            raise ValueError(f"ratings must be finite: row {int(np.argmin(np.isfinite(kept)))} is "
                             "not; drop these rows")  # fmt: skip

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        read = len(self) + sum(self.dropped.values())
        mean = f", mean rating {self.ratings.mean():.2f}" if len(self) else ""
        return f"Reviews({len(self):,} of {read:,} read{mean})"

    def rows_of(self, site: str) -> Int[np.ndarray, " rows"]:
        """Find the rows of one site.

        Raises:
            ValueError: no review of this site.
        """
        if site not in self.sites:
            known = ", ".join(dict.fromkeys(self.sites))
            raise ValueError(f"site must be one of {known}, got {site!r}")
        return np.flatnonzero(np.array(self.sites) == site)


def load_reviews(paths: Mapping[str, Path | str] | None = None) -> Reviews:
    """Load 8,253 French book reviews with ratings, those of Babelio first.

    Ratings lie between 0.5 and 5 stars in halves. The files were scraped from public sites: they
    are downloaded, never part of the package. `clean` has the rule that leaves 8,253 of 9,658.

    Source: A. Eltaief, `SOURCES["babelio"]` and `SOURCES["critiques"]`; part "Language".

    Args:
        paths: files to read by site, in this order; the published ones, fetched, if None.

    Returns:
        The reviews that `clean` keeps.

    Raises:
        w2s_jax.data.Unavailable: a file cannot be had.
        w2s_jax.data.Malformed: a line is no JSON or lacks a field.

    Example:
        >>> import tempfile
        >>> line = {"reader_review": "mot " * 12, "rating": 4.5, "book_title": "Candide"}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "mine.jsonl")
        ...     _ = path.write_text(json.dumps(line))
        ...     load_reviews({"babelio": path})
        Reviews(1 of 1 read, mean rating 4.50)
    """
    given = {site: fetch(site) for site in SITES} if paths is None else paths
    found = [review for site, path in given.items() for review in _read(Path(path), site)]
    return clean(found, sources=tuple(SOURCES[site] for site in given if site in SOURCES))


def clean(reviews: Iterable[Review], *, sources: tuple[Source, ...] = ()) -> Reviews:
    """Drop what is no review, in this order: `empty`, `duplicate`, `short`, `above_5`.

    A text is empty if it has no sign but blanks; a duplicate if the same text, blanks at its edges
    aside, stood in an earlier review, dropped or not; short if it has fewer than ten words, as
    blanks part them. Ratings above five stars are mistyped.

    Args:
        reviews: in their order.
        sources: to be kept with them.

    Returns:
        The rest; `dropped` counts what each rule took.

    Example:
        >>> long = "un deux trois quatre cinq six sept huit neuf dix"
        >>> given = [(long, 4.0), (" ", 1.0), (long + " ", 3.0), ("Bof.", 2.0), (long * 2, 5.5)]
        >>> kept = clean([Review(text, rating, "Zadig", "babelio") for text, rating in given])
        >>> dict(kept.dropped)
        {'empty': 1, 'duplicate': 1, 'short': 1, 'above_5': 1}
    """
    dropped: dict[str, int] = {"empty": 0, "duplicate": 0, "short": 0, "above_5": 0}
    kept: list[Review] = []
    seen: set[str] = set()
    for review in reviews:
        text = review.text.strip()
        reason = _reason(text, review.rating, seen)
        seen.add(text)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(review._replace(text=text))
    columns = [[getattr(own, name) for own in kept] for name in ("text", "rating", "title", "site")]
    return Reviews(*columns, dropped=dropped, sources=sources)


def ratings_by_title(reviews: Reviews) -> dict[str, Float64[np.ndarray, " own"]]:
    """Collect the ratings of each title, however it is capitalized.

    Example:
        >>> ratings_by_title(Reviews(["Bon.", "Non."], [4.0, 2.0], ["Zadig", "ZADIG"], ["a"] * 2))
        {'zadig': array([4., 2.])}
    """
    found: dict[str, list[float]] = {}
    for title, rating in zip(reviews.titles, reviews.ratings, strict=True):
        found.setdefault(title_key(title), []).append(float(rating))
    return {title: np.array(own) for title, own in found.items()}


def title_key(title: str) -> str:
    """Write titles alike that differ in blanks and capitals alone.

    Example:
        >>> title_key(" Le  Horla ")
        'le horla'
    """
    return " ".join(title.casefold().split())


def _reason(text: str, rating: float, seen: set[str]) -> str:
    if not text:
        return "empty"
    if text in seen:
        return "duplicate"
    if len(text.split()) < _WORDS:
        return "short"
    return "above_5" if rating > _HIGHEST else ""


def _read(path: Path, site: str) -> list[Review]:
    try:
        lines = path.read_text(encoding="utf8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{short(path)} cannot be read as text ({error}): save it in UTF-8") from (
            error
        )
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise Malformed(f"{short(path)} has no reviews: give one JSON object a line")
    cells, places = [line for _, line in numbered], [number for number, _ in numbered]
    return sift(cells, lambda line: _parsed(line, site), lines=places, file=str(path))


def _parsed(line: str, site: str) -> Review:
    try:
        fields = json.loads(line)
        given = fields["reader_review"], fields["rating"], fields["book_title"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"is no review ({type(error).__name__}: {error}); mend the line") from None
    text, rating, title = given
    if not isinstance(rating, int | float) or not np.isfinite(rating):
        raise ValueError(f"has the rating {rating!r}, not a finite number; mend it")
    if not isinstance(text, str | None) or not isinstance(title, str):
        raise ValueError("has a text or a title that is no string; mend it")
    return Review(text or "", float(rating), title, site)
