"""The package's public names: where each lives, where it is imported from, what a name means."""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import w2s_jax

# The order in which a reader needs the rooms; any other room follows, by name.
ROOMS = ("representations", "sets", "projections", "quadratics", "heads", "divergences", "report")
ROOMS += ("checks", "bounds", "teachers", "data", "molecules", "experiments", "plots", "widgets")
CALL = re.compile(r"(?P<path>[A-Za-z_][\w.]*)(?:\((?P<arguments>.*)\)|\[[\"'](?P<key>\w+)[\"']\])?")


@dataclass(frozen=True)
class Public:
    """A public class or function."""

    full: str
    home: str
    thing: Any

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.full.rpartition(".")[2]


@functools.cache
def modules() -> dict[str, ModuleType]:
    """Import every module of the package, in the order of the rooms."""
    found = pkgutil.walk_packages(w2s_jax.__path__, prefix="w2s_jax.")
    names = sorted((m.name for m in found), key=lambda name: (_place(name), name))
    return {name: importlib.import_module(name) for name in names}


def _place(module: str) -> int:
    room = module.split(".")[1]
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)


def _home(name: str, module: str, thing: Any) -> str:
    """Return the shortest path that exports a thing."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        shown = importlib.import_module(package)
        if name in getattr(shown, "__all__", ()) and getattr(shown, name) is thing:
            return f"{package}.{name}"
    return f"{module}.{name}"


def _is_public(name: str, thing: Any, module: str) -> bool:
    if name.startswith("_") or getattr(thing, "__module__", None) != module:
        return False
    return inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing))


@functools.cache
def public() -> dict[str, Public]:
    """Return every public class and function by its full name, as the source orders them.

    >>> public()["w2s_jax.heads._least_squares.fit_head"].home
    'w2s_jax.fit_head'
    """
    return {
        f"{module}.{name}": Public(f"{module}.{name}", _home(name, module, thing), thing)
        for module, holder in modules().items()
        for name, thing in vars(holder).items()
        if _is_public(name, thing, module)
    }


def fields(thing: Any) -> set[str]:
    """Return what a class's instances hold: fields, properties, methods, traits.

    >>> sorted(fields(w2s_jax.LinearHead))
    ['bias', 'centre', 'cut', 'level', 'rank', 'weights']
    """
    found = {
        name for base in inspect.getmro(thing) for name in vars(base).get("__annotations__", ())
    }
    found |= {name for name in dir(thing) if not hasattr(object, name)}
    return {name for name in found if not name.startswith("_")}


def _starts(first: str) -> Iterator[tuple[str, Any]]:
    """List what the first part of a name may stand for."""
    if first == "w2s_jax":
        yield "w2s_jax", w2s_jax
    if f"w2s_jax.{first}" in modules():
        yield f"w2s_jax.{first}", modules()[f"w2s_jax.{first}"]
    for each in public().values():
        if each.name == first:
            yield each.full, each.thing


def _step(full: str, thing: Any, part: str) -> tuple[str, Any] | None:
    if part.startswith("_"):
        return None
    if inspect.isclass(thing) and part in fields(thing):
        return f"{full}.{part}", inspect.getattr_static(thing, part, None)
    if isinstance(thing, ModuleType) and part in dir(thing):
        found = getattr(thing, part)
        owner = f"{getattr(found, '__module__', full)}.{part}"
        return (owner if owner in public() else f"{full}.{part}"), found
    return None


def resolve(text: str) -> str | None:
    """Return the full name of what a piece of code names, or None where the package lacks it.

    A name starts at `w2s_jax`, at a room, or at any public class or function. Arguments must be
    among the parameters, and a check among those that a report can run.

    >>> resolve("fit_head(ridge=0.1)"), resolve("Report.misfit")
    ('w2s_jax.heads._least_squares.fit_head', 'w2s_jax.report._result.Report.misfit')
    >>> resolve("fit_head(rigde=0.1)"), resolve("Report.joy")
    (None, None)
    """
    match = CALL.fullmatch(text)
    if match is None:
        return None
    first, *rest = match["path"].split(".")
    found = dict(_starts(first))
    for part in rest:
        steps = (_step(full, thing, part) for full, thing in found.items())
        found = dict(step for step in steps if step)
    if len(found) != 1:
        return None
    full, thing = found.popitem()
    if match["arguments"] and not _accepts(thing, match["arguments"]):
        return None
    if match["key"] and match["key"] not in modules()["w2s_jax.checks"]._RULES:
        return None
    return full


def _accepts(thing: Any, arguments: str) -> bool:
    try:
        known = list(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return False
    given = [part.strip() for part in arguments.split(",") if part.strip() not in ("", "…", "...")]
    named = [part.partition("=")[0] for part in given if "=" in part]
    return set(named) <= set(known) and len(given) <= len(known)
