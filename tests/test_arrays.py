"""Whatever a user brings becomes an array of numbers, or one sentence."""

import datetime
import decimal
import subprocess
import sys

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from w2s_jax.arrays import numbers, same_rows

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

LONGEST = 300

# what came → words of the sentence it gets
BAD = {
    "text": ("abc", "is a str"),
    "bytes": (b"abc", "is a bytes"),
    "dictionary": ({"a": 1}, "is a dict"),
    "set": ({1, 2}, "is a set"),
    "nothing": (None, "None"),
    "a function": (np.mean, "expected a number"),
    "a generator": ((i for i in range(3)), "generator"),
    "list of text": (["a", "b"], "holds text"),
    "numbers as text": (np.array(["1", "2"]), "holds text"),
    "list with None": ([1.0, None, 2], "index (1,)"),
    "ragged list": ([[1, 2], [3]], "different lengths"),
    "objects": (np.array([1, object()]), "index (1,)"),
    "complex": (np.array([1j, 2]), ".real"),
    "complex of JAX": (jnp.array([1j]), ".real"),
    "complex objects": (np.array([1, 1j], object), "expected a number"),
    "masked": (
        np.ma.array([1.0, 2, 3], mask=[False, True, False]),
        "masked entries (1), the first at index (1,)",
    ),
    "masked within a list": ([np.ma.array([1.0, 2], mask=[False, True])], "masked"),
    "NaN": ([1, float("nan")], "NaN at index (1,)"),
    "NaN of JAX": (jnp.array([1, jnp.nan]), "NaN at index (1,)"),
    "many NaN": (np.full(5, np.nan), "5 in all"),
    "infinity": (np.array([1, -np.inf]), "infinity at index (1,)"),
    "half precision's infinity": (np.array([1, np.inf], np.float16), "infinity"),
    "nothing in a list": ([], "holds no number"),
    "no columns": (np.ones((3, 0)), "shape (3, 0)"),
    "a row for a column": (np.ones((1, 5)), ".reshape(-1)"),
    "a column": (np.ones((5, 1)), ".reshape(-1)"),
    "too many axes": (np.ones((2, 2, 2)), "expected (n,)"),
    "a number": (3.0, "expected (n,)"),
    "a decimal": (decimal.Decimal(1), "expected (n,)"),
    "dates": (np.array(["2020-01-01"], dtype="M8[D]"), "datetime64"),
    "durations": (np.array([1], dtype="m8[s]"), "timedelta64"),
    "records": (np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), "expected numbers"),
    "random keys": (jax.random.split(jax.random.key(0)), "expected numbers"),
    "pandas text": (pd.Series(["a", "b"]), "holds str"),
    "pandas objects": (pd.Series(["a", 1], dtype=object), "object"),
    "pandas missing": (pd.array([1, None, 2], dtype="Int64"), "NaN at index (1,)"),
    "pandas missing, series": (pd.Series([None, 2], dtype="Float32"), "NaN at index (0,)"),
    "pandas missing, boolean": (pd.Series([None, True], dtype="boolean"), "NaN at index (0,)"),
    "pandas frame with text": (pd.DataFrame({"a": [1], "b": ["x"]}), "column 'b'"),
    "pandas dates": (pd.Series(pd.to_datetime(["2020-01-01"])), "datetime64"),
    "pandas durations": (pd.Series(pd.to_timedelta(["1s"])), "timedelta64"),
    "pandas categories": (pd.Series(["1", "2"], dtype="category"), "category"),
    "pandas NA": (pd.NA, "NAType"),
    "pandas intervals": (pd.Series(pd.interval_range(0, 2)), "interval"),
    "frames in a list": ([pd.DataFrame({"a": ["x"]})], "column 'a'"),
    "polars text": (pl.Series(["a", "b"]), "holds String"),
    "polars missing": (pl.Series([1, None, 3]), "NaN at index (1,)"),
    "polars missing, boolean": (pl.Series([True, None]), "NaN at index (1,)"),
    "polars frame with text": (pl.DataFrame({"a": [1], "b": ["x"]}), "column 'b'"),
    "polars lazy": (pl.DataFrame({"a": [1]}).lazy(), ".collect()"),
    "polars dates": (pl.Series([datetime.date(2020, 1, 1)]), "Date"),
    "polars lists": (pl.Series([[1], [2]]), "List"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_inputs_get_a_sentence(case):
    value, words = BAD[case]
    with pytest.raises(ValueError, match=r"^weak") as caught:
        numbers("weak", value, "n")
    sentence = str(caught.value)
    assert words in sentence
    assert len(sentence) <= LONGEST
    assert "\n" not in sentence


# what came, the dtype it becomes
GOOD = {
    "list": ([1, 2], "f8"),
    "tuple": ((1, 2.0), "f8"),
    "range": (range(1, 3), "f8"),
    "big-endian": (np.array([1, 2], ">f8"), "f8"),
    "big-endian single": (np.array([1, 2], ">f4"), "f4"),
    "big-endian integers": (np.array([1, 2], ">i4"), "f8"),
    "half": (np.array([1, 2], np.float16), "f4"),
    "big-endian half": (np.array([1, 2], ">f2"), "f4"),
    "bfloat16": (np.array([1, 2], ml_dtypes.bfloat16), "f4"),
    "single": (np.array([1, 2], np.float32), "f4"),
    "long double": (np.array([1, 2], np.longdouble), "f8"),
    "bytes wide": (np.array([1, 2], np.uint8), "f8"),
    "strided": (np.array([0.0, 2.0, 0.0, 1.0])[::-2], "f8"),
    "objects": (np.array([1, 2.0], object), "f8"),
    "decimals": ([decimal.Decimal(1), decimal.Decimal(2)], "f8"),
    "unmasked": (np.ma.array([1, 2]), "f8"),
    "memory": (memoryview(np.array([1.0, 2.0]).data), "f8"),
    "list of JAX": ([jnp.float32(1), jnp.float32(2)], "f4"),
    "JAX": (jnp.array([1, 2], jnp.float32), "f4"),
    "JAX half": (jnp.array([1, 2], jnp.bfloat16), "f4"),
    "JAX integers": (jnp.array([1, 2]), "f8"),
    "pandas": (pd.Series([1, 2]), "f8"),
    "pandas single": (pd.Series([1, 2], dtype="float32"), "f4"),
    "pandas nullable": (pd.Series([1, 2], dtype="Int64"), "f8"),
    "pandas index": (pd.Index([1, 2]), "f8"),
    "polars": (pl.Series([1, 2]), "f8"),
    "polars single": (pl.Series([1.0, 2.0], dtype=pl.Float32), "f4"),
    "polars decimals": (pl.Series([1, 2], dtype=pl.Decimal(10, 2)), "f8"),
}


@pytest.mark.parametrize("case", GOOD)
def test_numbers_of_every_kind_arrive(case):
    value, dtype = GOOD[case]
    found = numbers("weak", value, "n")
    assert isinstance(found, jax.Array) == isinstance(value, jax.Array)
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, [1, 2])


