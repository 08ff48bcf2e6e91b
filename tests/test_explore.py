"""The Python side of `explore`: controls, frames, what they cost, the HTML form, a live kernel."""

import gzip
import html
import json
import queue
import re
import time

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_client.manager import start_new_kernel

from inside import inside
from w2s_jax import plots
from w2s_jax.widgets import Control, explore

draw = inside("widgets._frames").draw
pack = inside("widgets._frames").pack
MODULES = inside("widgets._page").MODULES
module_text = inside("widgets._page").module_text

explore_module = inside("widgets._explore")


def unpack(spec, number):
    runs = spec["frames"][number]
    pairs = zip(runs[::2], runs[1::2], strict=True)
    return "\n".join(line for at, size in pairs for line in spec["lines"][at : at + size])


def state_of(figure):
    data, _ = figure._repr_mimebundle_()
    text = data["text/html"].split('<script type="application/json">')[1].split("</script>")[0]
    return data, json.loads(text)


def curve(power, dotted=False):
    with plots.style():
        figure, axes = plt.subplots()
        grid = np.linspace(0, 1, 60)
        axes.plot(grid, grid**power, ":" if dotted else "-")
        axes.set(xlim=(0, 1), ylim=(0, 1))
    return plots.show(figure, alt=f"Power {power:g}, {'dotted' if dotted else 'drawn'}.")


def scatter(noise):
    rng = np.random.default_rng(0)
    misfit = rng.uniform(size=60)
    with plots.style():
        figure, axes = plt.subplots()
        plots.gain_against_misfit(misfit, misfit + noise * rng.normal(size=60), axes=axes)
        axes.set(xlim=(0, 1.2), ylim=(-2, 2))
    return plots.show(figure, alt=f"Noise {noise:g}.")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.sampled_from("ab\n")), min_size=1, max_size=6))
def test_packed_frames_come_back_exactly(frames):
    lines, packed = pack(frames)
    spec = {"lines": lines, "frames": packed}
    assert [unpack(spec, i) for i in range(len(frames))] == frames


def test_frames_of_pictures_come_back_exactly_and_cost_little():
    figure = explore(scatter, noise=np.linspace(0.1, 1.2, 25))
    data, state = state_of(figure)
    frames = [draw(scatter(noise)) for noise in np.linspace(0.1, 1.2, 25).round(12)]
    assert [unpack(state["spec"], i) for i in range(25)] == frames
    alone = sum(len(gzip.compress(frame.encode())) for frame in frames)
    packed = len(gzip.compress(data["text/html"].encode()))
    assert packed < 60_000
    assert packed < alone / 3


def test_a_wrong_run_is_noticed():
    lines, packed = pack(["a\nb\nc", "a\nx\nc"])
    packed[1][0] += 1
    assert unpack({"lines": lines, "frames": packed}, 1) != "a\nx\nc"


def test_a_frame_is_the_picture_but_for_ids_and_decimals():
    picture = curve(2.0)
    drawn = draw(picture)
    raw = picture._repr_html_()
    prefix = re.search(r'id="(w2s\d+-)', raw)
    assert prefix is not None
    assert prefix[1] not in drawn
    numbers = re.compile(r"-?\d+(?:\.\d+)?")
    rest = [numbers.sub("0", text) for text in (raw.replace(prefix[1], "w2s@0-"), drawn)]
    assert rest[0] == rest[1]
    far = [
        abs(float(a) - float(b))
        for a, b in zip(
            numbers.findall(raw.replace(prefix[1], "w2s@0-")), numbers.findall(drawn), strict=True
        )
    ]
    assert 0 < max(far) <= 0.0051


def test_two_pictures_in_one_frame_keep_their_ids_apart():
    class Pair:
        def _repr_html_(self):
            return curve(1)._repr_html_() + curve(2)._repr_html_()

    ids = re.findall(r'\bid="([^"]+)"', draw(Pair()))
    assert {found[:6] for found in ids} == {"w2s@0-", "w2s@1-"}
    assert len(ids) == len(set(ids))
    assert draw(Pair()) == draw(Pair())


def test_the_function_is_called_once_for_each_frame():
    calls = []

    def count(a, b):
        calls.append((a, b))
        return a * b

    figure = explore(count, a=[1, 2, 3], b={"ten": 10, "twenty": 20})
    state_of(figure)
    state_of(figure)
    assert calls == [(1, 10), (1, 20), (2, 10), (2, 20), (3, 10), (3, 20)]
    assert [unpack(figure.spec, i) for i in range(6)] == [
        f'<p class="w2s-ex-words">{a * b}</p>' for a, b in calls
    ]


