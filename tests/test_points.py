"""The Python side of `points`: what it refuses, what it stores, what it draws."""

import gzip
import json
import random
import re
from typing import Any

import numpy as np
import pytest

from inside import inside
from w2s_jax.plots import COLOURS
from w2s_jax.widgets import Card, Panel, points

MODULES = inside("widgets._page").MODULES
picture = inside("widgets._panels").picture
BYTES = inside("widgets._points").BYTES

STYLE = (
    "fill:none;fill-rule:evenodd;stroke:currentColor;stroke-width:2.0px;stroke-linecap:butt;"
    "stroke-linejoin:miter;stroke-opacity:1"
)
WORDS: dict[str, Any] = {"xlabel": "misfit", "ylabel": "gain", "alt": "Gain against misfit."}


def drawing(seed, bonds=60, letters=6):
    """A drawing as large as that of a drug, as RDKit writes it; no two alike."""
    rng = random.Random(seed)

    def place():
        return f"{rng.uniform(5, 215):.1f},{rng.uniform(5, 145):.1f}"

    lines = [f"<path d='M {place()} L {place()}' style='{STYLE}' />" for _ in range(bonds)]
    for _ in range(letters):
        x, y = place().split(",")
        lines.append(f"<text x='{x}' y='{y}' style='font-size:10px;fill:currentColor' >N</text>")
    return (
        f"<svg role=\"img\" aria-label=\"Molecule {seed}.\" version='1.1' baseProfile='full'\n"
        "  xmlns='http://www.w3.org/2000/svg'\n  xml:space='preserve'\n"
        "width='220px' height='150px' viewBox='0 0 220 150'>\n" + "\n".join(lines) + "\n</svg>"
    )


def panel(count=4, title="ESOL", **changes):
    given = {
        "x": np.linspace(1.0, 0.1, count),
        "y": np.linspace(0.8, -0.2, count),
        "groups": [8, 16, 32, 96] * (count // 4) + [8] * (count % 4),
        "cards": [Card(f"{title} {at}", "Words.") for at in range(count)],
    }
    return Panel(title, **(given | changes))


def full(count=72, own=True):
    """Three panels of points with two drawings each, all different or the same two."""
    cards = [
        Card(
            f"Width {2**at}, split {122 + at % 4}",
            f"The student is nearer to the truth on {at} of 113 molecules of the test set.",
            [(drawing(2 * at * own + k), f"{at}.{k} instead of {k}.{at}") for k in (0, 1)],
        )
        for at in range(count)
    ]
    third = count // 3
    return points(
        [panel(third, f"Set {n}", cards=cards[n * third :][:third]) for n in range(3)],
        group="weak width",
        **WORDS,
    )


def weight(figure):
    data, _ = figure._repr_mimebundle_()
    return len(gzip.compress(data["text/html"].encode()))


def test_seventy_two_points_with_two_drawings_each_are_light():
    assert 80_000 < weight(full()) < 110_000


def test_equal_drawings_are_stored_once():
    figure = full(own=False)
    assert len(figure.spec["drawings"]) == 2
    assert len(full().spec["drawings"]) == 144
    assert weight(figure) < 12_000


def test_what_is_too_heavy_is_refused():
    with pytest.raises(ValueError, match=f"drawings take .* and {BYTES} are allowed"):
        full(96)


def test_drawings_lose_weight_and_nothing_else():
    (slim,) = points([one := panel(1, cards=[Card("A", "", [(drawing(0), "a")])])], **WORDS).spec[
        "drawings"
    ]
    svg, *_ = one.cards[0].pictures[0]
    segment = re.compile(r"M [\d.,]+ L [\d.,]+")
    letters = re.compile(r"<text.*?</text>")
    assert segment.findall(slim) == segment.findall(svg)
    assert letters.findall(slim) == letters.findall(svg)
    assert slim.count("<path") == 1
    assert 'aria-label="Molecule 0."' in slim
    assert "viewBox='0 0 220 150'" in slim
    assert len(slim) < len(svg) / 2


def test_paths_that_are_filled_or_of_another_style_stay_apart():
    wedge = "<path d='M 1,1 L 2,2 Z' style='fill:currentColor;stroke:none' />"
    dash = "<path d='M 3,3 L 4,4' style='fill:none;stroke-dasharray:2' />"
    line = f"<path d='M 5,5 L 6,6' style='{STYLE}' />"
    svg = "\n".join(["<svg width='9'>", wedge, wedge, line, dash, line, "</svg>"])
    figure = points([panel(1, cards=[Card("A", "", [(svg, "a")])])], **WORDS)
    assert figure.spec["drawings"][0].count("<path") == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": [1.0, 2.0]}, r"ESOL: need as many y \(4\), groups \(4\) and cards \(4\) as x \(2\)"),
        ({"y": [1.0]}, r"as many y \(1\)"),
        ({"groups": [8]}, r"groups \(1\)"),
        ({"cards": []}, r"cards \(0\)"),
        ({"x": [0, 1, 2, np.nan]}, "ESOL: x must be one finite number a point"),
        ({"y": [[0, 1, 2, 3]]}, "ESOL: y must be one finite number a point"),
    ],
)
def test_a_panel_that_does_not_fit_together_is_named(changes, words):
    with pytest.raises(ValueError, match=words):
        panel(**changes)


