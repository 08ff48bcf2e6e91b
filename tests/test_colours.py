"""One colour, one object: nothing in the pictures borrows a colour of the book for something else.

An artist of an object's colour says whose it is: `in_colour_of` writes it beside the colour, for
matplotlib, and `painted` for SVG by hand. The drawn pictures are read, not the code.
"""

import ast
import doctest
import inspect
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from colours import named, odd_rules, strangers
from inside import inside
from slips import slip
from w2s_jax import plots
from w2s_jax.widgets import Card, Leftovers, Panel, ProjectionPlayground, Ring, ThreeClasses, points

MODULES = inside("widgets._page").MODULES
SOURCE = Path(plots.__file__).parent
DRAWN = [n for n in dir(plots) if inspect.isfunction(getattr(plots, n)) and n != "show"]
SHEETS = [*MODULES.glob("*.css"), *(SOURCE.parents[2] / "book" / "web").glob("*.css")]


@pytest.fixture(autouse=True)
def own_figures():
    with mpl.rc_context({"backend": "agg"}):
        plt.close("all")
        yield
    plt.close("all")


def pictures(name):
    """Run the example of a function of `plots`; return what it draws."""
    function = getattr(plots, name)
    module = inspect.getmodule(inspect.unwrap(function))
    names = vars(module) | vars(plots)
    example = doctest.DocTestParser().get_doctest(function.__doc__, names, name, None, 0)
    doctest.DocTestRunner(verbose=False).run(example, out=lambda text: None)  # tested elsewhere
    drawn = [plots.show(plt.figure(number), alt="An example.").svg for number in plt.get_fignums()]
    plt.close("all")
    return drawn


def objects(svg):
    return set(re.findall(r'data-of="(\w+)"', svg))


def borrowed(name):
    """What in the pictures of a function wears a colour that is another object's."""
    drawn = pictures(name)
    words = set(re.findall(r"\w+", getattr(plots, name).__doc__.lower()))
    unsaid = [f"{name} never says {o}" for svg in drawn for o in sorted(objects(svg) - words)]
    return [line for svg in drawn for line in strangers(svg)] + unsaid


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_wears_no_colour_but_its_object_s(name):
    assert borrowed(name) == []


def test_the_examples_show_every_object():
    assert objects("".join(svg for name in DRAWN for svg in pictures(name))) == set(plots.COLOURS)


def test_in_plots_colours_have_one_door():
    for path in SOURCE.glob("_[a-z]*.py"):
        tree = ast.parse(path.read_text("utf8"))
        taken = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript | ast.Attribute)]
        taken = [n for n in taken if isinstance(n.value, ast.Name) and n.value.id == "COLOURS"]
        assert not taken or path.name == "_style.py", f"{path.name}: use in_colour_of"


STILL = [
    Leftovers(),
    ProjectionPlayground(shape="triangle"),
    ProjectionPlayground(shape="ball"),
    Ring(),
    ThreeClasses(),
    points(
        [Panel("A", [0.1, 0.2], [0.1, 0.0], [1, 2], [Card("One"), Card("Two")], "", "ab",
               [[0, 1], [-1, 0]])],
        xlabel="misfit", ylabel="gain", alt="Two.", group="width",
    ),
]  # fmt: skip


@pytest.mark.parametrize("widget", STILL, ids=lambda widget: type(widget).__name__)
def test_a_still_picture_wears_no_colour_but_its_object_s(widget):
    form = widget._repr_mimebundle_()[0]["text/html"].split("<script")[0]
    assert "data-of=" in form
    assert strangers(form) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_gives_a_colour_to_its_object_alone(sheet):
    assert odd_rules(sheet.read_text("utf8")) == []


@pytest.mark.parametrize("path", [*MODULES.glob("*.js")], ids=lambda path: path.name)
def test_scripts_leave_colours_to_the_sheets(path):
    assert not named(path.read_text("utf8"))


# What stood in the book before, and a lie in the picture itself.
MISUSES = [
    ("guesses", "color=INK, alpha=0.55", 'color="#6c6fd0"', "nothing in the colour of student"),
    ("guesses", "color=INK, alpha=0.55", '**in_colour_of("student")', "guesses never says student"),
    ("attention", "color=INK, lw=6", '**in_colour_of("student"), lw=6', "never says student"),
    ("agreement", '"color": INK', '**in_colour_of("misfit")', "agreement never says misfit"),
    ("gain_along", "color=INK, lw=2", '**in_colour_of("student")', "gain_along never says student"),
    (
        "triangle",
        "**in_colour_of(side)",
        'color="#0f8a63", gid="of-weak"',
        "weak in the colour of t",
    ),
]


@pytest.mark.parametrize(("name", "right", "wrong", "words"), MISUSES)
def test_a_borrowed_colour_is_noticed(monkeypatch, name, right, wrong, words):
    function = getattr(plots, name)
    source = slip(inspect.getsource(inspect.unwrap(function)), right, wrong)
    module = inspect.getmodule(inspect.unwrap(function))
    own = vars(module) | {"in_colour_of": inside("plots._style").in_colour_of}
    exec(compile(source, inspect.getfile(inspect.unwrap(function)), "exec"), own)
    own[name].__doc__ = function.__doc__
    monkeypatch.setattr(plots, name, own[name])
    assert any(words in line for line in borrowed(name))


def test_a_borrowed_colour_in_a_sheet_is_noticed():
    sheet = (MODULES / "points.css").read_text("utf8")
    wrong = slip(sheet, "outline: 2px solid currentColor; outline-offset: 2px; } .w2s-pt-ring",
                 "outline: 2px solid var(--w2s-gain, #2a86c8) } .w2s-pt-ring")  # fmt: skip
    (line,) = odd_rules(wrong)
    assert line.endswith("in the colour of gain")
