"""Ctrl-C and SIGTERM: at once while modules are imported, with cleaning up while files are made."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STOPPED = "w2s: stopped; no file was left half written"
STATUS = 130


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Let a polite end, SIGTERM, clean up as Ctrl-C does.

    Example:
        >>> with cleaning_up():
        ...     try:
        ...         signal.raise_signal(signal.SIGTERM)
        ...     except KeyboardInterrupt:
        ...         print("cleaned up")
        cleaned up
    """

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    with _handled(stop):
        yield


@contextmanager
def at_once() -> Iterator[None]:
    """Leave the process at either signal, without an exception, while nothing is being written.

    Of a KeyboardInterrupt in the middle of an import numpy makes an ImportError, as if something
    were not installed, and other modules print what they could not finish.

    Example:
        >>> before = signal.getsignal(signal.SIGTERM)
        >>> with at_once():
        ...     import numpy
        >>> signal.getsignal(signal.SIGTERM) == before
        True
    """

    def leave(number: int, frame: Any) -> None:
        os.write(sys.stderr.fileno(), f"{STOPPED}\n".encode())
        os._exit(STATUS)

    with _handled(leave):
        yield


@contextmanager
def _handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Have a handler for both signals; a Ctrl-C that a shell's background ignores stays ignored."""
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    before = {}
    try:
        for number in numbers:
            before[number] = signal.signal(number, handler)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        for number, own in before.items():
            signal.signal(number, own)
