"""An audit as one page of HTML: no script, nothing loaded, light and dark."""

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from w2s_jax._extras import extra
from w2s_jax.audit.page._pictures import gain_picture, rows_picture
from w2s_jax.files import versions
from w2s_jax.plots import COLOURS
from w2s_jax.report._tables import chance, counted, figure, span

with extra("audit"):
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

_TONES = {"gain shown": "good", "harm shown": "bad", "not settled": "open", "imitation": "open"}
_TITLES = {
    "imitation": "share copied",
    "rank": "directions of the features",
    "own_misfit": "misfit of least squares",
    "leave_one_out_misfit": "misfit, inputs left out in turn",
    "rho": "cost of learning, ρ",
    "predicted_gain": "gain, predicted",
    "gain_naive": "gain, naive",
    "gain_powered": "gain, powered",
    "p_value": "p-value",
    "pgr": "PGR",
    "labels_needed": "labels still needed",
}
_MODELS = ("--weak", "--student")
_LEGEND = {"misfit": "misfit", "gain": "gain", "weak": "weak error", "student": "student error"}
_OF = {"gain": "gain", "predicted": "gain", "misfit": "misfit", "own": "misfit", "leave": "misfit"}
_OF |= {"weak": "weak", "student": "student", "certificate": "misfit"}


def page(found: Any) -> str:
    r"""Return an audit as a page of HTML.

    Args:
        found: an `Audit`, or what its `to_dict` gives, to which the command adds `files`, `notes`,
            `versions` and `requirements`.

    Returns:
        One file: inline SVG, style sheets and words, under a policy that admits nothing else.

    Example:
        >>> verdict = {"kind": "no labels", "sentence": "Nobody knows.", "labels_needed": None}
        >>> found = {"inputs": 3, "labels": 0, "loss": "squared", "confidence": 0.95,
        ...          "package": "0.1.0", "verdict": verdict, "estimates": {}, "checks": {}}
        >>> html = page(found)
        >>> "<h2 id=\"verdict\">No labels</h2>" in html, "<script" in html
        (True, False)
    """
    found = found if isinstance(found, Mapping) else found.to_dict()
    percent = f"{100 * found['confidence']:g} %"
    kind = found["verdict"]["kind"]
    book = _book()
    shown = {
        "colours": COLOURS,
        "book": book,
        "percent": percent,
        "verdict": {
            "title": kind.capitalize(),
            "tone": _TONES.get(kind, "plain"),
            "sentence": found["verdict"]["sentence"],
        },
        "about": _about(found),
        "requirements": found.get("requirements") or [],
        "pictures": _pictures(found, percent),
        "students": _ranked(found),
        "whose": _whose(found),
        "estimates": [_row(name, one, book) for name, one in found["estimates"].items()],
        "legend": _legend(found),
        "checks": [_check(name, one) for name, one in found["checks"].items()],
        "groups": found.get("groups") or [],
        "influence": found.get("influence") or [],
        "carried": found.get("carried") or "",
        "notes": found.get("notes") or [],
        "files": found.get("files") or [],
        "made": _made(found.get("versions") or versions()),
        "package": found["package"],
    }
    return _template().render(shown)


def _template() -> Any:
    folder = Path(__file__).parent / "templates"
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["figure"] = lambda value: "undefined" if value is None else figure(value)
    made.filters["chance"] = lambda value: "" if value is None else chance(value)
    made.filters["value"] = _value
    made.filters["ends"] = _ends
    made.filters["both"] = _both
    made.filters["share"] = lambda value: f"{100 * value:.1f} %".replace("-", "−")
    return made.get_template("audit.html")


def _value(one: Mapping[str, Any] | None) -> str:
    if not one:
        return ""
    write = chance if one.get("name") == "p_value" else figure
    return "undefined" if one["value"] is None else write(one["value"])


def _both(one: Mapping[str, Any] | None, key: str = "value") -> str:
    """Write a number and, behind it, its interval."""
    if not one:
        return ""
    value = "undefined" if one[key] is None else figure(one[key])
    return f"{value} ({ends})" if (ends := _ends(one)) else value


