"""`explore`: a function's pictures behind sliders, on a page without a kernel and in Jupyter."""

import gzip
import html
import inspect
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from IPython.core.getipython import get_ipython

from w2s_jax.widgets._asking import asked
from w2s_jax.widgets._controls import Control, as_control
from w2s_jax.widgets._frames import MARK, draw, marker, pack
from w2s_jax.widgets._page import module_text, mount_html, style_text, with_html

FRAMES = 400
BYTES = 150_000
"""How many frames one figure may have, and what they may weigh on a page, gzipped."""

_serial = itertools.count()
_names: Counter[str] = Counter()


def _reader_present() -> bool:
    """Whether a front end sent this cell; one that runs a whole notebook takes no input."""
    parent = getattr(getattr(get_ipython(), "kernel", None), "get_parent", dict)()
    return bool(parent.get("content", {}).get("allow_stdin"))


def _key(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", "").strip("<>_")
    name = name if name.isidentifier() and name != "lambda" else "explore"
    _names[name] += 1
    return name + (str(_names[name]) if _names[name] > 1 else "")


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _state(name: str, values: Mapping[str, Any], controls: Mapping[str, Control]) -> list[int]:
    """Return the positions of a preset's values."""
    at = {each: control.first for each, control in controls.items()}
    for each, value in values.items():
        try:
            at[each] = controls[each].place(value)
        except (KeyError, ValueError) as error:
            known = f"no control; there are {', '.join(at)}" if each not in at else str(error)
            raise ValueError(f"preset {name!r}, {each}: {known}") from None
    return list(at.values())


class Explore(anywidget.AnyWidget):
    """What `explore` returns: it displays itself as the last expression of a cell.

    `values` are those of the state on show.

    Example:
        >>> explore(lambda n: n**2, n=[1, 2, 3]).values
        {'n': 1}
    """

    _esm = module_text("explore")
    _css = style_text("explore")

    spec = traitlets.Dict().tag(sync=True)
    at = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self, function: Callable[..., Any], controls: dict[str, Control], words: dict[str, Any]
    ) -> None:
        self._function, self._controls, self._say = function, controls, words.pop("say")
        self._mask, self._hold = words.pop("mask"), words.pop("hold")
        self._frames: dict[int, tuple[str, str]] = {}
        self._count = math.prod(len(control.texts) for control in controls.values())
        at = [control.first for control in controls.values()]
        self._first = self._number(at)
        # with a reader a frame waits until she comes to it, unless she may drag to any of them
        whole = bool(self._hold) or not _reader_present()
        for number in range(self._count) if whole else [self._first]:
            self._frame(number)
        super().__init__(spec=self._spec(words), at=at)
        self.on_msg(self._answer)

    def _number(self, at: Sequence[int]) -> int:
        number = 0
        for place, control in zip(at, self._controls.values(), strict=True):
            number = number * len(control.texts) + place
        return number

    def _values(self, number: int) -> dict[str, Any]:
        found = {}
        for name, control in reversed(self._controls.items()):
            number, place = divmod(number, len(control.texts))
            found[name] = (
                control.options[place],
                control.texts[place],
                control.label or _plain(name),
            )
        return dict(reversed(found.items()))

    def _frame(self, number: int) -> tuple[str, str]:
        if number not in self._frames:
            parts = self._values(number)
            values = {name: value for name, (value, _, _) in parts.items()}
            said = ", ".join(f"{label} {text}" for _, text, label in parts.values()) + "."
            drawn = draw(self._function(**values))
            self._frames[number] = (drawn, self._say(**values) if self._say else said)
        return self._frames[number]

    def _spec(self, words: dict[str, Any]) -> dict[str, Any]:
        known = [self._frames.get(number, (None, "")) for number in range(self._count)]
        drawn = [frame for frame, _ in known]
        if self._mask:  # one frame more, after those of the states
            values = {name: value for name, (value, _, _) in self._values(self._first).items()}
            drawn.append(draw(self._mask(**values)))
            words = words | {"ask": words["ask"] | {"mask": self._count}}
        lines, frames = pack(drawn)
        controls = [
            {"name": name, "label": c.label or _plain(name), "kind": c.kind, "texts": c.texts}
            for name, c in self._controls.items()
        ]
        shared = {"controls": controls, "lines": lines, "frames": frames}
        if self._hold:
            found = [marker(frame or "", self._hold) for frame, _ in known]
            if None in found:
                raise ValueError(
                    f"hold names an object whose marker every picture must have; of "
                    f"{self._hold!r} there is none in {found.count(None)} of {len(found)} frames"
                )
            shared["hold"] = found
        return words | shared | {"said": [said for _, said in known], "caption": bool(self._say)}

    def _answer(self, _: Any, message: Any, buffers: Any) -> None:
        number = message.get("frame") if isinstance(message, dict) else None
        if not isinstance(number, int) or number not in range(self._count):
            return
        try:
            drawn, said = self._frame(number)
        except Exception as error:  # the reader sees it where the picture would be
            drawn, said = None, f"{type(error).__name__}: {error}"
        self.send({"frame": number, "html": drawn, "said": said})

    @property
    def values(self) -> dict[str, Any]:
        """The function's arguments in the state on show."""
        return {name: value for name, (value, _, _) in self._values(self._number(self.at)).items()}

    def _html(self) -> str:
        drawn, said = self._frame(self._first)
        picture = drawn.replace(MARK, f"w2sx{next(_serial)}-")
        if self.spec["ask"]:
            picture = f"<p>{html.escape(self.spec['ask']['question'])}</p>{picture}"
        if len(self._frames) < self._count:
            return f"{picture}<p>{html.escape(said)}</p>"
        text = f"One of {self._count} states of a figure with controls: {said}"
        state = {"spec": self.spec | {"page": True}, "at": self.at}
        return mount_html("explore", state, text, picture)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_html(super()._repr_mimebundle_(**kwargs), self._html())


