"""A ring of inputs whose teacher is wrong in blocks, and a student that asks its neighbors."""

from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Bool

from w2s_jax.plots import ring, show
from w2s_jax.widgets._page import module_text, mount_html, style_text, with_html

_MOST = {"length": 12, "reach": 10, "seed": 999}
_LEAST = {"length": 1, "reach": 0, "seed": 0}
_WRONG = 30  # inputs, or about so many: the ring holds whole blocks


class Ring(anywidget.AnyWidget):
    r"""Draw a ring where a quarter of the weak labels are wrong, and the student of its neighbors.

    Of about 120 inputs, all of one true class, the teacher has $\alpha = \frac14$ wrong, in blocks
    of L in a row. The student takes the majority of the teacher's labels among each input and its
    k neighbors on either side. Where every gap between blocks is 2L or more, it mends every block
    for $L \le k$ and repeats every one for $L > k$, a theorem of this book; even gaps are 3L. All
    arguments are traits, in step with the picture where a kernel runs.

    Args:
        length: L, 1 to 12.
        reach: k, 0 to 10.
        seed: 0 spaces the blocks evenly; any other, to 999, leaves the gaps to chance.

    Raises:
        ValueError: a number outside these.

    Example:
        >>> for length in (6, 7):
        ...     print(Ring(length=length, reach=6).numbers())
        {'weak_error': 0.25, 'student_error': 0.0, 'gain': 0.25, 'misfit': 0.25}
        {'weak_error': 0.25, 'student_error': 0.25, 'gain': 0.0, 'misfit': 0.0}
    """

    _esm = module_text("ring")
    _css = style_text("ring")

    length = traitlets.Int(4).tag(sync=True)
    reach = traitlets.Int(6).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    @traitlets.validate("length", "reach", "seed")
    def _in_range(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if not _LEAST[name] <= value <= _MOST[name]:
            raise ValueError(f"{name} must be from {_LEAST[name]} to {_MOST[name]}; got {value}")
        return value

    def weak_wrong(self) -> Bool[np.ndarray, " n"]:
        """Where the teacher is wrong, from the first block's start on.

        Example:
            >>> Ring(length=10).weak_wrong().nonzero()[0][[0, 9, 10]].tolist()
            [0, 9, 40]
        """
        return blocks(self.length, self.seed)

    def student_wrong(self) -> Bool[np.ndarray, " n"]:
        """Where the student is wrong.

        Example:
            >>> Ring(length=2, reach=1).student_wrong().sum() == 30
            np.True_
        """
        return majority(self.weak_wrong(), self.reach)

    def numbers(self) -> dict[str, float]:
        """Count mistakes and disagreements, as shares of the ring.

        Returns:
            Weak error, student error, their difference, the gain, and the misfit.

        Example:
            >>> found = Ring(length=4, reach=6, seed=1).numbers()
            >>> 0 < found["gain"] <= found["misfit"] < 0.5
            True
        """
        weak, student = self.weak_wrong(), self.student_wrong()
        found = {"weak_error": float(weak.mean()), "student_error": float(student.mean())}
        found["gain"] = found["weak_error"] - found["student_error"]
        return found | {"misfit": float((weak != student).mean())}

    def _in_words(self) -> str:
        found = self.numbers()
        spaced = "spaced by chance" if self.seed else "evenly spaced"
        return (
            f"A ring of {len(self.weak_wrong())} inputs. The teacher is wrong on a quarter of "
            f"them, in blocks of {self.length}, {spaced}; the student takes the majority of "
            f"{2 * self.reach + 1} neighbors. Student error {found['student_error']:.3f}, misfit "
            f"{found['misfit']:.3f}, gain {found['gain']:.3f}. With even gaps the student mends "
            f"blocks of up to {self.reach} and repeats longer ones."
        )

    def _still(self) -> str:
        axes = ring(
            self.weak_wrong(),
            self.student_wrong(),
            reach=self.reach,
            middle=(self.length - 1) / 2,
        )
        return show(axes, alt="Ring of inputs: mistakes of teacher and student.").svg

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        state = {name: getattr(self, name) for name in _LEAST}
        form = mount_html("ring", state, self._in_words(), self._still())
        return with_html(super()._repr_mimebundle_(**kwargs), form)


def blocks(length: int, seed: int) -> Bool[np.ndarray, " n"]:
    """Place blocks of wrong labels on a ring of 4 · length · m inputs, m blocks of them.

    Args:
        length: of a block.
        seed: 0 for even gaps; else all orders of blocks and right labels, after the first block,
            are equally likely, by the generator x ↦ 1664525 x + 1013904223 modulo 2³², which
            JavaScript computes alike.

    Example:
        >>> print(blocks(10, 0).sum(), len(blocks(10, 0)), len(blocks(7, 3)))
        30 120 112
    """
    count = int(_WRONG / length + 0.5)
    gaps = [3 * length] * count
    if seed:
        gaps, x, to_come = [0], seed, 3 * length * count
        while to_come:
            x = (1664525 * x + 1013904223) % 2**32
            if x / 2**32 * (count - len(gaps) + to_come) < count - len(gaps):
                gaps.append(0)
            else:
                gaps[-1] += 1
                to_come -= 1
        gaps += [0] * (count - len(gaps))
    pieces = [np.arange(length + gap) < length for gap in gaps]
    return np.concatenate(pieces)


def majority(wrong: Bool[np.ndarray, " n"], reach: int) -> Bool[np.ndarray, " n"]:
    """Take the majority over each input and `reach` neighbors on either side of it, on a ring.

    Example:
        >>> majority(np.array([True, True, False, False, True, False]), 1).astype(int).tolist()
        [1, 1, 0, 0, 0, 1]
    """
    votes = sum(np.roll(wrong, by).astype(int) for by in range(-reach, reach + 1))
    return np.asarray(votes) > reach
