"""What an extra brings, and what to do where it is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import inside this context what an extra of the package brings.

    Raises:
        ImportError: it is missing, with the command that installs it.

    Example:
        >>> with extra("joy"):
        ...     import joyful_module  # pyright: ignore
        Traceback (most recent call last):
        ImportError: No module named 'joyful_module': pip install "w2s-jax[joy]"
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f'{error}: pip install "w2s-jax[{name}]"', name=error.name) from error
