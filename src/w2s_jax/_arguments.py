"""Command lines made of configurations: an argument for each field, in the docstring's words."""

import argparse
import re
from dataclasses import fields, replace
from typing import Any, get_args

_SAID = re.compile(r"^ +(\w+): (\S.*(?:\n {12,}\S.*)*)", re.MULTILINE)


def add_fields(command: argparse.ArgumentParser, config: Any) -> None:
    """Add an argument for each field of words or numbers, the configuration's own by default.

    Args:
        command: gets `--a-field`, several values where the field is a tuple.
        config: a dataclass whose docstring has a line for each attribute.

    Example:
        >>> from w2s_jax.representations import Recipe
        >>> command = argparse.ArgumentParser()
        >>> add_fields(command, Recipe())
        >>> told(Recipe(), command.parse_args(["--tasks", "5", "--batch", "1e2"])).batch
        100
    """
    said = {name: " ".join(words.split()) for name, words in _SAID.findall(config.__doc__ or "")}
    for field in fields(config):
        own = getattr(config, field.name)
        one = own[0] if isinstance(own, tuple) and own else own
        pair = isinstance(one, tuple)
        kind = get_args(field.type)[0] if one is None else type(one[0] if pair else one)
        if kind not in (str, int, float):
            continue
        several: dict[str, Any] = {"nargs": "+"} if one is not own else {}
        several = {"nargs": len(one), "action": "append"} if pair else several
        command.add_argument(
            "--" + field.name.replace("_", "-"),
            type=whole if kind is int else kind,
            help=f"{said.get(field.name, '')} (default: {str(own)[:60]})".replace("%", "%%"),
            **several,
        )


def told(config: Any, chosen: argparse.Namespace) -> Any:
    """Return the configuration with what the command line chose.

    Example:
        >>> from w2s_jax.representations import Recipe
        >>> told(Recipe(), argparse.Namespace(tasks=5, epochs=None)).tasks
        5
    """
    given = {field.name: getattr(chosen, field.name, None) for field in fields(config)}
    return replace(config, **{name: _frozen(v) for name, v in given.items() if v is not None})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def whole(text: str) -> int:
    """Read a whole number.

    Raises:
        argparse.ArgumentTypeError: anything else.

    Example:
        >>> whole("5e6"), whole("5000000")
        (5000000, 5000000)
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.5
    if not (abs(number) < 1e12 and number == int(number)):
        raise argparse.ArgumentTypeError(f"must be a whole number such as 5000000 or 5e6: {text!r}")
    return int(number)
