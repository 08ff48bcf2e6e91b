"""Find a data file, or download it and check it before anybody sees it."""

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from w2s_jax._extras import extra
from w2s_jax.data._sources import SOURCES, Source, Unavailable
from w2s_jax.files._digests import file_sha256
from w2s_jax.files._whole import written

_TIMEOUT = (3.0, 10.0)  # seconds to connect, seconds between two packets
_BACK_OFF = 0.5  # seconds before the second attempt, doubled before each further one


def fetch(
    name: str,
    *,
    sources: Mapping[str, Source] = SOURCES,
    folder: Path | str | None = None,
    cache: Path | str | None = None,
    attempts: int = 3,
) -> Path:
    """Return the path of a data file whose checksum was verified, downloading it if need be.

    The folder is searched first, then the cache; only then is the pinned address asked.  A
    download goes to a temporary file that takes the file's name once its SHA-256 is right, so
    that no half-written file is ever found, by this process or another.

    Used by the chapters on molecules and on reviews.

    Args:
        name: a key of `sources`: `"esol"`, `"freesolv"`, `"lipop"`, `"babelio"`, `"critiques"`, or
            `"corpus"` and `"overlap"`, which no public address serves.
        sources: what can be fetched, by name.
        folder: a folder that may hold the file; the environment variable `W2S_DATA_DIR` if None.
        cache: the folder that downloads go to; the user's cache folder if None.
        attempts: how often to ask the address, at least 1.

    Returns:
        The path of the file.

    Raises:
        ValueError: if `name` is not in `sources`, or `attempts` < 1.
        Unavailable: if the file cannot be had, or the folder's file has another checksum.

    Example:
        >>> import hashlib, pathlib, tempfile
        >>> digest = hashlib.sha256(b"smiles,exp").hexdigest()
        >>> tiny = Source("tiny.csv", "https://example.org/tiny.csv", digest)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "tiny.csv").write_bytes(b"smiles,exp")
        ...     fetch("tiny", sources={"tiny": tiny}, folder=folder).name
        'tiny.csv'
    """
    if name not in sources:
        raise ValueError(f"name must be one of {', '.join(sorted(sources))}, got {name!r}")
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, got {attempts}")
    source = sources[name]
    supplied = _supplied(source, folder)
    if supplied is not None:
        return supplied
    target = _cache_folder(cache) / source.file
    if not _is_intact(target, source):
        if not source.url:
            raise Unavailable(f"{source.file} is not to be had. {source.remedy}")
        _download(source, target, attempts)
    return target


def _supplied(source: Source, folder: Path | str | None) -> Path | None:
    folder = folder or os.environ.get("W2S_DATA_DIR")
    if not folder:
        return None
    path = Path(folder).expanduser() / source.file
    if not path.exists():
        return None
    found = _sha256(path)
    if found != source.sha256:
        raise Unavailable(
            f"{path} is not the expected file: its SHA-256 is {found}. Remove or replace it. "
            f"{source.remedy}"
        )
    return path


def _cache_folder(cache: Path | str | None) -> Path:
    if cache is not None:
        return Path(cache).expanduser()
    with extra("data"):
        import pooch  # a slow import, needed by downloads alone

    return Path(pooch.os_cache("w2s-jax"))


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as reason:
        raise Unavailable(f"{path} cannot be read: {reason}") from reason


def _is_intact(path: Path, source: Source) -> bool:
    return path.is_file() and _sha256(path) == source.sha256


def _download(source: Source, target: Path, attempts: int) -> None:
    reason: Exception | None = None
    for attempt in range(attempts):
        if attempt:
            time.sleep(_BACK_OFF * 2 ** (attempt - 1))
        try:
            return _attempt(source, target)
        except OSError as error:  # what requests and the file system raise
            reason = error
            response = getattr(error, "response", None)
            if response is not None:
                response.close()  # pooch leaves it open
            if _is_final(error):
                break
    raise Unavailable(
        f"{source.file} could not be downloaded to {target.parent}: {reason}. {source.remedy}"
    ) from reason


def _attempt(source: Source, target: Path) -> None:
    from pooch import HTTPDownloader
    from tqdm import tqdm

    # disable=None: a bar for a terminal, silence for a log or a notebook
    bar = tqdm(total=1, desc=source.file, unit="B", unit_scale=True, file=sys.stderr, disable=None)
    with written(target) as stream, bar:
        # any object with tqdm's methods will do, though the annotation says bool
        options = {"progressbar": bar, "chunk_size": 2**16, "timeout": _TIMEOUT}
        HTTPDownloader(**options)(source.url, stream, None)
        stream.flush()
        stream.seek(0)
        found = hashlib.sha256(stream.read()).hexdigest()
        if found != source.sha256:
            raise OSError(f"the bytes that came have SHA-256 {found}")


def _is_final(error: OSError) -> bool:
    """Tell whether asking again is pointless: refused by the server, by the disk, or no answer."""
    from requests import HTTPError, Timeout

    if isinstance(error, HTTPError) and error.response is not None:
        status = error.response.status_code
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(error, (Timeout, PermissionError, FileExistsError, NotADirectoryError))