def test_frames_keep_their_rows_and_columns():
    columns = {"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": [True, False, True]}
    right = np.array([[1, 0.5, 1], [2, 1.5, 0], [3, 2.5, 1]])
    for frame in (
        pd.DataFrame(columns),
        pl.DataFrame(columns),
        pd.DataFrame(columns).astype("Float64"),
    ):
        np.testing.assert_array_equal(numbers("features", frame, "n d"), right)


def test_tensors_arrive():
    torch = pytest.importorskip("torch")
    for tensor in (
        torch.tensor([1.0, 2.0], requires_grad=True),
        torch.tensor([1, 2]),
        torch.tensor([1, 2], dtype=torch.bfloat16),
    ):
        np.testing.assert_array_equal(numbers("weak", tensor, "n"), [1, 2])
    with pytest.raises(ValueError, match="to_dense"):
        numbers("weak", torch.eye(2).to_sparse())


def test_one_input_with_many_tasks_is_asked_about():
    with pytest.raises(ValueError, match="one input with 5 tasks"):
        numbers("weak", np.ones((1, 5)), "n", "n tasks")


def test_traced_numbers_are_looked_at_when_they_run():
    read = jax.jit(lambda x: numbers("weak", x, "n"))
    np.testing.assert_array_equal(read(jnp.ones(2)), 1)
    with pytest.raises(Exception, match="weak holds NaN or infinity"):
        read(jnp.array([1, jnp.nan])).block_until_ready()
    with pytest.raises(ValueError, match=r"expected \(n,\)"):
        read(jnp.ones((2, 2)))


