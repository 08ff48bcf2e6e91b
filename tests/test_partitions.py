"""Sums over partitions, by Dask and over two processes: those of one machine to 1e-10."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

import partitions
from w2s_jax.heads import Gram

pytest.importorskip("dask.bag", reason="the extra dask is not installed")


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 7)) @ rng.normal(size=(7, 7)) + 20
    truth = x @ rng.normal(size=7)
    return x, truth + rng.normal(size=400), truth


def numbers(gram):
    head = gram.solve()
    return np.r_[np.asarray(head.weights), float(head.bias), float(gram.misfit(head))]


@pytest.mark.parametrize("parts", [1, 5])
def test_dask_folds_files_into_the_same_head(parts, inputs, tmp_path):
    paths = []
    for k, rows in enumerate(np.array_split(np.arange(400), parts)):
        paths.append(tmp_path / f"{k}.npz")
        np.savez(paths[-1], *(array[rows] for array in inputs))

    def load(path):
        with np.load(path) as file:
            return file["arr_0"], file["arr_1"], file["arr_2"]

    gram, whole = partitions.with_dask(paths, load), Gram.of(*inputs)
    np.testing.assert_allclose(numbers(gram), numbers(whole), rtol=1e-10)
    errors = [float(g.weak_error() - g.student_error(g.solve())) for g in (gram, whole)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-10)


def test_two_processes_of_jax_find_the_same_head(inputs, tmp_path):
    x, weak, _ = inputs
    data, out = tmp_path / "data.npz", tmp_path / "out.npz"
    np.savez(data, x=x, weak=weak)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, partitions.__file__, str(data), str(out), address, "2"]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    environment.pop("XLA_FLAGS", None)
    both = [
        subprocess.Popen([*command, own], stderr=subprocess.PIPE, text=True, env=environment)
        for own in ("0", "1")
    ]
    said = []
    try:
        said = [process.communicate(timeout=240)[1] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0], said
    found, whole = np.load(out), Gram.of(x, weak)
    assert found["count"] == 400
    own = np.r_[found["weights"], found["bias"], found["misfit"]]
    np.testing.assert_allclose(own, numbers(whole), rtol=1e-10)