def test_an_empty_panel_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Panel("ESOL", [], [], [], [])


def test_cards_are_checked():
    with pytest.raises(ValueError, match="needs a title"):
        Card(" ")
    with pytest.raises(ValueError, match=r"A: a picture is an <svg> element; got 'ethanol\.png'"):
        Card("A", "", [("ethanol.png", "")])


@pytest.mark.parametrize(("panels", "alt"), [([], "Nothing."), ([panel()], " ")])
def test_a_figure_needs_panels_and_an_alternative(panels, alt):
    with pytest.raises(ValueError, match="needs a panel, and alt"):
        points(panels, xlabel="misfit", ylabel="gain", alt=alt)


def test_cards_are_in_the_order_of_x_like_the_marks():
    made = panel()
    text = picture([made], xlabel="misfit", ylabel="gain", alt="Four.", group="")
    marks = re.findall(r'data-at="(\d)" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', text)
    marks = sorted(tuple(map(float, mark)) for mark in marks)
    assert [int(mark[0]) for mark in marks] == [0, 1, 2, 3]
    assert np.all(np.diff([mark[1] for mark in marks]) > 0)
    assert np.all(np.diff([mark[2] for mark in marks]) < 0), "the gain grows, so marks rise"
    assert np.all(np.diff([mark[3] for mark in marks]) < 0), "here x falls as the group grows"
    figure = points([made], **WORDS)
    assert [title for title, *_ in figure.spec["cards"][0]] == [f"ESOL {at}" for at in (3, 2, 1, 0)]


def line_of(text):
    """The ends of the line y = x: the only sloping one."""
    (ends,) = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", text)
    return np.array(ends, float).reshape(2, 2)


def test_a_point_of_equal_gain_and_misfit_lies_on_the_line():
    made = panel(x=[0.2, 0.5, 0.9, 1.0], y=[0.2, 0.5, 0.9, -0.4])
    text = picture([made], xlabel="misfit", ylabel="gain", alt="Four.", group="")
    start, end = line_of(text)
    marks = re.findall(r'data-at="(\d)" cx="([\d.]+)" cy="([\d.]+)"', text)
    for at, *place in marks:
        away = np.array(place, float) - start
        off = (away[0] * (end - start)[1] - away[1] * (end - start)[0]) / np.hypot(*(end - start))
        assert (abs(off) < 0.2) == (at != "3")


def test_the_lines_stay_where_all_gains_are_negative_and_zero_has_its_own():
    made = panel(y=[-0.5, -0.4, -0.3, -2.0])
    text = picture([made], xlabel="misfit", ylabel="gain", alt="Four.", group="")
    start, end = line_of(text)
    assert np.hypot(*(end - start)) > 10
    assert "stroke-dasharray" in text
    above = picture([panel(y=[1, 2, 3, 4])], xlabel="misfit", ylabel="gain", alt="A.", group="")
    assert "stroke-dasharray" not in above, "there zero is the axis"


def test_the_legend_names_each_group_once():
    two = [panel(), panel(title="FreeSolv")]
    text = picture(two, xlabel="misfit", ylabel="gain", alt="Two.", group="weak width")
    legend = text[: text.index("w2s-pt-panels")]
    assert re.findall(r"</svg> (\S+)</span>", legend) == ["8", "16", "32", "96"]
    assert "<b>weak width</b>" in legend
    assert "pt-legend" not in picture(two, xlabel="a", ylabel="b", alt="Two.", group="")


def test_words_cannot_break_out():
    evil = "</script><b>&"
    made = panel(1, title=evil, cards=[Card(evil, evil)], unit=evil)
    data, _ = points([made], xlabel=evil, ylabel=evil, alt=evil, group=evil)._repr_mimebundle_()
    assert data["text/html"].count("</script>") == 1
    assert "<b>&" not in data["text/html"]


