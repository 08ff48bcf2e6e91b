"""The API reference: every public name of the package, from its docstring.

``{api-reference} heads report`` in a page becomes one section a room, and ``{api-reference} not
heads report`` one for each of the others, found by walking the package. A page with ``api_links:
true`` in its front matter has its code linked to the reference.
"""

import enum
import functools
import inspect
import re
from collections.abc import Container, Iterator
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging

import api_names
import docstrings
import signatures

LOG = logging.getLogger(__name__)
NO_BREAK = "\N{NO-BREAK SPACE}"
PLACE = re.compile(r"^```\{api-reference\}(?P<but> not)?(?P<rooms>[\w ]*)\n```$", re.MULTILINE)


def link(code: str, own: Container[str] = ()) -> str | None:
    """Return what code in a docstring refers to.

    A bare word refers to no module, to no name that a reader has to look for in a room within a
    room, and to nothing where it is an argument of what the docstring describes.

    >>> link("fit_head"), link("report"), link("fit_head", own=["fit_head"])
    ('w2s_jax.heads._least_squares.fit_head', None, None)
    """
    full = api_names.resolve(code)
    if full is None or code in own:
        return None
    each = api_names.public().get(full)
    hidden = each is not None and each.home.count(".") > 2
    bare = "." not in code.partition("(")[0]
    return None if bare and (hidden or full in api_names.modules()) else full


def arguments(thing: Any) -> list[str]:
    """Return the names of a thing's parameters, none where it has no signature."""
    try:
        return list(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return []


def opening(module: str) -> list[str]:
    """Return the first sentence of a module's docstring, converted."""
    text = inspect.getdoc(api_names.modules()[module]) or ""
    return docstrings.convert(text.split("\n\n")[0].split("\n"), link)


def contents(rooms: list[str]) -> list[str]:
    """Return a list of rooms: what each is for and what it holds."""
    lines = []
    for room in rooms:
        lines += [f"* :py:mod:`{room}`: {' '.join(opening(room)).strip()}", ""]
        names = [p for p in api_names.public().values() if p.full.startswith(f"{room}.")]
        shown = [f":py:obj:`{p.name} <{p.full}>`" for p in names]
        lines += [f"  {' · '.join(shown)}", ""]
    return lines


def asked(words: str, but: bool) -> list[str]:
    """Return the rooms that a page asks for, or those that it does not name.

    >>> asked("heads", False), "w2s_jax.heads" in asked("heads", True)
    (['w2s_jax.heads'], False)
    """
    named = {f"w2s_jax.{word}" for word in words.split()}
    if absent := named - set(api_names.modules()):
        LOG.warning("the package has no %s", ", ".join(sorted(absent)))
    rooms = [name for name in api_names.modules() if name.count(".") == 1]
    return [room for room in rooms if (room in named) is not but]


def documented(module: str) -> Iterator[list[str]]:
    """Return autodoc's directive for each public name of a module."""
    for each in api_names.public().values():
        if each.full.rpartition(".")[0] == module:
            kind = "class" if inspect.isclass(each.thing) else "function"
            kind = "exception" if kind == "class" and issubclass(each.thing, Exception) else kind
            options = [] if kind == "function" else [":members:", ":special-members: __call__"]
            name = f"{module}::{each.name}"
            yield [f".. auto{kind}:: {name}", *(f"   {line}" for line in options), ""]
    for scope, name in ModuleAnalyzer.for_module(module).find_attr_docs():
        if not scope and not name.startswith("_"):
            yield [f".. autodata:: {module}::{name}", ""]


def section(module: str) -> str:
    """Return a module's part of the page."""
    text = inspect.getdoc(api_names.modules()[module]) or ""
    lines = [f".. py:module:: {module}", "", *docstrings.convert(text.split("\n"), link), ""]
    for directive in documented(module):
        lines += directive
    level = "#" * (module.count(".") + 1)
    return "\n".join([f"{level} `{module}`", "", "```{eval-rst}", *lines, "```", ""])


def page(rooms: list[str]) -> str:
    """Return the reference of some rooms as MyST text."""
    parts = ["```{eval-rst}", *contents(rooms), "```", ""]
    chosen = [m for m in api_names.modules() if ".".join(m.split(".")[:2]) in rooms]
    return "\n".join([*parts, *map(section, chosen)])


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference where a page asks for it."""
    source[0] = PLACE.sub(lambda m: page(asked(m["rooms"], bool(m["but"]))), source[0])


def prepare(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Convert a docstring before napoleon reads its sections, and list an enumeration's members."""
    lines[:] = docstrings.convert(lines, functools.partial(link, own=arguments(thing)))
    if what == "class" and issubclass(thing, enum.Enum):
        for member in thing:
            words = docstrings.prose(getattr(member, "sentence", ""), link)
            lines += ["", f".. attribute:: {member.name}", "", f"   {words}", ""]


def sign(
    app: Sphinx, what: str, name: str, thing: Any, *unused: Any
) -> tuple[str, str | None] | None:
    """Write a signature as the source does."""
    bare = what == "exception" or (what == "class" and issubclass(thing, enum.Enum))
    return ("", None) if bare else signatures.signature(name, thing)


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out the fields of a named tuple, which its arguments describe."""
    return True if (getattr(thing, "__doc__", "") or "").startswith("Alias for field") else None


def keep_together(line: addnodes.desc_signature) -> None:
    """Let a signature break between arguments, and within one only if it is long."""
    whole = [each for each in line.findall(addnodes.desc_parameter) if len(each.astext()) <= 40]
    for part in (*whole, *line.findall(addnodes.desc_sig_literal_string)):
        for text in list(part.findall(nodes.Text)):
            text.parent.replace(text, nodes.Text(text.replace(" ", NO_BREAK)))


def finish(app: Sphinx, domain: str, objtype: str, content: Any) -> None:
    """Show the path that a reader imports from, and let it lead here as well."""
    if domain != "py":
        return
    for line in content.parent.findall(addnodes.desc_signature):
        keep_together(line)
        each = api_names.public().get(next(iter(line["ids"]), ""))
        if each is None:
            continue
        for prefix in line.findall(addnodes.desc_addname):
            prefix.clear()
            prefix += nodes.Text(each.home[: -len(each.name)])
        if each.home != each.full:
            line["ids"].append(each.home)
            python = cast(PythonDomain, app.env.get_domain("py"))
            python.note_object(each.home, objtype, each.home, aliased=True, location=line)


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
            if code.astext() in api_names.modules():
                breakable(code)


def link_code(app: Sphinx, doctree: nodes.document) -> None:
    """Link the code of a page that asks for it; a name that the package lacks is a warning."""
    if not app.env.metadata.get(app.env.docname, {}).get("api_links"):
        return
    for code in list(doctree.findall(nodes.literal)):
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
    app.connect("autodoc-process-signature", sign)
    app.connect("autodoc-skip-member", skip)
    app.connect("object-description-transform", finish)
    app.connect("missing-reference", climb)
    app.connect("doctree-read", link_code)
    app.connect("doctree-read", break_titles, priority=900)  # the contents are made before
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
