"""The API reference: autodoc of what each room exports, in the words of the docstrings.

``{api-reference} heads`` in a page becomes the reference of a room, and ``{api-reference}`` alone
the names that the package itself exports, each with its first sentence, and a list of the rooms
whose pages stand below it.
A page with ``api_links: true`` in its front matter has its code linked to the reference.
"""

import enum
import functools
import inspect
import re
from collections.abc import Container, Iterable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

import api_names
import docstrings
import signatures
import w2s_jax

LOG = logging.getLogger(__name__)
NO_BREAK = "\N{NO-BREAK SPACE}"
PLACE = re.compile(r"^```\{api-reference\} ?(?P<room>\w*)\n```$", re.MULTILINE)

# Enough to fit heads on frozen features, to compare them, and to confine them.
FIRST = ("fit_head", "evaluate", "Report", "LinearHead", "fit_heads", "Gram")
FIRST += ("represent", "Standardize", "project", "nonrealizable")


def link(code: str, own: Container[str] = ()) -> str | None:
    """Return what code in a docstring refers to.

    A bare word refers to no module, to no name that a reader has to look for in a room within a
    room, and to nothing where it is an argument of what the docstring describes.

    >>> link("fit_head"), link("report"), link("fit_head", own=["fit_head"])
    ('w2s_jax.heads.fit_head', None, None)
    """
    full = api_names.resolve(code)
    if full is None or code in own:
        return None
    bare = "." not in code.partition("(")[0]
    hidden = full.count(".") > 2 or full not in api_names.public()
    return None if bare and hidden else full


def opening(thing: Any) -> str:
    """Return the first sentence of a docstring, converted."""
    text = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(docstrings.convert(text.split("\n"), link)).strip()


def contents(rooms: Iterable[str]) -> list[str]:
    """Return the names that a reader needs first, and the rooms and what each holds."""
    lines = ["Ten names you need", "------------------", ""]
    first = [getattr(w2s_jax, name) for name in FIRST]
    lines += [f"* :py:obj:`~{api_names.path_of(thing)}`: {opening(thing)}" for thing in first]
    lines += ["", "The rooms", "---------", ""]
    for room in rooms:
        modules = api_names.rooms()[room]
        within = tuple(f"{module.__name__}." for module in modules)
        shown = [f":py:obj:`~{path}`" for path in api_names.public() if path.startswith(within)]
        lines += [f"* :py:mod:`{room}`: {opening(modules[0])}", "", f"  {' · '.join(shown)}", ""]
    return lines


def reference(room: str) -> list[str]:
    """Return the reference of a room.

    >>> reference("w2s_jax.heads")
    ['.. automodule:: w2s_jax.heads', '']
    """
    first, *others = (module.__name__ for module in api_names.rooms()[room])
    lines = [f".. automodule:: {first}", ""]
    for name in others:
        lines += [f"``{name}``", "-" * (len(name) + 4), "", f".. automodule:: {name}", ""]
    return lines


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference where a page asks for it."""

    def made(match: re.Match[str]) -> str:
        pages = app.env.external_site_map[docname].child_files()  # pyright: ignore
        rooms = [f"w2s_jax.{page.rpartition('/')[2]}" for page in pages]
        lines = reference(f"w2s_jax.{match['room']}") if match["room"] else contents(rooms)
        return "\n".join(["```{eval-rst}", *lines, "```"])

    source[0] = PLACE.sub(made, source[0])


def prepare(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Convert a docstring before napoleon reads its sections, and list an enumeration's members."""
    own = api_names.parameters(thing)
    lines[:] = docstrings.convert(lines, functools.partial(link, own=own))
    if what == "class" and issubclass(thing, enum.Enum):
        for member in thing:
            words = docstrings.prose(getattr(member, "sentence", ""), link)
            lines += ["", f".. attribute:: {member.name}", "", f"   {words}", ""]


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out the fields of a named tuple, which its arguments describe."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field") else None


def keep_together(app: Sphinx, domain: str, objtype: str, content: Any) -> None:
    """Let a signature break between arguments, and within one only if it is long."""
    for line in content.parent.findall(addnodes.desc_signature):
        whole = [p for p in line.findall(addnodes.desc_parameter) if len(p.astext()) <= 40]
        for part in (*whole, *line.findall(addnodes.desc_sig_literal_string)):
            for text in list(part.findall(nodes.Text)):
                text.parent.replace(text, nodes.Text(text.replace(" ", NO_BREAK)))


def climb(app: Sphinx, env: Any, node: addnodes.pending_xref, shown: nodes.Element) -> Any:
    """Lead from a field without an entry of its own to its class."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("w2s_jax.") or target.count(".") < 3:
        return None
    above, python = target.rpartition(".")[0], env.get_domain("py")
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", above, node, shown)


def breakable(code: nodes.literal) -> None:
    """Let a name break after a full stop or a bracket, so that it fits a phone."""
    parts = re.split(r"(?<=[.(\[])(?!$)", code.astext())
    code.clear()
    for part in parts:
        code += [nodes.Text(part), nodes.raw("", "<wbr>", format="html")]


def break_titles(app: Sphinx, doctree: nodes.document) -> None:
    """Let the titles that name a module break as well."""
    for title in doctree.findall(nodes.title):
        for code in list(title.findall(nodes.literal)):
            breakable(code)


def link_code(app: Sphinx, doctree: nodes.document) -> None:
    """Link the code of a page that asks for it; a name that the package lacks is a warning."""
    if not app.env.metadata.get(app.env.docname, {}).get("api_links"):
        return
    for code in list(doctree.findall(nodes.literal)):
        if isinstance(code.parent, addnodes.pending_xref):  # a label, which leads elsewhere
            continue
        full = api_names.resolve(code.astext())
        if full is None:
            LOG.warning("the package has no %s", code.astext(), location=code)
            continue
        target = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=full, refexplicit=True,
            refdoc=app.env.docname, refwarn=True,
        )  # fmt: skip
        target["py:module"] = target["py:class"] = None
        code.replace_self(target)
        breakable(code)
        target += code


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    for needed in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(needed)
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", prepare, priority=400)  # napoleon comes at 500
    app.connect("autodoc-process-signature", signatures.sign)
    app.connect("autodoc-skip-member", skip)
    app.connect("object-description-transform", keep_together)
    app.connect("missing-reference", climb)
    app.connect("doctree-read", link_code)
    app.connect("doctree-read", break_titles, priority=900)  # the contents are made before
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
