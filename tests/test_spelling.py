"""American spelling in the book's prose and the package's docstrings; code keeps its names."""

import ast
import re
from pathlib import Path

import pytest
from visits import ROOT

from prose import words

# Verbs in -ise that no American spells with z.
ISE = (
    "advertise advise arise chastise circumcise comprise compromise demise despise devise disguise "
    "exercise excise expertise franchise improvise incise likewise merchandise otherwise paradise "
    "praise precise premise promise raise revise rise supervise surmise surprise televise treatise "
    "wise noise poise bruise cruise disease concise enterprise appraise braise malaise"
)
STEMS = "|".join(sorted((re.sub("e$", "", word) for word in ISE.split()), key=len, reverse=True))
BRITISH = re.compile(
    rf"\b(?!(?:un|re|over|mis|pre|non|ad)?(?:{STEMS}|\w*(?:wis|nois))(?:e|es|ed|ing|er|ers|ely|ation)?\b)\w{{2,}}is(?:e[ds]?|ing|er|ers|ation|ations)\b"
    r"|\b\w*(?:analys|paralys|catalys)(?:e|ed|ing|er|ers)\b"
    r"|\b(?:un|dis|mis)?(?:colour|favour|behaviour|neighbour|honour|labour|flavour|humour|vapour"
    r"|rigour|vigour|harbour|endeavour|rumour|savour)\w*"
    r"|\b(?:centre|fibre|theatre|metre|kilometre|centimetre|litre|calibre|spectre|sombre)[sd]?\b"
    r"|\b(?:re)?centring\b"
    r"|\b\w*(?:labell|modell|travell|cancell|levell|channell|totall|signall|fuell|quarrell|tunnell)"
    r"(?:ed|ing|er|ers)\b"
    r"|\b(?:licence|defence|offence|pretence)s?\b|\bpractis(?:e|ed|es|ing)\b"
    r"|\b(?:artefact|catalogue|dialogue|programme|cheque|storey|tyre|plough|mould|sulph\w+)s?\b"
    r"|\b(?:grey|greyer|greyish|greys|whilst|amongst|learnt|spelt|burnt|dreamt|towards|afterwards"
    r"|judgement|acknowledgement|fulfil|fulfils|enrol|enrols|skilful|wilful|ageing|sceptic\w*"
    r"|manoeuvre\w*|orientate\w*|maths|aluminium|draught|per cent|instal|instalment)\b"
    r"|\b(?:ways?|turn(?:s|ed|ing)?) round\b",
    re.I,
)
# Words that look British and are not, with the reason.
EXEMPT = {
    "dialogue": "American too, of people who talk",
    "catalogue": "in the names of collections",
    "vapour": "a pressure's name in a data set",
}


def british(text: str) -> list[str]:
    """List the British spellings of a text, code left out."""
    found = (match[0] for match in BRITISH.finditer(words(text)))
    return [word for word in found if word.lower() not in EXEMPT]


# In a docstring: an example's lines, and the argument or field that a line is about.
EXAMPLES = re.compile(r"^ *(?:>>>|\.\.\.) .*$|^ +\w+(?:, \w+)*:", re.M)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(path: Path) -> str:
    """The docstrings of a module without what they quote of the code."""
    nodes = (n for n in ast.walk(ast.parse(path.read_text("utf8"))) if isinstance(n, DOCUMENTED))
    found = (ast.get_docstring(node, clean=False) or "" for node in nodes)
    return "\n\n".join(EXAMPLES.sub("", each) for each in found)


PAGES = sorted(path for kind in ("*.md", "*.yml") for path in (ROOT / "book").rglob(kind))
ROOM = ROOT / "src" / "w2s_jax"
MODULES = sorted([*ROOM.rglob("*.py"), *(ROOT / "book" / "_ext").glob("*.py")])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_spelled_the_american_way(path):
    assert british(path.read_text("utf8")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_docstring_is_spelled_the_american_way(path):
    assert british(docstrings(path)) == []


def test_a_docstring_s_code_is_left_alone(tmp_path):
    page = tmp_path / "page.py"
    said = (
        'def f():\n    """A color.\n\n    Args:\n        colour: of lines.\n\n    >>> a = "grey"\n'
    )
    page.write_text(f'{said}    """\n', "utf8")
    assert british(docstrings(page)) == []
    page.write_text(f'{said}    The centre.\n    """\n', "utf8")
    assert british(docstrings(page)) == ["centre"]


@pytest.mark.parametrize(
    "word",
    [
        *("colour", "minimise", "recognised", "centre", "labelled", "behaviour", "neighbouring"),
        *("analysed", "licence", "artefacts", "standardisation", "grey", "factorises", "towards"),
        "way round",
    ],
)
def test_a_british_word_is_noticed(word):
    assert british(f"A {word} here.") == [word]


@pytest.mark.parametrize(
    "word",
    [
        *(
            "otherwise",
            "noise",
            "noised",
            "exercises",
            "precise",
            "raised",
            "supervised",
            "promised",
        ),
        *("surprising", "pairwise", "analysis", "analyses", "analyst", "rises", "advised", "basis"),
        *("color", "center", "labeled", "premises", "risen", "unsupervised", "praised", "wiser"),
        *("`COLOURS`", "`plots.COLOURS`", "$\\text{centre}$", "this", "consisted", "enlisted"),
    ],
)
def test_an_american_word_and_code_are_left_alone(word):
    assert british(f"A {word} here.") == []


def test_code_is_left_alone():
    assert british("```{code-cell} ipython3\ncolour = plots.COLOURS\n```\nA color.\n") == []
    assert british("```{note}\nA colour.\n```\n") == ["colour"]
