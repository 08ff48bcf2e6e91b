"""Paper and code: every name in the notation page is in the package, and the preface agrees."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from visits import ROOT

import api_names
from prose import formulas

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
    heads = ("in code", "in words", "elsewhere")
    return [row for row in made if row.code.lower() not in heads]


def page(name: str) -> str:
    return (ROOT / "book" / f"{name}.md").read_text("utf8")


def without(text: str, *sections: str) -> str:
    """Take sections out of a page, each from its heading to the next."""
    for section in sections:
        text = re.sub(rf"^## {section}\n.*?(?=^## |\Z)", "", text, flags=re.M | re.S)
    return text


# Two tables translate symbols and name no code: the paper's letters, and letters that serve twice.
TRANSLATED = ("The letters of the paper", "Letters that serve twice")
NOTATION = rows(without(page("back/notation"), *TRANSLATED), (0, 1, 2))
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
    assert twice <= {"m", "M", "g", "\\hat G"}, (
        "the page has a table of the letters that serve twice"
    )


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


# What a formula is made of: words, letters with an accent or in another script, commands, letters.
PARTS = re.compile(
    r"\\(?:text|operatorname\*?|mathrm|begin|end|tag)\s*\{[^}]*\}"
    r"|\\(?P<accent>hat|bar|tilde|mathcal|mathfrak)\s*\{?\s*(?P<under>\\[A-Za-z]+|[A-Za-z])"
    r"|\\mathbb\s*\{?[A-Z]|\\(?P<command>[A-Za-z]+)|(?P<letter>[A-Za-z])"
)
GREEK = re.compile(
    r"(?:var)?epsilon|alpha|beta|[gG]amma|[dD]elta|zeta|eta|[tT]heta|kappa|[lL]ambda|mu|nu|xi|[pP]i"
    r"|rho|[sS]igma|tau|(?:var)?[pP]hi|chi|[pP]si|[oO]mega|ell"
)
# Letters that more than one page uses and that stand for nothing beyond their passage.
PASSING = {
    "\\pi": "the circle's number, or a chance of being labeled",
    "i": "index",
    "j": "index",
    "k": "index, or a number of models or of features where one is counted; any function with g",
    "t": "a share of a segment, or a step",
    "c": "a constant, or weights to compare with, introduced where it stands",
    "z": "a vector of one proof",
    "\\tau": "a threshold of one proof",
    "\\nu": "multipliers of one proof",
    "\\bar h": "the mean of the features",
    "\\beta": "a coefficient or radius of one passage, and the optimizer's memory",
    "\\hat \\ell": "a leverage on the sample",
    "\\hat v": "a member that a sample is nearest to",
    "\\mu": "a multiplier of one proof",
    "l": "a letter of SMILES: chlorine",
    "o": "a letter of SMILES: aromatic oxygen",
    "\\alpha": "an angle, or a length of an axis",
    "D": "a discrepancy of one proof, beside the student's distance",
    "E": "an objective or a table of vectors, introduced where it stands",
    "I": "the identity matrix",
    "X": "a matrix of features of one proof, and a random number of another",
    "\\hat a": "a sample's number in one proof, a sample's weights in another",
    "J": "an objective to minimize",
    "K": "a constant, or a number of teachers",
    "L": "a bound on leverage, a loss, a number of layers: each in one passage",
    "N": "a number of vectors or inputs of one passage, and the normal law",
    "S": "a set or a matrix of one passage",
    "Z": "the supremum that a proof bounds",
    "\\varphi": "a unit function out of reach in one chapter, an angle in one exercise",
}


def symbols(text: str) -> set[str]:
    """Return the symbols of a page's formulas, without their indices' being told from letters."""
    found = set()
    for match in (m for formula in formulas(text) for m in PARTS.finditer(formula)):
        if match["accent"]:
            found.add(f"\\{match['accent']} {match['under']}")
        elif match["letter"]:
            found.add(match["letter"])
        elif match["command"] and GREEK.fullmatch(match["command"]):
            found.add(f"\\{match['command']}")
    return found


def shared(pages: dict[str, str]) -> dict[str, list[str]]:
    """Return the symbols that more than one page uses, with the pages."""
    used = {name: symbols(text) for name, text in pages.items()}
    every = set().union(*used.values())
    where = {each: [name for name in used if each in used[name]] for each in every}
    return {each: names for each, names in where.items() if len(names) > 1}


def chapters() -> dict[str, str]:
    """Return the text of every page that uses symbols, by its name."""
    paths = sorted((ROOT / "book").rglob("*.md"))
    return {path.stem: path.read_text("utf8") for path in paths if path.stem != "notation"}


def test_every_symbol_that_chapters_share_is_in_the_notation():
    tables = [line for line in page("back/notation").splitlines() if line.startswith("| ")]
    known = symbols("\n".join(tables))
    lost = [
        f"{each} stands in formulas of {', '.join(names)}: give it a line in "
        "book/back/notation.md, or a reason in PASSING"
        for each, names in sorted(shared(chapters()).items())
        if each not in known | PASSING.keys()
    ]
    assert lost == []


def test_every_passing_letter_is_still_shared():
    assert sorted(PASSING.keys() - shared(chapters()).keys()) == [], "take it out of PASSING"


def test_symbols_are_read_from_formulas_alone():
    text = "A `$z$` and $\\hat s_i + \\lVert\\mathcal F\\rVert \\E \\text{gain}$.\n$$\n\\rho\n$$\n"
    cell = "```{code-cell} ipython3\nprint('$q$')\n```\n"
    found = symbols(text + cell)
    assert found == {"\\hat s", "i", "\\mathcal F", "\\rho"}
    assert shared({"one": "$a$ $b$", "two": "$b$"}) == {"b": ["one", "two"]}
