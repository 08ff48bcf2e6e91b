"""The questions in files for learning platforms, read back by strict readers."""

import doctest
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

import gift
import macros
import qti
import quiz_files
from prose import formulas
from test_quiz import ASKED, questions, texts


@dataclass
class Read:
    """A question as a platform reads it."""

    name: str
    asks: str
    choices: list[tuple[str, str, bool]]
    more: str


class Gift:
    """A strict reader of GIFT: every character is expected where it stands, or escaped."""

    ENDS = {"n": "\n"} | {each: each for each in gift.SPECIAL}

    def __init__(self, text: str):
        self.text, self.at = text, 0

    def eat(self, words: str) -> None:
        assert self.text.startswith(words, self.at), (
            f"{words!r} expected at {self.text[self.at :]!r}"
        )
        self.at += len(words)

    def said(self, *ends: str) -> str:
        """Read to one of the ends, which stays; nothing special may stand before it bare."""
        made = ""
        while not self.text.startswith(ends, self.at):
            each = self.text[self.at]
            assert each not in "~=#{}:\n", f"{each!r} must be escaped in {made!r}"
            if each == "\\":
                self.at += 1
                each = self.ENDS[self.text[self.at]]
            made += each
            self.at += 1
        return made

    def question(self) -> Read:
        self.eat("::")
        name = self.said("::")
        self.eat("::[html]")
        asks = self.said(" {\n")
        self.eat(" {\n")
        choices = []
        while not self.text.startswith("\t####", self.at):
            self.eat("\t")
            mark = self.text[self.at]
            assert mark in "=~"
            self.eat(f"{mark}[html]")
            says = self.said("#")
            self.eat("#[html]")
            choices.append((says, self.said("\n"), mark == "="))
            self.eat("\n")
        self.eat("\t####[html]")
        more = self.said("\n")
        self.eat("\n}")
        return Read(name, asks, choices, more)


def from_gift(text: str) -> tuple[str, list[Read]]:
    category, *blocks = text.strip().split("\n\n")
    made = []
    for block in blocks:
        reader = Gift(block)
        made.append(reader.question())
        assert reader.at == len(block)
    return category, made


def from_qti(package: bytes) -> list[Read]:
    """Read a zip file as Canvas does: the manifest leads to the questions."""
    space = {"m": qti.CONTENTS, "q": qti.QUESTIONS}
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        listed = ET.fromstring(archive.read("imsmanifest.xml"))
        resource = listed.find("m:resources/m:resource[@type='imsqti_xmlv1p2']/m:file", space)
        assert resource is not None
        whole = ET.fromstring(archive.read(resource.attrib["href"]))
    made = []
    for item in whole.iterfind("q:assessment/q:section/q:item", space):
        told = {
            each.attrib["ident"]: each.findtext("q:flow_mat/q:material/q:mattext", "", space)
            for each in item.iterfind("q:itemfeedback", space)
        }
        rules = item.findall("q:resprocessing/q:respcondition", space)
        full = [rule for rule in rules if rule.findtext("q:setvar", "", space) == "100"]
        (right,) = (rule.findtext("q:conditionvar/q:varequal", "", space) for rule in full)
        shown = {
            rule.findtext("q:conditionvar/q:varequal", "", space): each.attrib["linkrefid"]
            for rule in rules
            for each in rule.iterfind("q:displayfeedback", space)
        }
        choices = [
            (
                each.findtext("q:material/q:mattext", "", space),
                told[shown[each.attrib["ident"]]],
                each.attrib["ident"] == right,
            )
            for each in item.iterfind(".//q:response_label", space)
        ]
        asks = item.findtext("q:presentation/q:material/q:mattext", "", space)
        made.append(Read(item.attrib["title"], asks, choices, told[shown[""]]))
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The files of all chapters."""
    folder = tmp_path_factory.mktemp("quiz")
    assert quiz_files.main(["--out", str(folder)]) == 0
    return folder


def test_platforms_read_the_same_questions(written):
    for page, path in ASKED.items():
        title, items = quiz_files.items(page, path)
        category, read = from_gift((written / f"{page.stem}.gift").read_text("utf8"))
        assert category == f"$CATEGORY: Weak to Strong/{title}"
        asked = [
            Read(i.name, i.asks, [(c.says, c.why, c.right) for c in i.choices], i.more)
            for i in items
        ]
        assert read == asked
        assert from_qti((written / f"{page.stem}.zip").read_bytes()) == asked
        for one, question in zip(read, questions(page), strict=True):
            assert [right for _, _, right in one.choices].index(True) == question.right
            assert all(why for _, why, _ in one.choices)
            for html, myst in zip(pieces(one), texts(question), strict=True):
                plain = BeautifulSoup(html, "html.parser").get_text()
                shown = [f.replace("\\(", "").replace("\\)", "") for f in formulas(myst)]
                assert all(
                    macros.expand(" ".join(f.split())) in " ".join(plain.split()) for f in shown
                )
                assert "$" not in html
                assert "{" not in BeautifulSoup(html, "html.parser").get_text().partition("\\(")[0]


def pieces(one: Read) -> list[str]:
    return [one.asks, *(text for says, why, _ in one.choices for text in (says, why))]


def test_a_link_of_a_file_leads_to_the_website(written):
    for page in ASKED:
        for one in from_gift((written / f"{page.stem}.gift").read_text("utf8"))[1]:
            link = BeautifulSoup(one.more, "html.parser").a
            assert link
            assert str(link["href"]).startswith(f"{quiz_files.SITE}book/")
            assert f"/{page.stem}.html#" in str(link["href"])


def test_what_gift_must_escape_is_escaped():
    hard = r"\(a = \{\nu\} \neq b\) ~ # : // \\ {x}" + "\nand [html] 50%"
    item = quiz_files.Item("a: b", hard, (quiz_files.Choice(hard, hard, True),) * 2, hard)
    _, (read,) = from_gift(gift.document("A", [item]))
    assert pieces(read) == [hard] * 5
    with pytest.raises(AssertionError, match="must be escaped"):
        from_gift(gift.document("A", [item]).replace(r"\=", "="))


def test_a_chapter_without_questions_is_named(capsys):
    with pytest.raises(SystemExit):
        quiz_files.main(["nothing"])
    assert "no questions for nothing; there are what-is-weak-to-strong" in capsys.readouterr().err


def test_two_runs_write_the_same_files(written, tmp_path):
    name = next(iter(ASKED)).stem
    quiz_files.main([name, "--out", str(tmp_path)])
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (written / path.name).read_bytes()


@pytest.mark.parametrize("module", [gift, quiz_files], ids=lambda module: module.__name__)
def test_the_examples_run(module):
    assert doctest.testmod(module).failed == 0
