"""Paper and code: every name in the notation page is in the package, and the preface agrees."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from visits import ROOT

import api_names

CODE = re.compile(r"`([^`]+)`")
FORMULA = re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Row:
    """One line of a table of symbols."""

    paper: str
    words: str
    code: str

    @property
    def word(self) -> str:
        """What the line is about, without its explanation."""
        return re.split(r"[,;:]", self.words)[0].strip()

    @property
    def names(self) -> list[str]:
        return CODE.findall(self.code)


def rows(text: str, order: tuple[int, int, int]) -> list[Row]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert all(len(row) == 3 for row in cells)
    made = [Row(*(row[k] for k in order)) for row in cells]
    return [row for row in made if row.code.lower() != "in code"]


def page(name: str) -> str:
    return (ROOT / "book" / f"{name}.md").read_text("utf8")


NOTATION = rows(page("back/notation"), (0, 1, 2))
PREFACE = rows(page("preface").split("## Words")[1].split("\n## ")[0], (1, 0, 2))
NAMES = sorted({name for row in NOTATION for name in row.names})


def last(name: str) -> str:
    """The word that a text uses for it: a field, an argument, or the name itself.

    >>> last("Report.gain"), last("evaluate(truth=…)"), last("represent(h, inputs)")
    ('gain', 'truth', 'represent')
    """
    argument = re.search(r"\((\w+)=", name)
    return argument[1] if argument else name.partition("(")[0].rpartition(".")[2]


def disagreements(preface: list[Row], notation: list[Row]) -> list[str]:
    """Words of the preface that the notation page lacks or gives another symbol or name."""
    known = {row.word: row for row in notation}
    found = []
    for row in preface:
        twin = known.get(row.word)
        if twin is None:
            found.append(f"{row.word}: no such word")
            continue
        symbols, names = FORMULA.findall(twin.paper), {last(name) for name in twin.names}
        found += [f"{row.word}: {x}" for x in FORMULA.findall(row.paper) if x not in symbols]
        found += [f"{row.word}: {x}" for x in row.names if last(x) not in names and x != "…"]
    return found


def test_the_tables_are_read_whole():
    assert len(NOTATION) > 35
    assert len(PREFACE) > 12
    assert {"weak error", "metric", "normal cone of $C$ at its point $p$"} <= {
        row.word for row in NOTATION
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_in_the_package(name):
    assert api_names.resolve(name)


def test_every_line_has_words_and_a_symbol_or_a_name():
    assert [row for row in NOTATION if not row.words or row.paper == row.code] == []
    words = [row.word for row in NOTATION]
    assert sorted(set(words)) == sorted(words)


def test_a_letter_stands_for_one_thing():
    found = Counter(symbol for row in NOTATION for symbol in FORMULA.findall(row.paper))
    twice = {symbol for symbol, count in found.items() if count > 1}
    assert twice <= {"m", "M"}, "Part III counts measured molecules and masked symbols by them"


def test_the_preface_uses_the_same_words_symbols_and_names():
    assert disagreements(PREFACE, NOTATION) == []


def test_every_quantity_of_a_report_has_its_line():
    import w2s_jax

    known = {last(name) for name in NAMES}
    besides = {"terms", "evidence", "test", "confined", "to_dict", "to_json"}
    quantities = api_names.fields(w2s_jax.Report) - besides
    assert quantities - known == set()


@pytest.mark.parametrize(
    "name",
    [
        "fit_haed",
        "Report.joy",
        "Report._words",
        "Report.misfit.joy",
        "evaluate(trut=…)",
        "represent(h, inputs, more)",
        'Report.checks["joy"]',
        "sets.Blob",
        "w2s_jax.heads.fit",
        "gain − misfit",
        "",
    ],
)
def test_a_name_that_the_package_lacks_is_noticed(name):
    assert api_names.resolve(name) is None


def test_a_name_leads_to_where_it_lives():
    assert api_names.resolve("fit_head") == "w2s_jax.heads.fit_head"
    assert api_names.resolve("heads.LinearHead.rank") == "w2s_jax.heads.LinearHead.rank"
    assert api_names.resolve("w2s_jax.Report.gain") == "w2s_jax.report.Report.gain"
    assert api_names.resolve("sets") == "w2s_jax.sets"


def test_a_preface_that_disagrees_is_noticed():
    mine = [Row("$d(w, f)$", "weak error", "`Report.weak_error`")]
    assert disagreements([Row("$d(w, f)$", "weak error", "`weak_error`")], mine) == []
    broken = [
        Row("$d(s, f)$", "weak error", "`weak_error`"),
        Row("$d(w, f)$", "weak error", "`error`"),
        Row("$d(w, f)$", "teacher's error", "`weak_error`"),
    ]
    assert [len(disagreements([row], mine)) for row in broken] == [1, 1, 1]
