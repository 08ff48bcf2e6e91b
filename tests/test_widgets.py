"""What all widgets share: their modules, their sheets, their HTML form."""

import gzip
import math
import re
import subprocess
import sys

import pytest

from inside import inside
from w2s_jax.plots import COLOURS

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text
style_text = inside("widgets._page").style_text
mount_html = inside("widgets._page").mount_html


def test_html_form_cannot_be_broken_out_of():
    page = mount_html("points", {"words": "</script><b>"}, "a <b> & c")
    assert "</script><b>" not in page
    assert "a &lt;b&gt; &amp; c" in page
    with pytest.raises(ValueError, match="JSON"):
        mount_html("points", {"angle": math.nan}, "")


WIDGETS = ["playground", "explore", "points", "leftovers", "ring", "three-classes"]


@pytest.mark.parametrize("widget", WIDGETS)
def test_module_for_jupyter_is_one_text(widget):
    text = module_text(widget)
    assert "\nimport" not in text
    assert not re.search(r"^const \{[^}=]* as ", text, re.MULTILINE), "no text for Jupyter has it"
    assert text.count("export ") == 1
    assert text.count("export default") == 1


@pytest.mark.parametrize("widget", WIDGETS)
def test_style_sheet_for_jupyter_is_one_text(widget):
    assert "@import" not in style_text(widget)
    own = (MODULES / f"{widget}.css").read_text("utf8").splitlines()
    assert style_text(widget).endswith("\n".join(own[1:]) + "\n")
    assert (own[0] == '@import "./picture.css";') == (".w2s-pic button" in style_text(widget))


# Of a figure's texts, gzipped together.
LIGHT = {"leftovers": 12_500, "ring": 12_500, "three-classes": 21_500}


@pytest.mark.parametrize("widget", LIGHT)
def test_a_picture_is_light(widget):
    size = len(gzip.compress((module_text(widget) + style_text(widget)).encode()))
    assert size < LIGHT[widget], size


def test_every_module_belongs_to_a_widget():
    texts = {path.name: path.read_text("utf8") for path in MODULES.iterdir()}
    wanted = [f"{widget}.{form}" for widget in WIDGETS for form in ("js", "css")]
    for name in wanted:  # grows by what each file imports
        wanted += set(re.findall(r'"\./([^"]+)"', texts[name])) - set(wanted)
    assert set(wanted) == texts.keys()


def test_the_package_does_not_import_its_widgets():
    code = "import sys, w2s_jax; assert not {'anywidget', 'ipywidgets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_playground_wears_the_books_colours():
    style = (MODULES / "playground.css").read_text(encoding="utf-8")
    for name, colour in COLOURS.items():
        assert f".w2s-{name} {{ --w2s-own: var(--w2s-{name}, {colour}); }}" in style