def test_rows_must_be_the_same():
    one, other = pd.Series([1, 2, 3]), pd.Series([1, 2, 3], index=[0, 2, 1])
    same_rows(weak=one, student=other.to_numpy(), truth=None, features=one.to_frame())
    with pytest.raises(ValueError, match=r"differ, first at row 1 .*student\.loc"):
        same_rows(weak=one, student=other)
    with pytest.raises(ValueError, match="differ"):
        same_rows(weak=one, student=np.ones(3), truth=other)
    with pytest.raises(ValueError, match="weak has 3 rows and student has 2"):
        same_rows(weak=one, student=[1, 2])


def test_the_door_imports_none_of_them():
    program = (
        "import sys, w2s_jax.arrays as a; a.numbers('x', [1.0]); "
        "assert not {'pandas', 'polars', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


OPTIONS = """
import jax, numpy as np
from w2s_jax import MLP, Recipe, evaluate, fit_head, fit_heads, project, sets
from w2s_jax.heads import fit_probes
from w2s_jax.projections import constrained_weights, project_functions

x, y = np.eye(4), np.arange(4.0)
within = {
    "project": lambda given: project(y, given),
    "project_functions": lambda given: project_functions(x, y, given),
    "constrained_weights": lambda given: constrained_weights(x, y, given),
    "fit_head": lambda given: fit_head(x, y, within=given),
    "fit_heads": lambda given: fit_heads(x, y[:, None], within=given),
    "evaluate": lambda given: evaluate(y, 0 * y, features=x, within=given),
}
counts = {
    "resamples": lambda given: evaluate(y, 0 * y).interval("misfit", resamples=given),
    "max_steps": lambda given: project(y, sets.Ball(1.0), max_steps=given),
    "folds": lambda given: fit_probes(x, y[:, None], ridges=(0.1, 1.0), folds=given),
    "epochs": lambda given: Recipe(epochs=given),
    "depth": lambda given: MLP(2, 3, given, key=jax.random.key(0)),
}
tried = [(verb, call, given, " must be a set from w2s_jax.sets")
         for verb, call in within.items() for given in ("ball", sets.Ball, 1.0, x)]
tried.append(("swapped", lambda given: project(given, x), sets.Ball(1.0), "onto must be a set"))
tried += [(name, call, given, f"{name} must be ")
          for name, call in counts.items() for given in (10.5, 0, -1, True, "10", float("nan"))]
for name, call, given, words in tried:
    try:
        call(given)
        print(name, repr(given), "passed")
    except ValueError as error:
        if words not in str(error) or len(str(error)) > 300:
            print(name, repr(given), error)
print(len(tried), "tried")
"""


def test_options_that_are_no_sets_or_counts_are_refused_in_a_sentence():
    """In a process of its own, as users run it: the tests' type checker would refuse them first."""
    done = subprocess.run([sys.executable, "-c", OPTIONS], capture_output=True, text=True)
    assert (done.stdout, done.stderr[-500:]) == ("55 tried\n", "")