def test_with_a_reader_frames_wait_until_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(explore_module, "_reader_present", lambda: True)
    calls, sent = [], []

    def root(n):
        calls.append(n)
        return f"{n**0.5:.3f}" if n >= 0 else 1 / 0

    figure = explore(root, n=Control([-1, 0, 1, 4, 9], start=4))
    assert calls == [4]
    assert [bool(frame) for frame in figure.spec["frames"]] == [False, False, False, True, False]
    data, _ = figure._repr_mimebundle_()
    assert "w2s-mount" not in data["text/html"], "half a figure must not come alive on a page"
    assert "2.000" in data["text/html"]
    monkeypatch.setattr(figure, "send", sent.append)
    for message in ({"frame": 4}, {"frame": 4}, {"frame": 0}, {"frame": 99}, {"other": 1}, "x"):
        figure._answer(figure, message, [])
    assert calls == [4, 9, -1]
    assert [one["frame"] for one in sent] == [4, 4, 0]
    assert sent[0]["html"] == '<p class="w2s-ex-words">3.000</p>'
    assert sent[0]["said"] == "n 9."
    assert sent[2]["html"] is None
    assert sent[2]["said"] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("given", "kind", "texts", "options"),
    [
        ([1, 2.5, -3], "slider", ["1", "2.5", "−3"], [1, 2.5, -3]),
        (range(2), "slider", ["0", "1"], [0, 1]),
        (np.linspace(-0.2, 0.2, 5), "slider", ["−0.2", "−0.1", "0", "0.1", "0.2"], None),
        (jnp.array([1.0, 2.0]), "slider", ["1", "2"], [1.0, 2.0]),
        ({"small": 0.1, "large": 10}, "choice", ["small", "large"], [0.1, 10]),
        (("ball", "box"), "choice", ["ball", "box"], ["ball", "box"]),
        (True, "switch", ["off", "on"], [False, True]),
        (
            Control([-0.001, 1], unit="eV", format=".2f"),
            "slider",
            ["0.00 eV", "1.00 eV"],
            [-0.001, 1],
        ),
    ],
)
def test_controls(given, kind, texts, options):
    control = given if isinstance(given, Control) else Control(given)
    assert (control.kind, control.texts) == (kind, texts)
    assert control.options == (options or [-0.2, -0.1, 0.0, 0.1, 0.2])


def test_a_control_starts_where_it_is_told():
    assert Control(np.arange(5) * 0.1, start=0.3).first == 3
    assert Control({"a": 5, "b": 6}, start="b").first == 1
    assert [Control(True).first, Control(False).first, Control([1, 2]).first] == [1, 0, 0]
    figure = explore(lambda x, on: x, x=Control([5, 6, 7], start=6), on=True)
    assert figure.values == {"x": 6, "on": True}
    assert figure.at == [1, 1]
    figure.at = [2, 0]
    assert figure.values == {"x": 7, "on": False}


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({}, "needs a control"),
        ({"x": 3}, "x: a control is a list"),
        ({"x": "abc"}, "x: a control is a list"),
        ({"x": np.float64(3)}, "x: a control is a list"),
        ({"x": [1]}, "x: .* two values or more, all different; got 1 of them"),
        ({"x": [0.1, 0.1000000001]}, "x: .* two that read '0.1'"),
        ({"y": [1, 2]}, r"controls \['y'\] do not fit the function"),
        ({"x": [1, 2], "y": [1, 2]}, "do not fit the function"),
        ({"x": range(401)}, "401 x make 401 frames; give fewer values, at most 400"),
        ({"x": [1, 2], "choices": ["a"]}, "a question to ask"),
        ({"x": [1, 2], "mask": str}, "a mask covers the answer to a question"),
        ({"x": [1, 2], "presets": {"odd": {"x": 3}}}, "preset 'odd', x: .* one of 1, 2; got 3"),
        ({"x": [1, 2], "presets": {"odd": {"y": 3}}}, "preset 'odd', y: no control; there are x"),
        ({"x": [1, 2], "ask": "Which?", "choices": ["a", "b"], "answer": 2}, "answer 2, 2 choices"),
    ],
)
def test_bad_arguments_are_named(controls, words):
    calls = []
    with pytest.raises(ValueError, match=words):
        explore(lambda x: calls.append(x) or "", **controls)
    assert not calls, "refused before anything is computed"
    with pytest.raises(ValueError, match=r"start must be one of 1, 2; got 3"):
        Control([1, 2], start=3)


