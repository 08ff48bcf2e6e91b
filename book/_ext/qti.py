"""QTI 1.2 in a zip file, which Canvas imports as a quiz: a manifest and one document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from quiz_files import Choice, Item

QUESTIONS = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
CONTENTS = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
WRITTEN = (2026, 1, 1, 0, 0, 0)  # a fixed date, so that the same questions make the same file


def child(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Add an element."""
    made = ET.SubElement(parent, name, attributes)
    made.text = text or None
    return made


def words(parent: ET.Element, html: str) -> None:
    """Add HTML, which QTI has as a text."""
    child(child(parent, "material"), "mattext", html, texttype="text/html")


def fields(parent: ET.Element, **values: str) -> None:
    """Add named values."""
    data = child(parent, "qtimetadata")
    for name, value in values.items():
        field = child(data, "qtimetadatafield")
        child(field, "fieldlabel", name)
        child(field, "fieldentry", value)


def condition(parent: ET.Element, answer: str, *, goes_on: bool = True) -> ET.Element:
    """Add what becomes of an answer; "" stands for any."""
    made = child(parent, "respcondition", **{"continue": "Yes" if goes_on else "No"})
    given = child(made, "conditionvar")
    if answer:
        child(given, "varequal", answer, respident="response1")
    else:
        child(given, "other")
    return made


def question(section: ET.Element, ident: str, item: Item) -> None:
    """Add one question of one point."""
    named: dict[str, Choice] = {f"{ident}{k}": c for k, c in enumerate(item.choices, 1)}
    made = child(section, "item", ident=ident, title=item.name)
    kind = {"question_type": "multiple_choice_question", "points_possible": "1"}
    fields(child(made, "itemmetadata"), **kind, original_answer_ids=",".join(named))
    shown = child(made, "presentation")
    words(shown, item.asks)
    asked = child(shown, "response_lid", ident="response1", rcardinality="Single")
    choices = child(asked, "render_choice")
    for name, choice in named.items():
        words(child(choices, "response_label", ident=name), choice.says)
    graded = child(made, "resprocessing")
    score = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    child(child(graded, "outcomes"), "decvar", **score)
    for name in ("", *named):
        told = {"feedbacktype": "Response", "linkrefid": f"{name or 'general'}_fb"}
        child(condition(graded, name), "displayfeedback", **told)
    right = next(name for name, choice in named.items() if choice.right)
    full = condition(graded, right, goes_on=False)
    child(full, "setvar", "100", action="Set", varname="SCORE")
    for name, html in {"general": item.more, **{n: c.why for n, c in named.items()}}.items():
        words(child(child(made, "itemfeedback", ident=f"{name}_fb"), "flow_mat"), html)


def package(name: str, title: str, items: Iterable[Item]) -> bytes:
    """Return a chapter's zip file."""
    whole = ET.Element("questestinterop", xmlns=QUESTIONS)
    quiz = child(whole, "assessment", ident=name, title=f"Weak to Strong: {title}")
    fields(quiz, cc_maxattempts="1")
    section = child(quiz, "section", ident="root_section")
    for count, item in enumerate(items, 1):
        question(section, f"q{count}a", item)
    listed = ET.Element("manifest", xmlns=CONTENTS, identifier=f"{name}-manifest")
    about = child(listed, "metadata")
    child(about, "schema", "IMS Content")
    child(about, "schemaversion", "1.1.3")
    child(listed, "organizations")
    kind = "imsqti_xmlv1p2"
    resource = child(child(listed, "resources"), "resource", identifier=name, type=kind)
    child(resource, "file", href=f"{name}/{name}.xml")
    files = {"imsmanifest.xml": listed, f"{name}/{name}.xml": whole}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, root in files.items():
            text = ET.tostring(root, "utf-8", xml_declaration=True)
            archive.writestr(zipfile.ZipInfo(path, WRITTEN), text)
    return made.getvalue()
