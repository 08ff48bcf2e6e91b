"""Long arrays inside files of several: left on the disk, and read the same."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from inside import inside
from w2s_jax.audit.command import main

arrays = inside("audit.command._arrays")
mapped = inside("audit.command._mapped")
N, D = 400, 5
rng = np.random.default_rng(0)
X = rng.normal(size=(N, D)).astype(np.float32)
HELD = {"x": X, "half": X.astype(np.float16), "ids": np.arange(N), "turned": np.asfortranarray(X)}


@pytest.fixture
def long(monkeypatch):
    """Call every array long."""
    monkeypatch.setattr(mapped, "LONG", 1)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_long_arrays_stay_on_the_disk_and_are_the_same(long, tmp_path, ending):
    path = tmp_path / f"m.{ending}"
    np.savez(path, **HELD) if ending == "npz" else save_file(
        {name: np.ascontiguousarray(value) for name, value in HELD.items()}, path
    )
    found = arrays.arrays_in(path, list(HELD)[:2])
    assert all(isinstance(value, np.memmap) for value in found.values())
    for name, value in arrays.arrays_in(path, list(HELD)).items():
        np.testing.assert_array_equal(value, HELD[name])
        assert value.dtype == HELD[name].dtype
    with pytest.raises(ValueError, match="no array 'y'"):
        arrays.arrays_in(path, ["x", "y"])


def test_packed_and_short_arrays_are_read(tmp_path):
    np.savez_compressed(tmp_path / "m.npz", x=X)
    assert mapped.mapped(tmp_path / "m.npz", long=1) == {}
    assert not isinstance(arrays.arrays_in(tmp_path / "m.npz", ["x"])["x"], np.memmap)
    np.savez(tmp_path / "n.npz", x=X)
    assert mapped.mapped(tmp_path / "n.npz") == {}
    assert list(mapped.mapped(tmp_path / "n.npz", long=X.nbytes)) == ["x"]
    assert mapped.mapped(tmp_path / "n.npz", long=X.nbytes + 1) == {}


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("kept", [4, 200, -100])
def test_what_is_cut_off_is_refused(long, tmp_path, ending, kept):
    path = tmp_path / f"m.{ending}"
    np.savez(path, x=X) if ending == "npz" else save_file({"x": X}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="cut off or damaged"):
        arrays.arrays_in(path, ["x"])


@pytest.mark.parametrize("header", [b"[1]", b'{"x": 3}', b'{"x": {"dtype": "F32"}}', b"{"])
def test_a_header_of_another_kind_is_refused_in_words(long, tmp_path, header):
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(ValueError, match=r"m\.safetensors"):
        arrays.arrays_in(path, ["x"])


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_an_audit_of_features_on_the_disk_says_the_same(long, tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    weak = X.sum(1) + rng.normal(size=N)
    np.save("w.npy", weak)
    np.save("x.npy", X)
    np.savez("x.npz", x=X) if ending == "npz" else save_file({"x": X}, "x.safetensors")
    said = []
    monkeypatch.setattr(inside("audit.command._inputs"), "SMALL", 1)
    for features in ("x.npy", f"x.{ending}:x"):
        words = ["audit", "--weak", "w.npy", "--features", features, "--quiet", "--json", "o.json"]
        assert main(words) == 0
        text = Path("o.json").read_text()
        said.append(text[: text.index('"files"')])
    assert said[0] == said[1]
