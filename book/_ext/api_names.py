"""The package's public names, those that a room exports, and what a piece of code stands for."""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import w2s_jax

CALL = re.compile(r"(?P<path>[A-Za-z_][\w.]*)(?:\((?P<arguments>.*)\)|\[[\"'](?P<key>\w+)[\"']\])?")


def _modules(holder: ModuleType) -> list[ModuleType]:
    found = pkgutil.iter_modules(getattr(holder, "__path__", []), f"{holder.__name__}.")
    return [importlib.import_module(each.name) for each in found if "._" not in each.name]


@functools.cache
def rooms() -> dict[str, list[ModuleType]]:
    """Return the modules that each room shows: itself, and its own where it exports nothing."""
    return {
        room.__name__: [room] if hasattr(room, "__all__") else [room, *_modules(room)]
        for room in _modules(w2s_jax)
    }


def _exported(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    found = [(name, getattr(module, name)) for name in listed or vars(module)]
    return [
        name
        for name, thing in found
        if (inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)))
        and (listed or (name[0] != "_" and thing.__module__ == module.__name__))
    ]


@functools.cache
def public() -> dict[str, Any]:
    """Return every public name, by the path that a reader imports it from.

    >>> public()["w2s_jax.heads.fit_head"] is w2s_jax.fit_head
    True
    """
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for modules in rooms().values()
        for module in modules
        for name in _exported(module)
    }


@functools.cache
def _paths() -> dict[int, str]:
    """Return where each public thing is imported from; of two places, the first."""
    found = {id(module): module.__name__ for each in rooms().values() for module in each}
    return {id(thing): path for path, thing in reversed(public().items())} | found


def path_of(thing: Any) -> str | None:
    """Return the path that a reader imports a thing from, None where it is not public.

    >>> path_of(w2s_jax.fit_head), path_of(w2s_jax.heads), path_of(path_of)
    ('w2s_jax.heads.fit_head', 'w2s_jax.heads', None)
    """
    return _paths().get(id(thing))


def fields(thing: Any) -> set[str]:
    """Return what a class's instances hold: fields, properties, methods, traits.

    >>> sorted(fields(w2s_jax.LinearHead))
    ['bias', 'center', 'cut', 'level', 'rank', 'weights']
    """
    found = {
        name for base in inspect.getmro(thing) for name in vars(base).get("__annotations__", ())
    }
    found |= {name for name in dir(thing) if not hasattr(object, name)}
    return {name for name in found if not name.startswith("_")}


def _starts(first: str) -> Iterator[tuple[str, Any]]:
    """List what the first part of a name may stand for."""
    if first == "w2s_jax":
        yield first, w2s_jax
    for module in (module for each in rooms().values() for module in each):
        if module.__name__ == f"w2s_jax.{first}":
            yield module.__name__, module
    for path, thing in public().items():
        if path.endswith(f".{first}") and path_of(thing) == path:
            yield path, thing


def _step(path: str, thing: Any, part: str) -> tuple[str, Any] | None:
    if inspect.isclass(thing) and part in fields(thing):
        return f"{path}.{part}", inspect.getattr_static(thing, part, None)
    found = getattr(thing, part, None) if isinstance(thing, ModuleType) else None
    home = path_of(found)
    return (home, found) if home else None


def resolve(text: str) -> str | None:
    """Return the full name of what a piece of code names, or None where the package lacks it.

    A name starts at `w2s_jax`, at a room, or at any public name. Arguments must be among the
    parameters, and a check among those that a report can run.

    >>> resolve("fit_head(ridge=0.1)"), resolve("Report.misfit")
    ('w2s_jax.heads.fit_head', 'w2s_jax.report.Report.misfit')
    >>> resolve("fit_head(rigde=0.1)"), resolve("Report.joy")
    (None, None)
    """
    match = CALL.fullmatch(text)
    if match is None:
        return None
    first, *rest = match["path"].split(".")
    found = dict(_starts(first))
    for part in rest:
        steps = (_step(path, thing, part) for path, thing in found.items())
        found = dict(step for step in steps if step)
    if len(found) != 1:
        return None
    path, thing = found.popitem()
    if match["arguments"] and not _accepts(thing, match["arguments"]):
        return None
    if match["key"] and match["key"] not in w2s_jax.checks._NAMES:
        return None
    return path


def parameters(thing: Any) -> list[str]:
    """Return the names of a thing's parameters, none where it has no signature."""
    try:
        return list(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return []


def _accepts(thing: Any, arguments: str) -> bool:
    known = parameters(thing)
    given = [part.strip() for part in arguments.split(",") if part.strip() not in ("", "…", "...")]
    named = [part.partition("=")[0] for part in given if "=" in part]
    return set(named) <= set(known) and len(given) <= len(known)