def _ends(one: Mapping[str, Any] | None) -> str:
    if not one or one.get("low") is None or one.get("high") is None:
        return ""
    return span((one["low"], one["high"]))


def _about(found: Mapping[str, Any]) -> str:
    labels = counted(found["labels"], "label") if found["labels"] else "no labels"
    parts = [counted(found["inputs"], "input"), labels, f"{found['loss']} loss"]
    return ", ".join(parts) + "." + _models(found)


def _models(found: Mapping[str, Any]) -> str:
    """Name teacher and student by their files, where the command says them and they are single."""
    told = {}
    for one in found.get("files") or ():
        for flag, *words in map(str.split, one["used"]):
            told.setdefault(flag, []).append(":".join([one["file"], *words]))
    pair = [(flag[2:].replace("weak", "teacher"), told.get(flag, ())) for flag in _MODELS]
    if any(len(places) > 1 for _, places in pair):
        return ""
    return "".join(f" The {who}: {places[0]}." for who, places in pair if places)


def _legend(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    used = {_OF.get(name.partition("_")[0]) for name in found["estimates"]}
    return [(colour, word) for colour, word in _LEGEND.items() if colour in used]


def _ranked(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the students, each with its place behind the first, in the order of their errors."""
    places = {one["name"]: one for one in found.get("ranking") or []}
    order = [*places] or [one["name"] for one in found.get("students") or []]
    known = {one["name"]: one for one in found.get("students") or []}
    return [{**known[name], "place": places.get(name)} for name in order if name in known]


def _whose(found: Mapping[str, Any]) -> str:
    several = len(found.get("students") or []) > 1
    return f"Of the student of {found['name']}." if several else ""


def _row(name: str, one: Mapping[str, Any], book: str) -> dict[str, Any]:
    """Say on what an estimate rests, and which chapter explains it."""
    labels = counted(one["labels"], "label") if one["labels"] else "No label needed"
    parts = [labels, *([one["method"]] if one.get("method") else [])]
    assumes = "; assumes: " + ", ".join(one["assumes"]) if one.get("assumes") else ""
    chapter = one.get("chapter") or ""
    return {
        **one,
        "title": _TITLES.get(name, name.replace("_", " ")),
        "colour": _OF.get(name.partition("_")[0]),
        "rests": f"{', '.join(parts)}{assumes}.",
        "link": f"{book}book/{chapter}.html" if book and chapter else "",
        "called": re.sub(r"(?<!\bnon)-", " ", chapter.rpartition("/")[2]).capitalize(),
    }


def _check(name: str, one: Mapping[str, Any]) -> dict[str, str]:
    unsure = one["holds"] and one.get("untested")
    mark, said = ("?", "Open:") if unsure else ("✓", "Holds:") if one["holds"] else ("✗", "Fails:")
    sentence = one.get("sentence") or one.get("detail") or ""
    return {"name": name.replace("_", " "), "mark": mark, "said": said, "sentence": sentence}


def _pictures(found: Mapping[str, Any], percent: str) -> dict[str, Any]:
    students = [(one["name"], one["estimates"].get("gain")) for one in found.get("students") or []]
    groups = [(one["name"], one["gain"]) for one in found.get("groups") or []]
    loss = found["loss"]
    drawn = {
        "gain": gain_picture(
            found["estimates"], percent, found.get("units") or f"the units of {loss}"
        ),
        "students": rows_picture(students, "students", percent),
        "groups": rows_picture(groups, "groups", percent),
    }
    return {
        name: {"svg": Markup(one.svg), "caption": one.caption} for name, one in drawn.items() if one
    }


def _made(known: Mapping[str, str]) -> str:
    return "With " + ", ".join(f"{name} {number}" for name, number in known.items()) + "."


def _book() -> str:
    """Return the book's address from the package's own metadata, or nothing where it has none."""
    try:
        urls = metadata("w2s-jax").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Book", "")
