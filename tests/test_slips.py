"""A slip is found however a formatter lays the source out; every mutant is there to be broken."""

import pytest

from mutants import MUTANTS, PACKAGE, ROOT
from slips import slip


@pytest.mark.parametrize(
    "source",
    ["mean(2 * a, b)", "mean(2*a,b)", "mean(\n  2 * a,\n  b,\n)", "mean( 2\n* a, b )"],
)
def test_layout_hides_no_words(source):
    assert slip(f"x = {source};", "mean(2 * a, b)", "mean(a)") == "x = mean(a);"


@pytest.mark.parametrize("source", ["return2 + 1", "return 2", "return 2 + 1; return 2 + 1"])
def test_words_that_do_not_occur_once_are_refused(source):
    with pytest.raises(ValueError, match="must occur once"):
        slip(source, "return 2 + 1", "return 3")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.path)
def test_every_mutant_is_in_the_package(mutant):
    text = (ROOT / PACKAGE / mutant.path).read_text("utf8")
    broken = slip(text, mutant.right, mutant.wrong)
    assert broken != text
    if mutant.path.endswith(".py"):
        compile(broken, mutant.path, "exec")