def test_the_html_form_has_the_picture_once_and_before_the_state():
    data, _ = points([panel()], **WORDS)._repr_mimebundle_()
    page = data["text/html"]
    assert page.startswith(
        '<div class="w2s-mount" data-module="points"><div class="w2s-pt-picture"'
    )
    before, rest = page.split('<script type="application/json">')
    state = json.loads(rest.split("</script>")[0])
    assert state["spec"]["picture"] in before
    assert page.count('<p class="w2s-fallback">') == 1
    assert "application/vnd.jupyter.widget-view+json" in data


def test_marks_wear_the_books_colour():
    text = picture([panel()], xlabel="misfit", ylabel="gain", alt="Four.", group="")
    assert inside("plots._style").painted("gain", "fill", "stroke") in text
    assert set(re.findall(r"#[0-9a-f]{6}", text)) == {COLOURS["gain"]}
    style = (MODULES / "points.css").read_text(encoding="utf-8")
    assert set(re.findall(r"#[0-9a-f]{6}", style)) == {COLOURS["gain"], COLOURS["misfit"]}


def test_parts_make_up_the_difference_and_are_in_the_order_of_x():
    given = panel(2, x=[0.5, 0.2], y=[0.1, 0.2], parts={"beyond": [0.3, 0.1], "drift": [0.1, -0.1]})
    figure = points([given], **WORDS)
    assert figure.spec["terms"] == ["gain", "misfit", "beyond", "drift"]
    assert [numbers for *_, numbers in figure.spec["cards"][0]] == [
        [0.2, 0.2, 0.1, -0.1],
        [0.1, 0.5, 0.3, 0.1],
    ]
    assert points([panel()], **WORDS).spec["terms"] == []
    with pytest.raises(ValueError, match="ESOL: y must be x − beyond; it is not"):
        panel(2, parts={"beyond": [0.0, 0.0]})
    with pytest.raises(ValueError, match="parts must have one number for each point"):
        panel(2, parts={"beyond": [0.0]})
    with pytest.raises(ValueError, match="all panels must have the same parts"):
        points([given, panel()], **WORDS)


ASK: dict[str, Any] = {"ask": "Where is the < line?", "choices": ["ESOL", "Above"], "answer": 1}


def test_a_question_is_a_sentence_before_the_picture_which_hides_nothing():
    figure = points([panel()], **WORDS, **ASK)
    assert figure._html().startswith(
        '<div class="w2s-mount" data-module="points"><p>Where is the &lt; line?</p><div class="w2s'
    )
    posed = figure.spec["ask"]
    assert posed["choices"][posed["answer"]] == "Above"
    assert points([panel()], **WORDS).spec["ask"] is None
    with pytest.raises(ValueError, match="answer 2, 2 choices"):
        points([panel()], **WORDS, **(ASK | {"answer": 2}))


def test_presets_name_points_as_they_were_given():
    figure = points([panel(), panel(x=[1, 3, 2, 4])], **WORDS, presets={"a": (0, 0), "b": (1, 2)})
    assert figure.spec["presets"] == [["a", [0, 3]], ["b", [1, 1]]]
    for wrong in ((2, 0), (0, 4), (0, -1)):
        with pytest.raises(ValueError, match="preset 'a' must be the positions of a panel"):
            points([panel()], **WORDS, presets={"a": wrong})


def test_splits_have_shapes_and_intervals_bars():
    cards = [Card("One"), Card("Two"), Card("Three")]
    ends = [[0.0, 0.2], [-0.6, 0.3], [0.1, 0.9]]
    given = Panel("A", [0.1, 0.2, 0.3], [0.1, 0.0, 0.5], [1, 1, 1], cards, "", "aba", ends)
    text = picture([given], xlabel="misfit", ylabel="gain", alt="Three.", group="")
    assert re.findall(r"<(\w+)[^<]* data-at", text) == ["circle", "path", "circle"]
    assert text[: text.index("w2s-pt-panels")].count("</svg>") == 2, "a legend of the splits"
    assert text.count('stroke-opacity="0.5"') == 3
    assert re.search(r">−0\.\d+<", text), "the axis reaches the bars' ends"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"splits": ["a"]}, "splits must be none, or one for each"),
        ({"intervals": [[0, 1]]}, "intervals must be none, or one for each"),
        ({"intervals": [[0, 1], [0, float("nan")]]}, "intervals must be finite"),
    ],
)
def test_splits_and_intervals_are_checked(changes, words):
    with pytest.raises(ValueError, match=words):
        Panel("A", [0.1, 0.2], [0.1, 0.0], [1, 1], [Card("One"), Card("Two")], **changes)
    many = Panel("A", range(5), range(5), range(5), [Card("One")] * 5, "", "abcde")
    with pytest.raises(ValueError, match="4 shapes, and 5 splits"):
        points([many], **WORDS)