def explore(
    function: Callable[..., Any],
    /,
    *,
    say: Callable[..., str] | None = None,
    ask: str | None = None,
    choices: Sequence[str] = (),
    answer: int | None = None,
    because: str = "",
    mask: Callable[..., Any] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    hold: str | None = None,
    key: str | None = None,
    **controls: Any,
) -> Explore:
    """Let the reader set a function's arguments and see what it draws.

    Every combination of values is one frame. On a page without a kernel all frames are computed
    beforehand, without what they share; in a notebook with a reader each one when it is asked for.
    A question comes with the first frame: its sentence is hidden and the controls are locked until
    the reader has guessed. Without JavaScript, and in print, there is no guess and nothing hidden.

    Args:
        function: called as `function(**values)`; returns `plots.show(figure, alt=...)`, anything
            else with `_repr_html_`, a string or a number, or a tuple of these: views side by side.
        say: called in the same way; a sentence about the frame, shown below it and read aloud.
        ask: a question to guess at before the controls move.
        choices: the guesses on offer; shown in the order of their numbers or, where one has none,
            in an order that follows from the question's words.
        answer: the position of the right one.
        because: follows the verdict.
        mask: called in the same way with the first values; what stands there until the guess, for a
            first frame that gives the answer away.
        presets: named states worth a look, where a claim breaks for instance: for each name the
            values of some controls, as `Control.start`; the others are as they start.
        hold: an object of `plots.COLOURS` whose marker in the picture may be dragged: the nearest
            state of the sliders follows. All frames are then drawn beforehand, in a notebook too.
        key: what the state is called in the page's address; by default the function's name, with a
            number from the second figure on.
        controls: for each argument of the function a list, range, array, dict, bool or `Control`.

    Returns:
        The figure, to be the last expression of a cell.

    Raises:
        ValueError: no control, one that is none, more than 400 frames or 150 kB of them, a result
            that cannot be shown, an answer that is not among the choices, a mask and no question,
            a preset of no state, nothing to hold.

    Example:
        >>> square = explore(lambda side: side**2, side=range(1, 20), say=lambda side: f"{side}²")
        >>> square.values, len(square.spec["frames"])
        ({'side': 1}, 19)
    """
    if not controls:
        raise ValueError("explore needs a control for each argument of the function; got none")
    made = {name: as_control(name, given) for name, given in controls.items()}
    try:
        inspect.signature(function).bind(**made)
    except TypeError as error:
        raise ValueError(f"controls {list(made)} do not fit the function: {error}") from None
    question = asked(ask, choices, answer, because)
    if mask and not ask:
        raise ValueError("a mask covers the answer to a question; give ask, or no mask")
    count = math.prod(len(control.texts) for control in made.values())
    if count > FRAMES:
        sizes = " × ".join(f"{len(control.texts)} {name}" for name, control in made.items())
        raise ValueError(f"{sizes} make {count} frames; give fewer values, at most {FRAMES} frames")
    words = {"say": say, "mask": mask, "hold": hold, "key": key or _key(function), "ask": question}
    words["presets"] = [[name, _state(name, own, made)] for name, own in (presets or {}).items()]
    found = Explore(function, made, words)
    size = len(gzip.compress(json.dumps(found.spec).encode()))
    if size > BYTES:
        raise ValueError(
            f"{count} frames take {size} bytes of the page, gzipped, and {BYTES} are allowed: "
            "give fewer values, or draw fewer points"
        )
    return found
