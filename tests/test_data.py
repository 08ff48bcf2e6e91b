import copy
import hashlib
import io
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2s_jax import data

BODY = b"exp,smiles\n3.54,CCO\n" * 500
ESOL_HEADER = (
    "smiles,measured log solubility in mols per litre,"
    "ESOL predicted log solubility in mols per litre"
)


@dataclass
class Reply:
    """What the server answers once; the last reply of a list is repeated."""

    body: bytes = BODY
    status: int = 200
    missing: int = 0  # bytes promised by Content-Length that never come


@dataclass
class Server:
    address: str
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    requests: int = 0

    def next(self) -> Reply:
        self.requests += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def source(self, body: bytes = BODY) -> dict[str, data.Source]:
        digest = hashlib.sha256(body).hexdigest()
        return {"tiny": data.Source("tiny.csv", f"{self.address}/tiny.csv", digest)}


@pytest.fixture(autouse=True)
def _no_internet(monkeypatch):
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def local_connect(self, address):
        if address[0] != "127.0.0.1":
            raise AssertionError(f"a test reached for {address}")
        return connect(self, address)

    def local_look_up(host, *args, **kwargs):
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", local_connect)
    monkeypatch.setattr(socket, "getaddrinfo", local_look_up)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def alone(monkeypatch):
    """Hide the data folder that the machine may have, and do not wait between attempts."""
    monkeypatch.delenv("W2S_DATA_DIR", raising=False)
    monkeypatch.setattr("w2s_jax.data._fetching._BACK_OFF", 0.0)