@pytest.mark.parametrize("wrong", [None, [1, 2], True, object()])
def test_a_result_that_cannot_be_shown_is_refused(wrong):
    with pytest.raises(ValueError, match=rf"plots\.show.*got {type(wrong).__name__}"):
        explore(lambda x: wrong, x=[1, 2])


def test_a_bare_figure_is_refused():
    figure, axes = plt.subplots()
    plt.close(figure)
    for wrong in (figure, axes):
        with pytest.raises(ValueError, match=r"plots\.show\(figure, alt=\.\.\.\)"):
            explore(lambda x: wrong, x=[1, 2])  # noqa: B023


def test_too_heavy_a_figure_is_refused():
    rng = np.random.default_rng(0)

    def noise(x):
        return "\n".join(map(str, rng.uniform(size=2000)))

    with pytest.raises(ValueError, match=r"20 frames take \d+ bytes .* 150000 are allowed"):
        explore(noise, x=range(20))


def test_html_form_holds_the_first_frame_a_sentence_and_all_frames():
    figure = explore(
        curve, power=Control([1, 2, 3], start=2), dotted=False, say=lambda power, dotted: "<b> & c"
    )
    data, state = state_of(figure)
    page = data["text/html"]
    assert 'aria-label="Power 2, drawn."' in page.split("<script")[0]
    assert "One of 6 states of a figure with controls: &lt;b&gt; &amp; c" in page
    assert state["at"] == [1, 0]
    assert state["spec"]["page"] is True
    assert state["spec"]["caption"] is True
    assert all(state["spec"]["frames"])
    assert "w2s@" not in page.split("<script")[0]
    again = state_of(figure)[0]["text/html"]
    ids = [set(re.findall(r'\bid="([^"]+)"', text.split("<script")[0])) for text in (page, again)]
    assert ids[0].isdisjoint(ids[1])
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "page" not in figure.spec


QUESTION = {"ask": "Up & down?", "choices": ["Up", "Down"], "answer": 0}


def test_without_javascript_the_question_is_a_sentence_and_nothing_is_masked():
    figure = explore(lambda x: x, x=[1, 2], mask=lambda x: "masked", **QUESTION)
    page = state_of(figure)[0]["text/html"].split("<script")[0]
    assert page.endswith('<p>Up &amp; down?</p><p class="w2s-ex-words">1</p>')
    assert unpack(figure.spec, figure.spec["ask"]["mask"]) == '<p class="w2s-ex-words">masked</p>'
    assert [unpack(figure.spec, number) for number in range(2)] == [draw(1), draw(2)]
    assert "mask" not in explore(lambda x: x, x=[1, 2], **QUESTION).spec["ask"]


def test_the_mask_is_drawn_once_of_the_first_state():
    calls = []
    controls = {"side": Control([3, 5], start=5), "on": True}
    explore(lambda side, on: side, mask=lambda **values: calls.append(values) or "", **controls,
            **QUESTION)  # fmt: skip
    assert calls == [{"side": 5, "on": True}]


def shown(question, choices, answer):
    asked = explore(lambda x: x, x=[1, 2], ask=question, choices=choices, answer=answer).spec["ask"]
    assert asked["choices"][asked["answer"]] == choices[answer]
    return asked["choices"]


def test_guesses_stand_in_no_order_of_their_authors():
    assert shown("By what?", ["by 16", "by 4", "by 2"], 1) == ["by 2", "by 4", "by 16"]
    assert shown("When?", ["after 5,000", "from 300 to 600", "before 300"], 2) == [
        "before 300",
        "from 300 to 600",
        "after 5,000",
    ]
    words = ["right", "wrong", "neither"]
    orders = [shown(f"Question {number}?", words, 0) for number in range(60)]
    assert orders == [shown(f"Question {number}?", words[::-1], 2) for number in range(60)]
    places = [order.index("right") for order in orders]
    assert all(10 < places.count(place) < 30 for place in range(3))


def test_presets_are_states():
    figure = explore(
        lambda x, line, on: x,
        x=[1, 2, 3],
        line={"solid": "-", "dotted": ":"},
        on=True,
        presets={"first": {}, "odd": {"x": 3, "line": "dotted", "on": False}},
    )
    assert figure.spec["presets"] == [["first", [0, 0, 1]], ["odd", [2, 1, 0]]]


