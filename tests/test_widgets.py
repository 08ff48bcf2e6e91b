"""The triangle's Python side: its traits, its numbers, its HTML form."""

import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inside import inside
from w2s_jax.heads import fit_head
from w2s_jax.plots import COLOURS
from w2s_jax.widgets import Triangle

MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text
mount_html = inside("widgets._page").mount_html

# A report refuses labels whose squares underflow.
numbers = st.floats(-3, 3, allow_nan=False).map(lambda x: x if abs(x) > 1e-100 else 0.0)
points = st.tuples(numbers, numbers)
angles = st.floats(-math.pi, math.pi).map(lambda x: x if abs(x) > 1e-9 else 0.0)


def known(triangle, name):
    return float(getattr(triangle.report(), name))


def state_of(widget):
    data, _ = widget._repr_mimebundle_()
    text = data["text/html"].split('<script type="application/json">')[1].split("</script>")[0]
    return data, json.loads(text)


@settings(deadline=None, max_examples=25)
@given(weak=points, truth=points, angle=angles)
def test_student_is_the_head_fitted_on_the_weak_labels(weak, truth, angle):
    triangle = Triangle(weak=weak, truth=truth, angle=angle, realizable=False)
    features = np.array([[math.cos(angle)], [math.sin(angle)]])
    head = fit_head(features, np.asarray(weak), bias=False)
    np.testing.assert_allclose(triangle.student, head(features), atol=1e-12)
    found = {name: known(triangle, name) for name in ("gain", "misfit", "correction")}
    assert found["gain"] == pytest.approx(found["misfit"] - found["correction"], abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(weak=points, truth=points, angle=angles)
def test_a_realizable_truth_lies_on_the_line(weak, truth, angle):
    triangle = Triangle(weak=weak, truth=truth, angle=angle)
    across = math.sin(angle) * triangle.truth[0] - math.cos(angle) * triangle.truth[1]
    assert abs(across) < 1e-8
    assert abs(known(triangle, "slack")) < 1e-7


def test_the_truth_follows_the_line_only_while_realizable():
    triangle = Triangle(truth=[1.0, 0.0], angle=0.0)
    triangle.angle = math.pi / 4
    np.testing.assert_allclose(triangle.truth, [0.5, 0.5])
    triangle.truth = [1.0, 0.0]
    np.testing.assert_allclose(triangle.truth, [0.5, 0.5])
    triangle.realizable = False
    triangle.truth = [1.0, 0.0]
    assert triangle.truth == [1.0, 0.0]
    triangle.realizable = True
    np.testing.assert_allclose(triangle.truth, [0.5, 0.5])


@pytest.mark.parametrize(
    "wrong", [[1.0], [1.0, 2.0, 3.0], [1.0, math.nan], [math.inf, 0.0], "ab", None, [[1.0, 2.0]]]
)
@pytest.mark.parametrize("name", ["weak", "truth"])
def test_a_point_that_is_none_is_named(name, wrong):
    with pytest.raises(ValueError, match=f"{name} must be two finite numbers"):
        Triangle(**{name: wrong})


@pytest.mark.parametrize("wrong", [math.nan, math.inf, "north", None, [1.0, 2.0]])
def test_an_angle_that_is_none_is_named(wrong):
    with pytest.raises(ValueError, match="angle must be one finite number"):
        Triangle(angle=wrong)


def test_arrays_are_welcome_and_a_failed_change_leaves_the_state():
    triangle = Triangle(weak=np.array([1, 2], dtype=np.float32))
    assert triangle.weak == [1.0, 2.0]
    with pytest.raises(ValueError, match="weak"):
        triangle.weak = [math.nan, 0.0]
    assert triangle.weak == [1.0, 2.0]


def test_html_form_carries_state_and_words():
    triangle = Triangle(weak=[-0.8, 1.4], truth=[1.5, -0.5], realizable=False)
    data, state = state_of(triangle)
    assert state == {name: getattr(triangle, name) for name in state}
    assert set(state) == {"weak", "truth", "angle", "realizable"}
    assert "Weak error 4.450, student error 1.700, so the gain is 2.750" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_html_form_cannot_be_broken_out_of():
    page = mount_html("triangle", {"words": "</script><b>"}, "a <b> & c")
    assert "</script><b>" not in page
    assert "a &lt;b&gt; &amp; c" in page
    with pytest.raises(ValueError, match="JSON"):
        mount_html("triangle", {"angle": math.nan}, "")


WIDGETS = ["triangle", "playground", "explore", "points"]


@pytest.mark.parametrize("widget", WIDGETS)
def test_module_for_jupyter_is_one_text(widget):
    text = module_text(widget)
    assert "\nimport" not in text
    assert text.count("export ") == 1
    assert text.count("export default") == 1


def test_every_module_belongs_to_a_widget():
    texts = {path.name: path.read_text("utf8") for path in MODULES.iterdir()}
    wanted = [f"{widget}.{form}" for widget in WIDGETS for form in ("js", "css")]
    for name in wanted:  # grows by what each file imports
        wanted += set(re.findall(r'"\./([^"]+)"', texts[name])) - set(wanted)
    assert set(wanted) == texts.keys()


def test_the_package_does_not_import_its_widgets():
    code = "import sys, w2s_jax; assert not {'anywidget', 'ipywidgets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_triangle_wears_the_books_colours():
    style = (MODULES / "triangle.css").read_text(encoding="utf-8")
    for name, colour in COLOURS.items():
        assert f"--w2s-{name}-colour: var(--w2s-{name}, {colour});" in style
