"""The question that `explore` and `points` ask before they show what is to be guessed."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any


def asked(
    ask: str | None, choices: Sequence[str], answer: int | None, because: str
) -> dict[str, Any] | None:
    """Return a question as the page gets it; none if nothing is asked.

    Args:
        ask: the question.
        choices: the guesses on offer, put into the order of their numbers or, where one has none,
            into an order that follows from the question's words.
        answer: the position of the right one.
        because: follows the verdict.

    Raises:
        ValueError: an answer that is not among the choices, choices without a question.

    Example:
        >>> asked("By what factor?", ["by 16", "by 4"], 1, "")["choices"]
        ['by 4', 'by 16']
    """
    if (answer is not None and answer not in range(len(choices))) or (choices and not ask):
        raise ValueError(
            f"answer must be the position of one of the choices, and choices need a question to "
            f"ask; got answer {answer!r}, {len(choices)} choices, ask {ask!r}"
        )
    if not ask:
        return None
    order = _order(ask, choices)
    found = {"question": ask, "choices": [choices[at] for at in order], "because": because}
    return found | {"answer": None if answer is None else order.index(answer)}


def _order(question: str, choices: Sequence[str]) -> list[int]:
    found = [re.findall(r"\d+(?:\.\d+)?", choice.replace(",", "")) for choice in choices]
    if all(found):
        return sorted(range(len(choices)), key=lambda at: [float(text) for text in found[at]])
    return sorted(
        range(len(choices)),
        key=lambda at: hashlib.sha256(f"{question}\n{choices[at]}".encode()).digest(),
    )