def point(x, y=0):
    steps = np.array([0.0, 0.5, 1.0])
    return plots.show(plots.gain_along(steps, steps**2, at=x), alt=f"Point {x}.")


def test_views_stand_side_by_side_with_ids_of_their_own():
    frame = draw((point(0), point(1)))
    assert frame.count("<svg") == 2
    assert frame.startswith('<div class="w2s-ex-views"')
    ids = re.findall(r'\bid="([^"]+)"', frame)
    assert {found[:6] for found in ids} == {"w2s@0-", "w2s@1-"}
    assert len(ids) == len(set(ids))
    with pytest.raises(ValueError, match="got NoneType"):
        draw((point(0), None))


def test_what_may_be_held_is_where_it_is_drawn(monkeypatch):
    figure = explore(lambda x: (curve(2.0), point(x)), x=[0, 1, 2], hold="gain")
    places = figure.spec["hold"]
    assert [picture for picture, _, _ in places] == [1, 1, 1]
    _, x, y = np.transpose(places)
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.03)
    assert (y[0] - y[1]) * 3 == pytest.approx(y[1] - y[2], abs=0.05), "gains of 0, 1/4 and 1"
    with pytest.raises(ValueError, match="of 'truth' there is none in 3 of 3 frames"):
        explore(point, x=[0, 1, 2], hold="truth")
    monkeypatch.setattr(explore_module, "_reader_present", lambda: True)
    assert all(explore(point, x=[0, 1, 2], hold="gain").spec["frames"]), "she may drag to any"


def test_text_is_escaped_and_default_words_follow_the_controls():
    figure = explore(lambda weak_width, bias: "a < b", weak_width=[8, 16], bias=True)
    assert html.escape("a < b") in unpack(figure.spec, 0)
    assert figure.spec["said"] == [
        f"weak width {width}, bias {bias}." for width in (8, 16) for bias in ("off", "on")
    ]


def test_figures_have_names_of_their_own_in_the_address():
    def a_name_of_no_other_test(x):
        return x

    keys = [explore(a_name_of_no_other_test, x=[1, 2]).spec["key"] for _ in range(2)]
    assert keys == ["a_name_of_no_other_test", "a_name_of_no_other_test2"]
    assert explore(lambda x: x, x=[1, 2]).spec["key"].startswith("explore")
    assert explore(lambda x: x, x=[1, 2], key="mine").spec["key"] == "mine"


def test_module_is_one_light_text():
    text = module_text("explore")
    assert "\nimport" not in text
    assert text.count("export default") == text.count("export ") == 1
    style = (MODULES / "explore.css").read_text(encoding="utf-8")
    assert len(gzip.compress((text + style).encode())) <= 8.5 * 1024


CELL = """
from w2s_jax.widgets import explore
calls = []
explore(lambda n: calls.append(n) or n**2, n=[1, 2, 3])
"""


@pytest.mark.filterwarnings("default")
def test_a_kernel_computes_all_frames_for_a_build_and_one_for_a_reader():
    manager, client = start_new_kernel()

    def listen(until):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                message = client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if (found := until(message)) is not None:
                return found
        return pytest.fail("the kernel said nothing of the kind")

    def ask(reader):
        client.execute(CELL, allow_stdin=reader)
        opened = listen(lambda m: m if is_figure(m) else None)
        result = listen(lambda m: m if m["msg_type"] == "execute_result" else None)
        return opened["content"], result["content"]["data"]

    def is_figure(message):
        state = message["content"].get("data", {})
        return message["msg_type"] == "comm_open" and "spec" in state.get("state", {})

    try:
        opened, data = ask(reader=False)
        assert all(opened["data"]["state"]["spec"]["frames"])
        assert "w2s-mount" in data["text/html"]
        opened, data = ask(reader=True)
        assert [bool(frame) for frame in opened["data"]["state"]["spec"]["frames"]] == [1, 0, 0]
        assert "w2s-mount" not in data["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in data
        content = {"method": "custom", "content": {"frame": 2}}
        message = client.session.msg("comm_msg", {"comm_id": opened["comm_id"], "data": content})
        client.shell_channel.send(message)
        reply = listen(
            lambda m: (
                m["content"]["data"]["content"]
                if m["msg_type"] == "comm_msg" and m["content"]["data"].get("method") == "custom"
                else None
            )
        )
        assert reply == {"frame": 2, "html": '<p class="w2s-ex-words">9</p>', "said": "n 3."}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
