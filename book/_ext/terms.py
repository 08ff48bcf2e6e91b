"""Every link to a term carries the glossary's first sentences, which book/web/terms.js shows."""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = "book/back/glossary"


def definitions(glossary: nodes.document) -> dict[str, str]:
    """Return the first paragraph below each term, by the term's id."""
    return {
        ident: first.astext().replace("\n", " ")
        for item in glossary.findall(nodes.definition_list_item)
        for term in item.findall(nodes.term)
        for first in list(item.findall(nodes.paragraph))[:1]
        for ident in term["ids"]
    }


def depend(app: Sphinx, doctree: nodes.document) -> None:
    """Have a page that uses terms read again when the glossary changes."""
    asked = (node.get("reftype") for node in doctree.findall(addnodes.pending_xref))
    if "term" in asked:
        app.env.note_dependency(str(Path(app.srcdir, f"{GLOSSARY}.md")))


def define(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the definitions into the links."""
    links = [
        link
        for link in doctree.findall(nodes.reference)
        for words in link.findall(nodes.inline)
        if "std-term" in words["classes"]
    ]
    known = definitions(app.env.get_doctree(GLOSSARY)) if links else {}
    for link in links:
        ident = link.get("refid") or link["refuri"].partition("#")[2]
        link["reftitle"] = known[ident]


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("doctree-read", depend)
    app.connect("doctree-resolved", define)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
