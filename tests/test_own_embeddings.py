"""The recipes of *Your own embeddings*: run where their package is installed, else read."""

import ast
import importlib.util
import re
from types import SimpleNamespace

import numpy as np
import pytest
from visits import ROOT

from w2s_jax.audit import audit
from w2s_jax.heads import Gram

PAGE = (ROOT / "book/workshop/your-own-arrays.md").read_text("utf8")
PLAIN = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
RECIPES = {
    name: next(code for code in PLAIN if f"import {name}" in code or f"from {name}" in code)
    for name in ("sklearn", "dask", "transformers")
}
RECIPES["torch"] = next(c for c in PLAIN if "import torch" in c and "transformers" not in c)
TEXTS = [
    f"{word} {other} book" for word in ("good", "bad", "long") for other in ("old", "new")
] * 12


def absent(*names):
    gone = [name for name in names if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(
        bool(gone), reason=f"{' and '.join(gone)} not installed: the recipe is only read"
    )


def run(recipe, **names):
    exec(compile(RECIPES[recipe], f"recipe of {recipe}", "exec"), names)
    return names


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_python_and_bind_what_an_audit_takes(name):
    tree = ast.parse(RECIPES[name])
    bound = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assert ("head" if name == "dask" else "features") in bound
    assert all(len(line) <= 79 for line in RECIPES[name].splitlines())


def test_scikit_learn(monkeypatch):
    import sklearn.decomposition

    narrow = sklearn.decomposition.TruncatedSVD
    monkeypatch.setattr(
        sklearn.decomposition, "TruncatedSVD", lambda width, **more: narrow(4, **more)
    )
    table = np.random.default_rng(0).normal(size=(len(TEXTS), 3))
    model = SimpleNamespace(predict=lambda rows: rows.sum(1))
    found = run("sklearn", texts=TEXTS, model=model, table=table)
    assert found["features"].shape == (len(TEXTS), 4)
    assert audit(found["weak"], features=found["features"]).verdict.kind == "no labels"


@absent("torch")
def test_torch():
    import torch  # pyright: ignore[reportMissingImports]

    net = torch.nn.Sequential()
    net.add_module("body", torch.nn.Linear(3, 5))
    net.add_module("fc", torch.nn.Linear(5, 1))
    loader = [torch.ones(4, 3), torch.zeros(2, 3)]
    found = run("torch", net=net, loader=loader)["features"]
    np.testing.assert_allclose(found[:4], net.body(loader[0]).detach().numpy(), rtol=1e-6)
    assert found.shape == (6, 5)


@absent("torch", "transformers")
def test_transformers(monkeypatch):
    import torch  # pyright: ignore[reportMissingImports]
    import transformers  # pyright: ignore[reportMissingImports]

    class Batch(dict):
        pass

    def tokenizer(texts, **_):
        longest = max(map(len, texts))
        mask = torch.tensor([[int(k < len(text)) for k in range(longest)] for text in texts])
        return Batch(attention_mask=mask)

    def model(attention_mask):
        states = torch.arange(attention_mask.shape[1]).float()[None, :, None]
        return SimpleNamespace(last_hidden_state=states.expand(*attention_mask.shape, 2))

    model.eval = lambda: model  # pyright: ignore[reportFunctionMemberAccess]
    for name, made in (("AutoTokenizer", tokenizer), ("AutoModel", model)):
        own = SimpleNamespace(from_pretrained=lambda _, made=made: made)
        monkeypatch.setattr(transformers, name, own)
    found = run("transformers", texts=["ab", "abcd"], name="any")["features"]
    np.testing.assert_allclose(found, [[0.5, 0.5], [1.5, 1.5]])


def test_dask_adds_up_to_one_head(tmp_path):
    pytest.importorskip("dask.bag", reason="dask not installed: the recipe is only read")
    rng = np.random.default_rng(1)
    x, weak = rng.normal(size=(90, 4)), rng.normal(size=90)
    paths = []
    for k, rows in enumerate(np.array_split(np.arange(90), 3)):
        paths.append(tmp_path / f"{k}.npz")
        np.savez(paths[-1], features=x[rows], weak=weak[rows], truth=weak[rows])
    head = run("dask", paths=paths)["head"]
    np.testing.assert_allclose(head.weights, Gram.of(x, weak).solve().weights, atol=1e-10)
