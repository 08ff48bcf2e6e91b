import inspect
import re
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import AxLine
from matplotlib.text import Annotation, Text

from w2s_jax import plots
from w2s_jax.plots import COLOURS, gain_against_misfit, show, style, triangle

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(autouse=True)
def _agg():
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def scatter(groups=None):
    with style():
        return gain_against_misfit(
            np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.25, -0.05]), groups=groups
        )


def figure_of(axes):
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return figure


def picture(alt="Gain against misfit."):
    return show(figure_of(scatter()), alt=alt)


def luminance(colour):
    """Relative luminance by WCAG 2."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_knows_its_ends():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("page", ["#ffffff", "#14181e"])
@pytest.mark.parametrize("name", COLOURS)
def test_colours_stand_out_on_light_and_dark_pages(name, page):
    assert contrast(COLOURS[name], page) >= 3


def test_each_object_has_a_colour_of_its_own():
    assert set(COLOURS) == {"truth", "weak", "student", "misfit", "gain"}
    assert len(set(COLOURS.values())) == 5


def test_the_svg_is_an_image_with_a_name_and_takes_the_page_s_colour():
    alt = 'Ten "points" < eleven\n  & more'
    svg = picture(alt).svg
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Ten "points" < eleven & more'
    assert "currentColor" in svg
    assert plots.INK not in svg
    assert "<metadata" not in svg
    assert svg.startswith("<svg")
    assert COLOURS["gain"] in svg


def test_nothing_but_ink_and_the_book_s_colours_is_painted():
    found = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", picture().svg)}
    assert found <= set(COLOURS.values())


def test_two_pictures_on_a_page_share_no_id_and_find_their_own():
    identities = []
    for svg in (picture().svg, picture().svg):
        root = ElementTree.fromstring(svg)
        own = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(own) == len(set(own)) > 0
        used = re.findall(r"url\(#([^)]+)\)", svg)
        used += [e.get(XLINK, "#")[1:] for e in root.iter() if e.get(XLINK)]
        assert used
        assert set(used) <= set(own)
        identities.append(set(own))
    assert not identities[0] & identities[1]


def test_the_rich_display_wraps_the_svg():
    shown = picture()
    root = ElementTree.fromstring(shown._repr_html_())
    assert root.get("class") == "w2s-figure"
    assert [child.tag for child in root] == [f"{SVG}svg"]


def test_a_picture_leaves_the_styles_of_the_page_alone():
    svg = picture().svg
    assert "<style" not in svg
    assert "stroke-linejoin: round; stroke-linecap: butt" in svg[: svg.index(">")]


def test_show_closes_the_figure():
    figure = figure_of(scatter())
    assert plt.get_fignums()
    show(figure, alt="Points.")
    assert not plt.get_fignums()


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_picture_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt must say what the picture shows"):
        show(figure_of(scatter()), alt=alt)


def test_matplotlib_s_own_settings_survive():
    before = dict(mpl.rcParams)
    picture()
    with pytest.raises(RuntimeError), style():
        raise RuntimeError
    assert dict(mpl.rcParams) == before


def test_groups_get_markers_a_legend_and_all_their_points():
    axes = scatter(["ESOL", "FreeSolv", "ESOL"])
    drawn = {c.get_label(): np.asarray(c.get_offsets()) for c in axes.collections[1:]}
    np.testing.assert_array_equal(drawn["ESOL"], [[0.1, 0.1], [0.3, -0.05]])
    np.testing.assert_array_equal(drawn["FreeSolv"], [[0.2, 0.25]])
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["ESOL", "FreeSolv"]
    shapes = [np.shape(c.get_paths()[0].vertices) for c in axes.collections[1:]]
    assert shapes[0] != shapes[1]


def test_without_groups_there_is_no_legend_and_every_point_is_in_view():
    axes = scatter()
    assert axes.get_legend() is None
    points = np.asarray(axes.collections[-1].get_offsets())
    assert len(points) == 3
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert (left <= points[:, 0]).all()
    assert (points[:, 0] <= right).all()
    assert (low <= points[:, 1]).all()
    assert (points[:, 1] <= high).all()
    line = axes.lines[0]
    np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())


@pytest.mark.parametrize(
    ("misfit", "gain", "groups", "sentence"),
    [
        (np.zeros(2), np.zeros(3), None, r"as many gains \(3\) and groups \(2\) as misfits \(2\)"),
        (np.zeros(2), np.zeros(2), ["a"], r"groups \(1\) as misfits \(2\)"),
        (np.zeros(0), np.zeros(0), None, "at least one"),
    ],
)
def test_points_that_do_not_pair_are_refused(misfit, gain, groups, sentence):
    unchecked = inspect.unwrap(gain_against_misfit)
    with pytest.raises(ValueError, match=sentence):
        unchecked(misfit, gain, groups=groups)


def test_a_window_keeps_its_ends_whatever_the_points():
    with style():
        axes = gain_against_misfit(np.array([0.1, 9.0]), np.array([0.1, -9.0]), window=(-0.2, 0.5))
    assert axes.get_xlim() == (0, 0.5)
    assert axes.get_ylim() == (-0.2, 0.5)
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0, 0.5])
    with pytest.raises(ValueError, match="window must reach from at most 0"):
        gain_against_misfit(np.ones(1), np.ones(1), window=(0.1, 0.5))


def test_points_all_at_zero_still_make_a_picture():
    with style():
        axes = gain_against_misfit(np.zeros(2), np.zeros(2))
    assert "role" in show(figure_of(axes), alt="Two points at the origin.").svg


def test_the_triangle_has_its_corners_and_sides_in_their_colours():
    corners = {"weak": np.array([1.0, 2.0]), "student": np.array([1.5, 1.5])}
    corners["truth"] = np.array([3.0, 3.0])
    with style():
        axes = triangle(corners["weak"], corners["student"], corners["truth"])
    drawn = [np.asarray(c.get_offsets())[0] for c in axes.collections]
    np.testing.assert_array_equal(drawn, list(corners.values()))
    sides = {
        str(line.get_color()): np.asarray(line.get_xydata())
        for line in axes.lines
        if line.get_color() != plots.INK
    }
    np.testing.assert_array_equal(sides[COLOURS["weak"]], [corners["weak"], corners["truth"]])
    np.testing.assert_array_equal(sides[COLOURS["student"]], [corners["student"], corners["truth"]])
    np.testing.assert_array_equal(sides[COLOURS["misfit"]], [corners["weak"], corners["student"]])
    assert {text.get_text() for text in axes.texts} == set(corners)


def test_drawings_stand_beside_each_other_above_their_captions():
    root = ElementTree.fromstring(
        plots.beside({"a < b\nc": "<svg/>", "d": "<svg/>"})._repr_html_().replace("<br>", "<br/>")
    )
    boxes = list(root.iter("figure"))
    assert [[child.tag for child in box] for box in boxes] == 2 * [["svg", "figcaption"]]
    assert ["|".join(box.itertext()) for box in boxes] == ["a < b|c", "d"]


@pytest.mark.parametrize("drawings", [{}, {"a": "a molecule"}])
def test_what_is_no_drawing_is_refused(drawings):
    with pytest.raises(ValueError, match="must be an <svg> element"):
        plots.beside(drawings)


def test_figures_draw_into_the_axes_they_are_given():
    figure = plt.figure()
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    assert gain_against_misfit(np.ones(1), np.ones(1), axes=left) is left
    zero = np.zeros(2)
    assert triangle(zero + 1, zero, zero, axes=right) is right
    assert plt.get_fignums() == [figure.number]


PLACES = {"w": np.array([0.0, 2.0]), "s": np.array([0.0, 1.0]), "f": np.array([1.0, 1.0])}


def test_models_in_the_plane_have_their_letters_and_colours():
    with style():
        axes = plots.plane(PLACES, sides={"wf": "A", "ws": "B", "sf": ""})
    drawn = {tuple(np.asarray(c.get_offsets())[0]): c.get_facecolor()[0] for c in axes.collections}
    for letter, name in (("w", "weak"), ("s", "student"), ("f", "truth")):
        assert drawn[tuple(PLACES[letter])] == pytest.approx(to_rgba(COLOURS[name]))
    assert [str(line.get_color()) for line in axes.lines] == [
        COLOURS[name] for name in ("weak", "misfit", "student")
    ]
    assert {text.get_text() for text in axes.texts} == {"A", "B", "w", "s", "f"}


def test_the_words_of_a_side_stand_off_its_line():
    with style():
        axes = plots.plane(PLACES, sides={"ws": "B"})
    (words,) = [text for text in axes.texts if text.get_text() == "B"]
    assert isinstance(words, Annotation)
    shift = np.asarray(words.xyann)
    assert shift @ (PLACES["w"] - PLACES["s"]) == pytest.approx(0)
    assert shift[0] < 0, "away from the other points"


def test_a_circle_passes_through_the_student_and_a_support_lies_across():
    with style():
        axes = plots.plane(PLACES, circle="ws", support="ws")
    round_it, across = axes.lines
    distances = np.linalg.norm(np.asarray(round_it.get_xydata()) - PLACES["w"], axis=1)
    np.testing.assert_allclose(distances, 1)
    assert isinstance(across, AxLine)
    first, second = (np.array(point) for point in (across.get_xy1(), across.get_xy2()))
    np.testing.assert_allclose(first, PLACES["s"])
    assert (second - first)[1] == 0


def test_a_region_is_closed_and_a_side_needs_its_ends():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with style():
        axes = plots.plane(PLACES, region=corners, line=np.array([1.0, 1.0]))
        edge = np.asarray(axes.lines[0].get_xydata())
        np.testing.assert_array_equal(edge, [*corners, corners[0]])
        with pytest.raises(KeyError, match="t"):
            plots.plane(PLACES, sides={"ft": ""})


def test_points_on_one_place_still_get_their_letters():
    with style():
        axes = plots.plane({"w": np.zeros(2), "s": np.zeros(2)})
    assert [text.get_text() for text in axes.texts] == ["w", "s"]


def test_a_path_of_gains_keeps_its_frame_and_shows_one_setting():
    misfit, gain = np.array([0.4, 0.3, 0.2]), np.array([0.1, 0.2, 0.25])
    frames = []
    for at in (0, 2):
        with style():
            axes = plots.gain_along(misfit, gain, at)
        frames.append((axes.get_xlim(), axes.get_ylim()))
        point, bar = axes.collections[-1], axes.lines[-1]
        np.testing.assert_array_equal(point.get_offsets(), [[misfit[at], gain[at]]])
        ends = [[misfit[at], misfit[at]], [misfit[at], gain[at]]]
        np.testing.assert_array_equal(bar.get_xydata(), ends)
    assert frames[0] == frames[1]
    with pytest.raises(IndexError):
        plots.gain_along(misfit, gain, 3)


def test_points_of_one_correlation_lie_on_its_curve():
    ratio, correlation = np.array([0.01, 0.3, 2.0]), 0.1
    share = 1 - 2 * correlation / np.sqrt(ratio)  # −1, 0.63, 0.86
    with style():
        axes = plots.gain_by_correlation(
            correlation, ratio, share, groups=["a", "b", "b"], full=[False, True, False]
        )
    x, y = (np.asarray(part) for part in axes.lines[-1].get_data())
    points = np.concatenate([np.asarray(dots.get_offsets()) for dots in axes.collections[1:]])
    assert sorted(points.tolist()) == sorted(np.c_[ratio, share].tolist())
    np.testing.assert_allclose(np.interp(np.log(ratio), np.log(x), y), share, atol=0.01)
    assert [len(np.asarray(dots.get_facecolor())) for dots in axes.collections[1:]] == [0, 0, 1]
    assert axes.get_legend_handles_labels()[1] == ["a", "b"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]


def test_shares_beyond_the_window_stand_at_its_edge_and_nonsense_is_refused():
    with style():
        axes = plots.gain_by_correlation(None, np.array([0.1, 0.2]), np.array([-5.0, 7.0]))
        edges = np.asarray(axes.collections[-1].get_offsets())[:, 1]
        np.testing.assert_array_equal(edges, axes.get_ylim())
        one = np.array([0.5])
        for ratio, c, names, words in (
            (one, 0.0, ["a", "b"], "as many"),
            (0 * one, 0.0, ["a"], "above 0"),
            (one, 1.2, ["a"], "between"),
            (one[:0], 0.0, [], "at least one"),
        ):
            with pytest.raises(ValueError, match=words):
                plots.gain_by_correlation(c, ratio, ratio, groups=names)
        with pytest.raises(ValueError, match="span"):
            plots.gain_by_correlation(0.0, one, one, span=(0.0, 1.0))
        axes = plots.gain_by_correlation(0.0, one, one, span=(0.1, 2.0))
        assert axes.get_xlim() == (0.1, 2.0)


def test_lines_draw_bands_only_where_they_are_given():
    axes = plots.lines(
        [1.0, 10.0], {"mean": [1.0, 0.1], "spread": [[1, 1], [2, 2], [3, 4]]}, log="x"
    )
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert [line.get_marker() for line in axes.lines] == ["o", "s"]
    assert len(axes.collections) == 1
    np.testing.assert_array_equal(np.asarray(axes.lines[1].get_ydata()), [2, 2])


def test_a_series_takes_the_colour_of_the_object_it_shows_and_is_ink_otherwise():
    axes = plots.dots(["a"], {"student": [1.0], "rival": [2.0]}, of={"student": "student"})
    assert [line.get_color() for line in axes.lines] == [COLOURS["student"], plots.INK]
    with pytest.raises(KeyError, match="pupil"):
        plots.dots(["a"], {"student": [1.0]}, of={"student": "pupil"})


def test_dots_stand_in_their_rows_from_top_to_bottom_with_zero_in_sight():
    axes = plots.dots(["a", "b"], {"gain": [[-1, 0], [-0.5, 1], [0, 2]]})
    bars = [np.asarray(path.vertices)[:, 0].tolist() for path in axes.collections[0].get_paths()]
    assert bars == [[-1, 0], [0, 2]]
    assert np.asarray(axes.lines[0].get_ydata()).tolist() == [0, 1]
    assert axes.yaxis_inverted()
    assert len(axes.lines) == 2  # the dots, and the line at zero
    assert len(plots.dots(["a"], {"gain": [1.0]}).lines) == 1


@pytest.mark.parametrize("draw", [plots.lines, plots.dots])
def test_series_that_do_not_fit_are_refused(draw):
    with pytest.raises(ValueError, match=r"'mean' must have 2 values.*\(3,\)"):
        draw(["1", "2"], {"mean": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match="at least one series"):
        draw(["1", "2"], {})


def test_a_picture_can_be_shown_by_its_axes():
    assert "<svg" in show(scatter(), alt="Gain against misfit.").svg


def test_curves_have_the_colours_of_what_they_show_and_dashes_of_their_own():
    x = np.linspace(0, 1, 4)
    axes = plots.curves(x, {"truth": x, "labels": 1 - x, "sum": x + 1}, of={"labels": "weak"})
    drawn = {str(line.get_label()): line for line in axes.lines}
    colours = {name: str(line.get_color()) for name, line in drawn.items()}
    assert colours == {"truth": COLOURS["truth"], "labels": COLOURS["weak"], "sum": plots.INK}
    assert len({line.get_linestyle() for line in axes.lines}) == 3
    np.testing.assert_array_equal(drawn["labels"].get_ydata(), 1 - x)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(drawn)


def test_two_curves_of_one_object_differ_in_their_dashes():
    x = np.linspace(0, 1, 4)
    axes = plots.curves(x, {"raw": x, "scaled": 1 - x}, of={"raw": "misfit", "scaled": "misfit"})
    assert len({line.get_linestyle() for line in axes.lines}) == 2


def test_curves_behind_have_no_place_in_the_legend():
    x = np.linspace(0, 1, 4)
    axes = plots.curves(x, {"student": x}, behind=np.ones((4, 3)))
    legend = axes.get_legend()
    assert legend is not None
    assert len(axes.lines) == 4
    assert [text.get_text() for text in legend.get_texts()] == ["student"]
    with pytest.raises(KeyError, match="teacher"):
        plots.curves(x, {"labels": x}, of={"labels": "teacher"})


def test_what_draws_itself_is_painted_in_ink_and_the_book_s_colours():
    x = np.linspace(0, 1, 4)
    two = {"student": x, "truth": 1 - x}
    drawn = [plots.curves(x, two), plots.lines(x, two), plots.dots(list("abcd"), two)]
    for axes in drawn:
        svg = show(figure_of(axes), alt="Two series.").svg
        found = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", svg)}
        assert found <= set(COLOURS.values())


def test_what_is_written_outside_the_style_takes_the_page_colour_too():
    axes = plots.lines([1.0, 2.0], {"a": [1.0, 2.0], "b": [2.0, 1.0]})
    axes.set_title("A title")
    axes.legend()
    axes.text(1, 1, "red", color="#ff0000")
    svg = show(axes, alt="Two lines.").svg
    assert "#ffffff" not in svg
    written = axes.figure.findobj(Text)
    texts = [one.get_color() for one in written if isinstance(one, Text)]
    assert set(texts) == {plots.INK, "#ff0000"}
