"""The book's own Sphinx extensions."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from visits import ROOT

import data_needed
import keyed_cache
import meta
import slim

CHAPTER = """---
data: [esol]
---
# Title

```{code-cell}
:tags: [needs-data, hide-input]
load()
```

```{code-cell}
---
tags:
  - needs-data
---
more()
```

```{code-cell}
free()
```
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "results").mkdir()
    made = {"date": "2026-11-23", "commit": "0123456789abcdef"}
    (tmp_path / "results" / "supervisors.json").write_text(
        json.dumps({"provenance": made, "rows": []})
    )
    return SimpleNamespace(srcdir=tmp_path)


def test_a_chapter_without_its_data_says_so_and_skips_cells(app, monkeypatch):
    monkeypatch.setattr(data_needed, "unreachable", lambda name: f"no {name}")
    source = [CHAPTER]
    data_needed.read(app, "book/two", source)
    assert source[0].count("skip-execution") == 2
    assert ":tags: [needs-data, skip-execution, hide-input]" in source[0]
    assert "  - needs-data\n  - skip-execution" in source[0]
    title, box = source[0].index("# Title"), source[0].index(":::{warning}")
    assert title < box < source[0].index("load()")
    assert "results/supervisors.json" in source[0]
    assert "2026-11-23, commit `012345678`" in source[0]


def test_a_chapter_with_its_data_is_left_alone(app, monkeypatch):
    monkeypatch.setattr(data_needed, "unreachable", lambda name: None)
    source = [CHAPTER]
    data_needed.read(app, "book/two", source)
    assert source == [CHAPTER]


def test_data_that_cannot_be_had_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("W2S_DATA_DIR", str(tmp_path))
    (tmp_path / "delaney-processed.csv").write_text("not the file")
    reason = data_needed.unreachable.__wrapped__("esol")
    assert reason
    assert "delaney-processed.csv" in reason


@pytest.mark.parametrize("name", ["src/w2s_jax/heads.py", "results/a.json", "requirements.txt"])
def test_the_cache_is_another_when_an_input_changes(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("one")
    before = keyed_cache.key(tmp_path, [])
    assert keyed_cache.key(tmp_path, []) == before
    assert keyed_cache.key(tmp_path, ["esol"]) != before
    path.write_text("two")
    assert keyed_cache.key(tmp_path, []) != before


def test_the_caches_of_other_states_go(tmp_path):
    old = tmp_path / "_build" / "cache" / "old"
    old.mkdir(parents=True)
    config = SimpleNamespace(nb_execution_cache_path="")
    keyed_cache.choose(SimpleNamespace(srcdir=tmp_path), config)  # pyright: ignore[reportArgumentType]
    assert not old.exists()
    assert config.nb_execution_cache_path.startswith(str(tmp_path / "_build" / "cache"))


def test_a_page_loses_what_it_does_not_use():
    kept = '<meta name="viewport" content="a"><p>Text</p>'
    page = (
        '<meta name="viewport" content="a">\n<meta name="viewport" content="b">'
        '<script defer src="x/scripts/fontawesome.js?v=1"></script>'
        '<script type="application/vnd.jupyter.widget-state+json">{}</script><p>Text</p>'
    )
    assert slim.slim(page) == kept


def test_meta_elements_are_escaped():
    made = meta.tags('A "b"', "<c>", "Book", "https://x.org/")
    assert 'content="A &quot;b&quot;"' in made
    assert 'name="description" content="&lt;c&gt;"' in made


def test_the_configuration_names_every_extension():
    config = (ROOT / "_config.yml").read_text("utf8")
    folder = ROOT / "book" / "_ext"
    for path in folder.glob("*.py"):
        assert ("def setup(" in path.read_text("utf8")) == (f"    {path.stem}: book/_ext" in config)


def test_chapters_run_ahead_and_a_failure_is_left_to_sphinx(tmp_path):
    head = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
    cells = {"good": "print(6 * 7)", "bad": "raise ValueError('mend me')"}
    for name, cell in cells.items():
        text = f"{head}# {name}\n\n```{{code-cell}}\n{cell}\n```\n"
        (tmp_path / f"{name}.md").write_text(text)
    (tmp_path / "index.md").write_text("# Top\n\n```{toctree}\ngood\nbad\n```\n")
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_nb', 'run_ahead']\n"
        "nb_execution_mode = 'cache'\n"
        f"nb_execution_cache_path = {str(tmp_path / 'cache')!r}\n"
    )
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", str(tmp_path), str(tmp_path / "html")],
        env=os.environ | {"PYTHONPATH": str(ROOT / "book" / "_ext")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "running 2 chapters: bad, good" in built.stdout
    assert "ran good in" in built.stdout
    assert "ran bad" not in built.stdout
    assert "mend me" in (tmp_path / "html" / "reports" / "bad.err.log").read_text()
    assert "Using cached notebook" in built.stdout
    assert ">42\n" in (tmp_path / "html" / "good.html").read_text()