@pytest.fixture
def server(alone):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            reply = state.next()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(reply.body) + reply.missing))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state = Server(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def mirror():
    folder = os.environ.get("W2S_DATA_DIR")
    if not folder:
        pytest.skip("W2S_DATA_DIR is not set: the published data sets are not here to check")
    return Path(folder)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_helpful(error: BaseException, source: data.Source) -> None:
    message = str(error)
    assert source.file in message
    assert source.url in message
    assert "W2S_DATA_DIR" in message


def refuse(server: Server, cache: Path, body: bytes = BODY) -> str:
    """Fetch, expect a helpful refusal and an empty cache, and return the message."""
    sources = server.source(body)
    with pytest.raises(data.Unavailable) as caught:
        data.fetch("tiny", sources=sources, cache=cache)
    assert_helpful(caught.value, sources["tiny"])
    assert listing(cache) == []
    return str(caught.value)


# ---- downloads


def test_a_good_file_is_downloaded_once_and_then_read_from_the_cache(server, tmp_path):
    first = data.fetch("tiny", sources=server.source(), cache=tmp_path)
    second = data.fetch("tiny", sources=server.source(), cache=tmp_path)
    assert first == second == tmp_path / "tiny.csv"
    assert first.read_bytes() == BODY
    assert listing(tmp_path) == ["tiny.csv"]
    assert server.requests == 1


def test_a_corrupt_file_is_refused(server, tmp_path):
    message = refuse(server, tmp_path, body=b"something else")
    assert hashlib.sha256(BODY).hexdigest() in message
    assert server.requests == 3


def test_a_truncated_file_is_refused(server, tmp_path):
    server.replies = [Reply(BODY[:-7], missing=7)]
    refuse(server, tmp_path)
    assert server.requests == 3


def test_a_file_truncated_without_a_sign_of_it_is_refused(server, tmp_path):
    server.replies = [Reply(BODY[:-7])]
    assert "SHA-256" in refuse(server, tmp_path)


def test_a_missing_page_is_not_asked_for_again(server, tmp_path):
    server.replies = [Reply(b"no such page", status=404)]
    assert "404" in refuse(server, tmp_path)
    assert server.requests == 1


@pytest.mark.parametrize(
    "bad",
    [Reply(b"", status=500), Reply(b"", status=429), Reply(BODY[:100], missing=9), Reply(b"oops")],
    ids=["server error", "too many requests", "truncated", "corrupt"],
)
def test_a_passing_failure_is_tried_again(server, tmp_path, bad):
    server.replies = [bad, Reply()]
    assert data.fetch("tiny", sources=server.source(), cache=tmp_path).read_bytes() == BODY
    assert listing(tmp_path) == ["tiny.csv"]
    assert server.requests == 2


def test_the_number_of_attempts_is_the_callers(server, tmp_path):
    server.replies = [Reply(b"", status=503)]
    with pytest.raises(data.Unavailable, match="503"):
        data.fetch("tiny", sources=server.source(), cache=tmp_path, attempts=5)
    assert server.requests == 5


def test_a_server_that_is_off_is_named(alone, tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert "refused" in refuse(Server(f"http://127.0.0.1:{port}"), tmp_path)


def test_a_server_that_never_answers_is_given_up_once(alone, tmp_path, monkeypatch):
    monkeypatch.setattr("w2s_jax.data._fetching._TIMEOUT", (0.2, 0.2))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        silent = Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert "timed out" in refuse(silent, tmp_path)
        listener.setblocking(False)
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_without_a_network_the_real_address_fails_fast(monkeypatch, tmp_path):
    monkeypatch.delenv("W2S_DATA_DIR", raising=False)
    start = time.monotonic()
    with pytest.raises(data.Unavailable) as caught:
        data.fetch("esol", cache=tmp_path)
    assert time.monotonic() - start < 10
    assert_helpful(caught.value, data.SOURCES["esol"])
    assert listing(tmp_path) == []


@pytest.mark.parametrize("name", ["corpus", "overlap"])
def test_a_file_that_no_address_serves_is_asked_of_the_user(monkeypatch, tmp_path, name):
    monkeypatch.delenv("W2S_DATA_DIR", raising=False)
    monkeypatch.setattr("w2s_jax.data._fetching._download", lambda *_: pytest.fail("downloads"))
    with pytest.raises(data.Unavailable, match="No public address serves it") as caught:
        data.fetch(name, cache=tmp_path)
    assert_helpful(caught.value, data.SOURCES[name])
    assert data.SOURCES[name].sha256 in str(caught.value)
    assert listing(tmp_path) == []


def test_a_corrupt_file_in_the_cache_is_downloaded_again(server, tmp_path):
    (tmp_path / "tiny.csv").write_bytes(BODY[:50])
    assert data.fetch("tiny", sources=server.source(), cache=tmp_path).read_bytes() == BODY
    assert server.requests == 1


def test_an_interrupted_download_leaves_nothing_behind(server, tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data.fetch("tiny", sources=server.source(), cache=tmp_path)
    assert listing(tmp_path) == []


def test_downloads_at_the_same_time_do_not_disturb_each_other(server, tmp_path):
    def load(_):
        return data.fetch("tiny", sources=server.source(), cache=tmp_path).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(load, range(16))) == {BODY}
    assert listing(tmp_path) == ["tiny.csv"]


def test_a_cache_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(data.Unavailable) as caught:
        data.fetch("tiny", sources=server.source(), cache=tmp_path / "file" / "cache")
    assert_helpful(caught.value, server.source()["tiny"])
    assert server.requests == 0


def test_the_default_cache_is_the_users(server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    path = data.fetch("tiny", sources=server.source())
    assert path == tmp_path / "w2s-jax" / "tiny.csv"


def test_the_bar_shows_on_a_terminal_and_only_while_downloading(server, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    data.fetch("tiny", sources=server.source(), cache=tmp_path)
    assert "tiny.csv" in screen.getvalue()
    assert "100%" in screen.getvalue()
    shown = screen.getvalue()
    data.fetch("tiny", sources=server.source(), cache=tmp_path)
    assert screen.getvalue() == shown


def test_nothing_is_written_where_there_is_no_terminal(server, tmp_path, capfd):
    data.fetch("tiny", sources=server.source(), cache=tmp_path)
    assert capfd.readouterr() == ("", "")


# ---- the folder that the user names


def test_the_named_folder_comes_first(server, tmp_path, monkeypatch):
    (tmp_path / "tiny.csv").write_bytes(BODY)
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    path = data.fetch("tiny", sources=server.source(), cache=tmp_path / "cache")
    assert path == tmp_path / "tiny.csv"
    assert listing(tmp_path) == ["tiny.csv"]
    assert server.requests == 0


def test_a_wrong_file_in_the_named_folder_is_an_error(server, tmp_path, monkeypatch):
    (tmp_path / "tiny.csv").write_bytes(b"old")
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    with pytest.raises(data.Unavailable) as caught:
        data.fetch("tiny", sources=server.source(), cache=tmp_path / "cache")
    assert str(tmp_path / "tiny.csv") in str(caught.value)
    assert hashlib.sha256(b"old").hexdigest() in str(caught.value)
    assert_helpful(caught.value, server.source()["tiny"])
    assert server.requests == 0


@pytest.mark.parametrize("folder", ["empty", "absent"])
def test_a_named_folder_without_the_file_is_passed_over(server, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    path = data.fetch("tiny", sources=server.source(), folder=tmp_path / folder, cache=tmp_path)
    assert path == tmp_path / "tiny.csv"
    assert server.requests == 1


def test_unknown_names_and_no_attempts_are_refused(tmp_path):
    known = "babelio, corpus, critiques, esol, freesolv, lipop, overlap"
    with pytest.raises(ValueError, match=f"{known}, got 'qm9'"):
        data.fetch("qm9")
    with pytest.raises(ValueError, match="attempts must be at least 1, got 0"):
        data.fetch("esol", cache=tmp_path, attempts=0)


def test_the_import_is_light_silent_and_offline():
    code = (
        "import sys, socket\n"
        "def no(*args): raise SystemExit('the import used the network')\n"
        "socket.socket.connect = socket.getaddrinfo = no\n"
        "import w2s_jax.data\n"
        "heavy = {'pooch', 'requests', 'tqdm', 'pandas', 'rdkit', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sources_are_pinned():
    with pytest.raises(TypeError):
        data.SOURCES["esol"] = data.SOURCES["lipop"]  # pyright: ignore[reportIndexIssue]
    for name, source in data.SOURCES.items():
        if name in ("corpus", "overlap"):
            assert source.url == ""
            continue
        assert source.url.startswith("https://raw.githubusercontent.com/")
        assert len(source.url.split("/")[5]) == 40, "the address names a commit"
    for source in data.SOURCES.values():
        assert len(source.sha256) == 64
        assert source.citation
        assert source.licence


# ---- tables


def load_text(tmp_path: Path, text: str, load=data.load_esol) -> data.Table:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_a_table_is_frozen(tmp_path):
    table = load_text(tmp_path, f"{ESOL_HEADER}\nCCO,1.5,1.0\nCC ,-1,-2\nCCO,1.6,1.0\n")
    assert table.smiles == ("CCO", "CC", "CCO"), "blanks go, duplicates stay"
    assert len(table) == 3
    assert table.labels.dtype == np.float64
    np.testing.assert_array_equal(table.labels, [1.5, -1.0, 1.6])
    np.testing.assert_array_equal(table.predictions["delaney"], [1.0, -2.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        table.labels[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        table.predictions["delaney"][0] = 0.0
    with pytest.raises(TypeError):
        table.predictions["mine"] = table.labels  # pyright: ignore[reportIndexIssue]
    with pytest.raises(FrozenInstanceError):
        table.name = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_table_keeps_its_own_copy_and_checks_lengths():
    labels = np.zeros(2)
    table = data.Table("toy", ("C", "CC"), labels, "kg")
    labels[0] = 7.0
    assert table.labels[0] == 0.0
    with pytest.raises(ValueError, match="labels must have one value a molecule: got 3 values"):
        data.Table("toy", ("C", "CC"), np.zeros(3), "kg")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("smiles,exp\nCCO,1.0\n", "lacks the column 'measured log .*: it has 'smiles', 'exp'"),
        (ESOL_HEADER.replace("smiles,", "structure,") + "\nC,1,1\n", "lacks the column 'smiles'"),
        ("", "has no rows"),
        (f"{ESOL_HEADER}\n", "no rows"),
        (f"{ESOL_HEADER}\nC,1,1\nCC,nan,1\n", "line 3 .* 'nan', not a finite number"),
        (f"{ESOL_HEADER}\nC,inf,1\n", "'inf', not a finite number"),
        (f"{ESOL_HEADER}\nC,1,about 2\n", "'about 2', not a finite number"),
        (f"{ESOL_HEADER}\nC,1_0,2\n", "'1_0', not a finite number"),
        (f"{ESOL_HEADER}\nC,1\n", "line 2 .* the ESOL predicted .* '', not a finite number"),
        (f"{ESOL_HEADER}\nC,1,1\n ,1,1\n", "line 3 .* is blank"),
        (f"{ESOL_HEADER}\nC,1,1,1\n", "line 2 .* has 4 cells, and the header 3"),
        (f"{ESOL_HEADER},smiles\nC,1,1,C\n", "2 columns 'smiles': rename all but one"),
    ],
)
def test_a_malformed_file_is_named(tmp_path, text, problem):
    with pytest.raises(data.Malformed, match=problem) as caught:
        load_text(tmp_path, text)
    message = str(caught.value)
    assert "table.csv" in message
    assert len(message) <= 300
    # It is the user's own file: another one would not help.
    assert data.SOURCES["esol"].url not in message


def test_all_bad_rows_of_a_file_are_named_at_once(tmp_path):
    text = f"{ESOL_HEADER}\nC,1,1\nCC,nan,1\n,1,1\nCCC,2,2\nCO,2,x\n"
    with pytest.raises(data.BadRows, match=r"3 of 5 rows are bad, .* lines 3, 4, 6") as caught:
        load_text(tmp_path, text)
    assert [(one.line, one.text) for one in caught.value.bad] == [(3, "CC"), (4, ""), (6, "CO")]
    assert caught.value.rows.tolist() == [1, 2, 4]


def test_a_binary_file_is_malformed(tmp_path):
    (tmp_path / "table.csv").write_bytes(b"\x93\xff\x00")
    with pytest.raises(data.Malformed, match="cannot be read as text"):
        data.load_lipop(tmp_path / "table.csv")


def test_a_table_is_pickled_copied_and_indexed():
    predictions = {"weak": np.array([1.0, 2.0, 3.0])}
    table = data.Table(
        "toy", ("C", "CC", "CCC"), np.array([1.0, 2.0, 4.0]), "kg", "mass", predictions,
        data.SOURCES["esol"], {"train": np.array([0, 2])}, (data.BadRow(3, "x", "bad"),), ("note",),
    )  # fmt: skip
    for again in (pickle.loads(pickle.dumps(table)), copy.copy(table), copy.deepcopy(table)):
        assert repr(again) == repr(table)
        assert again.smiles == table.smiles
        np.testing.assert_array_equal(again.labels, table.labels)
        np.testing.assert_array_equal(again.predictions["weak"], predictions["weak"])
        np.testing.assert_array_equal(again.splits["train"], [0, 2])
        assert (again.source, again.bad, again.notes) == (table.source, table.bad, table.notes)
        assert not again.labels.flags.writeable
    mask = table.labels < 3
    for rows, places in [
        (table.splits["train"], [0, 2]),
        ([2, 2, -3], [2, 2, 0]),
        (mask, [0, 1]),
        (mask.tolist(), [0, 1]),
        (slice(None, None, -1), [2, 1, 0]),
        (1, [1]),
        ([], []),
    ]:
        part = table[rows]
        assert part.smiles == tuple(table.smiles[place] for place in places)
        np.testing.assert_array_equal(part.labels, table.labels[places])
        np.testing.assert_array_equal(part.predictions["weak"], predictions["weak"][places])
        assert (part.units, part.source, dict(part.splits)) == ("kg", table.source, {})
    for wrong in ([3], [-4], [True, False], np.ones(4, bool)):
        with pytest.raises(IndexError, match="must"):
            table[wrong]
    for wrong in ("train", 1.5, [[0]], None):
        with pytest.raises(TypeError, match="rows must be numbers, a mask or a slice"):
            table[wrong]
    with pytest.raises(TypeError, match=r"table.smiles, table.labels"):
        iter(table)


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        ([1.0, np.nan], "labels must be finite: 1 of 2 are not, first row 1, which is nan"),
        ([-np.inf, 1.0], "first row 0, which is -inf"),
        ([1.0, None], "labels must be finite"),
        (np.ma.masked_array([1.0, 2.0], [False, True]), "first row 1"),
        (np.ones((2, 1)), r"labels must have shape \(n,\), got \(2, 1\)"),
        (np.ones((1, 2)), r"got \(1, 2\)"),
        (["a", "b"], "labels must be numbers, got list"),
        (["1", "2"], "labels must be numbers"),
        (np.array([1j, 2]), "labels must be numbers"),
        ([1.0], "labels must have one value a molecule: got 1 values for 2 molecules"),
        (1.0, r"labels must have shape \(n,\), got \(\)"),
    ],
)
def test_odd_labels_and_predictions_are_refused(labels, complaint):
    for columns in ((labels, {}), (np.zeros(2), {"labels": labels})):
        with pytest.raises(ValueError, match=complaint) as caught:
            data.Table("toy", ("C", "CC"), columns[0], "kg", predictions=columns[1])
        assert len(str(caught.value)) <= 300


def test_lists_are_labels_and_smiles_too():
    table = data.Table("toy", ["C", " CC"], [1, 2], "kg")
    assert table.labels.dtype == np.float64
    assert table.smiles == ("C", "CC")
    with pytest.raises(data.BadRows, match="row 1: None is missing"):
        data.Table("toy", ["C", None], [1, 2], "kg")
    with pytest.raises(ValueError, match="smiles must be several strings, got one"):
        data.Table("toy", "CO", [1, 2], "kg")


# ---- the published files


@pytest.mark.parametrize(
    ("load", "n", "mean", "variance"),
    [
        (data.load_esol, 1128, -3.050, 4.391),
        (data.load_freesolv, 642, -3.803, 14.783),
        (data.load_lipop, 4200, 2.186, 1.447),
    ],
)
def test_the_published_labels(mirror, load, n, mean, variance):
    table = load()
    assert len(table) == n
    assert table.labels.mean() == pytest.approx(mean, abs=5e-4)
    assert table.labels.var() == pytest.approx(variance, abs=5e-4)
    assert not any(text != text.strip() for text in table.smiles)
    assert table.citation
    assert table.licence


@pytest.mark.parametrize(
    ("load", "name", "rmse"),
    [(data.load_esol, "delaney", 0.910), (data.load_freesolv, "gaff", 1.542)],
)
def test_the_published_predictions(mirror, load, name, rmse):
    table = load()
    assert list(table.predictions) == [name]
    error = np.sqrt(np.mean((table.predictions[name] - table.labels) ** 2))
    assert error == pytest.approx(rmse, abs=5e-4)


def test_esol_keeps_its_duplicates(mirror):
    table = data.load_esol()
    assert len(set(table.smiles)) < len(table)


def test_loaders_say_how_to_supply_a_file(monkeypatch, tmp_path, alone):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    for load in (data.load_esol, data.load_freesolv, data.load_lipop):
        with pytest.raises(data.Unavailable, match="set the environment variable W2S_DATA_DIR"):
            load()


# ---- splits


@pytest.mark.parametrize("seed", [122, 123, 124])
@pytest.mark.parametrize(
    ("n", "sizes"),
    [(1128, (902, 113, 113)), (642, (513, 64, 65)), (4200, (3360, 420, 420))],
)
def test_split_sizes_are_chembenchs(n, sizes, seed):
    assert tuple(len(part) for part in data.chembench_split(n, seed)) == sizes


@settings(deadline=None)
@given(n=st.integers(10, 5000), seed=st.integers(0, 2**32 - 1))
def test_parts_are_sorted_disjoint_and_cover_all_rows(n, seed):
    split = data.chembench_split(n, seed)
    for part in split:
        assert len(part) > 0
        assert np.issubdtype(part.dtype, np.integer)
        assert np.all(np.diff(part) > 0)
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), np.arange(n))


def test_a_split_is_the_seeds_and_the_default_is_122():
    first, again, other = (data.chembench_split(642, seed) for seed in (122, 122, 123))
    np.testing.assert_array_equal(first.test, again.test)
    np.testing.assert_array_equal(first.test, data.chembench_split(642).test)
    assert not np.array_equal(first.test, other.test)


def test_numpy_integers_are_integers():
    split = data.chembench_split(np.int64(50), seed=np.uint8(124))
    np.testing.assert_array_equal(split.train, data.chembench_split(50, 124).train)


@pytest.mark.parametrize("n", [9, 0, -5])
def test_too_few_rows_are_refused(n):
    with pytest.raises(ValueError, match=f"n must be at least 10.*got {n}"):
        data.chembench_split(n)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be from 0"):
        data.chembench_split(100, seed)


def test_what_is_no_integer_is_refused():
    with pytest.raises(TypeError, match="n must be an integer, got True"):
        data.chembench_split(True)
    with pytest.raises(TypeError):
        data.chembench_split(100.0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        data.chembench_split(100, "122")  # pyright: ignore[reportArgumentType]


def test_cells_are_skipped_without_their_data_and_run_again_with_it(tmp_path, monkeypatch, capsys):
    shell = SimpleNamespace(input_transformers_cleanup=[str.splitlines])
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    (tmp_path / data.SOURCES["esol"].file).write_bytes(b"not ESOL")  # refused without a network
    data.skip_without("esol", record="results/qsar.json")
    said = capsys.readouterr().out
    assert said.startswith("esol could not be had, so the cells that need it are skipped; ")
    assert "results/qsar.json" in said
    _, skip = shell.input_transformers_cleanup
    needing, free = ["# needs data: lipop, esol\n", "load()\n"], ["load()\n"]
    (line,) = skip(needing)
    exec(line)
    said = capsys.readouterr().out
    assert said == "Skipped, for esol could not be had; the recorded results below stand.\n"
    assert [skip(free), skip(["# needs data: lipop\n"]), skip([])] == [
        free,
        ["# needs data: lipop\n"],
        [],
    ]
    data.skip_without()
    assert shell.input_transformers_cleanup == [str.splitlines]
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match="name must be one of"):
        data.skip_without("qm9")


# ---- scaffolds


def kinds_of_rings():
    """Forty molecules of twenty scaffolds, and ten without a ring."""
    rings = [f"C1{'C' * size}C1" for size in range(1, 21)]
    return [*rings, *(f"{ring}O" for ring in rings), *("C" * size for size in range(1, 11))]


def scaffolds_of(smiles):
    from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles

    return [MurckoScaffoldSmiles(each) for each in smiles]


@pytest.mark.parametrize("seed", [122, 123, 124])
def test_no_scaffold_stands_in_two_parts(seed):
    smiles = kinds_of_rings()
    split = data.scaffold_split(smiles, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), np.arange(len(smiles)))
    names = np.array(scaffolds_of(smiles))
    parts = [set(names[part]) for part in split]
    assert sum(len(part) for part in parts) == len(set(names))
    assert "" in parts[0]  # the large group trains, whatever the seed
    assert [len(part) for part in split] == [38, 6, 6]  # whole pairs, at least a tenth


def test_scaffolds_are_drawn_anew_by_each_seed():
    smiles = kinds_of_rings()
    first, again, other = (data.scaffold_split(smiles, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_a_salt_has_the_scaffold_of_its_molecule():
    smiles = kinds_of_rings()
    salted = [f"{each}.Cl" for each in smiles]
    for ours, theirs in zip(data.scaffold_split(smiles), data.scaffold_split(salted), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_scaffold_cannot_be_split():
    with pytest.raises(ValueError, match=r"small scaffolds enough .* 0 of 1 scaffolds"):
        data.scaffold_split(["C" * size for size in range(1, 21)])
    with pytest.raises(ValueError, match="n must be at least 10"):
        data.scaffold_split(["C1CC1"])
