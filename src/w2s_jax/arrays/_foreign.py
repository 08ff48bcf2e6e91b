"""Read the containers of other libraries through what they offer, without importing them."""

from typing import Any

import numpy as np


def as_numpy(name: str, value: Any) -> np.ndarray:
    """Return numpy's view or copy of lists, frames, tensors and whatever else has numbers.

    Missing entries become NaN. Nothing here looks at shape or finiteness.

    Args:
        name: what the sentence calls the argument.
        value: a number, list, tuple or array; a pandas or polars series or frame; a tensor of
            torch on the CPU; anything with `__array__` or `__dlpack__`.

    Returns:
        An array of any dtype and byte order.

    Raises:
        ValueError: masked entries, columns that hold no numbers, tensors elsewhere, ragged lists.

    Example:
        >>> as_numpy("weak", (1, 2.5))
        array([1. , 2.5])
    """
    library = type(value).__module__.partition(".")[0]
    if isinstance(value, np.ma.MaskedArray):
        return _unmasked(name, value)
    if library == "pandas":
        return _from_pandas(name, value)
    if library == "polars" and hasattr(value, "collect"):
        raise ValueError(
            f"{name} is a polars LazyFrame, whose rows are not computed: .collect() it"
        )
    if library == "polars":
        return _from_polars(name, value)
    if library == "torch" and hasattr(value, "detach"):
        return _from_torch(name, value)
    if isinstance(value, dict | set | str | bytes) or hasattr(value, "tocsr"):
        remedy = (
            ".toarray() it" if hasattr(value, "tocsr") else "pass an array or a list of numbers"
        )
        raise ValueError(f"{name} is {_article(type(value).__name__)}: {remedy}")
    return _from_protocol(name, value)


def _unmasked(name: str, value: np.ma.MaskedArray) -> np.ndarray:
    masked = np.argwhere(np.ma.getmaskarray(value))
    if len(masked):
        place = tuple(masked[0].tolist())
        raise ValueError(
            f"{name} has masked entries ({len(masked)}), the first at index {place}: "
            "drop these rows from all arguments, or fill them with .filled(value)"
        )
    return np.asarray(value.data)


def _from_pandas(name: str, value: Any) -> np.ndarray:
    if not hasattr(value, "to_numpy"):
        raise ValueError(f"{name} is {_article(type(value).__name__)} of pandas, expected numbers")
    columns = dict(value.dtypes.items()) if value.ndim == 2 else {None: value.dtype}
    for column, dtype in columns.items():
        _demand_numbers(name, column, getattr(dtype, "kind", "O"), str(dtype))
    plain = all(isinstance(dtype, np.dtype) for dtype in columns.values())
    if plain and len(set(columns.values())) == 1:
        return value.to_numpy()
    return value.to_numpy(dtype="float64", na_value=np.nan)


def _from_polars(name: str, value: Any) -> np.ndarray:
    columns = dict(value.schema) if hasattr(value, "schema") else {None: value.dtype}
    for column, dtype in columns.items():
        number = dtype.is_numeric() or str(dtype) == "Boolean"
        _demand_numbers(name, column, "f" if number else "O", str(dtype))
    found = value.to_numpy()
    if found.dtype == object:  # decimals, and columns of booleans with missing entries
        found = np.where(found == None, np.nan, found).astype(float)  # noqa: E711
    return found


def _from_torch(name: str, value: Any) -> np.ndarray:
    if value.device.type != "cpu":
        raise ValueError(f"{name} is a tensor on {value.device}: pass {name}.cpu()")
    if str(value.layout) != "torch.strided":
        raise ValueError(f"{name} is a sparse tensor: pass {name}.to_dense()")
    tensor = value.detach().resolve_conj().resolve_neg()
    return (tensor.float() if str(value.dtype) == "torch.bfloat16" else tensor).numpy()


def _from_protocol(name: str, value: Any) -> np.ndarray:
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        if isinstance(value, list | tuple):
            value = [_element(name, part) for part in value]
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        if str(error).startswith(name):
            raise
        ragged = "inhomogeneous" in str(error) or "broadcast" in str(error)
        reason = "its rows have different lengths" if ragged else str(error).split("\n")[0][:120]
        raise ValueError(f"{name} could not be read as an array of numbers: {reason}") from None


def _element(name: str, part: Any) -> Any:
    """Read tensors, series and masked arrays within a list as they are read alone."""
    known = isinstance(part, int | float | complex | str | list | tuple | None | np.generic)
    if known or (isinstance(part, np.ndarray) and not isinstance(part, np.ma.MaskedArray)):
        return part
    return as_numpy(name, part)


def _demand_numbers(name: str, column: Any, kind: str, dtype: str) -> None:
    if kind in "biufc":
        return
    where = name if column is None else f"{name}, column {str(column)[:60]!r},"
    raise ValueError(
        f"{where} holds {dtype[:60]}, expected numbers: convert it to float, or leave it out"
    )


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiouAEIOU' else 'a'} {word}"
